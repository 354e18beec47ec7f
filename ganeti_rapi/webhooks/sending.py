"""Sends messages by treq: TLS verified, redirects not followed, and not longer than it may take."""

from __future__ import annotations

import os
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from OpenSSL.SSL import Error as TlsError
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, DNSLookupError, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.ssl import Certificate, trustRootFromCertificates
from twisted.python.failure import Failure
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from twisted.web.http_headers import Headers

from ganeti_rapi.webhooks.config import Webhook
from ganeti_rapi.webhooks.delivery import LONGEST_ASKED, Answer
from ganeti_rapi.webhooks.message import Message

PATIENCE = 30.0
"""Seconds for one try, from connecting to the answer's head."""

CONNECT_PATIENCE = 10.0

BODY_PATIENCE = 5.0
"""Seconds from the answer's head to its end, after which the connection is given up."""

MOST_READ = 64 * 1024
"""Bytes of an answer's body that are read before the connection is given up."""


class Sender:
    """A `Post` by TCP. ``now`` gives the seconds since the epoch."""

    def __init__(self, reactor: Any, now: Callable[[], float]) -> None:
        # Any: one object that provides many zope interfaces
        self._reactor = reactor
        self._now = now
        self._clients: dict[str, tuple[float, HTTPClient]] = {}

    async def post(self, webhook: Webhook, message: Message) -> Answer:
        """See `ganeti_rapi.webhooks.delivery.Post`."""
        try:
            client = self._client(webhook.ca)
            headers = message.headers(webhook.secret, self._now())
            response = await client.post(
                webhook.address,
                data=message.body,
                headers=Headers({k: [v] for k, v in headers.items()}),
                auth=webhook.user,
                allow_redirects=False,
                timeout=PATIENCE,
                reactor=self._reactor,
            )
        except Exception as error:
            return Answer(problem=words(error))
        body = _Body(self._reactor)
        response.original.deliverBody(body)
        await body.over
        return Answer(response.code, self._asked(response))

    def _client(self, ca: str) -> HTTPClient:
        """The client that trusts these issuers. Raises OSError or `OpenSSL.SSL.Error`.

        Each has connections of its own: one that others trust would be used without a look.
        """
        written = os.stat(ca).st_mtime if ca else 0.0
        known = self._clients.get(ca)
        if known is None or known[0] != written:
            policy = BrowserLikePolicyForHTTPS(_trust(ca))
            pool = HTTPConnectionPool(self._reactor)
            agent = Agent(self._reactor, policy, connectTimeout=CONNECT_PATIENCE, pool=pool)
            known = self._clients[ca] = written, HTTPClient(agent)
        return known[1]

    def _asked(self, response: Any) -> float:  # Any: treq's response
        """The seconds that Retry-After asks for, as a number or a date (RFC 9110, 10.2.3)."""
        text = (response.headers.getRawHeaders("retry-after") or [""])[0]
        if text.isdecimal() and len(text) < 10:
            seconds = float(text)
        else:
            try:
                seconds = parsedate_to_datetime(text).timestamp() - self._now()
            except (ValueError, OverflowError):
                return 0.0
        return max(0.0, min(seconds, LONGEST_ASKED))


def _trust(ca: str) -> Any:  # Any: an IOpenSSLTrustRoot
    if not ca:
        return None
    begin = b"-----BEGIN CERTIFICATE-----"
    parts = Path(ca).read_bytes().split(begin)[1:]
    return trustRootFromCertificates([Certificate.loadPEM(begin + part) for part in parts])


def words(error: Exception) -> str:
    """What is in the way, without the URL."""
    if isinstance(error, DNSLookupError):
        return "its host's name cannot be resolved"
    if isinstance(error, (TimeoutError, CancelledError)):
        return "it did not answer in time"
    if isinstance(error, ConnectError):
        number = error.osError
        why = os.strerror(number) if isinstance(number, int) else type(error).__name__
        return f"its server cannot be reached: {why}"
    reasons = getattr(error, "reasons", ())
    for reason in reasons:
        if isinstance(reason.value, TlsError) or "Verification" in type(reason.value).__name__:
            return "its certificate is not trusted; name its issuer with ca=FILE"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return f"the connection failed: {type(error).__name__}"


class _Body(Protocol):
    """An answer's body, which nobody reads. ``over`` fires when it ends or takes too long."""

    def __init__(self, clock: IReactorTime) -> None:
        self.over: Deferred[None] = Deferred()
        self._size = 0
        self._deadline = clock.callLater(BODY_PATIENCE, self._give_up)

    def dataReceived(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MOST_READ and self._deadline.active():
            self._deadline.cancel()
            self._give_up()

    def _give_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()
        self._end()  # a server that hangs does not end its side of TLS

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._deadline.active():
            self._deadline.cancel()
        self._end()

    def _end(self) -> None:
        if not self.over.called:
            self.over.callback(None)
