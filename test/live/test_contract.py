"""The contract of the API on a real Ganeti, through our daemon."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ..contract import Contract
from .daemon import SKIP, our_api


class LiveContractTests(Contract, SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()
