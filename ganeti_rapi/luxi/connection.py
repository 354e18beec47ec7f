"""One connection to the job daemon; it carries one call at a time.

luxid answers the requests of one connection in order. So a reply belongs to the call that is under
way, and a connection whose call was given up is of no use any more: the reply that is on its way
could not be told from the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from ganeti_rapi.errors import JobDaemonError, LuxiProtocolError, LuxiUnreachable
from ganeti_rapi.luxi.codec import MAX_MESSAGE_SIZE, Framer, Message, encode_request
from ganeti_rapi.luxi.rows import decode_whole

Decode = Callable[[Message], Any]  # Any: the result's shape is the method's
"""Makes a result of a reply's message. Raises `JobDaemonError` or `LuxiProtocolError`."""


class LuxiConnection(Protocol):
    """One connection to the job daemon; carries one call at a time."""

    def __init__(self, max_message_size: int = MAX_MESSAGE_SIZE) -> None:
        self._framer = Framer(max_message_size)
        self._reply: Deferred[Any] | None = None  # Any: the result's shape is the method's
        self._decode: Decode = decode_whole
        self.usable = True
        self.calls = 0

    def call(
        self, method: str, args: Sequence[object], decode: Decode = decode_whole
    ) -> Deferred[Any]:  # Any: as above
        """Send a call; fires with its result, as ``decode`` makes it of the reply's message.

        Fails with `JobDaemonError` if the daemon says no, `LuxiUnreachable` if the connection is
        lost, `LuxiProtocolError` if the reply is not a LUXI message. Cancelling drops the
        connection.
        """
        assert self._reply is None, "one call at a time"
        message = encode_request(method, args)
        self.calls += 1
        reply: Deferred[Any] = Deferred(lambda _: self.abort())
        self._reply, self._decode = reply, decode
        self._write(message)
        return reply

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def abort(self) -> None:
        """Drop the connection now; a call under way gets no result any more."""
        self.usable = False
        self._reply = None
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]  # all real ones have it

    def dataReceived(self, data: bytes) -> None:
        try:
            for result in self._results(data):
                reply, self._reply = self._reply, None
                if reply is not None:
                    reply.callback(result)
        except LuxiProtocolError:
            self._fail(Failure())

    def _results(self, data: bytes) -> list[Any | Failure]:  # Any: as above
        """What the data completes: one result, or none yet.

        Nothing may follow it: the next caller would take that for its own reply.
        """
        messages = list(self._framer.feed(data))
        excess = len(messages) > 1 or (messages and self._framer.pending)
        if excess or self._reply is None:
            raise LuxiProtocolError("the job daemon sent a reply without a request")
        return [_result(message, self._decode) for message in messages]

    def _fail(self, reason: Failure) -> None:
        reply = self._reply
        self.abort()
        if reply is not None:
            reply.errback(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.usable = False
        reply, self._reply = self._reply, None
        if reply is not None:
            text = "The job daemon closed the connection before it answered"
            reply.errback(Failure(LuxiUnreachable(text)))


def _result(message: Message, decode: Decode) -> Any | Failure:  # Any: as above
    try:
        return decode(message)
    except JobDaemonError:
        return Failure()
