from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.fields import NORMAL, OFFLINE, UNAVAILABLE, Reading
from ganeti_rapi.simulator.queries.filters import MAX_DEPTH, Expression, parse

READINGS: dict[str, Reading] = {
    "name": (NORMAL, "web1"),
    "vcpus": (NORMAL, 4),
    "ctime": (NORMAL, 1.5),
    "up": (NORMAL, True),
    "tags": (NORMAL, ["a", "b"]),
    "sizes": (NORMAL, [10, 20]),
    "ips": (NORMAL, [None]),
    "oper_ram": UNAVAILABLE,
    "mfree": OFFLINE,
}

HOLD = [
    ["=", "name", "web1"],
    ["==", "name", "web1"],
    ["!=", "name", "web2"],
    ["<", "name", "web10"],
    ["<=", "vcpus", 4],
    [">=", "vcpus", 4.0],
    [">", "ctime", 1],
    ["?", "up"],
    ["=~", "name", "^w.*[0-9]$"],
    ["=~", "name", "eb"],
    ["=[]", "tags", "b"],
    ["=[]", "sizes", 20],
    ["&"],
    ["&", ["?", "up"], ["=", "vcpus", 4]],
    ["|", ["=", "vcpus", 5], ["=", "vcpus", 4]],
    ["!", ["=", "vcpus", 5]],
]

HOLD_NOT = [
    ["=", "name", "WEB1"],
    ["!=", "name", "web1"],
    ["<", "vcpus", 4],
    ["=~", "name", "^eb"],
    ["=[]", "tags", "c"],
    ["|"],
    ["&", ["?", "up"], ["=", "vcpus", 5]],
    ["!", ["?", "up"]],
]

WRONG_SHAPES: list[tuple[Any, str]] = [  # Any: not conditions
    ([], "Cannot deserialise filter: expected array [string, args], got []"),
    ("x", 'Cannot deserialise filter: expected array [string, args], got "x"'),
    ([1, 2], "Cannot deserialise filter: expected array [string, args], got [1, 2]"),
    (["&", "up"], 'Cannot deserialise filter: expected array [string, args], got "up"'),
    (["^", "name", "x"], "Unknown filter operand '^'"),
    (["!"], "Cannot deserialise field, expected [filter] but got []"),
    (["?"], "Cannot deserialise field, expected [fieldname] but got []"),
    (["?", 1], "Unable to read String"),
    (
        ["=", "name"],
        'Cannot deserialise field/value pair, expected [fieldname, value] but got ["name"]',
    ),
    (["=", 1, 2], "Unable to read String"),
    (
        ["=", "up", True],
        "Cannot deserialise filter value, expecting string or integer, got true",
    ),
    (
        ["=[]", "ips", None],
        "Cannot deserialise filter value, expecting string or integer, got null",
    ),
    (
        ["=", "ctime", -0.25],
        "Cannot deserialise numeric filter value, expecting integral but got a fractional"
        " value: (-1) % 4",
    ),
    (["=~", "name", 5], "Unable to read String"),
]

WRONG_TYPES = [
    (
        ["=", "name", 1],
        "ParameterError",
        "Invalid types in comparison, trying to compare \"web1\" with 'NumericValue 1'",
    ),
    (
        ["<", "vcpus", "4"],
        "ParameterError",
        "Invalid types in comparison, trying to compare 4 with 'QuotedString \"4\"'",
    ),
    (
        ["=", "up", -1],
        "ParameterError",
        "Invalid types in comparison, trying to compare true with 'NumericValue (-1)'",
    ),
    (["?", "vcpus"], "ParameterError", "Unexpected value '4' in boolean context"),
    (
        ["=~", "vcpus", "4"],
        "ParameterError",
        "Invalid field value used in regexp matching, expecting string but got '4'",
    ),
    (
        ["=[]", "name", "web1"],
        "GenericError",
        "Cannot convert value '\"web1\"', error: Unable to read list",
    ),
    (
        ["=[]", "sizes", "10"],
        "GenericError",
        "Cannot convert value '[10, 20]', error: Unable to read String",
    ),
    (
        ["=[]", "ips", 5],
        "GenericError",
        "Cannot convert value '[null]', error: Unable to read Integer",
    ),
]

ON_NOTHING = [
    ["=", "oper_ram", "any type"],
    ["<", "mfree", 5],
    ["?", "oper_ram"],
    ["=~", "mfree", "x"],
    ["=[]", "oper_ram", 5],
]


def parsed(condition: object) -> Expression:
    return parse(condition, ["instance", ["name"], condition])


def holds(condition: object) -> bool:
    return parsed(condition).holds(READINGS.__getitem__)


