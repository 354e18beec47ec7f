"""Reads by clients who have seen an event: what was read since then answers all of them.

A header ``Last-Event-ID`` on a read says which event of /2/events the client has seen last, and
that the reply may be as old as that. So when an event makes many clients read the same, as open
consoles do, the job daemon is asked once. Without the header every reply is fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from ganeti_rapi.api.events import position_of

LONGEST = 2.0
"""Seconds that an answer is kept: by then all have come who heard of the same event."""

LARGEST = 2**20
"""Bytes of an answer that is kept."""

MOST = 64
"""Answers that are kept at a time, so that nobody can fill the memory by different reads."""

T = TypeVar("T")


@define(eq=False)
class _Kept(Generic[T]):
    """An answer, or what waits for it, and the event after which it was begun."""

    epoch: str
    number: int
    waiting: list[Deferred[T]] = field(factory=list)
    result: T | Failure | None = None
    end: IDelayedCall | None = None

    def is_since(self, seen: str) -> bool:
        position = position_of(seen)
        return position is not None and position[0] == self.epoch and position[1] <= self.number


@define(eq=False)
class SinceReads(Generic[T]):
    """Shares answers among those who have seen no later event than the answer's beginning.

    ``position`` gives the id of the last event that this process has told, and ``size`` the bytes
    of an answer. Without a ``clock`` nothing is kept.
    """

    _position: Callable[[], str]
    _size: Callable[[T], int]
    _clock: IReactorTime | None
    _kept: dict[Hashable, _Kept[T]] = field(factory=dict, init=False)

    def read(self, key: Hashable, seen: str, start: Callable[[], Deferred[T]]) -> Deferred[T]:
        """The result of ``start``, begun after the event with the id ``seen`` was told.

        Who leaves, leaves the work alone: others may come for it.
        """
        kept = self._kept.get(key)
        if kept is None or not kept.is_since(seen):
            kept = self._begin(key, seen, start)
        mine: Deferred[T] = Deferred(lambda mine: kept.waiting.remove(mine))
        if kept.result is not None:
            mine.callback(kept.result)
        else:
            kept.waiting.append(mine)
        return mine

    def _begin(self, key: Hashable, seen: str, start: Callable[[], Deferred[T]]) -> _Kept[T]:
        # What begins now is after all that anybody has told, here or in another worker.
        told, here = position_of(seen) or ("", 0), position_of(self._position())
        epoch, number = max(here, told) if here is not None and here[0] == told[0] else told
        self._forget(key)
        kept = self._kept[key] = _Kept(epoch, number)
        start().addBoth(self._done, key, kept)
        return kept

    def _done(self, result: T | Failure, key: Hashable, kept: _Kept[T]) -> None:
        kept.result = result
        if self._kept.get(key) is kept:
            if isinstance(result, Failure) or self._clock is None or self._is_much(result):
                self._forget(key)
            else:
                kept.end = self._clock.callLater(LONGEST, self._forget, key)
        waiting, kept.waiting = kept.waiting, []
        for mine in waiting:
            mine.callback(result)

    def _is_much(self, result: T) -> bool:
        return self._size(result) > LARGEST or len(self._kept) > MOST

    def _forget(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None and kept.end is not None and kept.end.active():
            kept.end.cancel()
