"""What happens to all jobs, as one stream of events for any number of readers.

luxid has no call that waits for any job at all, so while there are readers, the feed asks for the
states of all jobs twice a second and tells what is different. One question serves all readers.
What happened while there were no readers is told as the difference to what was known last.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import Event
from ganeti_rapi.errors import LuxiError
from ganeti_rapi.jobs.eventlog import EventLog
from ganeti_rapi.jobstates import FINAL_STATES

POLL_SECONDS = 0.5

DETAILS = ("id", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts")
"""What an event tells of its job."""


class JobFeed:
    """The events of all jobs."""

    log = Logger()

    def __init__(self, clock: IReactorTime, daemon: JobDaemon) -> None:
        self._daemon = daemon
        self._events = EventLog(f"{int(clock.seconds() * 1000):x}", self._watch)
        self._known: dict[int, str] | None = None
        self._turn = DeferredLock()  # of two looks at once the older one might come last
        self._poll = LoopingCall(self._look)
        self._poll.clock = clock

    @property
    def readers(self) -> int:
        """How many read at the moment."""
        return self._events.readers

    def drain(self) -> None:
        """Let each reader take what is there for it, and no more."""
        self._events.drain()

    @property
    def position(self) -> str:
        """The id of the last event."""
        return self._events.position

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """As `EventLog.events`."""
        return self._events.events(last_id)

    def _watch(self, watched: bool) -> None:
        if watched and not self._poll.running:
            self._poll.start(POLL_SECONDS)
        elif not watched and self._poll.running:
            self._poll.stop()

    def _look(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.catch_up()).addErrback(self._look_failed)

    def _look_failed(self, failure: Failure) -> None:
        if not failure.check(LuxiError):  # without luxid the readers wait, and are told later
            self.log.failure("The jobs can't be looked at", failure=failure)

    async def catch_up(self) -> None:
        """Know the jobs as they are now, and tell what is different. Raises `LuxiError`."""
        await self._turn.run(lambda: Deferred.fromCoroutine(self._compare()))

    async def _compare(self) -> None:
        now: dict[int, str] = {}
        async for rows in self._daemon.rows("QueryJobs", None, ["id", "status"]):
            now.update((job_id, status) for job_id, status in rows)
        known, self._known = self._known, now
        if known is None:
            return
        news = [job_id for job_id, status in now.items() if known.get(job_id) != status]
        for job, ops in await self._details(news):
            self._events.tell(_event_name(known.get(job["id"]), job["status"]), job, ops=ops)

    async def _details(self, job_ids: list[int]) -> list[tuple[Mapping[str, Any], Any]]:
        if not job_ids:
            return []
        slices = self._daemon.rows("QueryJobs", job_ids, [*DETAILS, "ops"])
        jobs = [(dict(zip(DETAILS, row)), row[-1]) async for rows in slices for row in rows]
        return [(job, ops) for job, ops in jobs if job["status"] is not None]


def _event_name(before: str | None, status: str) -> str:
    if status in FINAL_STATES:
        return "finished"
    return "submitted" if before is None else "changed"
