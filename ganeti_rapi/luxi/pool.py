"""A bounded pool of connections to the job daemon, which users share fairly.

Theory of operation. The pool opens connections when they are needed, up to its size, and keeps the
idle ones for a while. A call that finds none free waits in line, where users take turns. Whatever
can take long has a limit: a read has one for everything together, since its client waits for the
sum; any other call has one until it is sent, and another one from then on.

luxid closes connections that were idle, and some after a request that it did not understand. A call
that only reads is sent once more when a kept connection turns out to be dead. One that may change
something cannot be, since it may have been heard; so it gets a new connection in the place of a
kept one.

A cancelled call leaves the line if it is still there; otherwise its connection is dropped.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater

from ganeti_rapi.errors import LuxiError, LuxiProtocolError, LuxiUnreachable
from ganeti_rapi.luxi.codec import MAX_MESSAGE_SIZE, Message
from ganeti_rapi.luxi.connecting import Connector
from ganeti_rapi.luxi.connection import Decode, LuxiConnection
from ganeti_rapi.luxi.line import Line
from ganeti_rapi.luxi.rows import Rows, decode_whole, row_slices, table_slices
from ganeti_rapi.timeouts import within

T = TypeVar("T")

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

NOBODY = ""
"""On whose behalf the daemon asks for itself: for job waits and events, which many share."""


@frozen
class Limits:
    """What a pool may use. Times are seconds.

    ``connections`` stays small because luxid's backlog is 5 and every connection is a thread and
    a file descriptor there; one user holds at most ``share`` of them, or all when it is 0, and
    ``contested`` while others ask as well, if that is not 0. ``line`` calls may wait for a
    connection, ``line_each`` of one user.

    ``read`` bounds a call that only reads, all together: the line, connecting and the reply.
    ``acquire`` bounds the line and connecting. ``call`` bounds the reply to any other call, once
    it is sent: as long as Ganeti's own programs wait for luxid, since whoever gives up does not
    know whether the job was submitted.

    Connections that were idle for ``idle`` are closed, well before luxid's own 180 s.
    """

    connections: int = 16
    share: int = 0
    contested: int = 0
    line: int = 4000
    line_each: int = 1000
    read: float = 30.0
    acquire: float = 30.0
    call: float = 180.0
    idle: float = 60.0
    message_size: int = MAX_MESSAGE_SIZE


@frozen
class _Asked:
    """A call: on whose behalf, what, and until when.

    ``sent_by`` and ``answered_by`` are times of the clock; without the latter the reply may take
    ``patience`` seconds from when the call is sent.
    """

    who: str
    method: str
    args: Sequence[object]
    decode: Decode
    sent_by: float
    answered_by: float | None
    patience: float

    @property
    def repeatable(self) -> bool:
        return self.method in REPEATABLE

    @property
    def hint(self) -> str:
        return "" if self.repeatable else MAY_BE_DONE


class LuxiPool:
    """A bounded pool of connections to the job daemon's socket.

    ``reactor`` provides IReactorUNIX and IReactorTime. ``count`` is told of each call's method,
    outcome and seconds.
    """

    def __init__(
        self,
        reactor: Any,  # Any: one object that provides two zope interfaces
        path: str,
        limits: Limits | None = None,
        count: Callable[[str, str, float], None] = lambda *_: None,
    ) -> None:
        self._count = count
        self.limits = limits = limits or Limits()
        self._clock: IReactorTime = reactor
        self._connector = Connector(reactor, path, limits.message_size)
        self._line: Line[Deferred[None]] = Line(
            limits.connections,
            limits.share or limits.connections,
            limits.line,
            limits.line_each,
            limits.contested,
            reactor.seconds,
            NOBODY,
        )
        self._idle: list[tuple[LuxiConnection, IDelayedCall]] = []
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many calls are in line for a connection."""
        return self._line.waiting

    @property
    def taken(self) -> int:
        """How many connections are in use or being opened."""
        return self._line.taken

    @property
    def open(self) -> int:
        """How many connections are open or being opened."""
        return self._line.taken + sum(connection.usable for connection, _ in self._idle)

    def on_behalf_of(self, who: str) -> OnBehalf:
        """The job daemon as one user has it: calls take their turns with those of others."""
        return OnBehalf(self, who)

    async def rows(self, method: str, *args: object, who: str = NOBODY) -> AsyncIterator[Rows]:
        """The rows that a query answers, in slices if they are many; others get a turn between.

        Raises as `call` does.
        """
        message: Message = await self.call(method, *args, decode=list, who=who)
        async for rows in self._in_turns(row_slices(message)):
            yield rows

    async def table(
        self, resource: str, fields: Sequence[str] | None, qfilter: object, who: str = NOBODY
    ) -> AsyncIterator[Any]:
        # Any: a list of field definitions, then lists of rows
        """What LUXI Query answers: first the definitions of its fields, then its rows in slices.

        Raises as `call` does.
        """
        message: Message = await self.call(
            *("Query", resource, fields, qfilter), decode=list, who=who
        )
        async for part in self._in_turns(table_slices(message)):
            yield part

    async def _in_turns(self, slices: Iterator[T]) -> AsyncIterator[T]:
        yield next(slices)
        for each in slices:
            await deferLater(self._clock, 0)
            yield each

    async def call(
        self,
        method: str,
        *args: object,
        timeout: float | None = None,
        decode: Decode = decode_whole,
        who: str = NOBODY,
    ) -> Any:  # Any: the result's shape is the method's
        """Call a LUXI method and return its result.

        ``timeout`` in seconds replaces the limit for the reply. Raises `LuxiError`. A
        repeatable call whose kept connection turns out to be dead is sent once more, on a new one.
        """
        now, limits = self._clock.seconds(), self.limits
        reads = method in REPEATABLE and timeout is None
        acquire = min(limits.acquire, limits.read) if reads else limits.acquire
        asked = _Asked(
            *(who, method, args, decode, now + acquire),
            answered_by=now + limits.read if reads else None,
            patience=limits.call if timeout is None else timeout,
        )
        outcome = "ok"
        try:
            return await self._call_as_often_as_needed(asked)
        except LuxiError as error:
            outcome = type(error).__name__
            raise
        finally:
            self._count(method, outcome, self._clock.seconds() - now)

    async def _call_as_often_as_needed(self, asked: _Asked) -> Any:  # Any: as above
        try:
            return await self._call_once(asked)
        except _StaleConnection:
            pass
        return await self._call_once(asked, fresh=True)

    async def _call_once(self, asked: _Asked, fresh: bool = False) -> Any:  # Any: as above
        await self._take_place(asked)
        connection = None
        try:
            if fresh:
                self._drop_idle()  # a restart of the daemon cut them all
            kept = self._pop_idle()
            if kept is not None and not asked.repeatable:
                kept.abort()
                kept = None
            connection = kept or await self._connector.connect(self._until(asked.sent_by))
            return await self._converse(connection, asked)
        finally:
            self._give_back(asked.who, connection)

    async def _converse(self, connection: LuxiConnection, asked: _Asked) -> Any:  # Any: as above
        kept = connection.calls > 0
        by = asked.answered_by
        seconds = asked.patience if by is None else self._until(by)
        complaint = f"The job daemon did not answer {asked.method} in time{asked.hint}"
        try:
            reply = connection.call(asked.method, asked.args, asked.decode)
            return await within(self._clock, seconds, reply, complaint)
        except LuxiUnreachable as lost:
            if asked.repeatable and kept:
                raise _StaleConnection from None
            raise LuxiUnreachable(f"{lost}{asked.hint}") from None
        except LuxiProtocolError as wrong:
            raise type(wrong)(f"{wrong}{asked.hint}") from None

    def _until(self, moment: float) -> float:
        """Seconds from now until then."""
        return max(0.0, moment - self._clock.seconds())

    async def _take_place(self, asked: _Asked) -> None:
        if self._line.take(asked.who):
            return
        turn: Deferred[None] = Deferred(lambda turn: self._line.leave(asked.who, turn))
        self._line.join(asked.who, turn)
        text = f"All {self.limits.connections} connections to the job daemon are busy"
        share = self._line.share_of(asked.who)
        if self._line.at_share(asked.who) and share < self.limits.connections:
            text = f"All {share} connections that one user may hold are busy"
        await within(self._clock, self._until(asked.sent_by), turn, text)

    def _give_back(self, who: str, connection: LuxiConnection | None) -> None:
        if connection is not None and connection.usable:
            self._keep(connection)
        turn = self._line.give_back(who)
        while turn is not None:
            turn.callback(None)
            turn = self._line.next()

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


@frozen
class OnBehalf:
    """The job daemon as one user has it; see `LuxiPool.on_behalf_of`."""

    _pool: LuxiPool
    _who: str

    async def call(self, method: str, *args: object, timeout: float | None = None) -> Any:
        # Any: as above
        """As `LuxiPool.call`."""
        return await self._pool.call(method, *args, timeout=timeout, who=self._who)

    def rows(self, method: str, *args: object) -> AsyncIterator[Rows]:
        """As `LuxiPool.rows`."""
        return self._pool.rows(method, *args, who=self._who)

    def table(
        self, resource: str, fields: Sequence[str] | None, qfilter: object
    ) -> AsyncIterator[Any]:
        # Any: as `LuxiPool.table`
        """As `LuxiPool.table`."""
        return self._pool.table(resource, fields, qfilter, who=self._who)


class _StaleConnection(LuxiUnreachable):
    """A kept connection was dead when we used it again."""
