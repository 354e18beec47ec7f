"""The simulated cluster does what a real luxid was recorded to do; see test/fidelity."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .fidelity.replay import KNOWN, differences, surprising, unlike
from .fidelity.steps import steps


class FidelityTests(SynchronousTestCase):
    def test_every_step_ends_as_recorded(self) -> None:
        found = [(step, places) for step, places in differences() if places]
        told = [f"{step}\n  {places}" for step, places in found if surprising(step, places)]
        self.assertEqual(told, [])
        self.assertLessEqual(len(found), len(KNOWN))  # a step for each entry, and no more

    def test_there_are_many(self) -> None:
        self.assertGreater(len(list(steps())), 400)

    def test_differences_are_found(self) -> None:
        for one, other, place in (
            ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a.b: 2 and 3"),
            ([1], [1, 2], ": [1] and [1, 2]"),
            ({"a": 1}, {}, "a: 1 and null"),
            (1, True, ": 1 and true"),
        ):
            self.assertEqual(list(unlike(one, other)), [place])
