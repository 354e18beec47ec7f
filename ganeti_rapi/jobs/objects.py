"""What happens to all objects of the cluster, as one stream of events for any number of readers.

The configuration changes by jobs. So when jobs have ended, the feed reads what the configuration
says of all objects, which asks no node, and tells what is different from before; and now and then
anyway, for what no job does, such as filter rules. Who reads the events of jobs here shares the
questions of `ganeti_rapi.jobs.feed`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import CONNECTED, Event
from ganeti_rapi.errors import LuxiError
from ganeti_rapi.jobs.blame import Job, describe, who_did
from ganeti_rapi.jobs.eventlog import EventLog
from ganeti_rapi.jobs.feed import JobFeed
from ganeti_rapi.jobs.snapshots import (
    FILTER,
    WATCHED,
    Known,
    Snapshot,
    changes,
    of_cluster,
    of_filter,
    of_row,
)

REST = 30.0
"""Seconds after which the objects are looked at though no job has ended."""


class ClusterFeed:
    """The events of all objects, jobs included. ``now`` gives the seconds since the epoch."""

    log = Logger()

    def __init__(
        self, clock: IReactorTime, daemon: JobDaemon, jobs: JobFeed, now: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._daemon = daemon
        self._jobs = jobs
        self._now = now
        self._events = EventLog(f"{int(clock.seconds() * 1000):x}", self._watch)
        self._known: Snapshot | None = None
        self._seen: dict[int, Job] = {}
        self._ended: set[int] = set()
        self._look_waits = False
        self._turn = DeferredLock()
        self._following: Deferred[None] | None = None
        self._rest = LoopingCall(self._look)
        self._rest.clock = clock

    @property
    def readers(self) -> int:
        """How many read at the moment."""
        return self._events.readers

    def drain(self) -> None:
        """Let each reader take what is there for it, and no more."""
        self._events.drain()

    async def connect(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on, until this is drained.

        The first one is ``connected``: whatever happens from then on is told. Raises `LuxiError`.
        """
        if not self._rest.running:
            await self._jobs.catch_up()
            await self._catch_up()
        return self._after(last_id or self._events.position)

    async def _after(self, position: str) -> AsyncIterator[Event]:
        yield Event(position, CONNECTED, {"position": position})
        async for event in self._events.events(position):
            yield event

    def _watch(self, watched: bool) -> None:
        if not watched:  # perhaps from within `_follow`, which cannot be cancelled then
            self._clock.callLater(0, self._stop_if_unread)
        elif not self._rest.running:
            self._rest.start(REST, now=False)
            self._following = Deferred.fromCoroutine(self._follow())
            self._following.addErrback(self._follow_failed)

    def _stop_if_unread(self) -> None:
        if self._rest.running and not self._events.readers:
            self._rest.stop()
            following, self._following = self._following, None
            if following is not None:
                following.cancel()

    def _follow_failed(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self.log.failure("The events of jobs can't be followed", failure=failure)

    async def _follow(self) -> None:
        """Tell the events of jobs, and look at the objects when jobs have ended."""
        async for event in self._jobs.events(self._jobs.position):
            if event.data is not None:
                self._tell_job(event, event.data)
            if event.name in ("finished", "reset"):
                self._look()

    def _tell_job(self, event: Event, data: Any) -> None:  # Any: JSON
        job = self._seen[data["id"]] = Job(data["id"], event.ops)
        told = {
            "kind": "job",
            "name": str(job.id),
            "uuid": None,
            "change": event.name,
            "fields": ["status"],
            "serial_before": None,
            "serial_after": None,
            **describe(job),
            "at": self._now(),
            "status": data["status"],
            "summary": data["summary"],
        }
        names = frozenset({str(job.id), *(name for _, name in job.names())})
        self._events.tell("job", told, ops=event.ops, names=names)
        if event.name == "finished":
            self._ended.add(job.id)

    def _look(self) -> Deferred[None] | None:
        if self._look_waits:  # it will see what this one would
            return None
        self._look_waits = True
        return Deferred.fromCoroutine(self._catch_up()).addErrback(self._look_failed)

    def _look_failed(self, failure: Failure) -> None:
        if not failure.check(LuxiError):  # what is missed now is seen by the next look
            self.log.failure("The objects can't be looked at", failure=failure)

    async def _catch_up(self) -> None:
        """Know the objects as they are now, and tell what is different. Raises `LuxiError`."""
        await self._turn.run(lambda: Deferred.fromCoroutine(self._compare()))

    async def _compare(self) -> None:
        self._look_waits = False
        jobs, ended = list(self._seen.values()), set(self._ended)
        now = await self._read()
        known, self._known = self._known, now
        for change in changes(known, now) if known is not None else ():
            data = {**change.describe(), **describe(who_did(change, jobs)), "at": self._now()}
            names = frozenset({change.known.name, change.known.uuid})
            traits = change.known.traits
            self._events.tell(change.kind, data, traits=traits, names=names)
        self._ended -= ended
        for job_id in ended:
            del self._seen[job_id]

    async def _read(self) -> Snapshot:
        found: dict[tuple[str, str], Known] = {}
        for kind, fields in WATCHED.items():
            parts = self._daemon.table(kind, fields, None)
            await anext(parts)
            async for rows in parts:
                for row in rows:
                    known = of_row(kind, [value for _, value in row])
                    found[kind, known.uuid] = known
        async for rows in self._daemon.rows("QueryFilters", None, list(FILTER)):
            found.update({("filter", each.uuid): each for each in map(of_filter, rows)})
        cluster = of_cluster(await self._daemon.call("QueryClusterInfo"))
        return {**found, ("cluster", cluster.uuid): cluster}
