"""Several processes that share one port: ``--workers``.

The parent binds a socket for each worker to the same port; the kernel spreads new connections over
them. A worker adopts its socket and serves it as a daemon of its own. The parent keeps every socket
open, so when a worker dies, clients that the kernel has given to it wait for its successor instead
of being refused.

Parent and worker know of each other by pipes. The worker's standard input ends when the parent
does, however that ended, and then the worker ends as well. The worker writes its counts every
second from its reactor's loop; one that is silent for long hangs, and is replaced. The parent
writes to each what all have counted together, so that any of them can tell the metrics. It also
keeps the tickets, which are good for all workers: see `ganeti_rapi.tickets`. All workers have one
file open, for `ganeti_rapi.jobs.locks`.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat
from tempfile import TemporaryFile
from typing import Any

from attrs import define, field
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.error import ProcessDone, ProcessExitedAlready, ProcessTerminated
from twisted.internet.interfaces import IDelayedCall, IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.listening import BACKLOG
from ganeti_rapi.metrics.workers import Sums
from ganeti_rapi.tickets import Box

ADOPTED = 3
"""The file descriptor under which a worker finds its socket."""

HEART = 4
"""The file descriptor that a worker's signs of life go to."""

LOCKS = 5
"""The file descriptor of an empty file that all workers have open, for locks between them."""

BEAT = 1.0
"""Seconds between two signs of life."""

LONGEST_SILENCE = 30.0
"""Seconds without one, after which a worker is killed and its successor started."""

SHORTEST_LIFE = 10.0
"""Seconds. A worker that dies sooner is started again after a pause: one second, then two, then
four, until it is `LONGEST_PAUSE`."""

LONGEST_PAUSE = 60.0

TWISTD = "from twisted.scripts.twistd import run; run()"


