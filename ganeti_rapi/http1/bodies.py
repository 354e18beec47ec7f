"""The bodies of requests: which bytes belong to one, and what it says. Source: RFC 9112, section 7.

Both kinds of body take bytes as they come, of any size, and give back what follows their end. One
of them is read here whichever parser read its head, so there is one reading of where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from ganeti_rapi.errors import BadRequest, BodyTooLarge
from ganeti_rapi.http1.head import MAX_HEAD, NOT_HTTP, Head

MAX_CHUNK_LINE = 256
"""Bytes of a chunk's size and extensions; nobody sends the latter."""

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")


class Body(Protocol):
    """A body that comes in.

    ``content`` holds what has come so far.
    """

    content: bytearray

    @property
    def complete(self) -> bool:
        """Whether its last byte has come."""

    def take(self, data: bytes) -> bytes:
        """Take the next bytes; return those that follow the body's end.

        Raises `BadRequest` when they are no chunks, `BodyTooLarge` when they are too many.
        """


def body_of(head: Head, limit: int) -> Body:
    """The body that follows a head, at most ``limit`` bytes of content."""
    return ChunkedBody(limit) if head.length is None else FixedBody(head.length)


def check_length(head: Head, limit: int) -> None:
    """Raise `BodyTooLarge` if the head announces a longer body."""
    if head.length is not None and head.length > limit:
        raise too_large(limit)


def too_large(limit: int) -> BodyTooLarge:
    """What a client with a longer body is told."""
    return BodyTooLarge(f"The request body is over the limit of {limit} bytes")


class FixedBody:
    """A body whose length was announced."""

    def __init__(self, length: int) -> None:
        self.content = bytearray()
        self._length = length

    @property
    def complete(self) -> bool:
        return len(self.content) == self._length

    def take(self, data: bytes) -> bytes:
        missing = self._length - len(self.content)
        self.content += data[:missing]
        return data[missing:]


class ChunkedBody:
    """A body in chunks. Its extensions and trailers are read over."""

    def __init__(self, limit: int) -> None:
        self.content = bytearray()
        self.complete = False
        self._limit = limit
        self._line = bytearray()
        self._missing = 0
        self._next: Callable[[bytes], None] = self._size
        self._trailers = 0

    def take(self, data: bytes) -> bytes:
        while data and not self.complete:
            if self._missing:
                self.content += data[: self._missing]
                taken = min(self._missing, len(data))
                self._missing -= taken
                data = data[taken:]
            else:
                data = self._take_line(data)
        return data

    def _take_line(self, data: bytes) -> bytes:
        """Take a line or a part of one, and act on it when it is complete."""
        end = data.find(b"\n")
        self._line += data if end < 0 else data[: end + 1]
        if len(self._line) > MAX_CHUNK_LINE and self._next != self._trailer:
            raise BadRequest(f"{NOT_HTTP}the line of a chunk is too long")
        if len(self._line) + self._trailers > MAX_HEAD:
            raise BadRequest(f"The trailers are over the limit of {MAX_HEAD} bytes")
        if self._next == self._end_of_chunk and not b"\r\n".startswith(self._line):
            raise BadRequest(f"{NOT_HTTP}a chunk is longer than its size")
        if end < 0:
            return b""
        line, self._line = bytes(self._line), bytearray()
        if line.count(b"\r") != 1 or not line.endswith(b"\r\n"):
            raise BadRequest(f"{NOT_HTTP}a line of a chunk ends without a carriage return")
        self._next(line[:-2])
        return data[end + 1 :]

    def _size(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise BadRequest(f"{NOT_HTTP}a chunk must begin with its size in hexadecimal")
        self._missing = int(match[1], 16)
        if len(self.content) + self._missing > self._limit:
            raise too_large(self._limit)
        self._next = self._end_of_chunk if self._missing else self._trailer

    def _end_of_chunk(self, _empty: bytes) -> None:
        self._next = self._size

    def _trailer(self, line: bytes) -> None:
        self._trailers += len(line) + 2
        self.complete = not line
