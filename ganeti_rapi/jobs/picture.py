"""What all events so far add up to: the jobs and objects, as they were told last. Pure.

Whoever is to tell the next event compares the cluster with this. It follows from the events alone,
so that another process, or the same daemon after a restart, comes to the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen

from ganeti_rapi.api.events import Event
from ganeti_rapi.jobs.snapshots import Known
from ganeti_rapi.jobstates import FINAL_STATES

MOST_UNBLAMED = 1000
"""Ended jobs that may wait for a look at the objects."""


@frozen
class Entry:
    """One event, or with ``looked`` the note that objects were looked at after these jobs ended.

    ``known`` is what an object is remembered by from then on; None of one that was removed.
    """

    event: Event | None
    known: Known | None = None
    looked: Sequence[int] = ()


@define
class Picture:
    """Jobs by their state, and objects by kind and uuid; None while these were never looked at.

    ``newest`` is the highest id of a job. ``unblamed`` are the jobs that ended since the last look
    at the objects: what they changed may not have been told yet.
    """

    jobs: dict[int, str] = field(factory=dict)
    objects: dict[tuple[str, str], Known] | None = None
    newest: int = 0
    unblamed: dict[int, None] = field(factory=dict)

    def take(self, entry: Entry) -> None:
        """Let this entry be a part of it."""
        for job_id in entry.looked:
            self.unblamed.pop(job_id, None)
        if entry.event is not None and entry.event.data is not None:
            data = entry.event.data
            if data["kind"] == "job":
                self._take_job(int(data["name"]), data["status"])
            elif self.objects is not None:
                self._take_object(data["kind"], data["uuid"], entry.known)

    def _take_job(self, job_id: int, status: str) -> None:
        self.jobs[job_id] = status
        self.newest = max(self.newest, job_id)
        if status in FINAL_STATES:
            self.unblamed[job_id] = None
            if len(self.unblamed) > MOST_UNBLAMED:
                del self.unblamed[next(iter(self.unblamed))]

    def _take_object(self, kind: str, uuid: str, known: Known | None) -> None:
        assert self.objects is not None
        if known is None:
            self.objects.pop((kind, uuid), None)
        else:
            self.objects[kind, uuid] = known
