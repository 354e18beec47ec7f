"""Connections to the job daemon: the protocol, and a bounded pool of them.

Theory of operation. luxid answers the requests of one connection in order, so a connection carries
one call at a time. The pool opens connections when they are needed, up to its size, and keeps the
idle ones for a while. A call that finds all of them busy waits in line. Whatever can take long has
a limit: waiting in line and connecting together, and the call itself.

luxid closes connections that were idle, and some after a request that it did not understand. A call
that only reads is sent once more when a kept connection turns out to be dead. One that may change
something cannot be, since it may have been heard; so it gets a new connection in the place of a
kept one.

A cancelled call leaves the line if it is still there; otherwise its connection is dropped, since
the reply that is on its way could not be told from the next one.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NoReturn, TypeVar

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from ganeti_rapi.errors import JobDaemonError, LuxiProtocolError, LuxiTimeout, LuxiUnreachable
from ganeti_rapi.luxi.codec import MAX_MESSAGE_SIZE, Framer, decode_reply, encode_request
from ganeti_rapi.luxi.rows import Rows, row_slices

T = TypeVar("T")

Decode = Callable[[bytes], Any]  # Any: the result's shape is the method's
"""Makes a result of a reply's message. Raises `JobDaemonError` or `LuxiProtocolError`."""

REPEATABLE = frozenset(
    {
        "Query",
        "QueryFields",
        "QueryJobs",
        "QueryInstances",
        "QueryNodes",
        "QueryGroups",
        "QueryNetworks",
        "QueryFilters",
        "QueryClusterInfo",
        "QueryTags",
        "WaitForJobChange",
    }
)
"""Calls that only read, so that asking twice does no harm."""

MAY_BE_DONE = "; it may have received the request. Look at the job list before you send it again"
"""Added to the error when any other call got no reply."""


@frozen
class Limits:
    """What a pool may use. Times are seconds.

    ``connections`` stays small because luxid's backlog is 5 and every connection is a thread and
    a file descriptor there. ``acquire`` bounds the wait for a free or new connection, ``call`` the
    wait for the reply. A call that only reads takes ``read`` at most, all of that together, so that
    its client can bear it. Connections that were idle for ``idle`` are closed, well before luxid's
    own 180 s.
    """

    connections: int = 16
    acquire: float = 15.0
    call: float = 180.0
    read: float = 30.0
    idle: float = 60.0
    message_size: int = MAX_MESSAGE_SIZE


