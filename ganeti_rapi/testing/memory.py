"""Connections in memory, and the reactor that they are made with: a clock."""

from __future__ import annotations

from typing import Any

from attrs import define, frozen
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IAddress, IStreamClientEndpoint, ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.client import URI
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

START = 1_700_000_000.0
"""The time of day at which a `MemoryReactor` starts, in seconds since the epoch."""

CLIENT = IPv4Address("TCP", "192.0.2.99", 40000)
"""Where every client is, as the server sees it."""


@implementer(ITransport)
@define(eq=False)
class Pipe:
    """One end of a connection in memory: what is written arrives at the other a moment later."""

    clock: Clock
    address: IAddress
    protocol: Protocol | None = None
    other: Pipe | None = None
    connected: bool = True
    disconnecting: bool = False
    writes: int = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        if self.connected and not self.disconnecting:
            self.clock.callLater(0, self._deliver, bytes(data))

    def _deliver(self, data: bytes) -> None:
        assert self.other is not None
        if self.other.connected and self.other.protocol is not None:
            self.other.protocol.dataReceived(data)

    def writeSequence(self, iovec: Any) -> None:  # Any: an iterable of bytes
        self.write(b"".join(iovec))

    def loseConnection(self) -> None:
        self.disconnecting = True
        self.clock.callLater(0, self._close_both)

    abortConnection = loseConnection

    def _close_both(self) -> None:
        for end in (self, self.other):
            if end is not None and end.connected:
                end.connected = False
                if end.protocol is not None:
                    end.protocol.connectionLost(Failure(ConnectionDone()))

    def getPeer(self) -> IAddress:
        return self.address

    getHost = getPeer

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        # Any: an IPushProducer; a pipe takes everything at once
        pass

    def unregisterProducer(self) -> None:
        pass

    def pauseProducing(self) -> None:
        pass

    def resumeProducing(self) -> None:
        pass

    def stopProducing(self) -> None:
        self.loseConnection()


def join(client: Protocol, server: Protocol, clock: Clock, address: IAddress) -> Pipe:
    """Connect two protocols with each other; the client's end."""
    near, far = Pipe(clock, address), Pipe(clock, address)
    near.other, far.other = far, near
    near.protocol, far.protocol = client, server
    server.makeConnection(far)
    client.makeConnection(near)
    return near


class MemoryReactor(Clock):
    """A clock that also is a reactor with Unix sockets, all of them in memory.

    ``listeners`` are the factories that listen, by path; ``connections`` the clients' ends of all
    connections to them so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rightNow = START
        self.listeners: dict[str, Factory] = {}
        self.connections: list[Pipe] = []

    def listenUNIX(self, address: str, factory: Factory, **_: Any) -> Listening:
        self.listeners[address] = factory
        return Listening(self, address)

    def connectUNIX(self, address: str, factory: Any, **_: Any) -> None:
        # Any: a ClientFactory, as endpoints wrap it
        listener = self.listeners.get(address)
        if listener is None:
            refused = Failure(ConnectionRefusedError(111, "refused"))
            self.callLater(0, factory.clientConnectionFailed, None, refused)
            return
        where = UNIXAddress(address)
        server = listener.buildProtocol(where)
        assert isinstance(server, Protocol)
        self.connections.append(join(factory.buildProtocol(where), server, self, where))


@frozen
class Listening:
    """A listening port of a `MemoryReactor`."""

    reactor: MemoryReactor
    address: str

    def stopListening(self) -> None:
        del self.reactor.listeners[self.address]


@implementer(IAgentEndpointFactory, IStreamClientEndpoint)
class MemoryEndpoint:
    """Leads to one server in memory, whatever address or scheme one asks for.

    ``refusals`` are errors that the next attempts to connect fail with, first to last. ``pipes``
    are the clients' ends of the connections that came about; losing one is a server that went away.
    """

    def __init__(self, clock: Clock, server: Any) -> None:
        # Any: a Factory, which is generic in newer versions of Twisted only
        self._clock = clock
        self._server = server
        self.refusals: list[Exception] = []
        self.pipes: list[Pipe] = []

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        return self

    def connect(self, factory: Any) -> Deferred[Any]:  # Any: a protocol factory, its protocol
        if self.refusals:
            return fail(Failure(self.refusals.pop(0)))
        client: Protocol = factory.buildProtocol(CLIENT)
        server: Protocol = self._server.buildProtocol(CLIENT)
        self.pipes.append(join(client, server, self._clock, CLIENT))
        return succeed(client)
