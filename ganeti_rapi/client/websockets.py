"""WebSockets as a kind of endpoint: a Twisted protocol talks through one as if it were TCP."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import h11
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IReactorTime,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from ganeti_rapi.client.errors import BadReply, RapiError, http_error
from ganeti_rapi.websocket import SUBPROTOCOL, Frames, new_key, proof_of

PATIENCE: Final = 30.0
"""Seconds until the WebSocket is open. The server has to connect as well."""

SILENCE: Final = 75.0
"""Seconds without a byte, after which the server is taken for gone: it asks three times as often
whether we are there."""

LARGEST_WRITE: Final = 65536


@implementer(IStreamClientEndpoint)
class WebSocketEndpoint:
    """Where a ``ws`` or ``wss`` URL leads. ``below`` tells how to get to the URL's server."""

    def __init__(
        self, clock: IReactorTime, url: str, below: Callable[[str], IStreamClientEndpoint]
    ) -> None:
        self._clock = clock
        self._url = url
        self._below = below

    def connect(self, protocolFactory: Any) -> Deferred[Any]:  # Any: a factory, its protocol
        """The factory's protocol, connected. Fails with `RapiError`, or as TCP and TLS do."""
        parts = urlsplit(self._url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        opening = _Opening(self._clock, parts.netloc, target, protocolFactory)
        connecting: Deferred[Any] = self._below(self._url).connect(opening)  # Any: as above
        connecting.addCallback(lambda socket: socket.opened)
        return connecting.addTimeout(PATIENCE, self._clock)


def network_endpoint(reactor: Any, url: str, policy: IPolicyForHTTPS) -> IStreamClientEndpoint:
    # Any: one object that provides many zope interfaces
    """The server of a URL, over TLS if the URL says so. ``policy`` judges its certificate."""
    parts = urlsplit(url)
    secure = parts.scheme == "wss"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    endpoint = HostnameEndpoint(reactor, host, port)
    if not secure:
        return endpoint
    return wrapClientTLS(policy.creatorForNetloc(host.encode("ascii"), port), endpoint)


class _Opening(Factory):
    """Makes the connection's own protocol, which then makes that of ``above``."""

    noisy = False

    def __init__(self, clock: Any, host: str, target: str, above: Any) -> None:
        # Any: a reactor; a factory, which is generic in newer versions of Twisted only
        self.clock = clock
        self.host = host
        self.target = target
        self.above = above

    def buildProtocol(self, addr: IAddress | None) -> _Socket:
        return _Socket(self, addr)


@implementer(ITransport)
class _Socket(Protocol):
    """A connection with a WebSocket in it: the protocol below the one that uses it, and its
    transport."""

    def __init__(self, opening: _Opening, address: IAddress | None) -> None:
        self.opened: Deferred[Protocol] = Deferred(lambda _: self.abortConnection())
        self._opening = opening
        self._address = address
        self._key = new_key()
        self._http = h11.Connection(h11.CLIENT)
        self._refusal: h11.Response | None = None
        self._why = b""
        self._frames = Frames(client=True)
        self._above: Protocol | None = None
        self._silence: IDelayedCall | None = None

    # Below: the network.

    def connectionMade(self) -> None:
        headers = [
            ("Host", self._opening.host),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", self._key.decode("ascii")),
            ("Sec-WebSocket-Protocol", SUBPROTOCOL),
            ("User-Agent", "ganeti-rapi"),
        ]
        request = h11.Request(method="GET", target=self._opening.target, headers=headers)
        self.transport.write(self._http.send(request))  # type: ignore[union-attr]  # it is made

    def dataReceived(self, data: bytes) -> None:
        if self._silence is not None:
            self._silence.reset(SILENCE)
        if self._above is not None:
            self._take(data)
            return
        try:
            self._read_reply(data)
        except (RapiError, h11.RemoteProtocolError) as error:
            self._fail(error)

    def _read_reply(self, data: bytes) -> None:
        """Raises `RapiError`."""
        self._http.receive_data(data)
        while (event := self._http.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                self._open(event)
                return
            if isinstance(event, h11.Response):
                self._refusal = event
            elif isinstance(event, h11.Data):
                self._why += event.data
            elif isinstance(event, h11.EndOfMessage):
                raise _refused(self._refusal, self._why)

    def _open(self, reply: h11.InformationalResponse) -> None:
        if dict(reply.headers).get(b"sec-websocket-accept") != proof_of(self._key).encode():
            raise BadReply("The server does not speak WebSockets as it should")
        rest, _ = self._http.trailing_data
        self._silence = self._opening.clock.callLater(SILENCE, self._is_silent)
        above = self._above = self._opening.above.buildProtocol(self._address)
        above.makeConnection(self)
        self.opened.callback(above)
        self._take(rest)

    def _take(self, data: bytes) -> None:
        assert self._above is not None
        for payload in self._frames.payloads(data):
            self._above.dataReceived(payload)
        self._send(self._frames.take_replies())
        if self._frames.closed_by_peer:
            self.transport.loseConnection()  # type: ignore[union-attr]  # as above

    def _is_silent(self) -> None:
        self._silence = None
        self.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._silence is not None:
            self._silence.cancel()
        if self._above is None:
            self._fail(reason.value or ConnectionLost())
            return
        clean = self._frames.closed_by_peer and not self._frames.complaint
        self._above.connectionLost(Failure(ConnectionDone()) if clean else reason)

    def _fail(self, error: BaseException) -> None:
        if not self.opened.called:
            self.opened.errback(error)
            self.abortConnection()

    # Above: whoever talks through it.

    def _send(self, data: bytes) -> None:
        if data:
            self.transport.write(data)  # type: ignore[union-attr]  # as above

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), LARGEST_WRITE):
            self._send(self._frames.message(data[start : start + LARGEST_WRITE]))

    def writeSequence(self, iovec: Any) -> None:  # Any: an iterable of bytes
        self.write(b"".join(iovec))

    def loseConnection(self) -> None:
        self._send(self._frames.close())
        self.transport.loseConnection()  # type: ignore[union-attr]  # as above

    def __getattr__(self, name: str) -> Any:  # Any: all else that transports can do
        if name.startswith("_") or self.transport is None:
            raise AttributeError(name)
        return getattr(self.transport, name)


def _refused(response: h11.Response | None, body: bytes) -> RapiError:
    """What the server says in place of a WebSocket."""
    code = 0 if response is None else response.status_code
    with suppress(ValueError, AttributeError):
        told = json.loads(body)
        return http_error(code, str(told.get("message", "")), str(told.get("explain", "")))
    return http_error(code, "The server gave no reason")
