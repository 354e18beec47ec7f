"""Large replies in slices."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError, LuxiMessageTooLarge, LuxiProtocolError
from ganeti_rapi.luxi import rows as module
from ganeti_rapi.luxi.codec import Message
from ganeti_rapi.luxi.rows import decode_whole, row_slices, table_slices

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
"""What a row may hold."""

ROWS = st.lists(st.lists(VALUES)).map(lambda rows: rows * 20)
"""Lists that are wider than what is looked at at once, some of them by far."""

SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=5)
"""How long the pieces of a message are, in turn."""


def reply(result: object, **style: Any) -> bytes:  # Any: what json.dumps takes
    return json.dumps({"success": True, "result": result}, **style).encode()


def pieces(text: bytes, sizes: Sequence[int] = (7,)) -> Message:
    """The text in pieces of these sizes, over and over."""
    cut: Message = []
    while text:
        size = sizes[len(cut) % len(sizes)]
        cut.append(text[:size])
        text = text[size:]
    return cut


class SliceCase(SynchronousTestCase):
    def setUp(self) -> None:
        for name, value in (("LARGE", 10), ("SLICE", 30)):
            patcher = patch.object(module, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)


class RowsTests(SliceCase):
    def check(self, message: Message, rows: list[Any]) -> None:  # Any: JSON
        slices = list(row_slices(message))
        self.assertEqual([row for rows in slices for row in rows], rows)

    @given(ROWS, SIZES, st.booleans())
    def test_all_rows_in_order(self, rows: list[Any], sizes: list[int], ascii_only: bool) -> None:
        # Any: JSON
        for style in ({}, {"separators": (",", ":")}, {"indent": 1}):
            text = reply(rows, ensure_ascii=ascii_only, **style)
            self.check(pieces(text, sizes), rows)

    def test_cut_anywhere(self) -> None:
        rows = [[12.5e10, -3, 'a\\"ü😀', {"k": [True, None]}, []]] * 20
        for text in (reply(rows), reply(rows, ensure_ascii=False)):
            for at in range(1, len(text)):
                self.check([text[:at], text[at:]], rows)

    def test_many_rows_come_in_several_slices(self) -> None:
        message = pieces(reply([[number] * 5 for number in range(100)]))
        self.assertGreater(len(list(row_slices(message))), 10)

    def test_no_slice_has_too_many_rows_however_short_they_are(self) -> None:
        with patch.object(module, "SLICE_ROWS", 5):
            sizes = [len(rows) for rows in row_slices(pieces(reply([[]] * 100)))]
        self.assertEqual((sum(sizes), max(sizes)), (100, 5))

    def test_a_row_that_comes_in_many_pieces_lets_others_have_turns(self) -> None:
        slices = list(row_slices(pieces(reply([["x" * 5000]]), [100])))
        self.assertIn([["x" * 5000]], slices)
        self.assertGreater(slices.count([]), 3)

    def test_an_error_of_the_daemon(self) -> None:
        text = b'{"success": false, "result": ["GenericError", ["no"]]}'
        with self.assertRaises(JobDaemonError):
            list(row_slices(pieces(text)))

    def test_whatever_is_cut_off_or_wrong_is_told(self) -> None:
        whole = reply([[1, "two"], [3, "four"], [5, "six"], [7, "eight"]] * 10)
        for wrong in (
            *(whole[:end] for end in range(12, len(whole))),
            *(whole + b"x", whole + b"}", whole + b" " * 500 + b"x"),
            whole.replace(b"],", b"] ;"),
            whole.replace(b"],", b"]"),
            whole.replace(b"four", b"\xff"),
            whole.replace(b"three", b"NaN").replace(b"3,", b"NaN,"),
            b"[[1], [2], [3], [4], [5]]",
            reply(0).replace(b"0", b"[" * 100_000),
        ):
            with self.assertRaises(LuxiProtocolError, msg=str(wrong[:500])):
                list(row_slices(pieces(wrong)))


class TableTests(SliceCase):
    @given(st.lists(VALUES), ROWS, SIZES)
    def test_the_fields_and_all_rows_in_order(
        self, fields: list[Any], rows: list[Any], sizes: list[int]
    ) -> None:  # Any: JSON
        message = pieces(reply({"fields": fields, "data": rows}), sizes)
        first, *slices = table_slices(message)
        self.assertEqual(first, fields)
        self.assertEqual([row for rows in slices for row in rows], rows)

    def test_in_another_order(self) -> None:
        message = pieces(reply({"data": [[1]], "fields": ["a"]}))
        self.assertEqual(list(table_slices(message)), [["a"], [[1]]])

    def test_whatever_is_wrong_is_told(self) -> None:
        whole = reply({"fields": ["a", "b"], "data": [[1, "two"], [3, "four"]] * 10})
        for wrong in (
            *(whole[:end] for end in range(12, len(whole))),
            whole + b"}",
            whole.replace(b"data", b"date"),
            *(reply(value) for value in (None, [1] * 9, {}, {"fields": []}, {"data": []}, "text")),
        ):
            with self.assertRaises(LuxiProtocolError, msg=str(wrong)):
                list(table_slices(pieces(wrong)))


class LargestTests(SynchronousTestCase):
    """What would have to be decoded in one go has a limit."""

    def setUp(self) -> None:
        for name, value in (("LARGE", 500), ("LARGEST_VALUE", 1000)):
            patcher = patch.object(module, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def test_a_reply_without_rows(self) -> None:
        self.assertEqual(decode_whole(pieces(reply("x" * 900))), "x" * 900)
        with self.assertRaises(LuxiMessageTooLarge):
            decode_whole(pieces(reply("x" * 1000)))

    def test_a_row(self) -> None:
        rows = [["x" * 900]] * 10
        slices = list(row_slices(pieces(reply(rows), [100])))
        self.assertEqual([row for rows in slices for row in rows], rows)
        for row in (["x" * 1200], [[1] * 1000], {"a": "x" * 1200}):
            with self.assertRaises(LuxiMessageTooLarge):
                list(row_slices(pieces(reply([[1], row, [2]]), [100])))

    def test_what_only_looks_like_a_row_is_told_for_what_it_is(self) -> None:
        text = reply([["x" * 10, "y"]] * 500).replace(b'"y"', b"y", 1)
        with self.assertRaises(LuxiProtocolError) as caught:
            list(row_slices(pieces(text, [100])))
        self.assertIn("not JSON", str(caught.exception))
