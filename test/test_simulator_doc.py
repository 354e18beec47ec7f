"""doc/simulator.md is right: its programs work, and its command lines are taken."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from unittest import TestCase, TestResult, defaultTestLoader

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import options, simulator_service
from ganeti_rapi.testing import SimulatedApi

TEXT = (Path(__file__).parent.parent / "doc" / "simulator.md").read_text(encoding="utf-8")

PLUGINS = {"ganeti-rapi": options.Options, "ganeti-simulator": simulator_service.Options}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```\n", TEXT, re.DOTALL)


class DocumentTests(SynchronousTestCase):
    def test_the_programs_work(self) -> None:
        names: dict[str, Any] = {"__name__": "simulator.md"}  # Any: what the programs define
        for block in blocks("python"):
            exec(compile(block, "simulator.md", "exec"), names)
        result = TestResult()
        for kind in names.values():
            if isinstance(kind, type) and issubclass(kind, TestCase):
                defaultTestLoader.loadTestsFromTestCase(kind).run(result)
        self.assertEqual((result.errors, result.failures), ([], []))
        self.assertGreaterEqual(result.testsRun, 4)

    def test_the_command_lines_are_taken(self) -> None:
        lines = [shlex.split(line) for block in blocks("sh") for line in block.splitlines()]
        self.assertGreaterEqual(len(lines), 5)
        for twistd, *words in lines:
            self.assertEqual(twistd, "twistd")
            name = next(word for word in words if word in PLUGINS)
            PLUGINS[name]().parseOptions(words[words.index(name) + 1 :])

    def test_what_the_table_names_is_there(self) -> None:
        api = SimulatedApi()
        self.addCleanup(api.stop)
        rows = re.findall(r"^\| (`[a-z].*?) \|", TEXT, re.MULTILINE)
        for name in re.findall(r"`([a-z_]+)[.(`]", " ".join(rows)):
            self.assertTrue(hasattr(api, name), name)
        self.assertGreaterEqual(len(rows), 8)
