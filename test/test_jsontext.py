"""JSON text, with orjson and without."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import jsontext
from ganeti_rapi.jsontext import MOST_NESTED

HAS_ORJSON = importlib.util.find_spec("orjson") is not None

TOO_DEEP = b"[" * 1_000_000


def values_of(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """JSON values made of these and of floats, lists and objects."""
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | floats | leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )


any_text = st.text(st.characters())  # lone surrogates, too
values = values_of(st.integers() | any_text)
small_values = values_of(st.integers(-(2**63), 2**64 - 1) | any_text)

NOT_JSON = (
    *(b"", b" ", b"{", b"[1,]", b"{1: 2}", b"'x'", b"nonsense", b"1 2", b'"\n"', b"01", b"+1"),
    *(b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"1e400", b"[-1e999]"),
    *(b'"\xff"', b"\xff\xfe1\x00", '"x"'.encode("utf-16"), b"\xef\xbb\xbf1", b'"\xed\xa0\x80"'),
    *(TOO_DEEP, b'{"a":' * 1_000_000),
)


FRAGMENTS = (
    *(b"[", b"]", b"{", b"}", b'"', b":", b",", b" ", b"\n", b"\t", b"\0"),
    *(b"0", b"1", b"9", b"-", b"+", b".", b"e", b"E", b"true", b"false", b"null", b"NaN"),
    *(b"\\", b"\\u", b"d800", b"dc00", b"00e4", "ä".encode(), b"\xff", b"\xed\xa0\x80"),
)
"""What a text that almost is JSON may be made of."""


def without_orjson() -> ModuleType:
    """A second copy of the module, made where orjson is not installed."""
    spec = importlib.util.find_spec("ganeti_rapi.jsontext")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"orjson": None}):
        spec.loader.exec_module(module)
    return module


STDLIB = without_orjson()


class BothTests:
    """What holds for either library."""

    dumps: Callable[[object], bytes]
    loads: Callable[[bytes], Any]  # Any: JSON
    assertEqual: Any  # Any: the methods of the test case that these tests are mixed into
    assertRaises: Any

    def test_loads(self) -> None:
        self.assertEqual(
            self.loads('{"a": [1, -2.5, true, null], "ä": "\\u00fc€"}'.encode()),
            {"a": [1, -2.5, True, None], "ä": "ü€"},
        )

    def test_what_is_not_json(self) -> None:
        for text in NOT_JSON:
            with self.assertRaises(ValueError, msg=repr(text[:20])):
                self.loads(text)

    def test_huge_integers_go_out(self) -> None:
        for number in (2**63, 2**64, -(2**63) - 1, 10**100):
            self.assertEqual(self.dumps([number]), b"[%d]" % number)

    def test_lone_surrogates_come_in_and_go_out(self) -> None:
        value = self.loads(rb'"\ud800"')
        self.assertEqual(value, "\ud800")
        self.assertEqual(self.dumps(value), rb'"\ud800"')

    def test_tuples_are_lists(self) -> None:
        self.assertEqual(self.loads(self.dumps((1, ("a",)))), [1, ["a"]])

    def test_numbers_as_keys_become_text(self) -> None:
        self.assertEqual(self.loads(self.dumps({1: "a"})), {"1": "a"})

    def test_what_has_no_json_form(self) -> None:
        for value in (object(), b"bytes", {1, 2}, 1j):
            with self.assertRaises(TypeError, msg=repr(value)):
                self.dumps(value)


class StandardLibraryTests(BothTests, SynchronousTestCase):
    dumps = staticmethod(STDLIB.dumps)
    loads = staticmethod(STDLIB.loads)

    def test_output_is_ascii(self) -> None:
        self.assertEqual(self.dumps("ü€"), rb'"\u00fc\u20ac"')

    def test_huge_integers_come_in(self) -> None:
        self.assertEqual(self.loads(b"%d" % 10**100), 10**100)

    def test_nan_does_not_go_out(self) -> None:
        for number in (float("nan"), float("inf")):
            self.assertRaises(ValueError, self.dumps, [number])


class FastTests(BothTests, SynchronousTestCase):
    if not HAS_ORJSON:
        skip = "orjson is not installed"

    dumps = staticmethod(jsontext.dumps)
    loads = staticmethod(jsontext.loads)

    def test_output_is_utf8(self) -> None:
        self.assertEqual(self.dumps("ü€"), '"ü€"'.encode())

    def test_huge_integers_come_in_as_floats(self) -> None:
        self.assertEqual(self.loads(b"18446744073709551616"), 2.0**64)


class AnyTextTests(SynchronousTestCase):
    """What one of them writes, the other reads."""

    @given(values)
    def test_values_come_out_as_they_went_in(self, value: object) -> None:
        for dumps in (jsontext.dumps, STDLIB.dumps):
            self.assertEqual(STDLIB.loads(dumps(value)), value)

    @given(small_values)
    def test_values_of_64_bits_come_out_as_they_went_in(self, value: object) -> None:
        for dumps in (jsontext.dumps, STDLIB.dumps):
            self.assertEqual(jsontext.loads(dumps(value)), value)

    @given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join) | st.binary())
    def test_both_take_the_same_bytes(self, text: bytes) -> None:
        try:
            value = jsontext.loads(text)
        except ValueError:
            self.assertRaises(ValueError, STDLIB.loads, text)
        else:
            self.assertEqual(STDLIB.loads(text), value)


class DepthTests(SynchronousTestCase):
    def test_of_what_clients_send(self) -> None:
        for opening, closing in (("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")):
            levels = MOST_NESTED // (opening.count("[") + opening.count("{"))
            text = f"{opening * levels}1{closing * levels}"
            self.assertEqual(jsontext.loads_flat(text.encode()), STDLIB.loads(text.encode()))
            for more in (1, 50, 900, 10_000, 100_000):
                text = f"{opening * (levels + more)}1{closing * (levels + more)}"
                with self.assertRaisesRegex(ValueError, "nested", msg=more):
                    jsontext.loads_flat(text.encode())

    def test_many_beside_each_other_are_not_deep(self) -> None:
        value = [[{}] * 10] * 100
        self.assertEqual(jsontext.loads_flat(jsontext.dumps(value)), value)

    def test_numbers_have_an_end(self) -> None:
        with self.assertRaisesRegex(ValueError, "more than 1000 digits"):
            jsontext.loads_flat(b"[" + b"1" * 5000 + b"]")
