"""Large bodies, sent slice by slice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from twisted.internet.interfaces import IPushProducer, IReactorTime
from twisted.web.http import Request
from zope.interface import implementer

SLICE = 256 * 1024
"""Bytes of a large body that are sent at once: about a millisecond of TLS."""


AT_A_TIME = 4
"""Slices that are sent between two looks at what else there is to do."""


def slices(pieces: Sequence[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are not too large."""
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), SLICE):
            yield bytes(view[start : start + SLICE])


class Turns:
    """Whose turn it is to send a slice.

    However many clients there are, other work waits for a few slices at most.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: deque[Callable[[], None]] = deque()
        self._scheduled = False

    def ask(self, send: Callable[[], None]) -> None:
        """Call ``send`` when its turn comes."""
        self._waiting.append(send)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._give)

    def _give(self) -> None:
        for _ in range(min(AT_A_TIME, len(self._waiting))):
            self._waiting.popleft()()
        self._scheduled = False
        self._schedule()


@implementer(IPushProducer)
class SlicedBody:
    """Sends a large body slice by slice, as fast as the client reads and others get their turn.

    So a slow client costs a slice of memory and not the whole body again.
    """

    def __init__(self, request: Request, turns: Turns, pieces: Sequence[bytes]) -> None:
        self._request = request
        self._turns = turns
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
            self._turns.ask(self._send_slice)

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
