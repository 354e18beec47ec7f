"""Where the daemon listens: endpoints, TLS before them, and the errors when they cannot be had."""

from __future__ import annotations

import os
import socket
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.endpoints import AdoptedStreamServerEndpoint, serverFromString
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.usage import UsageError

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.web.site import RapiSite
from ganeti_rapi.web.tls import ReloadingContextFactory

WITHOUT_OUR_TLS = ("ssl:", "tls:", "unix:", "systemd:domain=UNIX:", "systemd:UNIX:")
"""How endpoints begin that bring TLS themselves, or that other machines cannot reach."""

BACKLOG = 1024
"""Connections that the kernel holds until they are accepted, as with the stock daemon. When there
are more, it drops what they say, and they are a second late at least."""

PROXY_PROTOCOL = "haproxy:"
"""How Twisted's endpoints begin that a proxy tells the client's address by the PROXY protocol."""

AnyFactory = Any  # Any: Factory is generic in newer versions of Twisted only
Reactor = Any  # Any: one object that provides many zope interfaces, which mypy cannot express


class TlsFactory(TLSMemoryBIOFactory):
    """TLS that encrypts each write when it comes.

    Twisted gathers small writes for a turn of the reactor. Replies are written in one go, so there
    would be nothing to gather, and every request would take a turn more.
    """

    noisy = False
    protocol = TLSMemoryBIOProtocol


class Listener:
    """Listens on one endpoint, while it is open."""

    log = Logger()

    def __init__(self, endpoint: IStreamServerEndpoint, factory: AnyFactory, name: str) -> None:
        self._endpoint = endpoint
        self._factory = factory
        self._name = name
        self._port: IListeningPort | None = None

    def probe(self) -> None:
        """Raise `CannotStart` as `open` would, and listen no longer than to find out."""
        self._listen()
        self.close()

    def open(self) -> None:
        """Listen. Raises `CannotStart` with a plain message when that is not possible."""
        self._listen().addCallback(self._log_open)

    def _listen(self) -> Deferred[None]:
        problems: list[str] = []
        listening = self._endpoint.listen(self._factory)
        listening.addCallback(self._listening)
        listening.addErrback(lambda failure: problems.append(self._problem(failure)))
        if problems:  # not in the errback, which would keep the exception to itself
            raise CannotStart(problems.pop())
        done: Deferred[None] = listening.addCallback(lambda _: self._log_late(problems))
        return done

    def _listening(self, port: IListeningPort) -> None:
        self._port = port

    def _log_open(self, _: None) -> None:
        if self._port is not None:
            self.log.info("Listening on {name}", name=self._name)

    def _log_late(self, problems: list[str]) -> None:
        for problem in problems:
            self.log.critical("{problem}", problem=problem)

    def _problem(self, failure: Any) -> str:
        # Any: Failure, generic only in newer Twisted
        error = getattr(failure.value, "socketError", None)
        reason = getattr(error, "strerror", None) or failure.getErrorMessage()
        return f"Can't listen on {self._name}: {reason}. ss -ltnp shows which process has the port"

    @property
    def tcp_port(self) -> int | None:
        """The TCP port that it has, which may have been chosen by the system."""
        return None if self._port is None else getattr(self._port.getHost(), "port", None)

    def close(self) -> object:
        """Take no more connections; those that are open go on. A Deferred, if that takes time."""
        port, self._port = self._port, None
        return port.stopListening() if port is not None else None


class Listeners(Service):
    """All endpoints of the daemon, open while it runs."""

    def __init__(self) -> None:
        self._all: list[Listener] = []

    def add(self, endpoint: IStreamServerEndpoint, factory: AnyFactory, name: str) -> None:
        """Listen there as well, from the next `open` on."""
        self._all.append(Listener(endpoint, factory, name))

    def privilegedStartService(self) -> None:
        """Listen before privileges are dropped, so that ports below 1024 work."""
        self.open()

    def stopService(self) -> Any:  # Any: a Deferred whose result is not read
        super().stopService()
        return self.close()

    def open(self) -> None:
        """Listen on all. Raises `CannotStart`, and listens on none, when one cannot be had."""
        try:
            for listener in self._all:
                listener.open()
        except CannotStart:
            self.close()
            raise

    @property
    def tcp_port(self) -> int | None:
        """The first TCP port that is open."""
        ports = (listener.tcp_port for listener in self._all)
        return next((port for port in ports if port is not None), None)

    def close(self) -> Any:  # Any: as above
        """Take no more connections. A Deferred."""
        return gatherResults([maybeDeferred(listener.close) for listener in self._all])


def adopted(reactor: Reactor, descriptor: int) -> IStreamServerEndpoint:
    """The endpoint of a socket that this process was given, and that listens already."""
    with socket.socket(fileno=os.dup(descriptor)) as inherited:
        family = inherited.family
    return AdoptedStreamServerEndpoint(reactor, descriptor, family)


def tcp(address: str, port: int) -> str:
    """The endpoint string of an IP address and a port."""
    kind = "tcp6" if ":" in address else "tcp"
    escaped = address.replace(":", r"\:")
    return f"{kind}:port={port}:interface={escaped}:backlog={BACKLOG}"


def endpoint(reactor: Reactor, description: str) -> IStreamServerEndpoint:
    """The endpoint that a string describes. Raises `UsageError`."""
    try:
        found: IStreamServerEndpoint = serverFromString(reactor, description)
    except LookupError:  # of all kinds of endpoint, only systemd's looks something up
        raise UsageError(
            f"The endpoint {description} can't be used: systemd passed no such socket"
        ) from None
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise UsageError(f"The endpoint {description} can't be used: {error}") from None
    return found


def wrap(site: RapiSite, tls: ReloadingContextFactory | None, description: str) -> AnyFactory:
    """The site behind TLS, unless the endpoint does that itself or is local."""
    below = description.removeprefix(PROXY_PROTOCOL)
    if tls is None or below.startswith(WITHOUT_OUR_TLS):
        return site
    return TlsFactory(tls, False, site)
