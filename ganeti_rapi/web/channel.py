"""An HTTP/1.1 connection: its requests one after the other, and a limit for every wait.

Theory of operation. Bytes collect until a head is complete; then its request is served, and what
comes meanwhile is kept, a little of it, until the reply is sent. A body is read only when the
request asks for it, so nobody has to be read who has not been let in. A body that nobody asked for
is read over if it is short; otherwise the connection closes after the reply.

Whatever the peer has to do next, it has some seconds for: ``deadline`` says when they are over, and
the site looks at the deadlines of all its channels once a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Protocol as TypingProtocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener, INegotiated, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ganeti_rapi.errors import ApiError, RequestTimeout
from ganeti_rapi.http1.bodies import Body, FixedBody, body_of
from ganeti_rapi.http1.head import END, Head, check_beginning, read_head
from ganeti_rapi.http1.replies import CONTINUE
from ganeti_rapi.web.flow import Flow
from ganeti_rapi.web.proxies import NO_ADDRESS
from ganeti_rapi.web.render import encode
from ganeti_rapi.web.request import CLOSE, JSON_TYPE, RapiRequest, encoded
from ganeti_rapi.web.tls import names_of

if TYPE_CHECKING:  # the site makes channels
    from ganeti_rapi.web.site import RapiSite

LINGER = 5.0
"""Seconds that a refused peer has to read why, before the connection is closed."""

CLOSING = 5.0
"""Seconds that the peer has to take the rest and to close its side."""

KEPT = 16 * 1024
"""Bytes that are kept of what comes before the reply is sent; then nothing is read any more."""

READ_OVER = 64 * 1024
"""Bytes of the longest body that is read only to get past it."""

SILENCE = 75.0
"""Seconds without a byte, after which the peer of a connection that speaks something else than HTTP
is given up: three times as long as it is left unasked."""

NEVER = math.inf


class Taker(TypingProtocol):
    """What has a connection after HTTP."""

    def take(self, data: bytes) -> None:
        """Bytes from the peer."""

    def leave(self) -> None:
        """The daemon is about to end, so it should, too."""


@implementer(IPushProducer, IHandshakeListener)
class RapiChannel(Protocol):
    """One connection of a `RapiSite`.

    ``request`` is the one under way. ``deadline`` is the site's clock when the peer's time is over.
    ``surplus`` says why it gets no answers but those that are never refused, if it does not.
    ``counted_for`` is the address that the site counts it for.
    """

    def __init__(self, site: RapiSite) -> None:
        self.site = site
        self.request: RapiRequest | None = None
        self.deadline = NEVER
        self.surplus: ApiError | None = None
        self.counted_for: str | None = None
        self._peer_address = ""
        self._certificate_names: tuple[str, ...] | None = None
        self._too_late: Callable[[], None] = self.abort
        self._unread = b""
        self._head: Head
        self._head_text = b""
        self._body: Body | None = None
        self._body_read: Deferred[bytes] | None = None
        self._body_length = 0
        self._reading = False
        self._served = False
        self._closing = False
        self._closed = False
        self._paused = False
        self._taker: Taker | None = None

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.flow = Flow(self.transport)
        self.transport.registerProducer(self, True)  # type: ignore[attr-defined]  # all real ones
        deadlines = self.site.deadlines
        if INegotiated.providedBy(self.transport):
            self._limit(deadlines.handshake, self.abort)
        else:
            self._limit(deadlines.head, self._head_is_late)
        try:
            self.site.admit(self)
        except ApiError as reason:
            self.refuse(reason)

    def handshakeCompleted(self) -> None:
        """TLS is up: now the request's head is due."""
        if not (self._closing or self._served or self.request):
            self._limit(self.site.deadlines.head, self._head_is_late)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._closing = True
        self.deadline = NEVER
        self._count_body(0)
        self.flow.stop()
        request, self.request = self.request, None
        if request is not None:
            request.lost()
        self.site.forget(self)

    @property
    def idle(self) -> bool:
        """Whether all its requests are answered. A new connection is expected to send one."""
        return self._served and self.request is None

    @property
    def leaving(self) -> bool:
        """Whether it is closing and all is sent, so that the peer needs nothing more from us."""
        return self._closing and self.request is None and not self.flow.paused

    @property
    def peer_address(self) -> str:
        """The address of who is connected, as far as it is known by now."""
        peer = self._peer_address
        return peer or getattr(self.transport.getPeer(), "host", NO_ADDRESS)  # type: ignore[union-attr]  # there is one since the beginning

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Whom the peer's certificate may be of; none without one that our files ask for."""
        if self._certificate_names is None:
            certificate = getattr(self.transport, "getPeerCertificate", lambda: None)()
            self._certificate_names = names_of(certificate)
        return self._certificate_names

    # What the peer sends.

    def dataReceived(self, data: bytes) -> None:
        if self._closing:
            return  # what follows the last request, or one that could not be read, is thrown away
        if self._taker is not None:
            if self._too_late == self._peer_is_silent:  # and not once all is said
                self._limit(SILENCE, self._peer_is_silent)
            self._taker.take(data)
            return
        if self._body is not None:
            self._take_body(data)
            return
        self._unread = self._unread + data if self._unread else data
        if self.request is None:
            self._read_on()
        if len(self._unread) > KEPT and (self.request or self.flow.paused):
            self._pause_peer()

    def _read_on(self) -> None:
        """Serve the requests that have come, one after the other."""
        if self._reading:
            return
        self._reading = True
        try:
            while self._unread and not (self.request or self._body or self._closing):
                if self.flow.paused or not self._read_head():
                    break
        except ApiError as error:
            self.refuse(error)
        finally:
            self._reading = False

    def _read_head(self) -> bool:
        """Serve the next request; False when its head is not complete."""
        text = self._unread
        if text.startswith(b"\r\n"):  # left over by old clients (RFC 9112, section 2.2)
            self._unread = text[2:]
            return True
        end = text.find(END) + len(END)
        if end < len(END):
            check_beginning(text)
            if self._served:  # so far it was idle
                self._served = False
                self._limit(self.site.deadlines.head, self._head_is_late)
            return False
        self._unread = text[end:]
        self.deadline = NEVER
        if not self._peer_address:  # the PROXY protocol tells it before the first request
            self._peer_address = self.peer_address
        text = text[:end]
        if text != self._head_text:  # a client that polls sends the same head again and again
            self._head, self._head_text = read_head(text), text
        request = self.request = RapiRequest(self._head, self)
        self.site.serve(request)
        return True

    def _head_is_late(self) -> None:
        if self._unread:
            self.refuse(RequestTimeout("The request did not come in time"))
        else:
            self.close()

    # The body of the request under way.

    def read_body(self, request: RapiRequest) -> Deferred[bytes]:
        """The body of the request under way; fails with `ApiError`."""
        result: Deferred[bytes] = Deferred()
        try:
            self.site.bodies.check(request.head.length or 0)
        except ApiError:
            result.errback()
            return result
        self._body_read = result
        if request.head.expects_continue and not self._unread:
            self.write(CONTINUE)
        self._begin_body(body_of(request.head, self.site.max_body))
        return result

    def _begin_body(self, body: Body) -> None:
        self._body = body
        self._limit(self.site.deadlines.body, self._body_is_late)
        self._resume_peer()
        data, self._unread = self._unread, b""
        self._take_body(data)

    def _take_body(self, data: bytes) -> None:
        body, result = self._body, self._body_read
        assert body is not None
        try:
            self._unread = body.take(data)
            self._earn_time(len(body.content) - self._body_length)
            self._count_body(len(body.content))
        except ApiError as error:
            self._fail_body(error)
            return
        if not body.complete:
            return
        self._body = self._body_read = None
        self.deadline = NEVER
        if result is None:  # it was only read over
            self._await_next()
            return
        if self.request is not None:
            self.request.body_is_read = True
        result.callback(bytes(body.content))

    def _count_body(self, length: int) -> None:
        more, self._body_length = length - self._body_length, length
        self.site.bodies.add(more)

    def _fail_body(self, error: ApiError) -> None:
        """Tell the reader of the body that there is none; what else comes is thrown away."""
        result, self._body, self._body_read = self._body_read, None, None
        self.deadline = NEVER
        self._closing = True
        if result is None:
            self.close()
        else:
            result.errback(error)

    def _body_is_late(self) -> None:
        self._fail_body(RequestTimeout("The request's body did not come in time"))

    def _earn_time(self, count: int) -> None:
        """So many bytes of the body came: give the peer time for the next ones.

        It never has more than it began with. Or else one that sends much at once would earn hours,
        and its body would take memory as long.
        """
        deadlines = self.site.deadlines
        most = self.site.clock.seconds() + deadlines.body
        self.deadline = min(self.deadline + count / deadlines.body_rate, most)

    # The reply.

    def stays_open(self, request: RapiRequest) -> bool:
        """Whether another request may follow the one under way."""
        if self._closing or self.surplus or not (request.head.persistent and self.site.keep_alive):
            return False
        return not request.has_unread_body or self._may_read_over(request.head)

    def _may_read_over(self, head: Head) -> bool:
        """Whether a body that nobody asked for is worth getting past."""
        return head.length is not None and head.length <= READ_OVER and not head.expects_continue

    def write(self, data: bytes) -> None:
        """Send bytes of the reply."""
        self.transport.write(data)  # type: ignore[union-attr]  # there is one while requests are

    def request_done(self, request: RapiRequest) -> None:
        """The reply is written: go on to the next request, or close."""
        self.site.log(request)
        self._count_body(0)
        self.request = None
        self._served = True
        if request.is_last or self.site.draining:
            if request.has_unread_body:
                self._linger()
            else:
                self.close()
        elif request.has_unread_body:
            self._begin_body(FixedBody(request.head.length or 0))
        else:
            self._await_next()

    def _await_next(self) -> None:
        if self.flow.paused:  # what reads no replies may not ask for more
            self.await_reader()
            return
        self._limit(self.site.deadlines.idle, self.close)
        self._resume_peer()
        self._read_on()

    def await_reader(self) -> None:
        """From now on the peer has to take what is sent, some of it at least."""
        self._limit(self.site.deadlines.reply, self._reader_is_late)

    def _reader_is_late(self) -> None:
        if self._keeps_up() or not self.flow.paused:
            self.await_reader()
        else:
            self.abort()

    def pauseProducing(self) -> None:
        """The peer does not take what is sent as fast as it comes."""
        self.flow.pause()

    def resumeProducing(self) -> None:
        """The peer has taken it."""
        self.flow.resume()
        if not (self.request or self._body or self._closing):
            self._await_next()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` does the rest."""

    # After HTTP (RFC 9110, section 7.8). The request stays under way until that is over.

    def switch(self, taker: Taker) -> None:
        """From now on, what the peer sends goes to ``taker``."""
        self._taker = taker
        self._limit(SILENCE, self._peer_is_silent)
        self.let_go_on()
        data, self._unread = self._unread, b""
        if data:
            taker.take(data)

    def hold(self) -> None:
        """Let the peer wait: what it sends cannot be taken now."""
        self._pause_peer()

    def let_go_on(self) -> None:
        """What it sends can be taken again."""
        self._resume_peer()

    def _peer_is_silent(self) -> None:
        """It was held, or is a slow reader that has not come to our question yet; or it is gone."""
        if self._paused or (self.flow.paused and self._keeps_up()):
            self._limit(SILENCE, self._peer_is_silent)
        else:
            self.abort()

    def await_farewell(self) -> None:
        """All is said: the peer has a moment to say so, too."""
        self._resume_peer()
        self._limit(CLOSING, self._close_is_late)

    def leave(self) -> None:
        """The daemon is about to end: close what is idle, and end what would go on for long."""
        if self.idle:
            self.close()
        elif self._taker is not None:
            self._taker.leave()

    # The end.

    def refuse(self, error: ApiError) -> None:
        """Answer what cannot be read on. What the peer still sends is thrown away."""
        if self._closing:
            return
        body = encode(error.body())
        lines = [
            (b"Content-Type", JSON_TYPE),
            (b"Content-Length", b"%d" % len(body)),
            *encoded(error.headers),
            CLOSE,
        ]
        self.write(self.site.heads.encode(error.code, lines, self.site.now()) + body)
        self.site.log_refusal(self, error.code, len(body))
        self._linger()

    def _linger(self) -> None:
        """Close in a while.

        A peer that is still sending when the connection is closed sees a broken connection and not
        the reply.
        """
        self._closing = True
        self._resume_peer()
        self._limit(LINGER, self.close)

    def close(self) -> None:
        """Close the connection when all is sent."""
        if self._closed:
            return
        self._closed = self._closing = True
        self._unread = b""
        self._resume_peer()
        assert self.transport is not None
        self.transport.unregisterProducer()  # type: ignore[attr-defined]  # as above
        self.transport.loseConnection()
        self._limit(CLOSING, self._close_is_late)

    def _close_is_late(self) -> None:
        if self._keeps_up():
            self._limit(self.site.deadlines.reply, self._close_is_late)
        else:
            self.abort()

    def _keeps_up(self) -> bool:
        """Whether the peer has taken enough of the reply since this was asked last."""
        deadlines = self.site.deadlines
        return self.flow.taken() >= deadlines.reply * deadlines.reply_rate

    def abort(self) -> None:
        """Drop the connection without another word."""
        self.deadline = NEVER
        assert self.transport is not None
        self.transport.abortConnection()  # type: ignore[attr-defined]  # as above

    def _limit(self, seconds: float, too_late: Callable[[], None]) -> None:
        self.deadline = self.site.clock.seconds() + seconds
        self._too_late = too_late

    def expire(self) -> None:
        """The peer's time is over."""
        self.deadline = NEVER
        self._too_late()

    def _pause_peer(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pauseProducing()  # type: ignore[union-attr]  # as above

    def _resume_peer(self) -> None:
        if self._paused:
            self._paused = False
            self.transport.resumeProducing()  # type: ignore[union-attr]  # as above
