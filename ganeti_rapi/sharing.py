"""Identical reads share one piece of work, and every reply stays fresh.

Of the reads with one key at most one is in flight and one is waiting to start. Requests that come
while one is in flight join the one that waits: it starts after they came, so that no reply is made
of data that was read before its request arrived. There is no cache and nothing to expire.

Clients that just got a reply often ask again at once. If the next read started at that very moment,
they would wait for it first: a crowd would fall into two halves that wait for each other, and luxid
would be asked twice as often. So after a long read that several shared, the next one starts a
little later.

Reads of one key may still differ in an item, such as a job's id: the work is told the items of all
who share it, so that what is asked for a hundred jobs at once is one question.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable, Iterable
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

GATHERING = 0.1
"""The pause after a shared read, as a share of the time that the read took."""

LONGEST_GATHERING = 0.05
SHORTEST_GATHERING = 0.002
"""Seconds. A pause that would be shorter is left out: the reactor's timers are not that exact."""

T = TypeVar("T")
Item = TypeVar("Item")
# Any: what coroutines are made of
Start = Callable[[Iterable[Item]], Coroutine[Any, Any, T]]


@define(eq=False)
class _Flight(Generic[Item, T]):
    start: Start[Item, T]
    joined: dict[Deferred[T], Item] = field(factory=dict)
    work: Deferred[None] | None = None
    began: float = 0.0


class SharedReads(Generic[Item, T]):
    """Shares the work of reads. Without a ``clock``, there is no pause between them."""

    def __init__(self, clock: IReactorTime | None = None) -> None:
        self._clock = clock
        self._lanes: dict[Hashable, _Flight[Item, T] | None] = {}
        """What waits to start, for each key with a read in flight or a pause after it."""

    def read(self, key: Hashable, item: Item, start: Start[Item, T]) -> Deferred[T]:
        """The result of ``start``, begun no earlier than now, shared with those of the same key.

        ``start`` gets the items of all who share it, as often as they were given. Cancelling leaves
        the others alone; the work is cancelled when no reader is left.
        """
        if key not in self._lanes:
            flight = _Flight(start)
            mine = self._join(key, flight, item)
            self._take_off(key, flight)
            return mine
        waiting = self._lanes[key]
        if waiting is None:
            waiting = self._lanes[key] = _Flight(start)
        return self._join(key, waiting, item)

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
        elif self._lanes.get(key) is flight:
            self._lanes[key] = None

    def _take_off(self, key: Hashable, flight: _Flight[Item, T]) -> None:
        self._lanes[key] = None
        flight.began = self._now()
        work = Deferred.fromCoroutine(flight.start(flight.joined.values()))
        flight.work = work.addBoth(self._land, key, flight)

    def _land(self, result: T | Failure, key: Hashable, flight: _Flight[Item, T]) -> None:
        pause = min(LONGEST_GATHERING, GATHERING * (self._now() - flight.began))
        if self._clock is not None and len(flight.joined) > 1 and pause >= SHORTEST_GATHERING:
            self._clock.callLater(pause, self._next, key)
        else:
            self._next(key)
        while flight.joined:  # a reader that is told may cancel another one
            mine = next(iter(flight.joined))
            del flight.joined[mine]
            mine.callback(result)

    def _next(self, key: Hashable) -> None:
        waiting = self._lanes.pop(key)
        if waiting is not None:
            self._take_off(key, waiting)

    def _now(self) -> float:
        return self._clock.seconds() if self._clock is not None else 0.0
