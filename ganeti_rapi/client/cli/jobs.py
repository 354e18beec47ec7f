"""`rapi jobs`."""

from __future__ import annotations

from typing import Any

import click

from ganeti_rapi.client.cli.commands import (
    argument,
    command,
    family,
    listing,
    option,
    print_results,
    reading,
)
from ganeti_rapi.client.cli.output import print_json
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Failed, Session
from ganeti_rapi.client.rapi import RapiClient

JOB = argument("job_id", type=int)


def watch(session: Session, job_id: int) -> None:
    """Follow a job's log."""
    results = session.ask(lambda client: follow(client, job_id, session.err))
    print_results(session, job_id, results)


def wait(session: Session, job_id: int, timeout: float | None) -> None:
    """Wait without showing anything."""
    results = session.ask(lambda client: client.wait_for_job(job_id, timeout=timeout))
    print_results(session, job_id, results)


def cancel(session: Session, job_id: int) -> None:
    """Cancel, and fail if it was too late."""
    done, text = session.ask(lambda client: client.cancel_job(job_id))
    if not done:
        raise Failed(text, 1)
    shown: Any = [done, text]  # Any: JSON
    print_json(shown) if session.json else click.echo(text)


jobs = family(
    "jobs",
    "What the cluster does and did.",
    listing(
        RapiClient.get_jobs, "List the jobs.", {"ID": "id", "Status": "status", "What": "summary"}
    ),
    reading("show", RapiClient.get_job, "Show a job.", [JOB]),
    command("watch", "Follow a job's log to its end.", watch, [JOB]),
    command(
        "wait",
        "Wait for a job's end.",
        wait,
        [JOB, option("--timeout", type=float, help="The most seconds to wait.")],
    ),
    command("cancel", "Cancel a job that has not started.", cancel, [JOB]),
)
