"""Several processes on one port: binding, starting, restarting and ending workers."""

from __future__ import annotations

import contextlib
import os
import socket
from signal import SIGHUP, SIGKILL, SIGTERM
from typing import Any

from attrs import define, field
from twisted.internet.error import (
    ConnectionDone,
    ProcessDone,
    ProcessExitedAlready,
    ProcessTerminated,
)
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.python.failure import Failure
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.options import Options
from ganeti_rapi.parent import BEAT, Parent
from ganeti_rapi.workers import (
    ADOPTED,
    HEART,
    LONGEST_SILENCE,
    SHORTEST_LIFE,
    Worker,
    Workers,
    bind,
    command,
)

from .harness import captured_log

CRASH = Failure(ProcessTerminated(1))


@define(eq=False)
class Process:
    """A process that is not there; ends when the test says so."""

    protocol: Worker
    arguments: list[str]
    files: dict[int, Any]  # Any: a descriptor or the direction of a pipe
    signals: list[int] = field(factory=list)
    gone: bool = False

    def signalProcess(self, number: int) -> None:
        if self.gone:
            raise ProcessExitedAlready
        self.signals.append(number)

    def end(self, reason: Failure = CRASH) -> None:
        self.gone = True
        self.protocol.processEnded(reason)


class Stoppable(Clock):
    """A clock that can be stopped and has readers."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[object] = []
        self.stopped = False

    def addReader(self, reader: object) -> None:
        self.readers.append(reader)

    def removeReader(self, reader: object) -> None:
        if reader in self.readers:
            self.readers.remove(reader)

    def stop(self) -> None:
        self.stopped = True


class Reactor(Clock):
    """A clock that starts such processes."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[Process] = []

    def spawnProcess(
        self, protocol: Worker, executable: str, args: list[str], env: object, childFDs: Any
    ) -> Process:
        assert executable == args[0]
        self.processes.append(Process(protocol, args, childFDs))
        return self.processes[-1]


class BindTests(SynchronousTestCase):
    def test_all_listen_on_one_port(self) -> None:
        for address in ("127.0.0.1", "::1"):
            sockets = bind(address, 0, 3)
            self.addCleanup(lambda sockets=sockets: [each.close() for each in sockets])
            self.assertEqual(len({each.getsockname() for each in sockets}), 1)

    def test_a_port_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken, self.assertRaises(OSError):
            bind("127.0.0.1", taken.getsockname()[1], 2)


class WorkersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.workers = Workers(self.reactor, "127.0.0.1", 0, 2, ["--no-ssl"], patience=27)
        self.addCleanup(lambda: [each.close() for each in self.workers.sockets])
        self.workers.startService()
        self.first, self.second = self.reactor.processes

    def test_each_gets_a_socket_of_its_own(self) -> None:
        adopted = [process.files[ADOPTED] for process in self.reactor.processes]
        self.assertEqual(adopted, [each.fileno() for each in self.workers.sockets])
        self.assertEqual(self.first.arguments, command(["--no-ssl"]))
        self.assertEqual(self.first.arguments[-2:], ["--adopt", str(ADOPTED)])

    def test_one_that_dies_is_started_again_at_once_on_its_socket(self) -> None:
        self.reactor.advance(SHORTEST_LIFE)
        self.second.end()
        self.reactor.advance(0)
        *_, successor = self.reactor.processes
        self.assertIsNot(successor, self.second)
        self.assertEqual(successor.files, self.second.files)

    def test_one_that_cannot_live_is_not_started_in_a_hurry(self) -> None:
        self.first.end()
        for pause in (1, 2, 4, 8, 16, 32, 60, 60):
            started = len(self.reactor.processes)
            self.reactor.advance(pause - 0.5)
            self.assertEqual(len(self.reactor.processes), started)
            self.reactor.advance(0.5)
            self.assertEqual(len(self.reactor.processes), started + 1)
            self.reactor.processes[-1].end()

    def test_one_that_lived_for_a_while_has_a_new_chance(self) -> None:
        self.first.end()
        self.reactor.advance(1)
        *_, successor = self.reactor.processes
        self.reactor.advance(SHORTEST_LIFE)
        successor.end()
        self.reactor.advance(0)
        self.assertIsNot(self.reactor.processes[-1], successor)

    def test_one_that_shows_no_life_is_replaced(self) -> None:
        for _ in range(10):
            self.reactor.advance(LONGEST_SILENCE - 1)
            self.assertEqual(self.first.signals, [])
            for worker in self.workers.workers:
                worker.childDataReceived(HEART, b".")
        self.workers.workers[1].childDataReceived(HEART, b".")
        self.reactor.advance(LONGEST_SILENCE)
        self.assertEqual(self.first.signals, [SIGKILL])
        started = len(self.reactor.processes)
        self.first.end()
        self.reactor.advance(0)
        self.assertEqual(len(self.reactor.processes), started + 1)

    def test_all_read_their_files_again(self) -> None:
        self.first.gone = True  # and nobody has told us yet
        self.workers.reload()
        self.assertEqual(self.second.signals, [SIGHUP])

    def test_the_end_waits_for_all(self) -> None:
        stopped = self.workers.stopService()
        self.assertEqual((self.first.signals, self.second.signals), ([SIGTERM], [SIGTERM]))
        self.first.end(Failure(ProcessDone(0)))
        self.assertNoResult(stopped)
        self.second.end(Failure(ProcessDone(0)))
        self.successResultOf(stopped)
        self.assertEqual(len(self.reactor.processes), 2)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual([each.fileno() for each in self.workers.sockets], [-1, -1])

    def test_one_that_does_not_end_is_killed(self) -> None:
        stopped = self.workers.stopService()
        self.first.end()
        self.reactor.advance(26)
        self.assertEqual(self.second.signals, [SIGTERM])
        self.reactor.advance(1)
        self.assertEqual(self.second.signals, [SIGTERM, SIGKILL])
        self.second.end()
        self.successResultOf(stopped)

    def test_the_end_comes_while_one_waits_to_be_started(self) -> None:
        self.first.end()
        stopped = self.workers.stopService()
        self.second.end()
        self.successResultOf(stopped)
        self.reactor.advance(SHORTEST_LIFE)
        self.assertEqual(len(self.reactor.processes), 2)

    def test_output_is_passed_on_in_whole_lines(self) -> None:
        events = captured_log(self)
        worker = self.workers.workers[0]
        worker.childDataReceived(1, b"one\ntw")
        worker.childDataReceived(2, b"o\nthree")
        self.assertEqual(
            [formatEvent(event) for event in events], ["worker 1: one", "worker 1: two"]
        )


