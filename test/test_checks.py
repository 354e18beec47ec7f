from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import (  # type: ignore[import-untyped]  # has no stubs
    Draft202012Validator,
    FormatChecker,
)
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.checks import (
    BOOLEAN,
    IPV4_ADDRESS,
    IPV4_NETWORK,
    IPV6_ADDRESS,
    IPV6_NETWORK,
    JOB_ID,
    LIST,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
    POSITIVE,
    RELATIVE_JOB_ID,
    SIZE,
    STRING,
    Anything,
    Check,
    CheckError,
    DictOf,
    Either,
    Integer,
    Items,
    Keyed,
    ListOf,
    Matching,
    Maybe,
    Number,
    OneOf,
)
from ganeti_rapi.api.opcodes import OPCODES

WORD = OneOf(("live", "non-live"))
LEVEL = OneOf((-10, 0, 10))
KEYED = Keyed((("a", Integer()),), others=STRING)
CLOSED = Keyed((("a", Integer()),))
PAIR = Items((NON_NEGATIVE, STRING))
DEEP: Any = []  # Any: a list of lists of lists
for _ in range(100_000):
    DEEP = [DEEP]

ALL_CHECKS: dict[str, Check] = {
    **{
        str(param.check): param.check
        for opcode in OPCODES.values()
        for param in opcode.parameters.values()
    },
    **{str(check): check for check in (RELATIVE_JOB_ID, Integer(), PAIR, KEYED, CLOSED)},
}

# (check, values that it accepts, values that it refuses)
CASES: tuple[tuple[Check, list[Any], list[Any]], ...] = (
    (Anything(), [None, 0, "", [], {}, DEEP], []),
    (BOOLEAN, [True, False, 1, 0], [None, 2, -1, 1.0, 0.0, "true", [], {}]),
    (Integer(), [0, -1, 10**30], [True, False, 1.0, 1.5, "1", None, []]),
    (Integer(0, 15), [0, 15], [-1, 16, True]),
    (POSITIVE, [1, 2], [0, -1, True]),
    (RELATIVE_JOB_ID, [-1, -5], [0, 1, "-1"]),
    (Number(), [0, 1, 1.5, -0.5], [True, "1", None, float("nan"), float("inf")]),
    (STRING, ["", "a"], [None, 1, ["a"]]),
    (NON_EMPTY_STRING, ["a", " "], ["", None, 1, ["a"], {}]),
    (WORD, ["live"], ["Live", "", 1, True, None, ["live"], {}, DEEP]),
    (LEVEL, [-10, 0, 10], [5, "0", False, True, None, []]),
    (ListOf(WORD), [[], ["live", "live"]], [None, "live", {}, ["Live"], [["live"]]]),
    (PAIR, [[0, ""]], [[], [0], [0, "", 1], [-1, ""], ["", 0], {}, None]),
    (DictOf(WORD, BOOLEAN), [{}, {"live": 1}], [{"x": True}, {"live": None}, [], None]),
    (DictOf(NON_EMPTY_STRING, Anything()), [{"a": None}], [{"": 1}]),
    (KEYED, [{}, {"a": 1, "b": ""}], [{"a": "1"}, {"b": 1}, {"": ""}, [], None]),
    (CLOSED, [{}, {"a": 1}], [{"a": True}, {"b": 1}, {"": 1}]),
    (
        SIZE,
        [0, 16, "16", " 16", "16 ", "1 g", "2GiB", "3Tb"],
        ["", "big", "1.5g", "16x", "1 g ", 1.5, True],
    ),
    (Maybe(WORD), [None, "live"], ["", 0, []]),
    (Either((NON_EMPTY_STRING, LIST)), ["a", [1]], ["", None, {}]),
    (JOB_ID, [0, 12, "12", "012"], [-1, True, 1.0, "", "-1", "1 ", "1\n", "\u0661", None]),
    (IPV4_ADDRESS, ["192.0.2.1"], ["192.0.2.01", "192.0.2", "192.0.2.256", "::1", "", 1, None]),
    (IPV4_NETWORK, ["192.0.2.0/24", "192.0.2.0"], ["192.0.2.1/24", "192.0.2.0/33", "x/y", ""]),
    (IPV6_ADDRESS, ["::1", "::192.0.2.1"], ["::1::", "1::g", "::1/64", "192.0.2.1", 1]),
    (IPV6_NETWORK, ["2001:db8::/32"], ["2001:db8::1/32", "::/129", "::/", "192.0.2.0/24"]),
)

