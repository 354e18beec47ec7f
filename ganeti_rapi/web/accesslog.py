"""The access log: a line for each reply, in the combined format that log readers know."""

from __future__ import annotations

from twisted.web.http import datetimeToLogString

from ganeti_rapi.web.request import RapiRequest


def log_line(request: RapiRequest, now: float) -> str:
    """The line of a request whose reply is written; ``now`` is in seconds since the epoch."""
    asked = " ".join(map(_safe, (request.method, request.uri, b"HTTP/" + request.head.version)))
    headers = request.head.headers
    referer, agent = (_safe(headers.get(name, b"-")) for name in (b"referer", b"user-agent"))
    return _line(request.client_address, now, asked, request.code, request.sent, referer, agent)


def refused_line(address: str, now: float, code: int, sent: int) -> str:
    """The line of what could not be read as a request, or was refused before that."""
    return _line(address, now, "-", code, sent, "-", "-")


def _line(
    address: str, now: float, asked: str, code: int, sent: int, referer: str, agent: str
) -> str:
    when = datetimeToLogString(now)
    return f'"{address}" - - {when} "{asked}" {code} {sent or "-"} "{referer}" "{agent}"\n'


LONGEST = 500
"""Bytes of the longest text of a client's that a line shows."""

_ESCAPES = {"\\": "\\\\", '"': '\\"'}


def _safe(text: bytes) -> str:
    """As text that is not long, and that cannot end the line or the quotes it stands in."""
    shown = "".join(map(_escaped, text[:LONGEST].decode("latin-1")))
    return shown if len(text) <= LONGEST else f"{shown}…"


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isascii() and letter.isprintable() else f"\\x{ord(letter):02x}"
