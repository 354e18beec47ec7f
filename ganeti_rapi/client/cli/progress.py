"""Following a job while it runs: on stderr, so that stdout is the result's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli.cells import printable
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.screen import Screen
from ganeti_rapi.client.errors import JobFailed

if TYPE_CHECKING:
    from ganeti_rapi.client.jobs import LogEntry
    from ganeti_rapi.client.methods import AllMethods


async def follow(session: Session, client: AllMethods, job_id: int) -> list[Any]:
    # Any: each opcode's own result
    """Show a job's log until it has ended; its results. Raises `JobFailed`.

    The jobs that it submits, as an evacuation does, are followed after it.
    """
    from ganeti_rapi.client.jobs import results_of

    session.job = job_id
    try:
        await _watch(client, job_id, session.err)
    finally:
        session.err.clear()
    results = results_of(job_id, await client.get_job(job_id))
    if session.err.is_terminal:
        session.err.line(f"Job {job_id} succeeded", fg="green")
    for further in list(submitted(job_id, results)):
        await follow(session, client, further)
    session.job = None
    return results


async def _watch(client: AllMethods, job_id: int, err: Screen) -> None:
    async for change in client.watch_job(job_id):
        for entry in change.log:
            err.line(line_of(entry))
        if err.is_terminal:
            err.passing(f"Job {job_id} {change.status} …")
        elif not change.log or change.final:
            err.line(f"Job {job_id} {change.status}")


def submitted(job_id: int, results: Sequence[Any]) -> Iterator[int]:  # Any: as above
    """The jobs that a job submitted. Raises `JobFailed` if it could not."""
    for result in results:
        if isinstance(result, dict):
            for submitted, further in result.get("jobs", ()):
                if not submitted:  # it is the reason then
                    raise JobFailed(job_id, "", str(further), None, results)
                yield int(further)


def line_of(entry: LogEntry) -> str:
    """What a job said, in one line with the time."""
    words = printable(str(entry.message).strip())
    return f"{time.strftime('%H:%M:%S', time.localtime(entry.time))} {words}"
