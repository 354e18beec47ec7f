"""Streams of events: one job's, and all jobs'."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from attrs import frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.events import CONNECTED, Event, JobState
from ganeti_rapi.api.jobs import show_job
from ganeti_rapi.api.scopes import Selection
from ganeti_rapi.api.sight import takes_jobs
from ganeti_rapi.jobstates import EVENT_KINDS


async def job_events(
    call: Call, job_id: int, last_event_id: str | None
) -> AsyncIterator[Event] | None:
    """GET /2/jobs/[job_id]/events: each change and log entry, until the job has ended.

    None for a reader that reconnects after the end, since no events will come.
    """
    await show_job(call, job_id)  # 404, as long as there is a status to send
    known = JobState.from_event_id(call.last_event_id or last_event_id)
    return None if known.ended else _events(call, job_id, known)


async def _events(call: Call, job_id: int, known: JobState) -> AsyncIterator[Event]:
    async for state in call.jobs.changes(job_id, known):
        yield Event(
            state.event_id,
            "finished" if state.ended else "changed",
            {
                "id": job_id,
                "status": state.status,
                "opstatus": state.opstatus,
                "log_entries": state.log_entries,
            },
        )


async def all_events(
    call: Call,
    last_event_id: str | None,
    kind: Sequence[str] | None = None,
    object: Sequence[str] | None = None,
    tag: Sequence[str] | None = None,
) -> AsyncIterator[Event]:
    """GET /2/events: jobs submitted, changed and finished, from now on.

    With one of the other arguments it is the newer form: any kinds of objects, those that have one
    of the names or uuids, or one of the tags.
    """
    last_id = call.last_event_id or last_event_id
    selection = call.view.selection(call.permission) if call.view else None
    if kind is None and object is None and tag is None:
        events = call.jobs.events(last_id)
    else:
        names, tags = frozenset(object or ()), frozenset(tag or ())
        wanted = Wanted(frozenset(kind or EVENT_KINDS), names, tags)
        events = filter_events(wanted, await call.jobs.cluster_events(last_id))
    return events if selection is None else _seen(call, selection, events)


@frozen
class Wanted:
    """Which events a reader wants: of these kinds, and of these names or tags if there are some."""

    kinds: frozenset[str]
    names: frozenset[str]
    tags: frozenset[str]

    def takes(self, event: Event) -> bool:
        """Whether it wants an event. It is always told that it is connected, or has missed some."""
        if event.data is None or event.name == CONNECTED:
            return True
        tags = event.traits.tags if event.traits else frozenset()
        by_name = not self.names or bool(self.names & event.names)
        return event.name in self.kinds and by_name and (not self.tags or bool(self.tags & tags))


async def filter_events(wanted: Wanted, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """The events that are wanted."""
    async for event in events:
        if wanted.takes(event):
            yield event


async def _seen(
    call: Call, selection: Selection, events: AsyncIterator[Event]
) -> AsyncIterator[Event]:
    """The events of the objects that are selected, and of the jobs."""
    async for event in events:
        if event.data is None or event.name == CONNECTED:
            yield event
        elif event.traits is not None:
            if selection.takes(event.traits):
                yield event
        elif event.ops and (await takes_jobs(call, selection, [event.ops]))[0]:
            yield event
