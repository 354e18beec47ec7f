from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.call import ABSENT, Call, parse_query
from ganeti_rapi.errors import BadRequest

from .harness import NOW, ScriptedBackend, ScriptedDaemon


def make_call(query: str = "", **more: Any) -> Call:  # Any: the attributes of Call
    daemon = ScriptedDaemon()
    backend = ScriptedBackend.make(Clock(), daemon, daemon)
    return Call({}, parse_query(query), backend.daemon, backend.jobs, lambda: NOW, **more)


class ParseQueryTests(SynchronousTestCase):
    def test_arguments(self) -> None:
        for text, expected in (
            ("", {}),
            ("a=1", {"a": ["1"]}),
            ("a=1&b=2&a=3", {"a": ["1", "3"], "b": ["2"]}),
            ("a", {}),
            ("a=", {}),
            ("a=&a=1", {"a": ["1"]}),
            ("a=b=c", {"a": ["b=c"]}),
            ("a=1;b=2", {"a": ["1;b=2"]}),
            ("a=x+y%2Bz%20", {"a": ["x y+z "]}),
            ("a=%C3%BC", {"a": ["ü"]}),
            ("a=%zz", {"a": ["%zz"]}),
            ("dry%2Drun=1", {"dry-run": ["1"]}),
            ("&&=&=x", {"": ["x"]}),
        ):
            self.assertEqual(parse_query(text), expected, text)

    @settings(deadline=None)
    @given(st.text())
    def test_takes_any_text(self, text: str) -> None:
        for values in parse_query(text).values():
            self.assertNotIn("", values)


class ArgumentTests(SynchronousTestCase):
    def test_text_is_the_first_value(self) -> None:
        call = make_call("a=1&a=2")
        self.assertEqual((call.text("a"), call.text("b")), ("1", None))

    def test_required_text(self) -> None:
        self.assertEqual(make_call("a=1").required_text("a"), "1")
        error = self.assertRaises(BadRequest, make_call("b=1").required_text, "a")
        self.assertEqual(error.message, "Missing query argument 'a'")

    def test_flags(self) -> None:
        for text, expected in (
            ("0", False),
            ("1", True),
            ("-3", True),
            ("00", False),
            ("+1", True),
        ):
            self.assertIs(make_call(f"a={text.replace('+', '%2B')}").flag("a"), expected, text)
        self.assertIs(make_call().flag("a"), False)
        self.assertIs(make_call().flag("a", default=True), True)
        self.assertIs(make_call("a=0").flag("a", default=True), False)
        for text in ("true", "x", "1.0", "0x1"):
            self.assertRaises(BadRequest, make_call(f"a={text}").flag, "a")

    def test_words(self) -> None:
        for text, expected in (
            *((None, None), ("x", ["x"]), ("x,y", ["x", "y"]), (" x ,\ty", ["x", "y"])),
            *(("x,", ["x", ""]), (",", ["", ""])),
        ):
            query = "" if text is None else f"a={text}"
            self.assertEqual(make_call(query).words("a"), expected, text)


class BodyTests(SynchronousTestCase):
    def test_null_is_no_body(self) -> None:
        for body in (ABSENT, None):
            self.assertFalse(make_call(body=body).has_body)
            self.assertEqual(make_call(body=body).object_body(), {})
            self.assertRaises(BadRequest, make_call(body=body).required_object)
        empty: tuple[object, ...] = (False, 0, "", [], {})
        for value in empty:
            self.assertTrue(make_call(body=value).has_body)

    def test_objects(self) -> None:
        for method in (Call.object_body, Call.required_object):
            self.assertEqual(method(make_call(body={"a": 1})), {"a": 1})
            self.assertEqual(method(make_call(body={})), {})
            for body in ([], [1], "text", 0, False):
                error = self.assertRaises(BadRequest, method, make_call(body=body))
                self.assertEqual(error.message, "The request body must be a JSON object")

    def test_an_object_may_be_changed_without_harm(self) -> None:
        call = make_call(body={"a": 1})
        call.object_body().clear()
        self.assertEqual(call.body, {"a": 1})

    def test_absent_shows_as_what_it_is(self) -> None:
        self.assertEqual(repr(ABSENT), "ABSENT")


class ReasonTests(SynchronousTestCase):
    def test_the_resource_is_the_reason(self) -> None:
        call = make_call(resource="nodes_name_role")
        self.assertEqual(
            call.reason_trail(), [["gnt:library:rlib2:nodes_name_role", "", 1700000000500000000]]
        )

    def test_the_users_words_come_first(self) -> None:
        call = make_call("reason=it+is+broken&reason=no", resource="tags")
        self.assertEqual(
            [entry[:2] for entry in call.reason_trail() if isinstance(entry, list)],
            [["gnt:user", "it is broken"], ["gnt:library:rlib2:tags", ""]],
        )

    def test_no_words_are_no_reason(self) -> None:
        self.assertEqual(len(make_call("reason=").reason_trail()), 1)
