"""What handlers see of jobs: one change, all changes of one job, and what happens to all jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.api.call import FOREVER
from ganeti_rapi.api.events import NOTHING_KNOWN, Event, JobState
from ganeti_rapi.jobs.watches import Change

STATE_FIELDS = ("status", "opstatus")
"""The job's fields that a `JobState` is made of."""

STEP = 60.0
"""Seconds of one wait; then the job is read afresh."""


class JobWaits(Protocol):
    """What waits for one change of a job, such as `ganeti_rapi.jobs.watches.JobWatches`."""

    async def wait(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Any] | None,  # Any: values of job fields
        previous_serial: int | None,
        timeout: float,
    ) -> Change | None:
        """See `ganeti_rapi.api.call.Jobs.wait`."""

    def drain(self) -> None:
        """Answer all waits as at their time-out."""


class EventFeed(Protocol):
    """What tells all events, such as `ganeti_rapi.jobs.feed.Feed`."""

    def job_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `ganeti_rapi.api.call.Jobs.events`."""

    async def connect(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `ganeti_rapi.api.call.Jobs.cluster_events`."""

    @property
    def position(self) -> str:
        """The id of the last event."""

    def drain(self) -> None:
        """Let the readers come to an end."""


class JobChanges:
    """Implements `ganeti_rapi.api.call.Jobs`: what else follows a job goes through its waits."""

    def __init__(self, clock: IReactorTime, waits: JobWaits, feed: EventFeed) -> None:
        self._clock = clock
        self._waits = waits
        self._feed = feed
        self._draining = False

    def drain(self) -> None:
        """The daemon is about to end: let whoever follows a job or all of them come to an end."""
        self._draining = True
        self._waits.drain()
        self._feed.drain()

    async def wait(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Any] | None,  # Any: as above
        previous_serial: int | None,
        timeout: float,
    ) -> Change | None:
        """See `ganeti_rapi.api.call.Jobs.wait`."""
        return await self._waits.wait(job_id, fields, previous, previous_serial, timeout)

    async def changes(
        self, job_id: int, known: JobState = NOTHING_KNOWN, patience: float = FOREVER
    ) -> AsyncIterator[JobState]:
        """See `ganeti_rapi.api.call.Jobs.changes`."""
        deadline = self._clock.seconds() + patience
        while not known.ended:
            left = max(0.0, deadline - self._clock.seconds())
            change = await self.wait(
                job_id, STATE_FIELDS, known.values, known.serial, min(left, STEP)
            )
            if change is not None:
                known = known.after(*change)
                yield known
            elif left <= STEP or self._draining:
                return

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `ganeti_rapi.api.call.Jobs.events`."""
        return self._feed.job_events(last_id)

    async def cluster_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `ganeti_rapi.api.call.Jobs.cluster_events`."""
        return await self._feed.connect(last_id)

    def position(self) -> str:
        """See `ganeti_rapi.api.call.Jobs.position`."""
        return self._feed.position
