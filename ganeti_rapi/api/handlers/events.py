"""Streams of events: one job's, and all jobs'."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.events import Event, JobState
from ganeti_rapi.api.jobs import show_job
from ganeti_rapi.api.scopes import Selection
from ganeti_rapi.api.sight import sees_job


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


async def all_events(call: Call, last_event_id: str | None) -> AsyncIterator[Event]:
    """GET /2/events: jobs submitted, changed and finished, from now on."""
    events = call.jobs.events(call.last_event_id or last_event_id)
    selection = call.view.selection(call.permission) if call.view else None
    return events if selection is None else _seen(call, selection, events)


async def _seen(
    call: Call, selection: Selection, events: AsyncIterator[Event]
) -> AsyncIterator[Event]:
    """The events of the jobs that are selected."""
    async for event in events:
        if event.data is None or await sees_job(call, selection, event.data["id"]):
            yield event
