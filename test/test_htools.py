"""Running programs: real ones by a real reactor's interface, and time by a clock."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from ganeti_rapi import htools
from ganeti_rapi.errors import BadGateway, GatewayTimeout, MethodNotSupported
from ganeti_rapi.htools import LONGEST_RUN, MOST_OUTPUT, LuxiHtools


class Spawned:
    """A process as the reactor has it."""

    def __init__(self, protocol: Any, path: str, command: list[str], env: dict[str, str]) -> None:
        # Any: a ProcessProtocol
        self.protocol, self.path, self.command, self.env = protocol, path, command, env
        self.killed = False

    def signalProcess(self, name: str) -> None:
        if self.killed:
            raise ProcessExitedAlready
        self.killed = name == "KILL"

    def end(self, code: int = 0) -> None:
        reason = ProcessTerminated(code) if code else ProcessDone(0)
        self.protocol.processEnded(Failure(reason))


class Reactor(Clock):
    """A clock that spawns processes."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[Spawned] = []

    def spawnProcess(self, *arguments: Any, **settings: Any) -> Spawned:  # Any: handed through
        self.processes.append(Spawned(*arguments, **settings))
        return self.processes[-1]


class RealProcessTests(TestCase):
    """Shell scripts in the place of the programs."""

    def program(self, script: str) -> None:
        path = Path(self.mktemp())
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        self.patch(htools.shutil, "which", lambda *_, **__: str(path.absolute()))

    async def test_what_it_prints(self) -> None:
        self.program('echo "$1 $2"; echo "$RAPI_PASSWORD"')
        with mock.patch.dict("os.environ", {"RAPI_PASSWORD": "sesame"}):
            printed = await LuxiHtools(reactor, "/luxi.sock").run("hbal", ["--print-commands"])
        self.assertEqual(printed, "--luxi=/luxi.sock --print-commands\n\n")

    async def test_why_it_fails(self) -> None:
        self.program("echo no luck >&2; exit 3")
        with self.assertRaises(BadGateway) as caught:
            await LuxiHtools(reactor, "/luxi.sock").run("hbal", [])
        self.assertIn("no luck", caught.exception.message)

    async def test_it_ends_with_the_wish_for_it(self) -> None:
        said = self.mktemp()
        self.program(f"echo $$ > {os.getcwd()}/{said}; exec sleep 600")
        programs = LuxiHtools(reactor, "/luxi.sock")
        run = Deferred.fromCoroutine(programs.run("hbal", []))
        while not line_in(said):
            await deferLater(reactor, 0.01)
        run.cancel()
        with self.assertRaises(CancelledError):
            await run
        while alive(int(line_in(said))):
            await deferLater(reactor, 0.01)
        self.program("echo next")
        self.assertEqual(await programs.run("hbal", []), "next\n")


def line_in(name: str) -> str:
    """The line that a file holds; empty until it is whole."""
    path = Path(name)
    text = path.read_text() if path.exists() else ""
    return text if text.endswith("\n") else ""


def alive(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class HtoolsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.htools = LuxiHtools(self.reactor, "/luxi.sock")
        self.patch(htools.shutil, "which", lambda name, **_: f"/usr/bin/{name}")

    def run_program(self, *arguments: str) -> Deferred[str]:
        return Deferred.fromCoroutine(self.htools.run("hbal", arguments))

    @property
    def process(self) -> Spawned:
        return self.reactor.processes[-1]

    def test_it_gets_the_socket_and_no_environment(self) -> None:
        with mock.patch.dict("os.environ", {"RAPI_PASSWORD": "sesame"}):
            run = self.run_program("--print-commands")
        self.assertEqual(self.process.command, ["hbal", "--luxi=/luxi.sock", "--print-commands"])
        self.assertEqual(self.process.path, "/usr/bin/hbal")
        self.assertEqual(set(self.process.env), {"LANG", "PATH"})
        for data in (b"Initial sc", b"ore: 1\xff\n"):
            self.process.protocol.outReceived(data)
        self.process.end()
        self.assertEqual(self.successResultOf(run), "Initial score: 1\ufffd\n")
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_one_runs_at_a_time(self) -> None:
        first, second = self.run_program(), self.run_program()
        self.assertEqual(len(self.reactor.processes), 1)
        self.process.end()
        self.successResultOf(first)
        self.assertEqual(len(self.reactor.processes), 2)
        self.process.end()
        self.successResultOf(second)

    def test_when_nobody_waits_it_is_killed(self) -> None:
        run, waiting, third = (self.run_program() for _ in range(3))
        waiting.cancel()
        self.failureResultOf(waiting)
        run.cancel()
        self.failureResultOf(run)
        killed = self.reactor.processes[0]
        self.assertTrue(killed.killed)
        killed.end(9)
        self.assertEqual(len(self.reactor.processes), 2, "the turn is the next one's")
        self.process.end()
        self.successResultOf(third)

    def test_one_that_hangs(self) -> None:
        run = self.run_program()
        self.reactor.advance(LONGEST_RUN)
        self.assertTrue(self.process.killed)
        self.process.end(9)
        self.failureResultOf(run, GatewayTimeout)

    def test_one_that_prints_without_end(self) -> None:
        run = self.run_program()
        for _ in range(MOST_OUTPUT // 2**20 + 2):
            self.process.protocol.outReceived(bytes(2**20))
        self.assertTrue(self.process.killed)
        self.process.end(9)
        self.failureResultOf(run, BadGateway)

    def test_one_that_fails_says_why(self) -> None:
        run = self.run_program()
        self.process.protocol.errReceived(b"x" * 9999 + b"Error: no luck\n")
        self.process.end(1)
        message = self.failureResultOf(run, BadGateway).value.message
        self.assertTrue(message.endswith("Error: no luck"))
        self.assertLess(len(message), 5000)
        run = self.run_program()
        self.process.end(1)
        self.assertIn("does not say why", self.failureResultOf(run, BadGateway).value.message)

    def test_one_that_is_not_there(self) -> None:
        self.patch(htools.shutil, "which", lambda *_, **__: None)
        failure = self.failureResultOf(self.run_program(), MethodNotSupported)
        self.assertIn("ganeti-htools", failure.value.message)
