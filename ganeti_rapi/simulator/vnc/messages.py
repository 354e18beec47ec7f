"""The messages of RFB, the protocol of VNC, as bytes. No I/O. Source: RFC 6143, version 3.8."""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Iterator, Sequence

from attrs import frozen

VERSION = b"RFB 003.008\n"
NO_AUTHENTICATION = 1
LONGEST_TEXT = 1 << 20
"""Bytes of the longest text in a viewer's clipboard that is read over."""


class NotRfb(ValueError):
    """The bytes are not what a viewer sends."""


@frozen
class PixelFormat:
    """How a pixel is written, where it is of true colour (section 7.4)."""

    bits: int = 32
    depth: int = 24
    big_endian: bool = False
    true_colour: bool = True
    most: Sequence[int] = (255, 255, 255)
    shifts: Sequence[int] = (16, 8, 0)

    def encode(self) -> bytes:
        """The format in 16 bytes."""
        return _FORMAT.pack(
            self.bits, self.depth, self.big_endian, self.true_colour, *self.most, *self.shifts
        )

    @classmethod
    def decode(cls, data: bytes) -> PixelFormat:
        """The format in 16 bytes. Raises `NotRfb` for one that we do not write."""
        bits, depth, big_endian, true_colour, *rest = _FORMAT.unpack(data)
        if bits not in (8, 16, 32) or not true_colour or max(rest[3:]) >= bits:
            raise NotRfb("only pixels of true colour are written, in 8, 16 or 32 bits")
        return cls(bits, depth, bool(big_endian), True, rest[:3], rest[3:])

    def pixel(self, colour: Sequence[int]) -> bytes:
        """A pixel of a colour, whose red, green and blue are from 0 to 255.

        Bits that mean nothing are set: some viewers (noVNC 1.3) take them for how opaque it is.
        """
        number = (1 << self.bits) - 1
        for part, most, shift in zip(colour, self.most, self.shifts):
            number &= ~(most << shift) | (part * most // 255) << shift
        return number.to_bytes(self.bits // 8, "big" if self.big_endian else "little")


_FORMAT = struct.Struct("!BB??HHHBBB3x")

# What a viewer sends.


@frozen
class Hello:
    """The viewer has been through the handshake, and wants to see the screen."""


@frozen
class Wants:
    """The viewer wants an update: of what has changed, or of all."""

    incremental: bool


@frozen
class Key:
    """A key went down, or up; ``symbol`` is X's keysym."""

    symbol: int
    down: bool


ViewerMessage = Hello | Wants | Key | PixelFormat


Need = Generator[int, bytes, None]


def hello(width: int, height: int, name: str, pixels: PixelFormat) -> bytes:
    """What the server says of its screen (section 7.3.2)."""
    title = name.encode("utf-8")
    return struct.pack("!HH", width, height) + pixels.encode() + _text(title)


def update(rectangles: Sequence[tuple[int, int, int, int, bytes]]) -> bytes:
    """An update of the screen: x, y, width, height and raw pixels of each rectangle."""
    head = struct.pack("!BxH", 0, len(rectangles))
    parts = [struct.pack("!HHHHi", *place, 0) + pixels for *place, pixels in rectangles]
    return b"".join([head, *parts])


def _text(text: bytes) -> bytes:
    return struct.pack("!I", len(text)) + text


class Reader:
    """Reads what a viewer sends. ``out`` is called with what it is told in the handshake."""

    def __init__(self, out: Callable[[bytes], None]) -> None:
        self._out = out
        self._unread = bytearray()
        self._messages: list[ViewerMessage] = []
        self._steps = self._read()
        self._needed = next(self._steps)

    def feed(self, data: bytes) -> Iterator[ViewerMessage]:
        """The messages that these bytes complete. Raises `NotRfb`."""
        self._unread += data
        while len(self._unread) >= self._needed:
            piece = bytes(self._unread[: self._needed])
            del self._unread[: self._needed]
            self._needed = self._steps.send(piece)
            messages, self._messages = self._messages, []
            yield from messages

    def _read(self) -> Need:
        """Yields how many bytes it needs next, and gets them."""
        version = yield len(VERSION)
        if not version.startswith(b"RFB 003."):
            raise NotRfb("this is no viewer")
        minor = int(version[8:11]) if version[8:11].isdigit() else 3
        if minor >= 7:
            self._out(bytes([1, NO_AUTHENTICATION]))
            if (yield 1) != bytes([NO_AUTHENTICATION]):
                raise NotRfb("the viewer wants another kind of security")
            if minor >= 8:
                self._out(struct.pack("!I", 0))
        else:
            self._out(struct.pack("!I", NO_AUTHENTICATION))
        yield 1  # whether others may look on
        self._messages.append(Hello())
        while True:
            kind = (yield 1)[0]
            if kind not in _SIZES:
                raise NotRfb(f"message {kind} is unknown")
            yield from self._body(kind, (yield _SIZES[kind]))

    def _body(self, kind: int, body: bytes) -> Need:
        if kind == _SET_PIXEL_FORMAT:
            self._messages.append(PixelFormat.decode(body[3:]))
        elif kind == _SET_ENCODINGS:
            yield 4 * int.from_bytes(body[1:3], "big")  # raw pixels need not be asked for
        elif kind == _UPDATE_REQUEST:
            self._messages.append(Wants(bool(body[0])))
        elif kind == _KEY:
            self._messages.append(Key(int.from_bytes(body[3:7], "big"), bool(body[0])))
        elif kind == _CUT_TEXT:
            length = abs(int.from_bytes(body[3:7], "big", signed=True))
            if length > LONGEST_TEXT:
                raise NotRfb("the clipboard is too long")
            yield length


_SET_PIXEL_FORMAT, _SET_ENCODINGS, _UPDATE_REQUEST, _KEY, _POINTER, _CUT_TEXT = 0, 2, 3, 4, 5, 6
_SIZES = {
    _SET_PIXEL_FORMAT: 19,
    _SET_ENCODINGS: 3,
    _UPDATE_REQUEST: 9,
    _KEY: 7,
    _POINTER: 5,
    _CUT_TEXT: 7,
}
"""Bytes of a message behind the first one, as far as they are always there (section 7.5)."""