def bind(address: str, port: int, workers: int) -> list[socket.socket]:
    """A listening socket for each worker, all on one port. Raises OSError.

    Sockets that share a port would share it with those of another daemon, too. So first one that
    does not must get it.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    socket.create_server((address, port), family=family).close()
    sockets: list[socket.socket] = []
    for _ in range(workers):
        listening = socket.create_server(
            (address, port), family=family, backlog=BACKLOG, reuse_port=True
        )
        port = listening.getsockname()[1]
        sockets.append(listening)
    return sockets


def command(options: Sequence[str]) -> list[str]:
    """The command line of a worker."""
    twistd = [sys.executable, "-c", TWISTD, "-n", "--pidfile=", "--logfile=-"]
    return [*twistd, "ganeti-rapi", *options, "--adopt", str(ADOPTED)]


@define(eq=False)
class Worker(ProcessProtocol):
    """One worker process, and its successors."""

    number: int
    listening: socket.socket
    arguments: Sequence[str]
    reactor: Any  # Any: one object that provides many zope interfaces
    sums: Sums
    tickets: Box
    locks: int
    patience: float = 5.0
    process: IProcessTransport | None = None
    stopping: Deferred[None] | None = None
    _started: float = 0.0
    _again: IDelayedCall | None = None
    _silence: IDelayedCall | None = None
    _failures: int = 0
    _text: bytes = b""
    _counts: bytes = b""
    _log: Logger = field(factory=Logger)

    def start(self) -> None:
        """Run the process; it inherits its socket, and its output comes to us."""
        self._again = None
        self._started = self.reactor.seconds()
        files: dict[int, Any] = {0: "w", 1: "r", 2: "r", HEART: "r", LOCKS: self.locks}
        files[ADOPTED] = self.listening.fileno()
        self.process = self.reactor.spawnProcess(
            self, self.arguments[0], self.arguments, env=os.environ, childFDs=files
        )
        self.sums.started(self.number)
        self.tell(self.sums.line())  # before it serves, so that no count of ours ever falls
        self._silence = self.reactor.callLater(LONGEST_SILENCE, self._hangs)

    def _hangs(self) -> None:
        self._silence = None
        self._log.error(
            "Worker {number} shows no sign of life for {seconds:.0f} seconds and is replaced",
            number=self.number,
            seconds=LONGEST_SILENCE,
        )
        self.signal(signal.SIGKILL)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """Pass the worker's log on, line by line; or note that it lives."""
        if childFD == HEART:
            self._lives(data)
            return
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace")
            self._log.info("worker {number}: {text}", number=self.number, text=text)

    def _lives(self, data: bytes) -> None:
        if self._silence is not None:
            self._silence.reset(LONGEST_SILENCE)
        *lines, self._counts = (self._counts + data).split(b"\n")
        for line in [line for line in lines if line.startswith(b"{")]:
            self.tell(self.tickets.answer(line))
        if counts := [line for line in lines if line.startswith(b"[")]:
            self.sums.heard(self.number, counts[-1])

    def tell(self, line: bytes) -> None:
        """Write to the process, if it is there."""
        if self.process is not None:
            with suppress(KeyError):  # it closed its end, and will be gone in a moment
                self.process.writeToChild(0, line)

    def processEnded(self, reason: Failure) -> None:
        """Start the worker's successor, unless it was to end."""
        reason.trap(ProcessDone, ProcessTerminated)
        self.process = None
        self._counts = b""
        self.sums.ended(self.number)
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if self.stopping is not None:
            self.stopping.callback(None)
            return
        lived = self.reactor.seconds() - self._started
        self._failures = 0 if lived >= SHORTEST_LIFE else self._failures + 1
        delay = min(2.0 ** (self._failures - 1), LONGEST_PAUSE) if self._failures else 0.0
        self._log.error(
            "Worker {number} ended unexpectedly and is started again {when}: {reason}",
            number=self.number,
            when=f"in {delay:.0f} s" if delay else "now",
            reason=reason.getErrorMessage(),
        )
        self._again = self.reactor.callLater(delay, self.start)

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal, if it is there."""
        if self.process is not None:
            with suppress(ProcessExitedAlready):
                self.process.signalProcess(number)

    def stop(self) -> Deferred[None]:
        """End the process; fires when it is gone."""
        if self._again is not None:
            self._again.cancel()
        if self.process is None:
            return succeed(None)
        self.stopping = Deferred()
        self.signal(signal.SIGTERM)
        kill = self.reactor.callLater(self.patience, self.signal, signal.SIGKILL)
        return self.stopping.addCallback(lambda _: kill.cancel() if kill.active() else None)


class Workers(Service):
    """All workers. The sockets are bound when this is made. Raises OSError.

    All have the same ``options``, and the first one ``more`` of them. A worker has ``patience``
    seconds to end before it is killed.
    """

    def __init__(
        self,
        reactor: Any,
        address: str,
        port: int,
        count: int,
        options: Sequence[str],
        patience: float = 5.0,
        more: Sequence[str] = (),
    ) -> None:
        # Any: one object that provides many zope interfaces
        self.sockets = bind(address, port, count)
        self._sums = Sums(reactor.seconds)
        tickets = Box(reactor.seconds)
        self._locks = TemporaryFile()  # noqa: SIM115  # it is open as long as we are
        all_options = [[*options, *more], *repeat(options, count - 1)]
        self.workers = [
            Worker(
                *(number, listening, command(chosen), reactor),
                *(self._sums, tickets, self._locks.fileno(), patience),
            )
            for number, (listening, chosen) in enumerate(zip(self.sockets, all_options), 1)
        ]
        self._beat = LoopingCall(self._tell_sums)
        self._beat.clock = reactor

    def startService(self) -> None:
        super().startService()
        for worker in self.workers:
            worker.start()
        self._beat.start(BEAT)

    def _tell_sums(self) -> None:
        line = self._sums.line()
        for worker in self.workers:
            worker.tell(line)

    def reload(self) -> None:
        """Let every worker read its files again."""
        for worker in self.workers:
            worker.signal(signal.SIGHUP)

    def stopService(self) -> Deferred[Any]:  # Any: the result is not read
        super().stopService()
        if self._beat.running:
            self._beat.stop()
        stopped = DeferredList([worker.stop() for worker in self.workers])
        return stopped.addCallback(self._close)

    def _close(self, _stopped: object) -> None:
        self._locks.close()
        for listening in self.sockets:
            listening.close()
