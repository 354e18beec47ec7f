"""A WebSocket between a client and the VNC server of a console.

What one end sends goes to the other at once, and an end that is behind stops the other one: so a
tunnel holds no more than a read of each. The client is asked every now and then whether it is
there; its channel drops it when it does not answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IDelayedCall,
    IPushProducer,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from zope.interface import implementer

from ganeti_rapi.web.flow import is_tcp
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.websocket import FAILED, GOING_AWAY, NORMAL, POLICY, Frames

READ = 256 * 1024
"""Bytes that are read of a VNC server at once: four times what Twisted would, as turns cost."""

SLICE = 4 * 1024
"""Bytes of a client that are read in one turn: some four milliseconds of the shortest frames."""

CLOSING = 5.0
"""Seconds that the VNC server has to take what the client sent last."""

PING_SECONDS = 25.0
"""Between two questions whether the client is there. Proxies close what is silent for a minute."""


@implementer(IPushProducer)
class Server(Protocol):
    """The connection to the VNC server, for one tunnel. As a producer it is the tunnel's client."""

    tunnel: Tunnel | None = None
    _late: IDelayedCall | None = None

    def connectionMade(self) -> None:
        transport: Any = self.transport  # Any: a real one has more than ITransport
        if is_tcp(transport):
            transport.setTcpNoDelay(True)  # keys and the pointer are small and urgent
            transport.setTcpKeepAlive(True)  # so that a node that died is noticed
            transport.bufferSize = READ  # what Twisted reads at once
        transport.registerProducer(self, True)

    def dataReceived(self, data: bytes) -> None:
        if self.tunnel is not None:
            self.tunnel.from_server(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        tunnel, self.tunnel = self.tunnel, None
        if tunnel is not None:
            tunnel.server_left(reason)

    def hang_up(self, clock: IReactorTime) -> None:
        """Close the connection when the server has taken what came, or in a while."""
        self.tunnel = None
        transport: Any = self.transport  # Any: all real ones are consumers and can be aborted
        self._late = clock.callLater(CLOSING, self._is_late)
        transport.unregisterProducer()
        transport.loseConnection()

    def _is_late(self) -> None:
        self._late = None
        self.transport.abortConnection()  # type: ignore[union-attr]  # as above

    def pauseProducing(self) -> None:
        """The server does not take what the client sends as fast as it comes."""
        if self.tunnel is not None:
            self.tunnel.hold_client()

    def resumeProducing(self) -> None:
        """The server has taken it."""
        if self.tunnel is not None:
            self.tunnel.let_client_go_on()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` does the rest."""


@implementer(IPushProducer)
class Tunnel:
    """One console that is open. As a producer for its channel it is the server.

    ``may_go_on`` says, each time that the client is asked, whether it still has the right to it.
    ``sent`` and ``received`` count the console's bytes, as the client sees them.
    """

    def __init__(self, request: RapiRequest, server: Server, may_go_on: Callable[[], bool]) -> None:
        self.sent = self.received = 0
        self.ended: Deferred[str] = Deferred(lambda _: self._hang_up())
        self._channel = request.channel
        self._may_go_on = may_go_on
        self._frames = Frames()
        self._server = server
        server.tunnel = self
        assert server.transport is not None
        self._to_server: ITransport = server.transport
        self._ping = LoopingCall(self._ask)
        self._clock = self._ping.clock = request.channel.site.clock
        self._tally = request.channel.site.tally
        self._why = ""
        self._server_is_behind = False
        self._asked_unread = False
        self._unread = b""
        self._next_slice: IDelayedCall | None = None

    def open(self) -> None:
        """Begin: the client's handshake has been accepted."""
        self._channel.flow.producer = self
        if self._channel.flow.paused:
            self.pauseProducing()
        self._tally.consoles += 1
        self._ping.start(PING_SECONDS, now=False)
        self._channel.switch(self)

    # What the client sends.

    def take(self, data: bytes) -> None:
        """Bytes from the client. They are read in slices: a frame may be as short as six bytes."""
        self._unread += data
        if self._next_slice is None:
            self._take_slice()

    def _take_slice(self) -> None:
        data, self._unread = self._unread[:SLICE], self._unread[SLICE:]
        self._next_slice = self._clock.callLater(0, self._take_slice) if self._unread else None
        self._let_or_hold()
        self._read(data)

    def _read(self, data: bytes) -> None:
        frames = self._frames
        payload = b"".join(frames.payloads(data))
        if payload:
            self.received += len(payload)
            self._tally.console_bytes["received"] += len(payload)
            self._to_server.write(payload)
        if frames.replies:
            self._channel.write(frames.take_replies())
            self._asked_unread = self._channel.flow.paused
            self._let_or_hold()
        if frames.closed_by_peer:
            self._end(self._why or frames.complaint or "the client closed it")

    def hold_client(self) -> None:
        """Let the client wait until the server has taken what came."""
        self._server_is_behind = True
        self._let_or_hold()

    def let_client_go_on(self) -> None:
        """The server has taken what came."""
        self._server_is_behind = False
        self._let_or_hold()

    def _let_or_hold(self) -> None:
        """Whoever asks and does not read may not ask for more, either."""
        if self._server_is_behind or self._asked_unread or self._next_slice is not None:
            self._channel.hold()
        else:
            self._channel.let_go_on()

    # What the server sends.

    def from_server(self, data: bytes) -> None:
        """Bytes from the VNC server."""
        self.sent += len(data)
        self._tally.console_bytes["sent"] += len(data)
        self._channel.write(self._frames.message(data))

    def server_left(self, reason: Failure) -> None:
        """The VNC server closed its connection, or it broke."""
        broken = reason.check(type(connectionDone.value)) is None
        why = "the connection to the VNC server broke" if broken else "the VNC server closed it"
        self._close(FAILED if broken else NORMAL, why)

    def pauseProducing(self) -> None:
        """The client is behind."""
        self._to_server.pauseProducing()  # type: ignore[attr-defined]  # all real ones

    def resumeProducing(self) -> None:
        """The client has caught up."""
        self._to_server.resumeProducing()  # type: ignore[attr-defined]  # as above
        self._asked_unread = False
        self._let_or_hold()

    def stopProducing(self) -> None:
        """The client is gone; its request's own end does the rest."""

    # The end.

    def leave(self) -> None:
        """The daemon is about to end."""
        self._close(GOING_AWAY, "the daemon ends")

    def _close(self, code: int, why: str) -> None:
        """Say that it is over; the client says so as well, and then it is."""
        if self._why or self.ended.called:
            return
        self._why = why
        self._channel.write(self._frames.close(code, why))
        self._channel.await_farewell()
        self._hang_up()

    def _end(self, why: str) -> None:
        self._hang_up()
        if not self.ended.called:
            self.ended.callback(why)

    def _hang_up(self) -> None:
        if not self._ping.running:
            return
        self._ping.stop()
        self._server_is_behind = False
        if self._next_slice is not None:
            self._next_slice.cancel()
            self._next_slice = None
        self._tally.consoles -= 1
        self._channel.flow.producer = None
        if self._server.tunnel is not None:
            self._server.hang_up(self._clock)

    def _ask(self) -> None:
        if self._may_go_on():
            self._channel.write(self._frames.ping())
        else:
            self._close(POLICY, "the user does not have the permission any more")
