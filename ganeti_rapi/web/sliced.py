"""Large bodies, sent slice by slice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

if TYPE_CHECKING:  # the channel knows the request, and that knows this
    from ganeti_rapi.web.channel import RapiChannel

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

    So a slow client costs a slice of memory and not the whole body again. ``finished`` is called at
    the end, if the client is still there then.
    """

    def __init__(
        self, channel: RapiChannel, pieces: Sequence[bytes], finished: Callable[[], None]
    ) -> None:
        self._channel = channel
        self._pieces = pieces
        self._finished = finished
        self._slices = slices(pieces)
        self._stopped = False
        self._scheduled = False

    def start(self) -> None:
        """Send the first slice now."""
        self._channel.site.replies.hold(self._pieces)
        self._channel.flow.producer = self
        self._channel.await_reader()
        self._send_slice()

    def _send_slice(self) -> None:
        self._scheduled = False
        if self._stopped or self._channel.flow.paused:
            return
        piece = next(self._slices, None)
        if piece is None:
            self._channel.flow.producer = None
            self.stopProducing()
            self._finished()
        else:
            self._channel.write(piece)
            self.resumeProducing()

    def pauseProducing(self) -> None:
        """The client does not keep up; the next slice finds that out by itself."""

    def resumeProducing(self) -> None:
        """The client keeps up."""
        if not (self._scheduled or self._stopped or self._channel.flow.paused):
            self._scheduled = True
            self._channel.site.turns.ask(self._send_slice)

    def stopProducing(self) -> None:
        """The client is gone, or has it all."""
        if not self._stopped:
            self._stopped = True
            self._channel.site.replies.release(self._pieces)
