"""The simulated cluster does what a real luxid was recorded to do; see test/fidelity."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .fidelity.replay import differences, unlike
from .fidelity.steps import steps


class FidelityTests(SynchronousTestCase):
    def test_every_step_ends_as_recorded(self) -> None:
        found = [f"{step}\n  {'; '.join(places)}" for step, places in differences() if places]
        self.assertEqual(found, [])

    def test_there_are_many(self) -> None:
        self.assertGreater(len(list(steps())), 300)

    def test_differences_are_found(self) -> None:
        for one, other, place in (
            ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a.b: 2 and 3"),
            ([1], [1, 2], ": [1] and [1, 2]"),
            ({"a": 1}, {}, "a: 1 and null"),
            (1, True, ": 1 and true"),
        ):
            self.assertEqual(list(unlike(one, other)), [place])
