"""Opening connections to the job daemon's socket.

luxid listens with a backlog of 5. So few connections are opened at a time, and a full backlog is
tried again shortly.
"""

from __future__ import annotations

import os
from typing import Any, NoReturn

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.error import ConnectError, ConnectingCancelledError
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater

from ganeti_rapi.errors import LuxiUnreachable
from ganeti_rapi.luxi.connection import LuxiConnection
from ganeti_rapi.timeouts import within

CONNECTING = 4
"""How many connections are being opened at the same time; luxid's backlog is 5."""

BACKLOG_PAUSE = 0.02
"""Seconds until another try when the backlog is full of other programs' connections."""


class _Connections(Factory):
    noisy = False  # not worth a line in the log


class Connector:
    """Opens connections to a Unix socket. ``reactor`` provides IReactorUNIX and IReactorTime."""

    def __init__(self, reactor: Any, path: str, message_size: int) -> None:
        # Any: one object that provides two zope interfaces, which mypy cannot express
        self._reactor = reactor
        self._path = path
        self._message_size = message_size
        self._turns = DeferredSemaphore(CONNECTING)

    async def connect(self, seconds: float) -> LuxiConnection:
        """A new connection, within that time. Raises `LuxiUnreachable` or `LuxiTimeout`."""
        return await within(
            self._reactor,
            seconds,
            Deferred.fromCoroutine(self._connect_in_turn()),
            f"The job daemon at {self._path} accepted no connection in time. Is it overloaded?",
        )

    async def _connect_in_turn(self) -> LuxiConnection:
        await self._turns.acquire()
        try:
            while True:
                try:
                    return await self._connect_once()
                except ConnectError as error:
                    if not _backlog_is_full(error):
                        _raise_unreachable(self._path, error)
                await deferLater(self._reactor, BACKLOG_PAUSE)
        finally:
            self._turns.release()

    async def _connect_once(self) -> LuxiConnection:
        endpoint = UNIXClientEndpoint(self._reactor, self._path, timeout=None)  # we have our own
        factory = _Connections.forProtocol(lambda: LuxiConnection(self._message_size))
        try:
            connection: LuxiConnection = await endpoint.connect(factory)
        except ConnectingCancelledError:
            raise CancelledError from None
        return connection


def _backlog_is_full(error: ConnectError) -> bool:
    """Whether more clients are connecting than luxid has accepted so far.

    The kernel then answers EAGAIN, which Twisted reports as a connection that was closed: an error
    without a number, unlike a missing socket or one without a listener.
    """
    return error.osError is None


def _raise_unreachable(path: str, error: ConnectError) -> NoReturn:
    reason = os.strerror(error.osError) if error.osError else str(error)
    raise LuxiUnreachable(
        f"Can't connect to the job daemon at {path}: {reason}. "
        "Is ganeti-luxid running on this node, and is this the master node?"
    ) from None
