"""HTTP as twisted.web speaks it, with limits, and with JSON where it would answer HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import (
    NO_CONTENT,
    NOT_MODIFIED,
    HTTPChannel,
    combinedLogFormatter,
    datetimeToLogString,
)
from twisted.web.http import Request as HTTPRequest
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from ganeti_rapi import __version__
from ganeti_rapi.errors import (
    ApiError,
    BadRequest,
    BodyTooLarge,
    InternalError,
    Unavailable,
    UriTooLong,
)
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.render import encode
from ganeti_rapi.web.sliced import SLICE, SlicedBody, Turns

SERVER = f"ganeti-rapi/{__version__}".encode("ascii")
JSON_TYPE = b"application/json"

DRAIN = 3.0
"""Seconds that requests under way have to end before the daemon does."""

LINGER = 5.0
"""Seconds that a refused peer has to read why, before the connection is closed."""


class RapiRequest(Request):
    """A request whose body is bounded and whose failures are JSON.

    ``items`` are the path's variable parts, in order, as the route tree found them.
    ``query_string`` is what follows the question mark, as it came. ``user_name`` is its user, once
    the credentials are checked, and ``gone`` says that the client has left.
    """

    log = Logger()
    channel: RapiChannel

    def __init__(self, channel: HTTPChannel, *args: Any, **kwargs: Any) -> None:
        # Any: handed through to twisted.web
        super().__init__(channel, *args, **kwargs)
        self.items: list[str] = []
        self.query_string = b""
        self.user_name: str | None = None
        self.gone = False
        self._received = 0

    def gotLength(self, length: int | None) -> None:
        """The headers are complete: refuse a body that says that it is too large."""
        super().gotLength(length)
        if length is not None and length > self.channel.max_body:
            self.requestHeaders.removeHeader(b"Expect")  # the client shall not continue
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, unless there is too much of it."""
        self._received += len(data)
        if self._received <= self.channel.max_body:
            super().handleContentChunk(data)
        else:
            self._refuse_body()

    def _refuse_body(self) -> None:
        limit = self.channel.max_body
        self.channel.refuse(BodyTooLarge(f"The request body is over the limit of {limit} bytes"))

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The request is complete.

        Unlike twisted.web's method, this never reads the body as a form.
        """
        # The next request waits for this one's reply. Before 24.7, Twisted would go on with it.
        self.channel.dataReceived(self.channel.clearLineBuffer())
        if self.content is not None:
            self.content.seek(0)
        self.args = {}
        self.method, self.uri, self.clientproto = command.upper(), path, version
        self.path, _, self.query_string = path.partition(b"?")
        if not self.path.startswith(b"/"):
            # It names nothing, as a double slash does; twisted.web would drop its first byte.
            self.path = b"//" + self.path
        self.process()

    def process(self) -> None:
        """Answer, unless the request was refused while it came in."""
        if not self.channel.refused:
            super().process()

    def send(self, code: int, pieces: Sequence[bytes], content_type: bytes = JSON_TYPE) -> None:
        """Send the whole reply."""
        self.setResponseCode(code)
        length = sum(map(len, pieces))
        headers = self.responseHeaders
        headers.setRawHeaders(b"Server", [SERVER])
        if code not in (NO_CONTENT, NOT_MODIFIED):
            headers.setRawHeaders(b"Content-Type", [content_type])
            headers.setRawHeaders(b"Content-Length", [b"%d" % length])
        if length <= SLICE or self.method == b"HEAD":
            self.write(b"".join(pieces) if length <= SLICE else b"")
            self.finish()
        else:
            SlicedBody(self, self.channel.site.turns, pieces).start()

    def send_error(self, error: ApiError) -> None:
        """Send an error with its headers."""
        for name, value in error.headers.items():
            self.setHeader(name.encode("ascii"), value.encode("latin-1", "replace"))
        self.send(error.code, [encode(error.body())])

    def processingFailed(self, reason: Failure) -> Failure:
        """Log a failure that nothing else caught; the client is only told that there was one."""
        self.log.failure("A request failed in an unexpected way", failure=reason)
        self.send_error(InternalError())
        return reason


class RapiChannel(HTTPChannel):
    """An HTTP/1.1 connection that says in JSON why it gives up on a request."""

    max_body = 10 * 1024 * 1024
    site: RapiSite
    _closing: IDelayedCall | None = None
    _served = False

    @property
    def refused(self) -> bool:
        """Whether this was answered with `refuse`."""
        return self._closing is not None

    def connectionMade(self) -> None:
        self.site.channels.add(self)
        super().connectionMade()
        if self.site.overloaded:
            self.refuse(self.site.too_many())

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._closing is not None and self._closing.active():
            self._closing.cancel()
        super().connectionLost(reason)
        self.site.forget(self)

    def requestDone(self, request: Request) -> None:
        """The reply is sent; it was the last one if the daemon is about to end."""
        self._served = True
        if self.site.draining:
            self.persistent = False
        super().requestDone(request)

    @property
    def idle(self) -> bool:
        """Whether all its requests are answered. A new connection is expected to send one."""
        return self._served and not self.requests

    def checkPersistence(self, request: Request, version: bytes) -> bool:
        """Whether the connection stays open after the reply."""
        if self.site.keep_alive:
            persistent: bool = super().checkPersistence(request, version)
            return persistent
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    def abort(self) -> None:
        """Drop the connection without another word."""
        assert self.transport is not None
        self.transport.abortConnection()  # type: ignore[attr-defined]  # all real ones have it

    def refuse(self, error: ApiError) -> None:
        """Answer what cannot be read on. What the peer still sends is thrown away.

        The connection stays open for a while, since a peer that is still sending when it is closed
        sees a broken connection and not the answer.
        """
        if self.refused:
            return
        self._closing = self.callLater(LINGER, self.timeoutConnection)
        self.clearLineBuffer()
        body = encode(error.body())
        phrase = type(error)().message.encode("ascii")
        assert self.transport is not None
        self.transport.write(
            b"HTTP/1.1 %d %s\r\nServer: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%s"
            % (error.code, phrase, SERVER, JSON_TYPE, len(body), body)
        )

    def dataReceived(self, data: bytes) -> None:
        if not self.refused:
            super().dataReceived(data)

    def lineLengthExceeded(self, line: bytes) -> None:
        """A request or header line is over twisted.web's limit."""
        if self.requests:  # it began with a request line that was short enough
            self.refuse(BadRequest(f"A header is over the limit of {self.MAX_LENGTH} bytes"))
        else:
            self.refuse(UriTooLong(f"The URI is over the limit of {self.MAX_LENGTH} bytes"))

    def _respondToBadRequestAndDisconnect(self) -> None:
        # twisted.web has no public hook for this; without the override the reply has no body.
        self.refuse(
            BadRequest(
                "This is not an HTTP request that can be understood, or its headers are over the "
                f"limit of {self.maxHeaders} lines and {self.totalHeadersSize} bytes"
            )
        )


