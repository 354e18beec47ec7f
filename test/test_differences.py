from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.differences import DIFFERENCES, document

DOCUMENT = Path(__file__).parent.parent / "doc" / "differences.md"


class DocumentTests(SynchronousTestCase):
    def test_the_document_is_up_to_date(self) -> None:
        current = DOCUMENT.read_text(encoding="utf-8")
        self.assertEqual(current, document(), "run `make doc`")

    def test_every_difference_is_a_row(self) -> None:
        rows = [line for line in document().splitlines() if line.startswith("| ")]
        self.assertEqual(len(rows), len(DIFFERENCES) + 1)
        for row in rows:
            self.assertEqual(row.count("|"), 4, row)