class LuxiConnection(Protocol):
    """One connection to the job daemon; carries one call at a time."""

    def __init__(self, max_message_size: int = MAX_MESSAGE_SIZE) -> None:
        self._framer = Framer(max_message_size)
        self._reply: Deferred[Any] | None = None  # Any: the result's shape is the method's
        self._decode: Decode = decode_reply
        self.usable = True
        self.calls = 0

    def call(
        self, method: str, args: Sequence[object], decode: Decode = decode_reply
    ) -> Deferred[Any]:  # Any: as above
        """Send a call; fires with its result, as ``decode`` makes it of the reply's message.

        Fails with `JobDaemonError` if the daemon says no, `LuxiUnreachable` if the connection is
        lost, `LuxiProtocolError` if the reply is not a LUXI message. Cancelling drops the
        connection.
        """
        assert self._reply is None, "one call at a time"
        message = encode_request(method, args)
        self.calls += 1
        reply: Deferred[Any] = Deferred(lambda _: self.abort())
        self._reply, self._decode = reply, decode
        self._write(message)
        return reply

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def abort(self) -> None:
        """Drop the connection now; a call under way gets no result any more."""
        self.usable = False
        self._reply = None
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # all real ones have it

    def dataReceived(self, data: bytes) -> None:
        try:
            for result in self._results(data):
                reply, self._reply = self._reply, None
                if reply is not None:
                    reply.callback(result)
        except LuxiProtocolError:
            self._fail(Failure())

    def _results(self, data: bytes) -> list[Any | Failure]:  # Any: as above
        """What the data completes: one result, or none yet.

        Nothing may follow it: the next caller would take that for its own reply.
        """
        messages = list(self._framer.feed(data))
        excess = len(messages) > 1 or (messages and self._framer.pending)
        if excess or self._reply is None:
            raise LuxiProtocolError("the job daemon sent a reply without a request")
        return [_result(message, self._decode) for message in messages]

    def _fail(self, reason: Failure) -> None:
        reply = self._reply
        self.abort()
        if reply is not None:
            reply.errback(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.usable = False
        reply, self._reply = self._reply, None
        if reply is not None:
            text = "The job daemon closed the connection before it answered"
            reply.errback(Failure(LuxiUnreachable(text)))


def _result(message: bytes, decode: Decode) -> Any | Failure:  # Any: as above
    try:
        return decode(message)
    except JobDaemonError:
        return Failure()


CONNECTING = 4
"""How many connections are being opened at the same time; luxid's backlog is 5."""

BACKLOG_PAUSE = 0.02
"""Seconds until another try when the backlog is full of other programs' connections."""


class _Connections(Factory):
    noisy = False  # not worth a line in the log


class LuxiPool:
    """A bounded pool of connections to the job daemon's socket.

    ``reactor`` provides IReactorUNIX and IReactorTime.
    """

    def __init__(self, reactor: Any, path: str, limits: Limits | None = None) -> None:
        # Any: one object that provides two zope interfaces, which mypy cannot express
        self.path = path
        self.limits = limits or Limits()
        self._reactor = reactor
        self._clock: IReactorTime = reactor
        self._idle: list[tuple[LuxiConnection, IDelayedCall]] = []
        self._busy = 0
        self._line: deque[Deferred[None]] = deque()
        self._connecting = DeferredSemaphore(CONNECTING)
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many calls are in line for a connection."""
        return len(self._line)

    @property
    def open(self) -> int:
        """How many connections are open or being opened."""
        return self._busy + sum(connection.usable for connection, _ in self._idle)

    async def rows(self, method: str, *args: object) -> AsyncIterator[Rows]:
        """The rows that a query answers, in slices if they are many; others get a turn between.

        Raises as `call` does.
        """
        message: bytes = await self.call(method, *args, decode=bytes)
        slices = row_slices(message)
        yield next(slices)
        for rows in slices:
            await deferLater(self._clock, 0)
            yield rows

    async def call(
        self,
        method: str,
        *args: object,
        timeout: float | None = None,
        decode: Decode = decode_reply,
    ) -> Any:  # Any: the result's shape is the method's
        """Call a LUXI method and return its result.

        ``timeout`` in seconds replaces the limit for the reply. Raises `LuxiError`. A
        repeatable call whose kept connection turns out to be dead is sent once more, on a new one.
        """
        bounded = timeout is None and method in REPEATABLE
        until = self._clock.seconds() + self.limits.read if bounded else math.inf
        try:
            return await self._call_once(method, args, timeout, until, decode)
        except _StaleConnection:
            pass
        return await self._call_once(method, args, timeout, until, decode, fresh=True)

    async def _call_once(
        self,
        method: str,
        args: Sequence[object],
        timeout: float | None,
        until: float,
        decode: Decode,
        fresh: bool = False,
    ) -> Any:  # Any: as above
        give_up = min(self._clock.seconds() + self.limits.acquire, until)
        await self._take_slot(give_up)
        connection = None
        try:
            if fresh:
                self._drop_idle()  # a restart of the daemon cut them all
            kept = self._pop_idle()
            if kept is not None and method not in REPEATABLE:
                kept.abort()
                kept = None
            connection = kept or await self._connect(give_up)
            seconds = min(timeout or self.limits.call, until - self._clock.seconds())
            return await self._converse(connection, method, args, seconds, decode)
        finally:
            self._return_slot(connection)

    async def _converse(
        self,
        connection: LuxiConnection,
        method: str,
        args: Sequence[object],
        timeout: float,
        decode: Decode,
    ) -> Any:  # Any: as above
        repeatable, kept = method in REPEATABLE, connection.calls > 0
        hint = "" if repeatable else MAY_BE_DONE
        complaint = f"The job daemon did not answer {method} in time{hint}"
        try:
            reply = connection.call(method, args, decode)
            return await _within(self._clock, max(0.0, timeout), reply, complaint)
        except LuxiUnreachable as lost:
            if repeatable and kept:
                raise _StaleConnection from None
            raise LuxiUnreachable(f"{lost}{hint}") from None

    async def _take_slot(self, give_up: float) -> None:
        if self._busy < self.limits.connections:
            self._busy += 1
            return
        turn: Deferred[None] = Deferred(lambda turn: self._line.remove(turn))
        self._line.append(turn)
        text = f"All {self.limits.connections} connections to the job daemon are busy"
        await _within(self._clock, max(0.0, give_up - self._clock.seconds()), turn, text)

    def _return_slot(self, connection: LuxiConnection | None) -> None:
        if connection is not None and connection.usable:
            self._keep(connection)
        if self._line:
            self._line.popleft().callback(None)
        else:
            self._busy -= 1

    def _keep(self, connection: LuxiConnection) -> None:
        if self._closed:
            connection.abort()
            return
        expiry = self._clock.callLater(self.limits.idle, self._expire, connection)
        self._idle.append((connection, expiry))

    def _expire(self, connection: LuxiConnection) -> None:
        self._idle = [kept for kept in self._idle if kept[0] is not connection]
        connection.abort()

    def _pop_idle(self) -> LuxiConnection | None:
        while self._idle:
            connection, expiry = self._idle.pop()
            if expiry.active():
                expiry.cancel()
            if connection.usable:
                return connection
        return None

    async def _connect(self, give_up: float) -> LuxiConnection:
        return await _within(
            self._clock,
            max(0.0, give_up - self._clock.seconds()),
            Deferred.fromCoroutine(self._connect_in_turn()),
            f"The job daemon at {self.path} accepted no connection in time. Is it overloaded?",
        )

    async def _connect_in_turn(self) -> LuxiConnection:
        await self._connecting.acquire()
        try:
            while True:
                try:
                    return await self._connect_once()
                except ConnectError as error:
                    if not _backlog_is_full(error):
                        _raise_unreachable(self.path, error)
                await deferLater(self._clock, BACKLOG_PAUSE)
        finally:
            self._connecting.release()

    async def _connect_once(self) -> LuxiConnection:
        endpoint = UNIXClientEndpoint(self._reactor, self.path, timeout=None)  # we have our own
        factory = _Connections.forProtocol(lambda: LuxiConnection(self.limits.message_size))
        try:
            connection: LuxiConnection = await endpoint.connect(factory)
        except ConnectingCancelledError:
            raise CancelledError from None
        return connection

    def close(self) -> None:
        """Drop the idle connections and keep none from now on."""
        self._closed = True
        self._drop_idle()

    def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection, expiry in idle:
            if expiry.active():
                expiry.cancel()
            connection.abort()


def _backlog_is_full(error: ConnectError) -> bool:
    """Whether more clients are connecting than luxid has accepted so far.

    The kernel then answers EAGAIN, which Twisted reports as a connection that was closed: an error
    without a number, unlike a missing socket or one without a listener.
    """
    return error.osError is None


class _StaleConnection(LuxiUnreachable):
    """A kept connection was dead when we used it again."""


def _raise_unreachable(path: str, error: ConnectError) -> NoReturn:
    reason = os.strerror(error.osError) if error.osError else str(error)
    raise LuxiUnreachable(
        f"Can't connect to the job daemon at {path}: {reason}. "
        "Is ganeti-luxid running on this node, and is this the master node?"
    ) from None


async def _within(clock: IReactorTime, seconds: float, deferred: Deferred[T], complaint: str) -> T:
    def give_up(_result: object, _seconds: float) -> NoReturn:
        raise LuxiTimeout(complaint)

    return await deferred.addTimeout(seconds, clock, give_up)
