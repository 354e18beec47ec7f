"""Identical reads share one piece of work, and every reply stays fresh.

Of the reads with one key at most one is in flight and one is waiting to start. Whoever comes while
one is in flight joins the one that waits: it starts after they came, so that no reply is made of
data that was read before its request arrived. There is no cache and nothing to expire.

Reads of one key may still differ in an item, such as a job's id: the work is told the items of all
who share it, so that what is asked for a hundred jobs at once is one question.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterable
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")
Item = TypeVar("Item")
# Any: what coroutines are made of
Start = Callable[[Iterable[Item]], Coroutine[Any, Any, T]]


@define(eq=False)
class _Flight(Generic[Item, T]):
    start: Start[Item, T]
    joined: dict[Deferred[T], Item] = field(factory=dict)
    work: Deferred[None] | None = None


@define(eq=False)
class _Lane(Generic[Item, T]):
    flying: _Flight[Item, T]
    waiting: _Flight[Item, T] | None = None


class SharedReads(Generic[Item, T]):
    """Shares the work of reads."""

    def __init__(self) -> None:
        self._lanes: dict[Hashable, _Lane[Item, T]] = {}

    def read(self, key: Hashable, item: Item, start: Start[Item, T]) -> Deferred[T]:
        """The result of ``start``, begun no earlier than now, shared with those of the same key.

        ``start`` gets the items of all who share it, as often as they were given. Cancelling leaves
        the others alone; the work is cancelled when nobody is left.
        """
        lane = self._lanes.get(key)
        if lane is None:
            flight = _Flight(start)
            self._lanes[key] = _Lane(flight)
            mine = self._join(key, flight, item)
            self._take_off(key, flight)
            return mine
        if lane.waiting is None:
            lane.waiting = _Flight(start)
        return self._join(key, lane.waiting, item)

    def _join(self, key: Hashable, flight: _Flight[Item, T], item: Item) -> Deferred[T]:
        mine: Deferred[T] = Deferred(lambda mine: self._leave(key, flight, mine))
        flight.joined[mine] = item
        return mine

    def _leave(self, key: Hashable, flight: _Flight[Item, T], mine: Deferred[T]) -> None:
        del flight.joined[mine]
        if flight.joined:
            return
        if flight.work is not None:
            flight.work.cancel()
        elif (lane := self._lanes.get(key)) is not None and lane.waiting is flight:
            lane.waiting = None

    def _take_off(self, key: Hashable, flight: _Flight[Item, T]) -> None:
        work = Deferred.fromCoroutine(flight.start(flight.joined.values()))
        flight.work = work.addBoth(self._land, key, flight)

    def _land(self, result: T | Failure, key: Hashable, flight: _Flight[Item, T]) -> None:
        lane = self._lanes[key]
        if lane.waiting is None:
            del self._lanes[key]
        else:
            lane.flying, lane.waiting = lane.waiting, None
            self._take_off(key, lane.flying)
        while flight.joined:  # whoever is told may cancel another
            mine = next(iter(flight.joined))
            del flight.joined[mine]
            mine.callback(result)
