"""Several processes on one port: binding, starting, restarting and ending workers."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from signal import SIGHUP, SIGKILL, SIGTERM
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
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

from ganeti_rapi.metrics.samples import Snapshot, decode, encode
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.options import Options
from ganeti_rapi.parent import Parent
from ganeti_rapi.tickets import Box, KeptByParent
from ganeti_rapi.workers import (
    ADOPTED,
    BEAT,
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
    told: list[bytes] = field(factory=list)

    def writeToChild(self, descriptor: int, data: bytes) -> None:
        assert descriptor == 0
        if self.gone:
            raise KeyError(descriptor)
        self.told.append(data)

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
                worker.childDataReceived(HEART, encode(Snapshot()))
        self.workers.workers[1].childDataReceived(HEART, encode(Snapshot()))
        self.reactor.advance(LONGEST_SILENCE)
        self.assertEqual(self.first.signals, [SIGKILL])
        started = len(self.reactor.processes)
        self.first.end()
        self.reactor.advance(0)
        self.assertEqual(len(self.reactor.processes), started + 1)

    def told(self, process: Process) -> Snapshot:
        return decode(process.told[-1])

    def test_each_is_told_what_all_counted_and_hold(self) -> None:
        for worker, count in zip(self.workers.workers, (2, 3)):
            line = encode(Snapshot({("logins", "ok"): count}, {("connections",): 1}))
            worker.childDataReceived(HEART, line[:9])
            worker.childDataReceived(HEART, line[9:] + b"[[[")
        self.reactor.advance(BEAT)
        for process in (self.first, self.second):
            told = self.told(process)
            self.assertEqual(told.counts, {("logins", "ok"): 5})
            self.assertEqual(
                told.gauges, {("connections",): 2, ("workers",): 2, ("workers_silent",): 0}
            )

    def test_what_one_counted_stays_when_it_is_gone(self) -> None:
        worker = self.workers.workers[0]
        for count in (4, 5):
            line = encode(Snapshot({("logins", "ok"): count}, {("connections",): 1}))
            worker.childDataReceived(HEART, line + b"torn")
            self.first.end()
            self.reactor.advance(2)
            self.first = self.reactor.processes[-1]
        self.assertEqual(decode(self.first.told[0]).counts, {("logins", "ok"): 9})
        self.reactor.advance(BEAT)
        self.assertEqual(self.told(self.second).gauges, {("workers",): 2, ("workers_silent",): 0})

    def test_one_that_tells_nothing_any_more_holds_up_nobody(self) -> None:
        worker = self.workers.workers[0]
        worker.childDataReceived(HEART, encode(Snapshot({("logins", "ok"): 1})))
        self.reactor.pump([1.0] * 6)
        self.first.gone = True  # and nobody has told us yet
        self.workers.workers[1].childDataReceived(HEART, encode(Snapshot()))
        self.reactor.advance(BEAT)
        self.assertEqual(self.told(self.second).counts, {("logins", "ok"): 1})
        self.assertEqual(self.told(self.second).gauges[("workers_silent",)], 1)

    def test_one_that_never_told_anything_is_missed(self) -> None:
        self.reactor.pump([1.0] * 6)
        self.workers.workers[1].childDataReceived(HEART, encode(Snapshot()))
        self.reactor.advance(BEAT)
        self.assertEqual(self.told(self.second).gauges, {("workers",): 2, ("workers_silent",): 1})

    def test_a_line_that_is_none_counts_as_life_only(self) -> None:
        for line in (b"\n", b"nonsense\n", encode(Snapshot({("logins", "ok"): 1}))[5:]):
            self.workers.workers[0].childDataReceived(HEART, line)
        self.reactor.advance(BEAT)
        self.assertEqual(self.told(self.second).counts, {})

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
        self.tally = Tally()
        self.tickets = KeptByParent(self.reactor)
        self.parent = Parent(self.reactor, self.tally, self.tickets, heart, ears)
        self.parent.startService()
        self.addCleanup(self.close, self.parents_ear, heart, ears, self.parents_voice)

    def close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def test_interface(self) -> None:
        verifyObject(IReadDescriptor, self.parent)

    def said(self) -> list[bytes]:
        return os.read(self.parents_ear, 1_000_000).split(b"\n")[:-1]

    def test_it_shows_that_it_lives_by_its_numbers(self) -> None:
        self.tally.logins["basic", "ok"] = 7
        self.reactor.pump([BEAT] * 3)
        lines = self.said()
        self.assertEqual(len(lines), 4)
        self.assertEqual(decode(lines[0]).counts, {})
        self.assertEqual(decode(lines[-1]).counts, {("logins", "basic", "ok"): 7})
        self.parent.stopService()
        self.assertEqual((self.reactor.readers, self.reactor.getDelayedCalls()), ([], []))

    def test_it_hears_what_all_counted(self) -> None:
        line = encode(Snapshot({("logins", "ok"): 9}))
        for part in (line[:5], line[5:] + line[:7], line[7:] + b"[["):
            os.write(self.parents_voice, part)
            self.parent.doRead()
        self.assertEqual(self.tally.totals, Snapshot({("logins", "ok"): 9}))

    def test_it_asks_for_tickets_between_its_numbers(self) -> None:
        self.said()
        self.reactor.advance(BEAT)
        asked = Deferred.fromCoroutine(self.tickets.take("name"))
        counts, question = self.said()
        decode(counts)
        answer = Box(self.reactor.seconds).answer(question)
        for part in (encode(Snapshot())[:4], encode(Snapshot())[4:] + answer[:9], answer[9:]):
            os.write(self.parents_voice, part)
            self.parent.doRead()
        self.assertIsNone(self.successResultOf(asked))
        self.assertEqual(self.tally.totals, Snapshot())

    def test_a_parent_that_does_not_listen_stops_nobody(self) -> None:
        self.tally.logins.update({f"outcome {number}": number for number in range(2000)})
        self.reactor.pump([BEAT] * 10)
        heard = b""
        for _ in range(10):
            heard += os.read(self.parents_ear, 1_000_000)
            self.reactor.advance(BEAT)
        *lines, _ = heard.split(b"\n")
        self.assertGreater(len(lines), 3)
        for line in lines:
            decode(line)

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

    def test_the_first_one_alone_has_the_endpoint_of_metrics(self) -> None:
        options = self.parse("--workers", "3", "--metrics-endpoint", "tcp:9100")
        common, first = options.for_worker(), options.for_first_worker()
        self.assertEqual(first, ["--metrics-endpoint=tcp:9100"])
        self.assertIsNone(self.parse(*common)["metrics-endpoint"])
        self.assertEqual(self.parse().for_first_worker(), [])
        workers = Workers(Reactor(), "127.0.0.1", 0, 3, common, more=first)
        self.addCleanup(lambda: [each.close() for each in workers.sockets])
        having = [first[0] in worker.arguments for worker in workers.workers]
        self.assertEqual(having, [True, False, False])

    def test_endpoints_cannot_be_shared(self) -> None:
        with self.assertRaises(UsageError):
            self.parse("--workers", "2", "--endpoint", "tcp:1")


class TicketTests(SynchronousTestCase):
    """Two workers and their parent, over the lines that they write."""

    def test_one_that_a_worker_made_is_good_at_another_once(self) -> None:
        reactor = Reactor()
        workers = Workers(reactor, "127.0.0.1", 0, 2, [])
        self.addCleanup(lambda: [each.close() for each in workers.sockets])
        workers.startService()
        tickets = []
        for worker, process in zip(workers.workers, reactor.processes):
            kept = KeptByParent(reactor)
            kept.say = _through(worker, process, kept)
            tickets.append(kept)
        first, second = tickets
        name = self.successResultOf(Deferred.fromCoroutine(first.put({"port": 11000})))
        taken = self.successResultOf(Deferred.fromCoroutine(second.take(name)))
        self.assertEqual(taken, {"port": 11000})
        for each in tickets:
            self.assertIsNone(self.successResultOf(Deferred.fromCoroutine(each.take(name))))


def _through(worker: Worker, process: Process, tickets: KeptByParent) -> Callable[[bytes], None]:
    """A worker's pipes: its line goes to the parent, in two pieces, and the answer comes back."""

    def say(line: bytes) -> None:
        counts = encode(Snapshot())
        worker.childDataReceived(HEART, counts + line[:7])
        worker.childDataReceived(HEART, line[7:] + counts)
        tickets.heard(process.told[-1])

    return say
