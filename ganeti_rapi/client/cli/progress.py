"""Following a job while it runs: on stderr, so that stdout is the result's."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.text import Text

from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import JobFailed
from ganeti_rapi.client.jobs import JobChange, LogEntry, results_of
from ganeti_rapi.client.rapi import RapiClient


async def follow(session: Session, client: RapiClient, job_id: int) -> list[Any]:
    # Any: each opcode's own result
    """Show a job's log and a spinner until it has ended; its results. Raises `JobFailed`.

    The jobs that it submits, as an evacuation does, are followed after it.
    """
    session.job = job_id
    await _watch(client, job_id, session.err)
    results = results_of(job_id, await client.get_job(job_id))
    if session.err.is_terminal:
        session.err.print(f"[green]Job {job_id} succeeded[/green]")
    for further in list(_submitted(job_id, results)):
        await follow(session, client, further)
    session.job = None
    return results


async def _watch(client: RapiClient, job_id: int, err: Console) -> None:
    with err.status(f"Job {job_id}") if err.is_terminal else nullcontext() as spinner:
        async for change in client.watch_job(job_id):
            _show(change, err)
            if spinner is not None:
                spinner.update(f"Job {job_id} {change.status}")
            elif not change.log or change.final:
                err.print(f"Job {job_id} {change.status}")


def _submitted(job_id: int, results: Sequence[Any]) -> Iterator[int]:  # Any: as above
    for result in results:
        if isinstance(result, dict):
            for submitted, further in result.get("jobs", ()):
                if not submitted:  # it is the reason then
                    raise JobFailed(job_id, "", str(further), None, results)
                yield int(further)


def _show(change: JobChange, err: Console) -> None:
    for entry in change.log:
        err.print(Text(_line(entry)), soft_wrap=True)


def _line(entry: LogEntry) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(entry.time))} {str(entry.message).strip()}"
