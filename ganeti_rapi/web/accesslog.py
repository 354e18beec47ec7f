"""The access log: a line for each reply, in a format that log readers know, or in JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen
from twisted.web.http import datetimeToLogString

from ganeti_rapi.jsontext import dumps
from ganeti_rapi.web.request import RapiRequest


@frozen
class Entry:
    """What a line tells. ``sent`` is in bytes, ``seconds`` since the head was complete.

    What could not be read as a request, or was refused before that, has no ``asked``.
    """

    address: str
    code: int
    sent: int
    asked: str = "-"
    user: str = "-"
    referer: str = "-"
    agent: str = "-"
    request: str = "-"
    seconds: float = 0.0

    @classmethod
    def of(cls, request: RapiRequest) -> Entry:
        """The entry of a request whose reply is written."""
        headers = request.head.headers
        asked = b" ".join((request.method, request.shown_uri, b"HTTP/" + request.head.version))
        referer, agent = (headers.get(name, b"-") for name in (b"referer", b"user-agent"))
        return cls(
            request.client_address,
            request.code,
            request.sent,
            _safe(asked.decode("latin-1")),
            _safe(request.user_name or "-"),
            _safe(referer.decode("latin-1")),
            _safe(agent.decode("latin-1")),
            request.id,
            request.seconds,
        )


def combined(entry: Entry, now: float) -> str:
    """The combined format, with the request's id behind it. ``now`` is since the epoch."""
    when = datetimeToLogString(now)
    return (
        f'"{entry.address}" - {entry.user} {when} "{entry.asked}" {entry.code} '
        f'{entry.sent or "-"} "{entry.referer}" "{entry.agent}" {entry.request}\n'
    )


def json(entry: Entry, now: float) -> str:
    """An object with the same; null is what there is not."""
    fields = {
        "time": round(now, 3),
        "address": entry.address,
        "user": entry.user,
        "request": entry.request,
        "asked": entry.asked,
        "status": entry.code,
        "bytes": entry.sent,
        "seconds": round(entry.seconds, 6),
        "referer": entry.referer,
        "agent": entry.agent,
    }
    shown = {name: None if value == "-" else value for name, value in fields.items()}
    return dumps(shown).decode() + "\n"


FORMATS: Mapping[str, Callable[[Entry, float], str]] = {"combined": combined, "json": json}
"""By the names that the option has for them."""

LONGEST = 500
"""Characters of the longest text of a client's that a line shows."""

_ESCAPES = {"\\": "\\\\", '"': '\\"'}


def _safe(text: str) -> str:
    """As text that is not long, and that cannot end the line or the quotes it stands in."""
    shown = "".join(map(_escaped, text[:LONGEST]))
    return shown if len(text) <= LONGEST else f"{shown}…"


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    return letter if letter.isascii() and letter.isprintable() else f"\\x{ord(letter):02x}"