class RapiSite(Site):
    """The factory of connections. ``max_clients`` is how many may be open at the same time."""

    noisy = False  # the service says where it listens
    protocol = RapiChannel  # type: ignore[assignment]  # without twisted.web's HTTP/2 switch

    def __init__(
        self,
        resource: IResource,
        reactor: IReactorTime,
        *,
        keep_alive: bool = True,
        timeout: float = 30,
        max_body: int = RapiChannel.max_body,
        max_clients: int = 0,
        access_log: LogFile | None = None,
    ) -> None:
        super().__init__(
            resource,
            requestFactory=RapiRequest,
            timeout=timeout,
            reactor=reactor,
        )
        self.keep_alive = keep_alive
        self.max_body = max_body
        self.max_clients = max_clients
        self.channels: set[RapiChannel] = set()
        self._drained: Deferred[None] | None = None
        self.access_log = access_log
        self.turns = Turns(reactor)

    @property
    def overloaded(self) -> bool:
        """Whether more connections are open than allowed; 0 allows any number."""
        return 0 < self.max_clients < len(self.channels)

    def too_many(self) -> ApiError:
        """What a connection over the limit is told."""
        return Unavailable(f"All {self.max_clients} connections are in use; try again later")

    def drain(self) -> Deferred[None]:
        """Keep no connection open, but let requests end; fires when they did, or after a while."""
        self.keep_alive = False
        drained = self._drained = Deferred()
        late = self.reactor.callLater(DRAIN, self._finish_drain)
        drained.addCallback(lambda _: late.cancel() if late.active() else None)
        for channel in [channel for channel in self.channels if channel.idle]:
            channel.loseConnection()
        if not self.channels:
            self._finish_drain()
        return drained

    @property
    def draining(self) -> bool:
        """Whether the daemon is about to end."""
        return self._drained is not None

    def forget(self, channel: RapiChannel) -> None:
        """A connection is gone."""
        self.channels.discard(channel)
        if not self.channels:
            self._finish_drain()

    def _finish_drain(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)

    def log(self, request: HTTPRequest) -> None:
        """Write a line to the access log, if there is one."""
        if self.access_log is not None:
            now = datetimeToLogString(self.reactor.seconds())
            self.access_log.write(combinedLogFormatter(now, request) + "\n")

    def reopen_log(self) -> None:
        """Follow the access log's name again. Raises OSError."""
        if self.access_log is not None:
            self.access_log.reopen()

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS offers by ALPN."""
        return [b"http/1.1"]

    def buildProtocol(  # type: ignore[override]  # as for `protocol`
        self, addr: IAddress | None
    ) -> RapiChannel:
        channel: RapiChannel = super().buildProtocol(addr)
        channel.max_body = self.max_body
        return channel
