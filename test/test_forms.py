from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.bodies import (
    IF_OBJECT,
    NOT_READ,
    Keys,
    OneValue,
    Parameters,
)
from ganeti_rapi.api.checks import NON_EMPTY_STRING, STRINGS, Integer, OneOf
from ganeti_rapi.api.forms import (
    Argument,
    Flag,
    Form,
    Repeated,
    Seconds,
    Whole,
    Word,
    Words,
    read_all,
)
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import Param, flag
from ganeti_rapi.errors import BadRequest

from .test_call import make_call

# Any, throughout: JSON.


class FormTests(SynchronousTestCase):
    def assert_reads(self, form: Form, good: dict[str, Any], bad: list[str]) -> None:
        argument = Argument("a", "An argument.", form)
        for text, value in good.items():
            self.assertEqual(argument.read({"a": [text, "ignored"]}), value, text)
        for text in bad:
            error = self.assertRaises(BadRequest, argument.read, {"a": [text]})
            self.assertTrue(error.message.startswith("Invalid argument a: expected "), text)

    def test_flags(self) -> None:
        wrong = ["true", "x", "1.0", "0x1"]
        numbers = {"0": False, "1": True, "-3": True, "00": False, "+1": True}
        self.assert_reads(Flag(), numbers, wrong)
        self.assert_reads(
            Flag(False, True), {text: not value for text, value in numbers.items()}, wrong
        )
        self.assert_reads(Flag("live", "non-live"), {"1": "live", "0": "non-live"}, wrong)

    def test_words(self) -> None:
        self.assert_reads(Word(), {"x": "x", " y ": " y "}, [])
        self.assert_reads(Word(OneOf(("soft", "hard"))), {"soft": "soft"}, ["cold"])
        self.assert_reads(
            Words(),
            {"x": ["x"], "x,y": ["x", "y"], " x ,\ty": ["x", "y"], "x,": ["x", ""], ",": ["", ""]},
            [],
        )

    def test_a_word_may_be_repeated(self) -> None:
        argument = Argument("a", "An argument.", Repeated())
        self.assertEqual(argument.read({"a": ["x", "y", "x"]}), ["x", "y", "x"])

    def test_numbers(self) -> None:
        self.assert_reads(Whole(), {"7": 7, "-7": -7}, ["x", "1.5"])
        self.assert_reads(Whole(Integer(0, 9)), {"9": 9}, ["10", "-1"])
        self.assert_reads(
            Seconds(60), {"0": 0.0, "1.5": 1.5, "60": 60.0}, ["-1", "61", "nan", "inf", "soon"]
        )

    def test_what_it_reads_is_what_its_schema_takes(self) -> None:
        for form, value in (
            (Flag(), 1),
            (Flag(False, True), 0),
            (Flag("a", "b"), 1),
            (Word(), "x"),
            (Words(), ["x"]),
            (Repeated(), ["x"]),
            (Whole(Integer(0)), 3),
            (Seconds(60), 1.5),
        ):
            validator = Draft202012Validator(form.schema())
            self.assertTrue(validator.is_valid(value), form)
            self.assertFalse(validator.is_valid({}), form)


