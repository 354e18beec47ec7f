"""Tickets: what somebody was let in for, kept for a short while and taken once.

With ``--workers`` there must be one place that knows which tickets are taken, since the connection
that brings one may come to any of the workers. That place is their parent. A worker asks it by a
line of JSON on the pipe that carries its counts, and gets a line back:

    {"id": 1, "put": VALUE}        {"id": 1, "got": NAME}, null where there are too many
    {"id": 2, "take": NAME}        {"id": 2, "got": VALUE}, null where there is no such ticket
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.api.consoles import LIFE
from ganeti_rapi.errors import Unavailable
from ganeti_rapi.jsontext import Json

MOST = 10_000
"""Tickets that are kept at a time."""

PATIENCE = 5.0
"""Seconds that the parent may take for an answer."""

_TOO_MANY = "Too many tickets are not used yet; try again when some have expired"
_SILENT = "The process that keeps the tickets does not answer; try again later"


class Tickets(Protocol):
    """Where tickets are kept."""

    async def put(self, value: Json) -> str:
        """A new ticket for this value. Raises `Unavailable` when there are too many."""

    async def take(self, name: str) -> Json:
        """The value of a ticket, which nobody gets again; None if it is not, or no longer, there.

        Raises `Unavailable` when that cannot be known.
        """


@define
class Box:
    """The one place where all tickets are. ``seconds`` is the clock's time."""

    seconds: Callable[[], float]
    _kept: dict[str, tuple[float, Json]] = field(factory=dict)

    def put(self, value: Json) -> str | None:
        """A new ticket for this value; None when there are too many."""
        self._forget_old()
        if len(self._kept) >= MOST:
            return None
        name = secrets.token_urlsafe(32)
        self._kept[name] = self.seconds() + LIFE, value
        return name

    def take(self, name: str) -> Json:
        """As `Tickets.take`."""
        end, value = self._kept.pop(name, (0.0, None))
        return value if self.seconds() < end else None

    def answer(self, line: bytes) -> bytes:
        """The parent's answer to a worker's question; a line each. Raises ValueError."""
        question = json.loads(line)
        got = self.put(question["put"]) if "put" in question else self.take(question["take"])
        return _line({"id": question["id"], "got": got})

    def _forget_old(self) -> None:
        now = self.seconds()
        while self._kept:
            oldest = next(iter(self._kept))  # they are in the order in which they end
            if now < self._kept[oldest][0]:
                return
            del self._kept[oldest]


class KeptHere:
    """Tickets of the only process that there is."""

    def __init__(self, box: Box) -> None:
        self._box = box

    async def put(self, value: Json) -> str:
        return _some(self._box.put(value))

    async def take(self, name: str) -> Json:
        return self._box.take(name)


class KeptByParent:
    """In a worker: tickets that its parent keeps. ``say`` writes a line to it."""

    def __init__(self, clock: IReactorTime) -> None:
        self.say: Callable[[bytes], None] = lambda _: None
        self._clock = clock
        self._numbers = itertools.count(1)
        self._asked: dict[int, Deferred[Any]] = {}  # Any: JSON

    async def put(self, value: Json) -> str:
        return _some(await self._ask("put", value))

    async def take(self, name: str) -> Json:
        return await self._ask("take", name)  # type: ignore[no-any-return]  # as it was put

    def heard(self, line: bytes) -> None:
        """The parent answered."""
        answer = json.loads(line)
        asked = self._asked.pop(answer["id"], None)
        if asked is not None:
            asked.callback(answer["got"])

    def _ask(self, what: str, value: Json) -> Deferred[Any]:  # Any: JSON
        number = next(self._numbers)
        asked = self._asked[number] = Deferred(lambda _: self._forget(number))
        asked.addTimeout(PATIENCE, self._clock, _silent)
        self.say(_line({"id": number, what: value}))
        return asked

    def _forget(self, number: int) -> None:
        del self._asked[number]


def _some(name: str | None) -> str:
    if name is None:
        raise Unavailable(_TOO_MANY)
    return name


def _silent(_result: object, _seconds: float) -> None:
    raise Unavailable(_SILENT)


def _line(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
