"""What README.md tells administrators to type, as test/master types it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import __version__

from .master.readme import blocks
from .master.states import BACK, DEBIAN, OTHERS


class CommandTests(SynchronousTestCase):
    def test_debian(self) -> None:
        package = f"./ganeti-rapi-twisted_{__version__}_all.deb"
        self.assertEqual(blocks(DEBIAN), [["make deb"], [f"apt install {package}"]])

    def test_there_and_back(self) -> None:
        (there,) = blocks(OTHERS)
        debian, others = blocks(BACK)
        self.assertEqual(debian, ["apt remove ganeti-rapi-twisted"])
        for commands in (there, others):
            self.assertIn("systemctl daemon-reload", commands)

    def test_a_heading_that_is_not_there(self) -> None:
        self.assertRaises(LookupError, blocks, "Elsewhere")
