"""`rapi console`: what is run, by the kind of console, and what is said where nothing can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from attrs import define
from click.testing import Result
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import CannotListenError, ProcessDone
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import relaying
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.errors import FeatureMissing

from .cli_double import CommandCase

PROGRAMS = "ganeti_rapi.client.cli.viewing.shutil.which"


@define
class Running:
    """What ran in the place of `rapi`."""

    words: Sequence[str] = ()

    def __call__(self, _program: str, words: Sequence[str]) -> None:
        self.words = words


class KindTests(CommandCase):
    def opened(self, line: str, installed: bool = True, **told: Any) -> tuple[Result, Running]:
        """The end of a line, for a console of which Ganeti tells this."""
        running = Running()
        answer = mock.patch.object(
            self.line.simulation.client, "get_console", mock.AsyncMock(return_value=told)
        )
        programs = mock.patch(PROGRAMS, lambda name: name if installed else None)
        with answer, programs, mock.patch("os.execvp", running):
            return self.line.type(line), running

    def test_a_serial_line(self) -> None:
        told = {"kind": "ssh", "host": "node1", "user": "root", "command": ["x", "y z"]}
        result, running = self.opened("console web1.example.com", **told)
        self.assertEqual(result.exit_code, 0, result.stderr)
        self.assertEqual(running.words, ["ssh", "-t", "root@node1", "x 'y z'"])

    def test_spice(self) -> None:
        told = {"kind": "spice", "host": "node1", "port": 5902}
        _, running = self.opened("console web1.example.com", **told)
        program, name = running.words
        text = Path(name).read_text()
        Path(name).unlink()
        self.assertEqual(program, "remote-viewer")
        for line in ("type=spice", "host=node1", "port=5902", "delete-this-file=1"):
            self.assertIn(line, text.splitlines())

    def test_what_is_not_installed_is_shown(self) -> None:
        told = {"kind": "ssh", "host": "node1", "command": ["x"]}
        result, running = self.opened("console web1.example.com", installed=False, **told)
        self.assertEqual((result.exit_code, result.stdout), (6, "ssh -t node1 x\n"))
        self.assertIn("ssh is not installed", result.stderr)
        self.assertEqual(running.words, ())
        told = {"kind": "spice", "host": "node1", "port": 5902}
        result, _ = self.opened("console web1.example.com", installed=False, **told)
        self.assertEqual(result.stdout, "remote-viewer spice://node1:5902\n")

    def test_none(self) -> None:
        result, _ = self.opened("console web1.example.com", kind="msg", message="No console.")
        self.assertEqual(result.exit_code, 6)
        self.assertIn("No console.", result.stderr)

    def test_an_instance_that_is_down(self) -> None:
        for more in ("", " --vnc"):
            words = "build1 is down and has no console: rapi instances start build1"
            self.fails(f"console build1{more}", 6, words)

    def viewed(self, line: str, *installed: str) -> tuple[Result, list[Any]]:
        """The end of a line, and what was to be relayed."""
        calls: list[Any] = []

        async def relay(_: object, instance: str, port: int, viewer: Any) -> None:
            calls.append((instance, port, viewer(5999)))

        programs = mock.patch(PROGRAMS, lambda name: name if name in installed else None)
        with mock.patch.object(relaying, "relay", relay), programs:
            return self.line.type(line), calls

    def test_a_screen_with_a_viewer(self) -> None:
        _, calls = self.viewed("console web1 --vnc", "remote-viewer")
        self.assertEqual(calls, [("web1", 0, ["remote-viewer", "vnc://127.0.0.1:5999"])])
        _, calls = self.viewed("console web1 --vnc", "remote-viewer", "vncviewer")
        self.assertEqual(calls, [("web1", 0, ["vncviewer", "127.0.0.1::5999"])])

    def test_a_screen_without_a_viewer(self) -> None:
        result, calls = self.viewed("console web1 --vnc")
        self.assertEqual(calls, [("web1", 0, None)])
        self.assertEqual(result.stdout, "127.0.0.1:5999\n")
        self.assertIn("vncviewer", result.stderr)

    def test_only_listening(self) -> None:
        result, calls = self.viewed("console web1 --listen 5999", "vncviewer")
        self.assertEqual(calls, [("web1", 5999, None)])
        self.assertEqual(result.stdout, "127.0.0.1:5999\n")
        self.fails("console web1 --listen 0", 2, "--listen")


class Reactor(MemoryReactorClock):  # type: ignore[misc]  # it has no types
    """A reactor that starts programs which are not there."""

    program: ProcessProtocol | None = None
    words: Sequence[str] = ()

    def spawnProcess(self, program: ProcessProtocol, _: str, words: Any, **__: Any) -> None:
        self.program, self.words = program, words


class Client:
    """A client that has tickets."""

    def __init__(self, reactor: Clock) -> None:
        self.transport = mock.Mock(clock=reactor)

    async def console_ticket(self, instance: str) -> dict[str, object]:
        return {"url": instance, "expires": 0}

    async def open_console(self, *_: object) -> None:
        raise AssertionError("no viewer connects here")


class RelayingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()

    def relay(
        self, port: int, viewer: Callable[[int], Sequence[str] | None] = lambda _: None
    ) -> Deferred[None]:
        client: Any = Client(self.reactor)
        return Deferred.fromCoroutine(relaying.relay(client, "web1", port, viewer))

    def test_it_listens_for_this_machine_alone(self) -> None:
        work = self.relay(5999)
        ((port, _, _, interface),) = self.reactor.tcpServers
        self.assertEqual((port, interface), (5999, "127.0.0.1"))
        work.cancel()  # by Control-C, which is the good end where there is no program
        self.successResultOf(work)

    def test_the_end_of_the_program_is_the_end(self) -> None:
        work = self.relay(0, lambda _: ["vncviewer", "there"])
        self.assertEqual(self.reactor.words, ["vncviewer", "there"])
        self.assertNoResult(work)
        assert self.reactor.program is not None
        self.reactor.program.processEnded(Failure(ProcessDone(0)))
        self.successResultOf(work)

    def test_who_interrupts_a_program_is_told(self) -> None:
        work = self.relay(0, lambda _: ["vncviewer", "there"])
        work.cancel()
        self.failureResultOf(work, CancelledError)

    def test_without_the_library(self) -> None:
        with mock.patch.dict("sys.modules", {"wsproto": None}):
            self.failureResultOf(self.relay(5999), FeatureMissing)

    def test_a_port_that_is_taken(self) -> None:
        taken = CannotListenError("127.0.0.1", 5999, OSError(98, "Address already in use"))
        with mock.patch.object(self.reactor, "listenTCP", side_effect=taken):
            error = self.failureResultOf(self.relay(5999), Failed).value
        self.assertIn("port 5999 cannot be had: Address already in use", str(error))
