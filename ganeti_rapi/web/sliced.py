"""Large bodies, sent slice by slice."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.web.http import Request
from zope.interface import implementer

SLICE = 256 * 1024
"""Bytes of a large body that are sent at once: about a millisecond of TLS."""


@implementer(IPushProducer)
class SlicedBody:
    """Sends a large body slice by slice, as fast as the client reads and others get their turn.

    So a slow client costs a slice of memory and not the whole body again.
    """

    def __init__(self, request: Request, clock: IReactorTime, body: bytes) -> None:
        self._request = request
        self._clock = clock
        self._body = memoryview(body)
        self._sent = 0
        self._paused = False
        self._scheduled = False

    def start(self) -> None:
        """Send the first slice now."""
        self._request.registerProducer(self, True)
        self._send_slice()

    def _send_slice(self) -> None:
        self._scheduled = False
        if self._paused or self._sent >= len(self._body):
            return
        piece = self._body[self._sent : self._sent + SLICE]
        self._sent += len(piece)
        self._request.write(bytes(piece))
        if self._sent >= len(self._body):
            self._request.unregisterProducer()
            self._request.finish()
        elif not self._paused:
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._send_slice)

    def pauseProducing(self) -> None:
        """The client does not keep up."""
        self._paused = True

    def resumeProducing(self) -> None:
        """The client has caught up."""
        self._paused = False
        self._schedule()

    def stopProducing(self) -> None:
        """The client is gone."""
        self._sent = len(self._body)
