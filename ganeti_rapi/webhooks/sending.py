"""Sends messages by treq: TLS verified, redirects not followed, and not longer than it may take."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from OpenSSL.SSL import Error as TlsError
from treq.client import HTTPClient
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, DNSLookupError, TimeoutError
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

MOST_READ = 64 * 1024
"""Bytes of an answer's body that are read before the connection is given up."""


class Sender:
    """A `Post` by TCP. ``now`` gives the seconds since the epoch."""

    def __init__(self, reactor: Any, now: Callable[[], float]) -> None:
        # Any: one object that provides many zope interfaces
        self._reactor = reactor
        self._now = now
        self._clients: dict[str, HTTPClient] = {}

    async def post(self, webhook: Webhook, message: Message) -> Answer:
        """See `ganeti_rapi.webhooks.delivery.Post`."""
        try:
            client = self._client(webhook.ca)
            headers = message.headers(webhook.secret, self._now())
            response = await client.post(
                webhook.url,
                data=message.body,
                headers=Headers({k: [v] for k, v in headers.items()}),
                allow_redirects=False,
                timeout=PATIENCE,
                reactor=self._reactor,
            )
        except Exception as error:
            return Answer(problem=words(error))
        response.original.deliverBody(_Ignored())
        return Answer(response.code, self._asked(response))

    def _client(self, ca: str) -> HTTPClient:
        """The client that trusts these issuers. Raises OSError or `OpenSSL.SSL.Error`.

        Each has connections of its own: one that others trust would be used without a look.
        """
        if ca not in self._clients:
            self._clients[ca] = HTTPClient(
                Agent(
                    self._reactor,
                    BrowserLikePolicyForHTTPS(_trust(ca)),
                    connectTimeout=CONNECT_PATIENCE,
                    pool=HTTPConnectionPool(self._reactor),
                )
            )
        return self._clients[ca]

    def _asked(self, response: Any) -> float:  # Any: treq's response
        text = (response.headers.getRawHeaders("retry-after") or [""])[0]
        return min(float(text), LONGEST_ASKED) if text.isdecimal() and len(text) < 10 else 0.0


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


class _Ignored(Protocol):
    """The body of an answer, which nobody reads."""

    def __init__(self) -> None:
        self._size = 0

    def dataReceived(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MOST_READ and self.transport is not None:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The end of the body."""