class ArgumentTests(SynchronousTestCase):
    def test_one_without_a_value_counts_as_absent(self) -> None:
        self.assertIsNone(Argument("a", "").read({}))
        self.assertEqual(Argument("a", "", default="x").read({}), "x")
        error = self.assertRaises(BadRequest, Argument("a", "", required=True).read, {})
        self.assertEqual(error.message, "Missing argument a: expected text")

    def test_an_opcodes_parameter_says_what_it_may_be(self) -> None:
        reboot = Argument("type", "", param="reboot_type").of(
            "OP_INSTANCE_REBOOT", OPCODES["OP_INSTANCE_REBOOT"].parameters
        )
        error = self.assertRaises(BadRequest, reboot.read, {"type": ["cold"]})
        self.assertEqual(
            error.message,
            "Invalid parameter OP_INSTANCE_REBOOT.reboot_type: "
            "expected one of full, hard, soft, got another string",
        )
        self.assertEqual(reboot.schema(), {"enum": ["full", "hard", "soft"]})

    def test_an_opcodes_parameter_says_what_it_means(self) -> None:
        parameters = OPCODES["OP_NODE_EVACUATE"].parameters
        for argument, meaning in (
            (Argument("early_release"), parameters["early_release"].doc),
            (Argument("allocator", param="iallocator"), parameters["iallocator"].doc),
            (Argument("mode", "Another meaning here."), "Another meaning here."),
        ):
            self.assertEqual(argument.of("OP_NODE_EVACUATE", parameters).doc, meaning)

    def test_its_schema_shows_the_default(self) -> None:
        self.assertEqual(
            Argument("a", "", Flag(), default=False).schema(), {"type": "integer", "default": 0}
        )

    def test_values_have_the_names_inside(self) -> None:
        arguments = (
            Argument("dry-run", "", Flag(), default=False),
            Argument("type", "", param="kind"),
            Argument("reason", "", param=""),
        )
        self.assertEqual(
            read_all(arguments, {"type": ["x"], "reason": ["y"]}), {"dry_run": False, "kind": "x"}
        )


class BodyCase(SynchronousTestCase):
    def assert_refused(self, message: str, body: Any, given: Any, query: str = "") -> None:
        error = self.assertRaises(BadRequest, body.read, make_call(query, body=given))
        self.assertEqual(error.message, message)


class SimpleBodyTests(BodyCase):
    def test_one_that_is_not_read(self) -> None:
        self.assertEqual(NOT_READ.read(make_call(body=[1])), {})
        self.assertIsNone(NOT_READ.schema())

    def test_one_that_is_read_if_it_is_an_object(self) -> None:
        body = IF_OBJECT.of("OP_INSTANCE_STARTUP", frozenset({"instance_name", "force"}))
        for given, values in (({"priority": 10}, {"priority": 10}), ([1], {}), (None, {})):
            self.assertEqual(body.read(make_call(body=given)), values)
        self.assert_refused(
            "OP_INSTANCE_STARTUP has no parameter 'prioriti'; did you mean 'priority'?",
            *(body, {"prioriti": 10}),
        )
        self.assertNotIn("type", body.schema())

    def test_one_value(self) -> None:
        body = OneValue(key="tags", check=STRINGS, required=True)
        self.assertEqual(body.read(make_call(body=["a"])), {"tags": ["a"]})
        self.assert_refused("Missing request body: expected a list of strings", body, None)
        self.assert_refused(
            "Invalid request body: item 0: expected a string, got null", body, [None]
        )

    def test_one_value_or_an_object_that_has_it(self) -> None:
        body = OneValue(key="tags", check=STRINGS, default=[]).of(
            "OP_TAGS_SET", frozenset({"name"})
        )
        for given in ({"depends": None}, {"tags": ["a"], "priority": 10}, {}):
            self.assertEqual(body.read(make_call(body=given)), given)
        self.assertEqual(body.read(make_call(body=None)), {})
        self.assert_refused("There is no parameter 'name' here", body, {"name": "web1"})


class KeysTests(BodyCase):
    PARAMS = (
        Param("size", Integer(0), "Its size."),
        Param("note", NON_EMPTY_STRING, "A note.", ""),
    )

    def test_what_is_given_is_checked(self) -> None:
        body = Keys(params=self.PARAMS)
        self.assertEqual(body.read(make_call(body={"size": 1})), {"size": 1})
        self.assert_refused("Missing parameter size: expected an integer of at least 0", body, {})
        self.assert_refused(
            "Invalid parameter note: expected a non-empty string, got a number",
            *(body, {"size": 1, "note": 2}),
        )

    def test_other_keys(self) -> None:
        given = {"size": 1, "colour": "red"}
        self.assert_refused("There is no parameter 'colour' here", Keys(params=self.PARAMS), given)
        several = {"size": 1, **dict.fromkeys("zyxwvutsrq", 1)}
        self.assert_refused("There is no parameter 'q' here", Keys(params=self.PARAMS), several)
        body = Keys(params=self.PARAMS, others=True)
        self.assertEqual(body.read(make_call(body=given)), {"size": 1})

    def test_query_arguments_instead(self) -> None:
        body = Keys(params=self.PARAMS, instead=(Argument("size", "", Whole()),))
        self.assertEqual(body.read(make_call("size=3")), {"size": 3})
        self.assertEqual(body.read(make_call("size=3", body={"size": 4})), {"size": 4})
        self.assert_refused("Missing parameter size: expected an integer of at least 0", body, None)

    def test_required(self) -> None:
        body = Keys(params=self.PARAMS, required=True)
        self.assert_refused("Missing request body: expected an object", body, None)


