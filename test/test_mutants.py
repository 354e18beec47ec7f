"""That the mutation run finds the modules and tests that it names."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .mutants import ROOT, tests_of_all


class NamesTests(SynchronousTestCase):
    def test_every_module_is_there(self) -> None:
        there = {module for module in tests_of_all() if (ROOT / "ganeti_rapi" / module).is_file()}
        self.assertEqual(set(tests_of_all()) - there, set())

    def test_every_test_is_there(self) -> None:
        """A new module whose tests are named otherwise needs a line in `TESTS`."""
        wrong = {
            module: name
            for module, names in tests_of_all().items()
            for name in names
            if not (ROOT / "test" / f"test_{name}.py").is_file()
        }
        self.assertEqual(wrong, {})
