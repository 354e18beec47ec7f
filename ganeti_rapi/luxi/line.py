"""The line for connections: whose turn it is, when many calls want few of them.

Users take turns. A connection that becomes free goes to the user in line who has waited longest for
a turn, however many calls each of them has there, and nobody holds more than a share. So one user
with hundreds of calls keeps another waiting for about one call. luxid's processors are shared as
well, so the share is smaller while others ask, or did so lately. The line itself is bounded too,
for each user and in all: whoever does not fit is told at once.

Nothing here waits or knows what a connection is; the pool does.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import define, field

from ganeti_rapi.errors import LuxiLineFull, LuxiTooManyCalls

LATELY = 1.0
"""Seconds for which a user who has no more calls counts as one who may ask again."""

Waiter = TypeVar("Waiter")
"""What the pool knows a waiting call by."""


@define(eq=False)
class Line(Generic[Waiter]):
    """Hands out ``places``, at most ``share`` of them to one user, or ``contested`` beside others.

    ``room`` calls may wait in all, ``room_each`` of one user. Whoever waits is either at the own
    share, or finds all places taken. The user ``apart`` is none beside whom others get less.
    """

    places: int
    share: int
    room: int
    room_each: int
    contested: int = 0
    seconds: Callable[[], float] = lambda: 0.0
    apart: str = ""
    _held: Counter[str] = field(factory=Counter, init=False)
    _lines: dict[str, deque[Waiter]] = field(factory=dict, init=False)
    """The calls of each user who waits. The order of the users is that of their turns."""
    _lately: list[tuple[str, float]] = field(factory=list, init=False)
    """The last user, and the last one who is another; and when they were here."""

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """How many calls are in line."""
        return sum(map(len, self._lines.values()))

    def at_share(self, who: str) -> bool:
        """Whether a user holds as many places as one may, all of them perhaps."""
        return self._held[who] >= self.share_of(who)

    def share_of(self, who: str) -> int:
        """How many places a user may hold now."""
        return self.contested if self.contested and self._has_company(who) else self.share

    def _has_company(self, who: str) -> bool:
        here = {who, self.apart}
        if self._held.keys() - here or self._lines.keys() - here:
            return True
        now = self.seconds()
        return any(user != who and now - when < LATELY for user, when in self._lately)

    def _note(self, who: str) -> None:
        """Remember that a user is here."""
        if who != self.apart:
            others = [each for each in self._lately if each[0] != who]
            self._lately = [(who, self.seconds()), *others[:1]]

    def take(self, who: str) -> bool:
        """Take a place for a user, if there is one now and no other call of theirs waits for it."""
        self._note(who)
        if who in self._lines or self.taken >= self.places or self.at_share(who):
            return False
        self._held[who] += 1
        return True

    def join(self, who: str, waiter: Waiter) -> None:
        """Wait for a place. Raises `LuxiTooManyCalls` or `LuxiLineFull` when there is no room."""
        mine = self._lines.get(who, ())
        if len(mine) >= self.room_each:
            raise LuxiTooManyCalls(f"{len(mine)} of your requests wait for the job daemon already")
        if self.waiting >= self.room:
            raise LuxiLineFull(f"{self.room} requests wait for the job daemon already")
        self._lines.setdefault(who, deque()).append(waiter)

    def leave(self, who: str, waiter: Waiter) -> None:
        """Wait no longer."""
        self._lines[who].remove(waiter)
        if not self._lines[who]:
            del self._lines[who]

    def give_back(self, who: str) -> Waiter | None:
        """A user needs a place no more: the waiting call that has it now, if any."""
        self._note(who)
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        return self.next()

    def next(self) -> Waiter | None:
        """The next waiting call that there is a place for now: it has it."""
        if self.taken >= self.places:
            return None
        following = next((user for user in self._lines if not self.at_share(user)), None)
        if following is None:
            return None
        self._held[following] += 1
        calls = self._lines.pop(following)
        waiter = calls.popleft()
        if calls:
            self._lines[following] = calls
        return waiter
