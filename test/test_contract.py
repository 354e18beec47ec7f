"""The contract of the API on the simulated cluster."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing import SimulatedApi

from .contract import Contract


class SimulatorContractTests(Contract, SynchronousTestCase):
    new_name = "new1.example.com"
    other_name = "new2.example.com"

    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)
