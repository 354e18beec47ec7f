"""A port on this machine at which VNC viewers find an instance's console, wherever that runs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from ganeti_rapi.client.base import Object
from ganeti_rapi.client.errors import RapiError

MARGIN = 5
"""Seconds that a ticket should be good for when it is used."""


class Relay(Factory):
    """Connects each viewer with the console, by a ticket of its own.

    ``ticket`` is the first viewer's, and ``get_ticket`` gets more of them; ``connect`` connects a
    protocol by one. Where a viewer cannot be connected, that is the ``end``.
    """

    noisy = False

    def __init__(
        self,
        ticket: Object,
        get_ticket: Callable[[], Awaitable[Object]],
        connect: Callable[[Object, Any], Awaitable[Any]],  # Any: a factory, and its protocol
        end: Deferred[None],
    ) -> None:
        self._ticket: Object | None = ticket
        self._get_ticket = get_ticket
        self._connect = connect
        self._end = end

    def buildProtocol(self, addr: IAddress | None) -> _End:
        return _Viewer(self)

    async def connect(self, viewer: _Viewer) -> None:
        """Connect a viewer, or end with the reason why that cannot be done."""
        try:
            ticket, self._ticket = self._ticket, None
            if ticket is None or ticket["expires"] < time.time() + MARGIN:
                ticket = await self._get_ticket()
            server: _End = await self._connect(ticket, Factory.forProtocol(_End))
        except CancelledError:
            return
        except RapiError as error:
            viewer.leave()
            if not self._end.called:
                self._end.errback(error)
            return
        viewer.join(server)


class _End(Protocol):
    """One of two connections: what comes from it goes to the other."""

    other: _End | None = None

    def join(self, other: _End) -> None:
        """Let bytes go both ways; the one that is behind holds the other."""
        self.other, other.other = other, self
        for sender, taker in ((self, other), (other, self)):
            _transport(taker).registerProducer(_transport(sender), True)
        _transport(self).resumeProducing()

    def leave(self) -> None:
        """Close the connection."""
        _transport(self).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        if self.other is not None:
            _transport(self.other).write(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            _transport(other).unregisterProducer()
            other.leave()


class _Viewer(_End):
    """A viewer's connection, which is left unread until the console is there."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._connecting: Deferred[None] | None = None

    def connectionMade(self) -> None:
        _transport(self).pauseProducing()
        self._connecting = Deferred.fromCoroutine(self._relay.connect(self))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        super().connectionLost(reason)


def _transport(end: _End) -> Any:  # Any: all real ones are producers and consumers
    return end.transport
