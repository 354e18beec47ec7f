"""Remembers which requests with a key were made, and finds those that it does not remember."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.once import Mark, Work, marks_of
from ganeti_rapi.errors import OtherRequest
from ganeti_rapi.jobs.locks import Hold, alone
from ganeti_rapi.jsontext import Json

REMEMBERED = 50_000
"""Requests that are remembered at the most."""

MEMORY = 24 * 3600.0
"""Seconds that one is remembered. Jobs tell of themselves as long as they are in the queue."""

MARGIN = 20
"""Jobs before the newest that are looked at again: jobs do not appear in the order of their ids."""


@frozen
class _Done:
    """What came of a request, and when."""

    request: str
    result: Any  # Any: a job's id, or a reply
    at: float


@define(eq=False)
class _Attempt:
    """A request under way, and those who wait for what comes of it."""

    request: str
    waiting: list[Deferred[Any]] = field(factory=list)


class MarkedRequests:
    """Implements `ganeti_rapi.api.once.Once`.

    ``now`` gives seconds, and ``hold`` keeps other processes from doing the same meanwhile. What is
    under way goes on when the client leaves: so whoever asks again waits for it, and does not do it
    again meanwhile.
    """

    def __init__(self, daemon: JobDaemon, now: Callable[[], float], hold: Hold = alone) -> None:
        self._daemon = daemon
        self._now = now
        self._hold = hold
        self._done: dict[str, _Done] = {}
        self._under_way: dict[str, _Attempt] = {}
        self._newest = 0

    async def knows(self, mark: Mark) -> bool:
        """See `ganeti_rapi.api.once.Once.knows`."""
        if mark.name in self._under_way:
            return False
        await self._look(mark)
        return mark.name in self._done

    async def submit(self, mark: Mark, work: Work) -> int:
        """See `ganeti_rapi.api.once.Once.submit`."""

        async def unless_found() -> int:
            async with self._hold(mark.name):
                await self._look(mark)
                done = self._done.get(mark.name)
                job_id: int = await work() if done is None else done.result
            return job_id

        job_id: int = await self.reply(mark, unless_found)
        return job_id

    async def reply(self, mark: Mark, work: Work) -> Any:  # Any: the work's result
        """See `ganeti_rapi.api.once.Once.reply`."""
        self._forget()
        done = self._done.get(mark.name)
        if done is not None:
            self._check(mark, done.request)
            return done.result
        attempt = self._under_way.get(mark.name)
        mine: Deferred[Any] = Deferred()
        if attempt is not None:
            self._check(mark, attempt.request)
            attempt.waiting.append(mine)
        else:
            self._under_way[mark.name] = _Attempt(mark.request, [mine])
            Deferred.fromCoroutine(work()).addBoth(self._ended, mark)
        return await mine

    def _ended(self, result: Any, mark: Mark) -> None:  # Any: a Failure, or the work's result
        attempt = self._under_way.pop(mark.name)
        if not isinstance(result, Failure):
            self._remember(mark, result)
        for mine in attempt.waiting:
            mine.callback(result)

    def _remember(self, mark: Mark, result: Any) -> None:  # Any: as above
        self._done.setdefault(mark.name, _Done(mark.request, result, self._now()))

    def _forget(self) -> None:
        oldest = next(iter(self._done.values()), None)
        while oldest and (len(self._done) > REMEMBERED or self._now() - oldest.at > MEMORY):
            del self._done[next(iter(self._done))]
            oldest = next(iter(self._done.values()), None)

    def _check(self, mark: Mark, request: str) -> None:
        if mark.request != request:
            raise OtherRequest("This Idempotency-Key was used for another request; use a new one")

    async def _look(self, mark: Mark) -> None:
        """Look for the mark among the jobs that came since the last look."""
        if mark.name not in self._done:
            newer: Json = [">", "id", max(0, self._newest - MARGIN)]
            parts = self._daemon.table("job", ["id", "ops"], newer)
            await anext(parts)
            async for rows in parts:
                for (_, job_id), (_, opcodes) in rows:
                    self._newest = max(self._newest, job_id)
                    # A job's children have its trail, and ids behind its own.
                    for each in marks_of(opcodes or ()):
                        self._remember(each, job_id)
        if mark.name in self._done:
            self._check(mark, self._done[mark.name].request)
