"""Server-Sent Events over HTTP: heartbeats, and an end to connections whose readers do not read."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import LoopingCall
from zope.interface import implementer

from ganeti_rapi.api.events import HEARTBEAT, Event
from ganeti_rapi.web.request import RapiRequest

HEARTBEAT_SECONDS = 15.0

RETRY = b"retry: 1000\n\n"
"""How many milliseconds an EventSource shall wait before it comes back."""

HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would otherwise keep events back until its buffer is full
}

MOST_BUFFERED = 256 * 1024
"""Bytes that may wait for a reader that does not read; then the connection is dropped."""


@implementer(IPushProducer)
class EventStream:
    """One reader's stream. Its channel says when the reader does not take what is sent."""

    def __init__(self, request: RapiRequest) -> None:
        self._request = request
        self._unread: int | None = None
        self._heartbeat = LoopingCall(self._write, HEARTBEAT)
        self._heartbeat.clock = request.channel.site.clock

    def start(self) -> None:
        """Send the headers, so that the reader knows that it is connected."""
        self._request.start_stream(b"text/event-stream", HEADERS)
        self._request.channel.flow.producer = self
        self._request.channel.site.tally.streams += 1
        self._heartbeat.start(HEARTBEAT_SECONDS)

    def send(self, event: Event) -> None:
        """Send an event."""
        self._write(event.encode())

    def finish(self) -> None:
        """End the stream, and the reply if the reader is still there."""
        if self._heartbeat.running:
            self._heartbeat.stop()
        self._request.channel.site.tally.streams -= 1
        if not self._request.gone:
            if self._request.channel.site.draining:
                self._request.write(RETRY)
            self._request.channel.flow.producer = None
            self._request.finish()

    def _write(self, data: bytes) -> None:
        if self._request.gone:
            return
        if self._unread is not None:
            self._unread += len(data)
            if self._unread > MOST_BUFFERED:
                self._request.channel.abort()
                return
        self._request.write(data)

    def pauseProducing(self) -> None:
        """The reader is behind: count what waits for it."""
        self._unread = 0

    def resumeProducing(self) -> None:
        """The reader has caught up."""
        self._unread = None

    def stopProducing(self) -> None:
        """The reader is gone; its request's own errback does the rest."""