def read_any(name: str) -> Reading:
    """A text for every other field: that there is one is for whoever asks to find out before."""
    return READINGS.get(name, (NORMAL, "text"))


class EvaluationTests(SynchronousTestCase):
    def test_conditions_that_hold(self) -> None:
        for condition in HOLD:
            self.assertTrue(holds(condition), condition)

    def test_conditions_that_do_not_hold(self) -> None:
        for condition in HOLD_NOT:
            self.assertFalse(holds(condition), condition)

    def test_a_field_without_a_value_meets_every_condition(self) -> None:
        for condition in ON_NOTHING:
            self.assertTrue(holds(condition), condition)
            self.assertFalse(holds(["!", condition]), condition)

    def test_unfit_types(self) -> None:
        for condition, kind, text in WRONG_TYPES:
            error = self.assertRaises(JobDaemonError, holds, condition)
            self.assertEqual((error.class_name, error.text), (kind, text))

    def test_or_and_and_stop_when_the_answer_is_known(self) -> None:
        unfit = ["?", "name"]
        self.assertTrue(holds(["|", ["?", "up"], unfit]))
        self.assertFalse(holds(["&", ["=", "vcpus", 5], unfit]))


class ParseTests(SynchronousTestCase):
    def test_what_is_not_a_condition_is_refused_in_luxids_words(self) -> None:
        for condition, reason in WRONG_SHAPES:
            error = self.assertRaises(JobDaemonError, parsed, condition)
            self.assertEqual(error.class_name, "")
            self.assertTrue(error.text.startswith("Failed to parse request: Cannot convert value"))
            self.assertEqual(error.text.partition(", error: ")[2], reason)

    def test_the_whole_call_is_quoted(self) -> None:
        error = self.assertRaises(JobDaemonError, parsed, ["!"])
        self.assertIn('value \'["instance", ["name"], ["!"]]\', error', error.text)

    def test_a_bad_regular_expression_is_refused_with_position_and_reason(self) -> None:
        for pattern in ("(", "*", "[z", "a{2,1}", "\\", "a{99999999999999999999}"):
            error = self.assertRaises(JobDaemonError, parsed, ["=~", "name", pattern])
            self.assertRegex(error.text, r'error: \(\d+,".+"\)$')

    def test_nesting_has_a_limit(self) -> None:
        condition: list[Any] = ["?", "up"]  # Any: nested lists
        for _ in range(MAX_DEPTH - 1):
            condition = ["!", condition]
        self.assertFalse(holds(condition))
        error = self.assertRaises(JobDaemonError, parsed, ["!", condition])
        self.assertIn("nested", error.text)

    def test_field_names(self) -> None:
        expression = parsed(
            ["&", ["?", "a"], ["!", ["=", "b", 1]], ["|", ["=~", "c", "x"], ["=[]", "d", 1]]]
        )
        self.assertEqual(list(expression.field_names()), ["a", "b", "c", "d"])


class EquatedTests(SynchronousTestCase):
    """Which conditions name objects one by one."""

    def test_equality_and_alternatives_of_it(self) -> None:
        self.assertEqual(parsed(["=", "name", "a"]).equated("name"), ["a"])
        nested = ["|", ["=", "name", "b"], ["|", ["==", "name", "a"], ["=", "name", 7]]]
        self.assertEqual(parsed(nested).equated("name"), ["b", "a", 7])

    def test_everything_else_does_not(self) -> None:
        equal = ["=", "name", "a"]
        for condition in (
            ["=", "uuid", "a"],
            ["!=", "name", "a"],
            [">", "name", "a"],
            ["&", equal],
            ["!", equal],
            ["|", equal, ["?", "up"]],
        ):
            self.assertIsNone(parsed(condition).equated("name"), condition)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
OPERATORS = st.sampled_from(["&", "|", "!", "?", "=", "!=", "<", ">=", "=~", "=[]", "x"])
NAMES = st.sampled_from(sorted(READINGS))
CONDITIONS = st.recursive(
    st.tuples(OPERATORS, NAMES).map(list)
    | st.tuples(OPERATORS, NAMES, st.integers() | st.text(max_size=5)).map(list)
    | JSON,
    lambda inner: (
        st.tuples(OPERATORS, inner).map(list) | st.tuples(OPERATORS, inner, inner).map(list)
    ),
    max_leaves=8,
)


class RobustnessTests(SynchronousTestCase):
    @given(CONDITIONS)
    @example(["=", "", "text"])
    def test_any_json_is_answered_or_refused(self, condition: Any) -> None:  # Any: any JSON
        with contextlib.suppress(JobDaemonError):
            self.assertIsInstance(parsed(condition).holds(read_any), bool)
