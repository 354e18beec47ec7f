"""Large bodies, sent slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.web.http import Request
from zope.interface import implementer

SLICE = 256 * 1024
"""Bytes of a large body that are sent at once: about a millisecond of TLS."""


def slices(pieces: Sequence[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are not too large."""
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE):
            yield bytes(view[start : start + SLICE])


@implementer(IPushProducer)
class SlicedBody:
    """Sends a large body slice by slice, as fast as the client reads and others get their turn.

    So a slow client costs a slice of memory and not the whole body again.
    """

    def __init__(self, request: Request, clock: IReactorTime, pieces: Sequence[bytes]) -> None:
        self._request = request
        self._clock = clock
        self._slices = slices(pieces)
        self._paused = False
        self._scheduled = False

    def start(self) -> None:
        """Send the first slice now."""
        self._request.registerProducer(self, True)
        self._send_slice()

    def _send_slice(self) -> None:
        self._scheduled = False
        if self._paused:
            return
        piece = next(self._slices, None)
        if piece is None:
            self._request.unregisterProducer()
            self._request.finish()
        else:
            self._request.write(piece)
            self._schedule()

    def _schedule(self) -> None:
        if not (self._scheduled or self._paused):
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
        self._paused = True
