"""The simulator's end of a LUXI connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, maybeDeferred
from twisted.internet.interfaces import IAddress, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.errors import JobDaemonError, LuxiMessageTooLarge
from ganeti_rapi.jsontext import dumps
from ganeti_rapi.luxi.codec import Framer, encode_error, encode_result
from ganeti_rapi.simulator.calls import JobDaemon, call
from ganeti_rapi.simulator.control.faults import CHAOS, GARBAGE, SILENT, SLOW
from ganeti_rapi.simulator.jobs.job import error_result

_log = Logger()

_SLICE = 100
"""Rows that are read and sent at once: about two milliseconds of work."""

_BROKEN = ["GenericError", ["The simulator could not answer; its log says why"]]


class LuxidProtocol(Protocol):
    """Answers the requests of one client, one at a time and in their order.

    As luxid does, it closes the connection after a request that it cannot parse. What a client
    still waits for when it disconnects is cancelled.
    """

    transport: ITCPTransport

    def __init__(self, daemon: JobDaemon, connections: set[LuxidProtocol]) -> None:
        self._daemon = daemon
        self._connections = connections
        self._framer = Framer()
        self._requests: deque[bytes] = deque()
        self._serving: Deferred[None] | None = None
        self._idle = True
        self._closed = False
        self._leaves = False

    def connectionMade(self) -> None:
        """Let the factory know whom to disconnect when the daemon stops."""
        self._connections.add(self)

    def dataReceived(self, data: bytes) -> None:
        """Serve the requests that ``data`` completes, unless one is being served already."""
        if self._closed:
            return
        try:
            self._requests.extend(map(b"".join, self._framer.feed(data)))
        except LuxiMessageTooLarge:
            self._close()
        if self._idle:
            self._idle = False
            self._serving = ensureDeferred(self._serve())
            self._serving.addErrback(lambda failure: failure.trap(CancelledError))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget what the client asked for."""
        self._connections.discard(self)
        self._closed = True
        if self._serving is not None:
            self._serving.cancel()

    async def _serve(self) -> None:
        while self._requests and not self._closed:
            message = self._requests.popleft()
            if fault := self._daemon.faults and self._daemon.faults.of_luxid():
                await self._misbehave(fault)
            if not self._closed:
                await self._serve_one(message)
            if self._leaves:
                self._close()
        self._idle = True

    async def _misbehave(self, fault: Mapping[str, Any]) -> None:  # Any: see `Faults`
        """Be as a job daemon is that is ill; only slow ones and those in chaos answer after all."""
        if fault["how"] == SLOW:
            await deferLater(self._daemon.clock, fault.get("seconds", 1))
        elif fault["how"] == CHAOS:
            assert self._daemon.faults is not None
            late, self._leaves = self._daemon.faults.mischief()
            await deferLater(self._daemon.clock, late)
        elif fault["how"] == SILENT:
            await Deferred(lambda _: None)  # until the client goes
        else:
            if fault["how"] == GARBAGE:
                self.transport.write(b"\xff no JSON \x03")
            self._close()

    async def _serve_one(self, message: bytes) -> None:
        try:
            result = await maybeDeferred(call, self._daemon, message)
            if isinstance(result, Iterator):
                await self._write_rows(result)
            else:
                self.transport.write(encode_result(result))
        except JobDaemonError as error:
            self.transport.write(encode_error(error_result(error)))
            if not error.class_name:
                self._close()
        except CancelledError:
            raise
        except Exception:
            _log.failure("The simulator failed to answer a LUXI request")
            self.transport.write(encode_error(_BROKEN))

    async def _write_rows(self, rows: Iterator[Any]) -> None:  # Any: JSON
        """Send a long list a slice at a time, so that it does not hold up other clients."""
        frame = encode_result([])
        head, tail = frame[: frame.index(b"[") + 1], frame[frame.index(b"]") :]
        text = head
        while slice_ := list(islice(rows, _SLICE)):
            self.transport.write(text + dumps(slice_)[1:-1])
            text = b","
            await deferLater(self._daemon.clock, 0)
        self.transport.write((head if text is head else b"") + tail)

    def _close(self) -> None:
        self._closed = True
        self.transport.loseConnection()


@define(eq=False, repr=False)
class LuxidFactory(Factory):
    """Serves one job daemon to any number of clients."""

    noisy = False  # not worth a line in the log
    _daemon: JobDaemon
    _connections: set[LuxidProtocol] = field(factory=set, init=False)

    def buildProtocol(self, addr: IAddress | None) -> LuxidProtocol:
        """A protocol for one client."""
        return LuxidProtocol(self._daemon, self._connections)

    def disconnect_all(self) -> None:
        """Drop every client."""
        for protocol in list(self._connections):
            protocol.transport.abortConnection()
