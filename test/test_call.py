from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.call import ABSENT, Call, parse_query
from ganeti_rapi.api.jobs import reason_trail

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

    @given(st.text())
    def test_takes_any_text(self, text: str) -> None:
        for values in parse_query(text).values():
            self.assertNotIn("", values)


class BodyTests(SynchronousTestCase):
    def test_null_is_no_body(self) -> None:
        for body in (ABSENT, None):
            self.assertFalse(make_call(body=body).has_body)
        empty: tuple[object, ...] = (False, 0, "", [], {})
        for value in empty:
            self.assertTrue(make_call(body=value).has_body)

    def test_absent_shows_as_what_it_is(self) -> None:
        self.assertEqual(repr(ABSENT), "ABSENT")


class ReasonTests(SynchronousTestCase):
    def test_the_resource_is_the_reason(self) -> None:
        call = make_call(resource="nodes_name_role")
        self.assertEqual(
            reason_trail(call), [["gnt:library:rlib2:nodes_name_role", "", 1700000000500000000]]
        )

    def test_the_users_words_come_first(self) -> None:
        call = make_call("reason=it+is+broken&reason=no", resource="tags")
        self.assertEqual(
            [entry[:2] for entry in reason_trail(call) if isinstance(entry, list)],
            [["gnt:user", "it is broken"], ["gnt:library:rlib2:tags", ""]],
        )

    def test_no_words_are_no_reason(self) -> None:
        self.assertEqual(len(reason_trail(make_call("reason="))), 1)
