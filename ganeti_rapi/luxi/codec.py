"""LUXI messages as bytes: framing, requests, replies. No I/O.

Theory of operation. A LUXI message is JSON text followed by one byte 0x03 (end of text); there is
no length prefix. JSON escapes control characters, so the byte cannot occur inside a message. The
client sends ``{"method": …, "args": […]}`` and the daemon answers
``{"success": bool, "result": …}``, in the order of the requests.

`Framer` cuts a stream of bytes into messages. It looks at each byte once and never puts a long
message together, so that one of any size that comes in pieces of any size costs time linear in its
length, a little at a time. The daemon uses it through `ganeti_rapi.luxi.connection`, the simulator
through its own protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import define, field, frozen

from ganeti_rapi import jsontext
from ganeti_rapi.errors import LuxiMessageTooLarge, LuxiProtocolError, from_job_daemon

END_OF_MESSAGE = b"\x03"

MAX_MESSAGE_SIZE = 128 * 1024 * 1024
"""Bytes. A bulk list of 10,000 instances is about 20 MiB; this only stops a runaway peer."""

PIECE = 64 * 1024
"""Bytes of a long message that are kept together, or a little more."""

Message = list[bytes]
"""A message without its end byte, in pieces: a long one in one piece would take long to make."""


@define
class Framer:
    """Cuts a stream of bytes into messages.

    Feed it whatever arrives and iterate over what `feed` returns. Raises `LuxiMessageTooLarge` once
    an unfinished message is over ``max_size`` bytes; it must not be fed again after that.
    """

    max_size: int = MAX_MESSAGE_SIZE
    _pieces: Message = field(factory=list, init=False)
    _last: bytearray = field(factory=bytearray, init=False)
    _size: int = field(default=0, init=False)

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield each message that ``data`` completes."""
        start = 0
        while (end := data.find(END_OF_MESSAGE, start)) >= 0:
            self._keep(data[start:end])
            start = end + 1
            message = [*self._pieces, bytes(self._last)]
            self._pieces, self._last, self._size = [], bytearray(), 0
            yield message
        self._keep(data[start:])

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self.max_size:
            raise LuxiMessageTooLarge(f"a LUXI message is over {self.max_size} bytes")
        self._last += data
        if len(self._last) >= PIECE:
            self._pieces.append(bytes(self._last))
            self._last.clear()

    @property
    def pending(self) -> int:
        """How many bytes of an unfinished message are waiting for their end."""
        return self._size


@frozen
class Request:
    """One call: the method's name and its positional arguments."""

    method: str
    args: Sequence[object]


def encode_request(method: str, args: Sequence[object]) -> bytes:
    """A call as bytes, ready to send."""
    return jsontext.dumps({"method": method, "args": args}) + END_OF_MESSAGE


def encode_result(result: object) -> bytes:
    """A successful reply as bytes."""
    return jsontext.dumps({"success": True, "result": result}) + END_OF_MESSAGE


def encode_error(result: object) -> bytes:
    """A failed reply as bytes: ``[class name, [arguments…]]``, or text for an unreadable call."""
    return jsontext.dumps({"success": False, "result": result}) + END_OF_MESSAGE


def decode_request(message: bytes) -> Request:
    """The call in a message. Raises `LuxiProtocolError` when it holds no call."""
    call = _decode_object(message)
    method, args = call.get("method"), call.get("args")
    if not isinstance(method, str) or not isinstance(args, list):
        raise LuxiProtocolError("a LUXI request needs a method and a list of args")
    return Request(method, args)


def decode_reply(message: bytes) -> Any:  # Any: the shape of the result is the method's
    """The result in a reply.

    Raises the `JobDaemonError` that the reply carries, or `LuxiProtocolError` when the message is
    not a reply at all.
    """
    reply = _decode_object(message)
    if "result" not in reply or not isinstance(reply.get("success"), bool):
        raise LuxiProtocolError("the job daemon's reply has no success or no result")
    if not reply["success"]:
        raise from_job_daemon(reply["result"])
    return reply["result"]


def _decode_object(message: bytes) -> dict[str, Any]:
    try:
        value = jsontext.loads(message)
    except ValueError as error:
        raise LuxiProtocolError(f"a LUXI message is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise LuxiProtocolError("a LUXI message is not a JSON object")
    return value