# (check, value, the error's text)
MESSAGES: tuple[tuple[Check, Any, str], ...] = (
    (NON_EMPTY_STRING, 5, "expected a non-empty string, got a number"),
    (NON_EMPTY_STRING, "", "expected a non-empty string, got an empty string"),
    (Integer(), 1.5, "expected an integer, got a decimal number"),
    (Integer(0, 15), 16, "expected an integer from 0 to 15, got one outside that range"),
    (BOOLEAN, None, "expected a boolean, got null"),
    (WORD, "Live", "expected one of live, non-live, got another string"),
    (LEVEL, True, "expected one of -10, 0, 10, got a boolean"),
    (IPV4_ADDRESS, "x", "expected an IPv4 address, got another string"),
    (Maybe(STRING), [], "expected a string or null, got a list"),
    (PAIR, [1], "expected 2 items, got 1"),
    (ListOf(NON_EMPTY_STRING), ["a", "b", 3], "item 2: expected a non-empty string, got a number"),
    (DictOf(STRING, STRING), {"size": 1}, "key 'size': expected a string, got a number"),
    (
        DictOf(WORD, STRING),
        {"x": ""},
        "key 'x': expected one of live, non-live, got another string",
    ),
    (KEYED, {"a": ""}, "key 'a': expected an integer, got an empty string"),
    (CLOSED, {"b": 1}, "key 'b': expected one of a, got another string"),
    (ListOf(OBJECT), [{}, []], "item 1: expected an object, got a list"),
    (
        Either((ListOf(STRING), ListOf(PAIR))),
        [[1, 2]],
        "item 0: item 1: expected a string, got a number",
    ),
    (
        Either((ListOf(STRING), OBJECT)),
        1,
        "expected a list of strings or object, got a number",
    ),
)

PHRASES: tuple[tuple[Check, str], ...] = (
    (Maybe(NON_EMPTY_STRING), "non-empty string or null"),
    (WORD, "one of live, non-live"),
    (ListOf(Maybe(WORD)), "list of (one of live, non-live or null)"),
    (LIST, "list"),
    (OBJECT, "object"),
    (DictOf(STRING, BOOLEAN), "object of booleans"),
    (DictOf(WORD, Anything()), "object with (one of live, non-live) as keys"),
    (KEYED, "object (a: integer; others: string)"),
    (ListOf(CLOSED), "list of objects (a: integer)"),
    (PAIR, "[integer of at least 0, string]"),
    (RELATIVE_JOB_ID, "integer of at most -1"),
    (ListOf(STRING), "list of strings"),
    (ListOf(IPV4_ADDRESS), "list of IPv4 addresses"),
    (ListOf(LIST), "list of lists"),
    (ListOf(Matching("string like an address", str)), "list of strings like an address"),
)


def accepts(check: Check, value: Any) -> bool:  # Any: JSON, and what is not
    try:
        check(value)
    except CheckError:
        return False
    return True


class ChecksTests(SynchronousTestCase):
    def test_accepts(self) -> None:
        for check, good, _ in CASES:
            for value in good:
                # Not assertEqual: showing DEEP would recurse too far.
                self.assertTrue(accepts(check, value), str(check))

    def test_refuses(self) -> None:
        for check, _, bad in CASES:
            for at, value in enumerate(bad):
                self.assertFalse(accepts(check, value), f"{check}: value {at}")

    def test_messages(self) -> None:
        for check, value, message in MESSAGES:
            error = self.assertRaises(CheckError, check, value)
            self.assertEqual(str(error), message)

    def test_long_keys_are_shortened(self) -> None:
        error = self.assertRaises(CheckError, DictOf(WORD, STRING), {"x" * 10_000: ""})
        self.assertLess(len(str(error)), 200)

    def test_phrases(self) -> None:
        for check, phrase in PHRASES:
            self.assertEqual(str(check), phrase)

    def test_all_checks_have_phrases(self) -> None:
        for phrase in ALL_CHECKS:
            self.assertNotIn("object at 0x", phrase)
            self.assertTrue(phrase)

    def test_one_and_zero_become_booleans_at_any_depth(self) -> None:
        nested = Maybe(ListOf(DictOf(STRING, Either((Items((BOOLEAN, BOOLEAN)), BOOLEAN)))))
        result = nested([{"a": 1, "b": [0, True]}])
        self.assertEqual(repr(result), "[{'a': True, 'b': [False, True]}]")

    def test_checked_containers_are_new(self) -> None:
        given_list: list[Any] = ["a"]
        given_dict: dict[str, Any] = {"a": "b"}
        self.assertIsNot(ListOf(STRING)(given_list), given_list)
        self.assertIsNot(DictOf(STRING, STRING)(given_dict), given_dict)


