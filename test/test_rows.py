"""Large replies in slices."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError, LuxiProtocolError
from ganeti_rapi.luxi import rows as module
from ganeti_rapi.luxi.rows import row_slices

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def message(rows: object, **style: Any) -> bytes:  # Any: what json.dumps takes
    return json.dumps({"success": True, "result": rows}, **style).encode()


class SliceTests(SynchronousTestCase):
    def setUp(self) -> None:
        for name, value in (("LARGE", 10), ("SLICE", 30)):
            patcher = patch.object(module, name, value)
            patcher.start()
            self.addCleanup(patcher.stop)

    def check(self, text: bytes, rows: list[Any]) -> None:  # Any: JSON
        slices = list(row_slices(text))
        self.assertEqual([row for rows in slices for row in rows], rows)

    @given(st.lists(st.lists(VALUES)))
    def test_all_rows_in_order(self, rows: list[Any]) -> None:  # Any: JSON
        self.check(message(rows), rows)
        self.check(message(rows, separators=(",", ":")), rows)
        self.check(message(rows, indent=1), rows)

    def test_many_rows_come_in_several_slices(self) -> None:
        slices = list(row_slices(message([[number] * 5 for number in range(100)])))
        self.assertGreater(len(slices), 10)

    def test_an_error_of_the_daemon(self) -> None:
        text = b'{"success": false, "result": ["GenericError", ["no"]]}'
        with self.assertRaises(JobDaemonError):
            list(row_slices(text))

    def test_whatever_is_cut_off_or_wrong_is_told(self) -> None:
        whole = message([[1, "two"], [3, "four"], [5, "six"], [7, "eight"]])
        for wrong in (
            *(whole[:end] for end in range(12, len(whole))),
            whole + b"x",
            whole.replace(b"],", b"] ;"),
            whole.replace(b"four", b"\xff"),
            b"[[1], [2], [3], [4], [5]]",
        ):
            with self.assertRaises(LuxiProtocolError, msg=str(wrong)):
                list(row_slices(wrong))
