"""The line for connections: whose turn it is, when many calls want few of them.

Users take turns. A connection that becomes free goes to the user in line who has waited longest for
a turn, however many calls each of them has there, and nobody holds more than a share. So one user
with hundreds of calls keeps another waiting for about one call. The line itself is bounded too, for
each user and in all: whoever does not fit is told at once.

Nothing here waits or knows what a connection is; the pool does.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Generic, TypeVar

from attrs import define, field

from ganeti_rapi.errors import LuxiLineFull, LuxiTooManyCalls

Waiter = TypeVar("Waiter")
"""What the pool knows a waiting call by."""


@define(eq=False)
class Line(Generic[Waiter]):
    """Hands out ``places``, at most ``share`` of them to one user.

    ``room`` calls may wait in all, ``room_each`` of one user. Whoever waits is either at the own
    share, or finds all places taken.
    """

    places: int
    share: int
    room: int
    room_each: int
    _held: Counter[str] = field(factory=Counter, init=False)
    _lines: dict[str, deque[Waiter]] = field(factory=dict, init=False)
    """The calls of each user who waits. The order of the users is that of their turns."""

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
        return self._held[who] >= self.share

    def take(self, who: str) -> bool:
        """Take a place for a user, if there is one now."""
        if self.taken >= self.places or self.at_share(who):
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
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        following = next((user for user in self._lines if not self.at_share(user)), None)
        if following is None:
            return None
        self._held[following] += 1
        calls = self._lines.pop(following)
        waiter = calls.popleft()
        if calls:
            self._lines[following] = calls
        return waiter
