"""The heads of replies as bytes. Source: RFC 9112, section 4."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

Header = tuple[bytes, bytes]

_STATUS_LINES = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode("ascii"))
    for status in HTTPStatus
}


def chunk(data: bytes) -> bytes:
    """A piece of a body whose length nobody knows yet (RFC 9112, section 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class Heads:
    """Writes the heads of replies; each names the ``server``."""

    def __init__(self, server: bytes) -> None:
        self._server = server
        self._second = -1
        self._common = b""

    def encode(self, code: int, headers: Iterable[Header], now: float) -> bytes:
        """A head, the empty line included; ``now`` is in seconds since the epoch."""
        second = int(now)
        if second != self._second:  # the date (RFC 9110, section 5.6.7) is written once a second
            self._second = second
            date = formatdate(second, usegmt=True).encode("ascii")
            self._common = b"Server: %s\r\nDate: %s\r\n" % (self._server, date)
        lines = b"".join([b"%s: %s\r\n" % header for header in headers])
        return b"%s%s%s\r\n" % (_STATUS_LINES[code], self._common, lines)
