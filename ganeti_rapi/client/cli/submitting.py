"""Commands that submit a job, made from actions: they differ in the client's method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from ganeti_rapi.client.cli.commands import (
    LazyParameter,
    Method,
    call,
    command,
    flag,
    given,
    option,
    several,
)
from ganeti_rapi.client.cli.failing import INTERRUPTED, Failed
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.values import setting

if TYPE_CHECKING:
    from ganeti_rapi.client.rapi import RapiClient

# Any, in this module: JSON of each command's own shape


@frozen
class Action:
    """A command that submits a job.

    ``question`` is asked before, unless ``--yes`` is given. ``takes`` says what the method takes
    beside a reason: ``set`` for any parameters of the opcode, ``dry_run``.
    """

    name: str
    method: Method
    summary: str
    parameters: Sequence[LazyParameter] = ()
    question: str = ""
    takes: Sequence[str] = ()


WAIT = click.Option(
    ["--wait/--no-wait", " /--submit"],
    default=True,
    help="Show the job's log until it has ended, which is the default, or only print its id.",
)


def _common(action: Action) -> list[click.Parameter]:
    """The options that most commands have, as far as the client's method takes them."""
    common: list[click.Parameter] = []
    if "set" in action.takes:
        summary = "Any other parameter of the job's opcode; VALUE is JSON or text."
        common.append(several("--set", "more", type=setting, metavar="KEY=VALUE", help=summary))
    common.append(WAIT)
    if "dry_run" in action.takes:
        common.append(flag("--dry-run", help="Only check whether it could be done."))
    common.append(option("--reason", metavar="TEXT", help="Noted in the job's reason trail."))
    if action.question:
        common.append(flag("--yes", help="Do not ask whether to do it."))
    return common


def action_command(action: Action) -> click.Command:
    """The command of an action, with --set, --dry-run and --reason where the method has them."""

    def run(
        session: Session,
        wait: bool,
        yes: bool | None = None,
        more: Sequence[tuple[str, Any]] = (),
        **values: Any,
    ) -> None:
        arguments = {**given(values), **dict(more)}
        if action.question and not yes and "dry_run" not in arguments:
            confirm(action.question.format(**values))
        submit(session, action.method, wait, arguments)

    return command(action.name, action.summary, run, [*action.parameters, *_common(action)])


def confirm(question: str) -> None:
    """Ask; anything but yes ends `rapi`."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Failed("nothing was done; --yes does it without asking", 2)


def submit(session: Session, method: Method, wait: bool, arguments: dict[str, Any]) -> None:
    """Submit a job and print its id, or follow it and print its result."""

    from twisted.internet.defer import CancelledError

    async def work(client: RapiClient) -> Any:
        try:
            job_id = await call(method, client, arguments)
        except CancelledError:
            text = "interrupted; the job may have been submitted: rapi jobs list shows whether"
            raise Failed(text, INTERRUPTED) from None
        return job_id, (await follow(session, client, job_id) if wait else None)

    job_id, results = session.ask(work)
    if results is not None:
        print_results(session, job_id, results)
    elif session.for_programs or not session.out.is_terminal:
        session.show(job_id)
    else:
        session.out.line(f"Job {job_id}; to follow it: rapi jobs watch {job_id}")


def print_results(session: Session, job_id: int, results: Sequence[Any]) -> None:
    """Print the results of a job that went well."""
    if session.for_programs:
        session.show({"id": job_id, "status": "success", "result": results})
    elif any(result is not None for result in results):
        session.show(results)
