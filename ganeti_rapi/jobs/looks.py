"""Looks at the cluster, and tells what is different from what was told before.

Jobs first: which are new or in another state. The configuration changes by jobs, so when some have
ended, what it says of the objects that they may have changed is read, which asks no node.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import Event
from ganeti_rapi.api.subjects import without_values
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.jobs.blame import Job, describe, who_did
from ganeti_rapi.jobs.eventlog import EventLog
from ganeti_rapi.jobs.parts import EVERYTHING, Part, changed_by
from ganeti_rapi.jobs.picture import Entry, Picture
from ganeti_rapi.jobs.snapshots import (
    FILTER,
    WATCHED,
    Change,
    Known,
    changes,
    of_cluster,
    of_filter,
    of_row,
)
from ganeti_rapi.jobstates import FINAL_STATES

DETAILS = ("id", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts")
"""What an event in the older form tells of its job."""

MOST_ARCHIVED = 1000
"""Jobs that are looked up by their ids when they came and were archived between two looks."""

Details = Mapping[str, Any]  # Any: values of job fields
Objects = dict[tuple[str, str], Known]


class Looks:
    """Compares the cluster with the picture that the log has, one look after the other.

    ``now`` gives the seconds since the epoch.
    """

    def __init__(self, daemon: JobDaemon, log: EventLog, now: Callable[[], float]) -> None:
        self._daemon = daemon
        self._log = log
        self._now = now
        self._seen: dict[int, Job] = {}

    async def look(self, job_ids: Collection[int] | None, objects: bool, part: Part) -> None:
        """Look at these jobs, or at all; if ``objects`` count, too, at what jobs that have ended
        may have changed, and at this ``part`` anyway. Raises `LuxiError`.
        """
        if self._log.picture is None:
            states = await self._states()
            found = await self._objects(EVERYTHING) if objects else None
            self._log.begin(Picture(states, found, max(states, default=0)))
            return
        await self._look_at_jobs(job_ids)
        picture = self._log.picture
        if objects and (part or picture.unblamed or picture.objects is None):
            await self._look_at_objects(part)

    async def _states(self) -> dict[int, str]:
        states: dict[int, str] = {}
        async for rows in self._daemon.rows("QueryJobs", None, ["id", "status"]):
            states.update((job_id, status) for job_id, status in rows)
        return states

    async def _look_at_jobs(self, job_ids: Collection[int] | None) -> None:
        picture = self._log.picture
        assert picture is not None
        if job_ids is None:
            states = await self._states()
            job_ids = _to_look_at(picture, states)
            for job_id in [each for each in picture.jobs if each not in states]:
                if picture.jobs[job_id] in FINAL_STATES:  # archived: nothing more comes of it
                    del picture.jobs[job_id]
        news = [
            (job, ops)
            for job, ops in await self._details(job_ids)
            if picture.jobs.get(job["id"]) != job["status"]
        ]
        if news:
            self._log.tell([self._of_job(picture, job, ops) for job, ops in news])

    async def _details(self, job_ids: Collection[int]) -> list[tuple[Details, Any]]:
        # Any: opcodes as luxid answers them
        """What luxid knows of these jobs, archived ones too; without those that it does not."""
        if not job_ids:
            return []
        slices = self._daemon.rows("QueryJobs", sorted(job_ids), [*DETAILS, "ops"])
        jobs = [(dict(zip(DETAILS, row)), row[-1]) async for rows in slices for row in rows]
        return [(job, ops) for job, ops in jobs if job["status"] is not None]

    def _of_job(self, picture: Picture, details: Details, ops: Any) -> Entry:  # Any: as above
        job = self._seen[details["id"]] = Job(details["id"], ops)
        change = _change(picture.jobs.get(job.id), details["status"])
        told = {
            "kind": "job",
            "name": str(job.id),
            "uuid": None,
            "change": change,
            "fields": ["status"],
            "serial_before": None,
            "serial_after": None,
            **describe(job),
            "at": self._now(),
            "status": details["status"],
            "summary": details["summary"],
        }
        names = frozenset({str(job.id), *(name for _, name in job.names())})
        about = list(map(without_values, ops))
        return Entry(Event("", "job", told, about, names=names, job=details))

    async def _look_at_objects(self, part: Part) -> None:
        picture = self._log.picture
        assert picture is not None
        ended = list(picture.unblamed)
        await self._recall(ended)
        if picture.objects is None:
            picture.objects = await self._objects(EVERYTHING)
            self._log.begin(picture)
            return
        part |= changed_by(self._seen[job_id] for job_id in ended if job_id in self._seen)
        before = {key: known for key, known in picture.objects.items() if part.has(key[0], known)}
        found = list(changes(before, await self._objects(part)))
        if found:  # a job that came and did it since the look at jobs is to be told before
            await self._look_at_jobs(None)
        entries = [self._of_object(change) for change in found]
        if entries or ended:
            self._log.tell([*entries, *([Entry(None, looked=ended)] if ended else [])])
        for job_id in ended:
            self._seen.pop(job_id, None)

    async def _recall(self, job_ids: Iterable[int]) -> None:
        """Know again what jobs did that another process has told of."""
        unknown = [job_id for job_id in job_ids if job_id not in self._seen]
        for details, ops in await self._details(unknown):
            self._seen[details["id"]] = Job(details["id"], ops)

    def _of_object(self, change: Change) -> Entry:
        job = who_did(change, self._seen.values())
        data = {**change.describe(), **describe(job), "at": self._now()}
        names = frozenset({change.known.name, change.known.uuid})
        event = Event("", change.kind, data, traits=change.known.traits, names=names)
        return Entry(event, change.after)

    async def _rows(self, kind: str, fields: Sequence[str], part: Part) -> list[Any]:
        # Any: rows of pairs of status and value
        lookup = part.lookup(kind, self._names)
        if lookup is not None:
            with suppress(JobDaemonError):  # one of them is gone
                return await self._table(kind, fields, lookup)
        return await self._table(kind, fields, part.qfilter(kind))

    def _names(self) -> set[str]:
        """Those of the instances that there are, as far as was told."""
        picture = self._log.picture
        objects = picture.objects if picture is not None else None
        return {known.name for (kind, _), known in (objects or {}).items() if kind == "instance"}

    async def _table(self, kind: str, fields: Sequence[str], qfilter: Any) -> list[Any]:
        # Any: as above, and a query's filter
        parts = self._daemon.table(kind, fields, qfilter)
        await anext(parts)
        return [row async for rows in parts for row in rows]

    async def _objects(self, part: Part) -> Objects:
        found: Objects = {}
        for kind, fields in WATCHED.items():
            if kind not in part.kinds:
                continue
            for row in await self._rows(kind, fields, part):
                known = of_row(kind, [value for _, value in row])
                if part.has(kind, known):
                    found[kind, known.uuid] = known
        if "filter" in part.kinds:
            async for rows in self._daemon.rows("QueryFilters", None, list(FILTER)):
                found.update({("filter", each.uuid): each for each in map(of_filter, rows)})
        if "cluster" in part.kinds:
            cluster = of_cluster(await self._daemon.call("QueryClusterInfo"))
            found["cluster", cluster.uuid] = cluster
        return found


def _to_look_at(picture: Picture, states: Mapping[int, str]) -> list[int]:
    """The jobs that are in other states than was told, or have been archived since."""
    changed = {job_id for job_id, status in states.items() if picture.jobs.get(job_id) != status}
    known_open = {job_id for job_id, status in picture.jobs.items() if status not in FINAL_STATES}
    newest = max(states, default=0)
    came = range(max(picture.newest, newest - MOST_ARCHIVED) + 1, newest)
    return sorted(changed | {*known_open, *came} - states.keys())


def _change(before: str | None, status: str) -> str:
    if status in FINAL_STATES:
        return "finished"
    return "submitted" if before is None else "changed"
