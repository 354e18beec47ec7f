"""What two answers to one request have in common, and what not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen

from ganeti_rapi.api.call import ABSENT

from .probe import Probe

VOLATILE = frozenset({"mfree", "mnode", "dfree", "dtotal"})
"""What changes by itself from one reply to the next: a node's memory and disks."""

UNORDERED = frozenset({"/2/features"})
"""Paths whose reply is a set, in any order."""

HEADERS = ("content-type", "www-authenticate")

_NANOSECONDS = re.compile(r"\d{19}")
_JOB_NUMBER = re.compile(r"job=\d+")
_ASKED_BY = re.compile(r"\S+, request [0-9a-f]{8}-[0-9a-f]+")
"""What ours adds where the stock daemon says nothing; the difference ``reason-trail``."""


class AnyReply(Protocol):
    """What a daemon answered."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> dict[str, str]: ...

    @property
    def body(self) -> bytes: ...

    def json(self) -> Any: ...  # Any: JSON


@frozen
class Answer:
    """A reply, and what luxid has recorded of it: a job's opcodes, or a filter rule."""

    reply: AnyReply
    recorded: Any = None  # Any: JSON

    def header(self, name: str) -> str | None:
        """A header's value; the name is in lower case."""
        return {key.lower(): value for key, value in self.reply.headers.items()}.get(name)

    @property
    def comparable(self) -> Any:  # Any: as above
        """The JSON that should be the same for both."""
        if self.recorded is not None:
            return self.recorded
        reply = self.reply.json() if self.reply.body else None
        if self.reply.status == 404 and isinstance(reply, dict):  # our words come after stock's
            return {**reply, "explain": reply["explain"].partition(":")[0]}
        if self.reply.status >= 400 and isinstance(reply, dict):
            return {name: value for name, value in reply.items() if name != "message"}
        return reply


Mismatches = Mapping[str, tuple[object, object]]
"""The values of both daemons, by what differs: a header, ``newline``, or a name in the JSON."""


def problem(probe: Probe, stock: Answer, here: Answer) -> str | None:
    """What is not as the probe expects it, in words, or None."""
    statuses = stock.reply.status, here.reply.status
    known = probe.known
    expected = (known.stock, known.here) if known else (statuses[0], statuses[0])
    if statuses != expected:
        return (
            f"{probe}: {statuses[0]} and {statuses[1]}{_expectation(probe)}\n{_texts(stock, here)}"
        )
    if statuses[0] != statuses[1]:
        return None
    found = mismatches(probe, stock, here)
    if set(found) == (known.where if known else set()):
        return None
    lines = [f"  {name}: {one!r:.400} and {other!r:.400}" for name, (one, other) in found.items()]
    return "\n".join(
        [f"{probe}: {', '.join(found) or 'no difference'}{_expectation(probe)}", *lines]
    )


def _expectation(probe: Probe) -> str:
    known = probe.known
    if known is None:
        return ""
    where = f" in {', '.join(sorted(known.where))}" if known.where else ""
    return f", where {known.id} says {known.stock} and {known.here}{where}"


def _texts(stock: Answer, here: Answer) -> str:
    return f"  {stock.reply.body!r:.400}\n  {here.reply.body!r:.400}"


def mismatches(probe: Probe, stock: Answer, here: Answer) -> Mismatches:
    """Everything that differs between two answers of the same status."""
    return dict(
        (
            *_headers(probe, stock, here),
            *_ends(stock.reply.body, here.reply.body),
            *_json(probe, stock, here),
        )
    )


Found = Iterator[tuple[str, tuple[object, object]]]


def _headers(probe: Probe, stock: Answer, here: Answer) -> Found:
    for name in (*HEADERS, *(name for name in probe.also if name != "message")):
        values = stock.header(name), here.header(name)
        if values[0] != values[1]:
            yield name, values


def _ends(stock: bytes, here: bytes) -> Found:
    if stock.endswith(b"\n") != here.endswith(b"\n"):
        yield "newline", (stock[-10:], here[-10:])


def _json(probe: Probe, stock: Answer, here: Answer) -> Found:
    one, other = stock.comparable, here.comparable
    if probe.path.partition("?")[0] in UNORDERED:
        one, other = sorted(one), sorted(other)
    yield from unlike(one, other)
    if "message" in probe.also:
        yield from unlike(stock.reply.json()["message"], here.reply.json()["message"], "message")


def unlike(one: Any, other: Any, name: str = "reply") -> Found:  # Any: JSON
    """Where two JSON values differ: the innermost names of objects, or ``reply`` outside of any."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other} - VOLATILE):
            yield from unlike(one.get(key, ABSENT), other.get(key, ABSENT), key)
    elif _both_lists(one, other) and len(one) == len(other):
        for left, right in zip(one, other):
            yield from unlike(left, right, name)
    elif one != other or isinstance(one, bool) != isinstance(other, bool):
        yield name, (one, other)


def _both_lists(one: object, other: object) -> bool:
    return isinstance(one, list) and isinstance(other, list)


def without_marks(opcodes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:  # Any: JSON
    """Opcodes without what tells one job from another in their reason trails.

    These are times, the job's number, and who asked.
    """
    return [{**opcode, "reason": _trail(opcode.get("reason"))} for opcode in opcodes]


def _trail(entries: Any) -> Any:  # Any: as above
    return [
        [source, _unmarked(text), bool(_NANOSECONDS.fullmatch(str(time)))]
        for source, text, time in entries or ()
    ]


def _unmarked(text: str) -> str:
    return "" if _ASKED_BY.fullmatch(text) else _JOB_NUMBER.sub("job=N", text)