# JSON Schema's regular expressions are ECMAScript's, where $ is the very end. Python's also allows
# a newline there, so that we leave newlines out; and floats without a fraction, which the schema
# cannot tell from integers.
BEYOND_SCHEMAS = ("1.0", "0.0", "nan", "inf", "'1\\n'")
texts = st.text(max_size=4).filter(lambda text: "\n" not in text)
floats = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
scalars = st.none() | st.booleans() | st.integers(-12, 20) | floats | texts
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
notations = st.from_regex(r"\A[0-9]{1,3}(\.[0-9]{1,3}){3}(/[0-9]{1,2})?\Z") | st.from_regex(
    r"\A[0-9a-g]{0,4}(:{1,2}[0-9a-f]{1,5}){0,8}(::)?(%[a-z]*)?(/[0-9]{1,3})?\Z"
)


def near(check: Check) -> st.SearchStrategy[Any]:  # Any: JSON
    """Values most of which are of the right kind, so that both verdicts occur."""
    return _of_kind(check) | json_values


def _of_kind(check: Check) -> st.SearchStrategy[Any]:  # Any: JSON
    if isinstance(check, OneOf):
        return st.sampled_from(check.choices)
    if isinstance(check, Matching):
        return notations | st.from_regex(r"\A[0-9]{1,3}\Z")
    if isinstance(check, ListOf):
        return st.lists(near(check.item), max_size=3)
    if isinstance(check, Items):
        return st.tuples(*map(near, check.checks)).map(list)
    if isinstance(check, DictOf):
        keys = _of_kind(check.keys).filter(lambda key: isinstance(key, str)) | texts
        return st.dictionaries(keys, near(check.values), max_size=3)
    if isinstance(check, Keyed):
        known = {name: near(value) for name, value in check.known}
        others = st.dictionaries(texts, near(check.others or Anything()), max_size=2)
        return st.tuples(st.fixed_dictionaries({}, optional=known), others).map(
            lambda pair: {**pair[1], **pair[0]}
        )
    if isinstance(check, Maybe):
        return st.none() | _of_kind(check.check)
    if isinstance(check, Either):
        return st.one_of(*map(_of_kind, check.checks))
    return json_values


def validator_of(check: Check) -> Draft202012Validator:
    return Draft202012Validator(check.schema(), format_checker=FormatChecker())


def is_misfit(check: Check, value: Any) -> bool:  # Any: JSON
    """Whether the schema cannot tell: of networks, and of the zone of an IPv6 address."""
    if isinstance(check, Maybe):
        return is_misfit(check.check, value)
    networks = check in (IPV4_NETWORK, IPV6_NETWORK)
    return isinstance(value, str) and (networks or (check == IPV6_ADDRESS and "%" in value))


class SchemaTests(SynchronousTestCase):
    def test_schemas_are_valid(self) -> None:
        for check in ALL_CHECKS.values():
            Draft202012Validator.check_schema(check.schema())

    def test_schemas_agree_on_the_cases(self) -> None:
        for check, good, bad in CASES:
            validator = validator_of(check)
            for value in [*good, *bad]:
                if value is DEEP or repr(value) in BEYOND_SCHEMAS:
                    continue
                valid = validator.is_valid(value)
                if not is_misfit(check, value):
                    self.assertEqual(valid, accepts(check, value), f"{check}: {value!r}")

    @settings(max_examples=400)
    @given(st.sampled_from(list(ALL_CHECKS.values())), st.data())
    def test_schemas_agree_with_checks(self, check: Check, data: st.DataObject) -> None:
        value = data.draw(near(check))
        valid = validator_of(check).is_valid(value)
        if not is_misfit(check, value):
            self.assertEqual(valid, accepts(check, value), f"{check}: {value!r}")

    @settings(max_examples=400)
    @given(st.sampled_from([IPV4_ADDRESS, IPV6_ADDRESS]), notations)
    def test_address_formats_are_exact(self, check: Check, text: str) -> None:
        valid = validator_of(check).is_valid(text)
        if not is_misfit(check, text):
            self.assertEqual(valid, accepts(check, text))


class SecrecyTests(SynchronousTestCase):
    @settings(max_examples=300)
    @given(st.sampled_from(list(ALL_CHECKS.values())), st.data())
    def test_errors_never_show_values(self, check: Check, data: st.DataObject) -> None:
        secret = st.sampled_from(["hunter2", 918273645, 91827.3645])
        nested: st.SearchStrategy[Any] = st.recursive(  # Any: JSON
            secret,
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab"), inner),
            max_leaves=5,
        )
        try:
            check(data.draw(nested))
        except CheckError as error:
            for shown in ("hunter2", "918273645", "91827.3645"):
                self.assertNotIn(shown, str(error))
