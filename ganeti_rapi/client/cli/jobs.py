"""`rapi jobs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.asking import confirm
from ganeti_rapi.client.cli.commands import argument, command, flag, for_each, option, reading
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.orders import print_results
from ganeti_rapi.client.cli.parameters import JOB
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.jobstates import JOB_STATES

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

WAITING: Final = ("queued", "waiting")
"""The states of jobs that can be canceled."""

Verdict: TypeAlias = tuple[int, bool, str]
"""A job, whether it was canceled, and a sentence about it."""

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


def cancel(
    session: Session, job_ids: tuple[int, ...], status: str | None, yes: bool | None = None
) -> None:
    """Cancel, and fail if it was too late for one of them."""
    if bool(job_ids) == bool(status):
        raise click.UsageError("Which jobs? Give their numbers, or --status for all in a state")

    async def work(client: AllMethods) -> list[Verdict]:
        chosen = list(job_ids)
        if status:
            jobs = await client.get_jobs(fields=["id", "status"])
            chosen = [job["id"] for job in jobs if job["status"] == status]
            session.err.line(f"cancel: {', '.join(map(str, chosen)) or 'no job is like that'}")
            if chosen and not yes:
                confirm(f"Cancel these {len(chosen)} jobs?")
        return [(job_id, *await client.cancel_job(job_id)) for job_id in chosen]

    _show_verdicts(session, session.ask(work), several=bool(status) or len(job_ids) > 1)


def _show_verdicts(session: Session, verdicts: Sequence[Verdict], several: bool) -> None:
    """Print what became of jobs. Raises `Failed` if one of them could not be canceled."""
    if not several:
        ((_, done, text),) = verdicts
        _show_verdict(session, done, text)
        return
    if session.for_programs:
        session.show([dict(zip(("id", "done", "text"), verdict)) for verdict in verdicts])
    for _, done, text in verdicts:
        if not done:
            session.err.line(text, fg="red")
        elif not session.for_programs:
            session.show(text)
    failed = [str(job_id) for job_id, done, _ in verdicts if not done]
    if failed:
        count = len(verdicts) - len(failed)
        raise Failed(f"{count} of {len(verdicts)} canceled; not {', '.join(failed)}", 1)


def change_priority(session: Session, job_id: int, priority: int) -> None:
    """Change it, and fail if there is nothing to change."""
    _show_verdict(
        session, *session.ask(lambda client: client.change_job_priority(job_id, priority))
    )


def _show_verdict(session: Session, done: bool, text: str) -> None:
    if session.for_programs:
        session.show([done, text])
    if not done:
        raise Failed(text, 1)
    if not session.for_programs:
        session.show(text)


COMMANDS = (
    list_command(LIST),
    reading("show", "get_job", "Show a job with its log and results.", [JOB]),
    command("watch", "Follow a job's log to its end.", watch, [JOB]),
    command(
        "wait",
        "Wait for a job's end, in silence.",
        wait,
        [JOB, option("--timeout", type=float, help="The most seconds to wait.")],
    ),
    command(
        "cancel",
        "Cancel jobs that have not started.",
        cancel,
        [
            argument(
                "job_ids",
                nargs=-1,
                required=False,
                type=int,
                metavar="[JOB]…",
                shell_complete=completion.JOBS,
            ),
            option(
                "--status",
                type=click.Choice(WAITING),
                help="All jobs in this state, after asking.",
            ),
            flag("--yes", help="Do not ask whether to do it."),
        ],
    ),
    for_each(
        "archive",
        "archive_job",
        "Archive jobs that have ended: they are listed no more.",
        argument("job_ids", nargs=-1, required=True, type=int, metavar="JOB_ID…"),
    ),
    reading(
        "autoarchive",
        "archive_jobs",
        "Archive the jobs that ended AGE seconds ago or earlier.",
        [
            argument("age", type=click.IntRange(min=0)),
            option("--timeout", type=click.IntRange(1, 120), help="Seconds that it may take."),
        ],
    ),
    command(
        "change-priority",
        "Change the priority of what a job has not begun, from -20, the highest, to 19.",
        change_priority,
        [JOB, argument("priority", type=click.IntRange(-20, 19))],
        context_settings={"ignore_unknown_options": True},  # else -10 were one
    ),
)
