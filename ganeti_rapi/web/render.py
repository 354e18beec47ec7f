"""Finished replies: their bytes, their ETag, and their gzipped form, each made once for all."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, succeed

from ganeti_rapi import jsontext
from ganeti_rapi.jsontext import Encoded

WORTH_ZIPPING = 16 * 1024
"""Bytes from which a reply is gzipped for clients that take it; below, that does not pay off."""

_LEVEL = 1
"""Already gives a tenth of a list's size; higher levels take several times as long."""

_GZIP_FORMAT = 16 + zlib.MAX_WBITS

InThread = Callable[..., Deferred[bytes]]
"""Calls a function with arguments, off the reactor's thread."""


def at_once(function: Callable[..., bytes], *args: object) -> Deferred[bytes]:
    """An `InThread` without a thread."""
    return succeed(function(*args))


def encode(value: object) -> bytes:
    """A small reply's body: JSON and a newline, as the stock daemon ends it."""
    return jsontext.dumps(value) + b"\n"


def pieces_of(value: object) -> list[bytes]:
    """As `encode`, of a value that may be text already; a long text stays in its pieces."""
    if isinstance(value, Encoded):
        return [*value.pieces[:-1], value.pieces[-1] + b"\n"]
    return [encode(value)]


class ReplyBody:
    """The body of a reply that several clients may share, in pieces, and headers that go with it.

    ``etag`` is a strong entity tag: it differs whenever a byte does (RFC 9110, section 8.8.3). It
    ends in the ``version`` of what is shown.
    """

    def __init__(
        self, value: object, headers: Mapping[str, str] | None = None, version: str = ""
    ) -> None:
        self.headers = dict(headers or {})
        text = value if isinstance(value, Encoded) else Encoded(jsontext.dumps(value))
        self.pieces = pieces_of(text)
        self.length = sum(map(len, self.pieces))
        self.etag = text.digest + version
        self._zipped: bytes | None = None
        self._zipping: list[Deferred[bytes]] | None = None

    async def zipped(self, in_thread: InThread) -> bytes:
        """The gzipped form; calls that come while it is being made wait for the same one."""
        if self._zipped is not None:
            return self._zipped
        mine: Deferred[bytes] = Deferred()
        if self._zipping is not None:
            self._zipping.append(mine)
        else:
            self._zipping = [mine]
            in_thread(_gzip, self.pieces).addBoth(self._done)
        return await mine

    def _done(self, result: Any) -> None:  # Any: bytes or a Failure
        waiting, self._zipping = self._zipping or [], None
        if isinstance(result, bytes):
            self._zipped = result
        for mine in waiting:
            mine.callback(result)


def _gzip(pieces: list[bytes]) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3)."""
    for item in (accept_encoding or "").lower().split(","):
        coding, _, weight = item.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this representation already (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or f'"{etag}"' in tags
