"""Following a job while it runs: on stderr, so that stdout is the result's."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.text import Text

from ganeti_rapi.client.jobs import JobChange, LogEntry, results_of
from ganeti_rapi.client.rapi import RapiClient


async def follow(client: RapiClient, job_id: int, err: Console) -> list[Any]:
    # Any: each opcode's own result
    """Show a job's log and a spinner until it has ended; its results. Raises `JobFailed`."""
    terminal = err.is_terminal
    with err.status(f"Job {job_id}") if terminal else nullcontext() as spinner:
        async for change in client.watch_job(job_id):
            _show(change, err)
            if spinner is not None:
                spinner.update(f"Job {job_id} {change.status}")
            elif not change.log or change.final:
                err.print(f"Job {job_id} {change.status}")
    results = results_of(job_id, await client.get_job(job_id))
    if terminal:
        err.print(f"[green]Job {job_id} succeeded[/green]")
    return results


def _show(change: JobChange, err: Console) -> None:
    for entry in change.log:
        err.print(Text(_line(entry)), soft_wrap=True)


def _line(entry: LogEntry) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(entry.time))} {str(entry.message).strip()}"
