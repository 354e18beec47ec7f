"""Streams of events: one job's, and all jobs'."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.events import Event, job_event_id, parse_job_event_id
from ganeti_rapi.api.jobs import show_job
from ganeti_rapi.jobstates import FINAL_STATES

_STEP = 60.0
"""Seconds of one wait; the stream goes on after it."""


async def job_events(call: Call) -> AsyncIterator[Event] | None:
    """GET /2/jobs/[job_id]/events: each change and log entry, until the job has ended.

    None for a reader who comes back after the end: then there is nothing to come back for.
    """
    job_id = int(call.items["job_id"])
    await show_job(call, job_id)  # 404 while there still is a status to send
    serial, previous = parse_job_event_id(call.resume_after)
    if previous is not None and previous[0] in FINAL_STATES:
        return None
    return _follow(call, job_id, serial, previous)


async def _follow(
    call: Call, job_id: int, serial: int, previous: list[Any] | None
) -> AsyncIterator[Event]:  # Any: values of job fields
    ended = False
    while not ended:
        change = await call.jobs.wait(job_id, ["status", "opstatus"], previous, serial, _STEP)
        if change is None:
            continue
        previous, entries = change
        status, opstatus = previous
        serial = max([serial, *(entry[0] for entry in entries)])
        ended = status in FINAL_STATES
        yield Event(
            job_event_id(serial, status, opstatus),
            "finished" if ended else "changed",
            {"id": job_id, "status": status, "opstatus": opstatus, "log_entries": entries},
        )


async def all_events(call: Call) -> AsyncIterator[Event]:
    """GET /2/events: jobs submitted, changed and finished, from now on."""
    assert call.feed is not None
    return call.feed.events(call.resume_after)
