"""`rapi jobs`."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli.commands import command, family, option, reading
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.parameters import JOB
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.submitting import print_results
from ganeti_rapi.jobstates import JOB_STATES

LIST = Listing(
    "get_jobs",
    "List the jobs, the newest first.",
    "job",
    {
        "ID": "id",
        "Status": "status",
        "Received": "received_ts",
        "Ended": "end_ts",
        "What": "summary",
    },
    {"Started": "start_ts"},
    key="id",
    sort="-id",
    options=[
        (option("--status", type=click.Choice(JOB_STATES), help="Those in a state."), "status")
    ],
)


def watch(session: Session, job_id: int) -> None:
    """Follow a job's log."""
    results = session.ask(lambda client: follow(session, client, job_id))
    print_results(session, job_id, results)


def wait(session: Session, job_id: int, timeout: float | None) -> None:
    """Wait without showing anything."""
    session.job = job_id
    results = session.ask(lambda client: client.wait_for_job(job_id, timeout=timeout))
    print_results(session, job_id, results)


def cancel(session: Session, job_id: int) -> None:
    """Cancel, and fail if it was too late."""
    done, text = session.ask(lambda client: client.cancel_job(job_id))
    if session.for_programs:
        session.show([done, text])
    if not done:
        raise Failed(text, 1)
    if not session.for_programs:
        session.show(text)


jobs = family(
    "jobs",
    "What the cluster does and did.",
    list_command(LIST),
    reading("show", "get_job", "Show a job with its log and results.", [JOB]),
    command("watch", "Follow a job's log to its end.", watch, [JOB]),
    command(
        "wait",
        "Wait for a job's end, in silence.",
        wait,
        [JOB, option("--timeout", type=float, help="The most seconds to wait.")],
    ),
    command("cancel", "Cancel a job that has not started.", cancel, [JOB]),
)
