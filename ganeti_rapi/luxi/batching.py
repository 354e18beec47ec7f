"""Identical reads share one piece of work, and every reply stays fresh.

Of the reads with one key at most one is in flight and one is waiting to start. Whoever comes while
one is in flight joins the one that waits: it starts after they came, so that no reply is made of
data that was read before its request arrived. There is no cache and nothing to expire.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")
Start = Callable[[], Coroutine[Any, Any, T]]  # Any: what coroutines are made of


@define(eq=False)
class _Flight(Generic[T]):
    start: Start[T]
    joined: deque[Deferred[T]] = field(factory=deque)
    work: Deferred[None] | None = None


@define(eq=False)
class _Lane(Generic[T]):
    flying: _Flight[T]
    waiting: _Flight[T] | None = None


class SharedReads(Generic[T]):
    """Shares the work of identical reads."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane[T]] = {}

    def read(self, key: Hashable, start: Start[T]) -> Deferred[T]:
        """The result of ``start``, begun no earlier than now, shared with those of the same key.

        Cancelling leaves the others alone; the work is cancelled when nobody is left.
        """
        lane = self._lanes.get(key)
        if lane is None:
            flight = _Flight(start)
            self._lanes[key] = _Lane(flight)
            mine = self._join(key, flight)
            self._take_off(key, flight)
            return mine
        if lane.waiting is None:
            lane.waiting = _Flight(start)
        return self._join(key, lane.waiting)

    def _join(self, key: Hashable, flight: _Flight[T]) -> Deferred[T]:
        mine: Deferred[T] = Deferred(lambda mine: self._leave(key, flight, mine))
        flight.joined.append(mine)
        return mine

    def _leave(self, key: Hashable, flight: _Flight[T], mine: Deferred[T]) -> None:
        flight.joined.remove(mine)
        if flight.joined:
            return
        if flight.work is not None:
            flight.work.cancel()
        elif (lane := self._lanes.get(key)) is not None and lane.waiting is flight:
            lane.waiting = None

    def _take_off(self, key: Hashable, flight: _Flight[T]) -> None:
        flight.work = Deferred.fromCoroutine(flight.start()).addBoth(self._land, key, flight)

    def _land(self, result: T | Failure, key: Hashable, flight: _Flight[T]) -> None:
        lane = self._lanes[key]
        if lane.waiting is None:
            del self._lanes[key]
        else:
            lane.flying, lane.waiting = lane.waiting, None
            self._take_off(key, lane.flying)
        while flight.joined:  # whoever is told may cancel another
            flight.joined.popleft().callback(result)