class ParentTests(SynchronousTestCase):
    """The worker's side, with real pipes."""

    def setUp(self) -> None:
        self.reactor = Stoppable()
        self.parents_ear, heart = os.pipe()
        ears, self.parents_voice = os.pipe()
        self.parent = Parent(self.reactor, heart, ears)
        self.parent.startService()
        self.addCleanup(self.close, self.parents_ear, heart, ears, self.parents_voice)

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def test_interface(self) -> None:
        verifyObject(IReadDescriptor, self.parent)

    def test_it_shows_that_it_lives(self) -> None:
        self.reactor.pump([BEAT] * 3)
        self.assertEqual(os.read(self.parents_ear, 100), b"....")
        self.parent.stopService()
        self.assertEqual((self.reactor.readers, self.reactor.getDelayedCalls()), ([], []))

    def test_it_ends_with_its_parent(self) -> None:
        self.assertEqual(self.reactor.readers, [self.parent])
        os.close(self.parents_ear)
        os.close(self.parents_voice)
        self.reactor.advance(BEAT)
        self.parent.doRead()
        self.assertTrue(self.reactor.stopped)
        self.parent.stopService()

    def test_it_does_so_with_reactors_that_see_the_end_of_the_pipe(self) -> None:
        self.parent.connectionLost(Failure(ConnectionDone()))
        self.assertTrue(self.reactor.stopped)

    def test_the_reactors_own_end_is_not_the_parents(self) -> None:
        self.parent.stopService()
        self.parent.connectionLost(Failure(ConnectionDone()))
        self.assertFalse(self.reactor.stopped)


class OptionsTests(SynchronousTestCase):
    def parse(self, *words: str) -> Options:
        options = Options()
        options.parseOptions(words)
        return options

    def test_a_worker_is_told_all_but_where_to_listen(self) -> None:
        ours = self.parse(
            *("--workers", "2", "--port", "1", "--bind", "::", "--no-keep-alive"),
            *("--ssl-cert", "cert", "--users-file", "users", "--max-clients", "5"),
            *("--trusted-proxy", "192.0.2.1", "--trusted-proxy", "unix"),
        )
        theirs = self.parse(*ours.for_worker(), "--adopt", "3")
        for name in ("no-keep-alive", "no-ssl", "ssl-cert", "ssl-key", "users-file", "luxi-socket"):
            self.assertEqual(theirs[name], ours[name], name)
        self.assertEqual((theirs["workers"], theirs["max-clients"], theirs.adopted), (1, 3, 3))
        self.assertEqual(theirs.trusted_proxies, ["192.0.2.1", "unix"])

    def test_no_limit_stays_none(self) -> None:
        self.assertIn("--max-clients=0", self.parse("--workers", "4").for_worker())

    def test_endpoints_cannot_be_shared(self) -> None:
        with self.assertRaises(UsageError):
            self.parse("--workers", "2", "--endpoint", "tcp:1")
