"""The whole daemon in front of the simulated cluster, in memory: no sockets, and time by a Clock.

HTTP bytes go through the real site, LUXI bytes through the real pool and the simulator's real
protocol. Only the two transports between them are ours.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from attrs import define, frozen
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.error import ConnectionDone, ConnectionRefusedError
from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.auth.realm import make_portal
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.luxi.connection import Limits, LuxiPool
from ganeti_rapi.luxi.feed import JobFeed
from ganeti_rapi.luxi.jobs import JobWatches
from ganeti_rapi.simulator.service import SimulatedJobDaemon
from ganeti_rapi.simulator.size import Size
from ganeti_rapi.web.cycle import Rapi
from ganeti_rapi.web.http import RapiChannel, RapiSite
from ganeti_rapi.web.routes import grow_tree

from .reply import Reply

SOCKET = "/luxi.sock"
START = 1_700_000_000.0
STEP = 0.02
PATIENCE = 200.0
"""Seconds of simulated time that a request may take."""

USERS = "admin secret write\nguest secret read\nvisitor secret\n"


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


def join(client: Protocol, server: Protocol, clock: Clock, address: IAddress) -> Pipe:
    """Connect two protocols with each other; the client's end."""
    near, far = Pipe(clock, address), Pipe(clock, address)
    near.other, far.other = far, near
    near.protocol, far.protocol = client, server
    server.makeConnection(far)
    client.makeConnection(near)
    return near


class Loopback(Clock):
    """A clock that also is a reactor with Unix sockets, all of them in memory."""

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
    """A listening port of a `Loopback`."""

    reactor: Loopback
    address: str

    def stopListening(self) -> None:
        del self.reactor.listeners[self.address]


class Collector(Protocol):
    """The client's end of an HTTP connection: keeps what comes."""

    def __init__(self) -> None:
        self.data = b""
        self.closed = False

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        self.closed = True


def encode_request(method: str, path: str, body: object, user: str | None) -> bytes:
    """An HTTP request that asks for the connection to be closed after the reply."""
    lines = [f"{method} {path} HTTP/1.1", "Host: rapi", "Connection: close"]
    if user is not None:
        lines.append("Authorization: Basic " + base64.b64encode(user.encode()).decode())
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def parse_reply(data: bytes) -> Reply:
    """The reply in what came before the connection was closed."""
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *header_lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in header_lines)
    return Reply(int(status_line.split()[1]), headers, body)


class SimulatedApi:
    """The daemon over a simulated cluster, as an `Api` of the contract suite."""

    writer = "admin:secret"
    reader = "visitor:secret"

    def __init__(self, size: Size | None = None) -> None:
        self.reactor = Loopback()
        self.daemon = SimulatedJobDaemon(self.reactor, SOCKET, size or Size())
        self.daemon.startService()
        self.requests = LuxiPool(self.reactor, SOCKET, Limits())
        self.waits = LuxiPool(self.reactor, SOCKET, Limits(connections=100, acquire=1))
        self.watches = JobWatches(self.reactor, self.requests, self.waits)
        self.feed = JobFeed(self.reactor, self.requests)
        self.channels: list[RapiChannel] = []
        accounts, _ = parse(USERS)
        rapi = Rapi(
            make_portal(UsersFile(accounts)),
            self.requests,
            self.watches,
            feed=self.feed,
            now=self.reactor.seconds,
        )
        self.site = RapiSite(grow_tree(RESOURCES, rapi.serve), self.reactor)

    def connect(self) -> Collector:
        """A new HTTP connection."""
        client = Collector()
        peer = IPv4Address("TCP", "192.0.2.99", 40000)
        channel = self.site.buildProtocol(peer)
        self.channels = [channel]
        join(client, channel, self.reactor, peer)
        return client

    def daemon_calls(self) -> int:
        """How many times the job daemon was asked something so far."""
        return sum(connection.writes for connection in self.reactor.connections)

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        user: str | None = writer,
    ) -> Reply:
        """Send a request and let time pass until the reply is there."""
        client = self.connect()
        assert client.transport is not None
        client.transport.write(encode_request(method, path, body, user))
        self.until(lambda: client.closed)
        return parse_reply(client.data)

    def until(self, done: Any, patience: float = PATIENCE) -> None:
        # Any: a function without arguments
        """Let time pass until something is so."""
        end = self.reactor.seconds() + patience
        while not done():
            if self.reactor.seconds() > end:
                raise AssertionError(f"nothing came within {patience} s")
            self.reactor.advance(STEP)

    def stop(self) -> None:
        """End everything; what is still scheduled then was left behind by somebody."""
        self.requests.close()
        self.waits.close()
        self.daemon.stopService()
        self.reactor.advance(0)
        self.reactor.advance(0)
