from __future__ import annotations

import time
from unittest import mock

from twisted.internet.selectreactor import SelectReactor
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.steady import keep_steady


class SteadyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = SelectReactor()  # not installed: one beside the one that runs the tests
        self.addCleanup(self.reactor.fireSystemEvent, "shutdown")

    def fires(self) -> bool:
        """Whether a timer fires although the time of day is set back by an hour before."""
        fired: list[bool] = []
        self.reactor.callLater(0, fired.append, True)
        earlier = time.time() - 3600
        with mock.patch("time.time", return_value=earlier), self.patched_runtime(earlier):
            self.reactor.runUntilCurrent()
        return bool(fired)

    def patched_runtime(self, now: float) -> mock._patch[object]:
        """Where Twisted has kept the function that tells the time of day."""
        if "seconds" in vars(self.reactor):
            return mock.patch("twisted.python.runtime.seconds", return_value=now)
        return mock.patch.object(type(self.reactor), "seconds", staticmethod(lambda: now))

    def test_a_timer_fires_when_the_clock_is_set_back(self) -> None:
        self.assertFalse(self.fires())  # which is what this is about
        keep_steady(self.reactor)
        self.assertTrue(self.fires())

    def test_it_begins_with_the_time_of_day(self) -> None:
        keep_steady(self.reactor)
        self.assertLess(abs(self.reactor.seconds() - time.time()), 5)
