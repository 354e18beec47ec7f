"""doc/client.md is right: its command lines and its programs work, one after the other."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from attrs import frozen
from twisted.internet import task
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import client as module
from ganeti_rapi.client import RapiClient
from ganeti_rapi.client.blocking import base
from ganeti_rapi.client.cli.failing import INTERRUPTED, OUTCOMES
from ganeti_rapi.client.cli.main import NOT_WRITTEN
from ganeti_rapi.client.cli.profiles import parse, profile_of

from .cli_double import CommandCase
from .client_double import URL, ClientOfSimulation

TEXT = (Path(__file__).parent.parent / "doc" / "client.md").read_text(encoding="utf-8")


@frozen
class Program:
    """A program of the document, and what it prints."""

    code: str
    output: str

    def compile(self) -> CodeType:
        # Outside of main, programs of the document await, too.
        return compile(self.code, "client.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


PROGRAM = re.compile(r"```python\n(.*?)```\n((?:\n(?:    [^\n]*\n)+)?)", re.DOTALL)
"""A program, and the indented lines after it."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```\n", TEXT, re.DOTALL)


def programs(title: str) -> Iterator[Program]:
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    for code, output in PROGRAM.findall(section):
        yield Program(code, re.sub("^    ", "", output.lstrip("\n"), flags=re.MULTILINE))


class CommandLineTests(CommandCase):
    def test_every_line_works(self) -> None:
        lines = [line for block in blocks("sh") for line in block.splitlines()]
        self.assertGreater(len(lines), 30)
        for line in lines:
            name, _, rest = line.partition(" ")
            self.assertEqual(name, "rapi")
            self.type(rest)

    def test_exit_codes(self) -> None:
        told = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
        self.assertEqual(told, {0, INTERRUPTED, NOT_WRITTEN, *(code for _, code, _ in OUTCOMES)})

    def test_profiles(self) -> None:
        (text,) = blocks("toml")
        profiles = {name: profile_of(name, table) for name, table in parse(text).tables.items()}
        self.assertEqual(set(profiles), {"default", "lab"})

    def test_errors(self) -> None:
        told = {name for name in re.findall(r"`(\w+)`", TEXT) if hasattr(module, name)}
        family = {
            name
            for name in module.__all__
            if inspect.isclass(getattr(module, name))
            and issubclass(getattr(module, name), Exception)
        }
        self.assertEqual(family - told, {"HttpError"})


class ProgramTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = ClientOfSimulation()
        self.addCleanup(self.sim.stop)

    def run_(self, program: Program, names: dict[str, Any]) -> None:
        # Any: whatever the programs before it made
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            work = eval(program.compile(), names)
            if work is not None:
                self.sim.run(work)
        self.assertEqual((program.code, shown.getvalue()), (program.code, program.output))

    def test_scripts(self) -> None:
        self.patch(base, "_connect", lambda *_: self.sim.client)
        self.patch(base, "result_of", self.sim.run)
        self.patch(time, "sleep", self.sim.reactor.advance)
        names: dict[str, Any] = {}  # Any: as above
        for program in programs("Python scripts"):
            self.run_(program, names)
        self.assertIn("GanetiApiError", names)

    def test_twisted_programs(self) -> None:
        def client(*_: object, **__: object) -> RapiClient:
            return RapiClient(self.sim.reactor, URL, "admin", "admin", http=self.sim.http)

        self.patch(module, "RapiClient", client)
        self.patch(task, "react", lambda main: self.sim.run(main(self.sim.reactor)))
        names: dict[str, Any] = {"client": client(), "reactor": self.sim.reactor}  # Any: as above
        for program in programs("Twisted programs"):
            self.run_(program, names)
        self.assertIn("RapiError", names)
