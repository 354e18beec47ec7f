"""The consoles of a simulated cluster, all of them at one Unix socket.

Nodes that do not exist have no ports. So whoever connects to the socket says first which host and
port the connection would be to, in a line such as ``node1.example.com 11000``.
"""

from __future__ import annotations

from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IPushProducer, IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ganeti_rapi.simulator.state import Cluster, Instance
from ganeti_rapi.simulator.vnc.screen import Screen
from ganeti_rapi.simulator.vnc.viewer import Viewer

LONGEST_LINE = 300


@implementer(IPushProducer)
class ConsoleProtocol(Protocol):
    """A connection: first its line, then a viewer's. One that does not read is not read, either."""

    def __init__(self, factory: ConsoleFactory) -> None:
        self._factory = factory
        self._line = b""
        self._viewer: Viewer | None = None

    def connectionMade(self) -> None:
        self._factory.connections.add(self)
        self._own.registerProducer(self, True)

    @property
    def _own(self) -> Any:  # Any: a transport; all real ones are consumers
        return self.transport

    def pauseProducing(self) -> None:
        self._own.pauseProducing()

    def resumeProducing(self) -> None:
        self._own.resumeProducing()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` does the rest."""

    def dataReceived(self, data: bytes) -> None:
        if self._viewer is not None:
            self._viewer.take(data)
            return
        self._line += data
        line, end, rest = self._line.partition(b"\n")
        if end:
            self._connect(line, rest)
        elif len(line) > LONGEST_LINE:
            self._refuse()

    def _connect(self, line: bytes, rest: bytes) -> None:
        host, _, port = line.decode("ascii", "replace").partition(" ")
        instance = self._factory.running(host, port)
        if instance is None:
            self._refuse()
            return
        screen = self._factory.screen(instance)
        self._viewer = Viewer(
            self._factory.clock,
            self._own,
            screen,
            lambda: self._factory.running(host, port) is instance,
        )
        self._viewer.start()
        if rest:
            self._viewer.take(rest)

    def _refuse(self) -> None:
        self._own.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._factory.connections.discard(self)
        if self._viewer is not None:
            self._viewer.stop()


@define(eq=False, repr=False)
class ConsoleFactory(Factory):
    """Serves the screens of a cluster's running instances."""

    noisy = False  # not worth a line in the log
    clock: Any  # Any: a reactor, whose type LoopingCall does not tell
    _cluster: Cluster
    connections: set[ConsoleProtocol] = field(factory=set, init=False)
    _screens: dict[str, Screen] = field(factory=dict, init=False)

    def buildProtocol(self, addr: IAddress | None) -> ConsoleProtocol:
        return ConsoleProtocol(self)

    def running(self, host: str, port: str) -> Instance | None:
        """The instance whose VNC server would be there."""
        for instance in self._cluster.instances:
            if str(instance.network_port) == port and instance.primary.name == host:
                return instance if instance.running and instance.primary.powered else None
        return None

    def screen(self, instance: Instance) -> Screen:
        """An instance's screen."""
        return self._screens.setdefault(instance.uuid, Screen(instance.name))

    def disconnect_all(self) -> None:
        """Drop every viewer."""
        for protocol in list(self.connections):
            protocol.transport.abortConnection()  # type: ignore[union-attr]  # they are connected


@implementer(IStreamClientEndpoint)
@frozen
class ConsoleEndpoint:
    """A host's port in a simulated cluster, through the socket that ``socket`` leads to."""

    socket: IStreamClientEndpoint
    host: str
    port: int

    def connect(self, protocolFactory: Any) -> Deferred[Any]:  # Any: a factory, its protocol
        connecting = self.socket.connect(protocolFactory)
        return connecting.addCallback(self._say_where)

    def _say_where(self, protocol: Any) -> Any:  # Any: as above
        protocol.transport.write(f"{self.host} {self.port}\n".encode("ascii"))
        return protocol