class ParametersTests(BodyCase):
    def of(self, taken: frozenset[str] = frozenset(), **more: Any) -> Parameters:
        return Parameters(**more).of("OP_INSTANCE_RENAME", taken)

    def test_unknown_and_taken_ones(self) -> None:
        body = self.of(frozenset({"instance_name"}))
        self.assert_refused(
            "OP_INSTANCE_RENAME has no parameter 'new_nam'; did you mean 'new_name'?",
            *(body, {"new_nam": "x"}),
        )
        self.assert_refused(
            "The request body must not set instance_name: that follows from the URI",
            *(body, {"instance_name": "x"}),
        )
        self.assertNotIn("instance_name", str(body.schema()))

    def test_of_several_unknown_ones_the_first_is_named(self) -> None:
        given = dict.fromkeys("zyxwvutsrq", 1)
        self.assert_refused("OP_INSTANCE_RENAME has no parameter 'z'", self.of(), given)

    def test_an_unknown_one_is_named_before_a_wrong_one(self) -> None:
        body = self.of(also=(flag("force", ""),))
        for unknown in ("aaa", "zzz"):
            given = {"force": "wrong", unknown: 1}
            self.assert_refused(f"OP_INSTANCE_RENAME has no parameter '{unknown}'", body, given)
        self.assertEqual(body.read(make_call(body={"force": 1})), {"force": True})

    def test_renamed_ones(self) -> None:
        body = self.of(renames={"name": "new_name"})
        self.assertEqual(body.read(make_call(body={"name": "x"})), {"new_name": "x"})
        self.assert_refused(
            "The parameters 'name' and 'new_name' mean the same; give one",
            *(body, {"name": "x", "new_name": "x"}),
        )
        properties = body.schema()["properties"]
        self.assertEqual(properties["new_name"]["description"], "The same as `name`.")
        self.assertNotIn("The same", properties["name"]["description"])
        properties = self.of(renames={"other_name": "new_name"}).schema()["properties"]
        self.assertEqual(properties["new_name"]["description"], "The same as `other_name`.")

    def test_which_of_body_and_query_counts(self) -> None:
        instead = (Argument("to", "", param="new_name"), Argument("as", "", param="new_name"))
        given = {"new_name": "b"}
        for more, query, body, value in (
            ({}, "to=q", given, "b"),
            ({}, "to=q", None, "q"),
            ({"query_first": True}, "to=q", given, "q"),
            ({"query_first": True}, "", given, "b"),
            ({"empty_is_none": True}, "to=q", {}, "q"),
        ):
            values = self.of(instead=instead, **more).read(make_call(query, body=body))
            self.assertEqual(values, {"new_name": value})
        twice = "The query arguments to and as mean the same; give one"
        others = (Argument("check", "", param="ip_check"), Argument("why", "", param="reason"))
        body = self.of(instead=(*instead, *others))
        self.assert_refused(twice, body, None, "to=q&as=r&check=s&why=t")
        self.assert_refused(
            "Give either a body or the query arguments to and as, not both",
            *(self.of(instead=instead, exclusive=True), given, "to=q"),
        )

    def test_it_is_needed_where_a_key_of_it_is(self) -> None:
        self.assertTrue(self.of().needed)
        self.assertFalse(self.of(frozenset({"new_name", "instance_name"})).needed)
        self.assertFalse(self.of(instead=(Argument("to", ""),)).needed)
