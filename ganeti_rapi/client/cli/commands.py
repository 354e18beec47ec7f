"""Making click commands from rows: commands that differ only in the client's method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import click
from attrs import frozen

from ganeti_rapi.client.cli.output import Columns, print_json, print_object, print_table
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Failed, Session
from ganeti_rapi.client.rapi import RapiClient

# Any, in this module: the client's methods and JSON of each command's own shape
Method = Callable[..., Any]


@frozen
class Action:
    """A command that submits a job. ``question`` is asked before, unless ``--yes`` is given."""

    name: str
    method: Method
    summary: str
    parameters: Sequence[click.Parameter] = ()
    question: str = ""


def argument(name: str, **settings: Any) -> click.Argument:
    """A positional argument."""
    return click.Argument([name], **settings)


def option(*names: str, **settings: Any) -> click.Option:
    """An option whose name is a parameter of the client's method."""
    return click.Option(names, **settings)


def flag(name: str, summary: str) -> click.Option:
    """An option without a value."""
    return click.Option([name], is_flag=True, help=summary)


def _as_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.find_object(Session).json = True  # type: ignore[union-attr]  # the group made it


def command(
    name: str, summary: str, callback: Callable[..., None], parameters: Sequence[click.Parameter]
) -> click.Command:
    """A command that also takes ``--json`` behind its name; the callback gets a `Session`."""
    as_json = click.Option(
        ["--json"], is_flag=True, expose_value=False, callback=_as_json, help="Print JSON."
    )
    run = click.make_pass_decorator(Session)(callback)
    return click.Command(name, params=[*parameters, as_json], callback=run, help=summary)


def action_command(action: Action) -> click.Command:
    """The command of a row, with --dry-run and --reason where the method has them."""
    accepted = signature(action.method).parameters
    common = [flag("--wait", "Show the job's log until it has ended.")]
    if "dry_run" in accepted:
        common.append(flag("--dry-run", "Only check whether it could be done."))
    if "reason" in accepted:
        common.append(option("--reason", help="Noted in the job's reason trail."))
    if action.question:
        common.append(flag("--yes", "Do not ask."))

    def run(session: Session, wait: bool, yes: bool = False, **values: Any) -> None:
        if action.question and not yes and not values.get("dry_run"):
            confirm(action.question.format(**values))
        submit(session, action.method, wait, values)

    return command(action.name, action.summary, run, [*action.parameters, *common])


def confirm(question: str) -> None:
    """Ask; anything but yes ends `rapi`."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise Failed("nothing was done; --yes does it without asking", 2)


def submit(session: Session, method: Method, wait: bool, values: dict[str, Any]) -> None:
    """Submit a job and print its id, or follow it and print its result."""
    arguments = {name: value for name, value in values.items() if value not in (None, False, ())}

    async def work(client: RapiClient) -> Any:
        job_id = await method(client, **arguments)
        return job_id, (await follow(client, job_id, session.err) if wait else None)

    job_id, results = session.ask(work)
    print_results(session, job_id, results)


def print_results(session: Session, job_id: int, results: Any) -> None:
    """Print what a job gave, or its id if nobody waited."""
    if session.json:
        ended = {"id": job_id, "status": "success", "result": results}
        print_json(job_id if results is None else ended)
    elif results is None:
        click.echo(job_id)
    elif any(result is not None for result in results):
        print_object(session.out, results)


def listing(method: Method, summary: str, columns: Columns) -> click.Command:
    """The command ``list`` of a family."""

    def run(session: Session) -> None:
        rows = session.ask(method)
        print_json(rows) if session.json else print_table(session.out, columns, rows)

    return command("list", summary, run, [])


def reading(
    name: str, method: Method, summary: str, parameters: Sequence[click.Parameter] = ()
) -> click.Command:
    """A command that prints what a method of the client returns."""

    def run(session: Session, **values: Any) -> None:
        async def work(client: RapiClient) -> Any:
            return await method(client, **values)

        value = session.ask(work)
        if session.json or not isinstance(value, dict | list):
            print_json(value)
        else:
            print_object(session.out, value)

    return command(name, summary, run, parameters)


def family(name: str, summary: str, *commands: click.Command) -> click.Group:
    """A group of commands."""
    return click.Group(name, commands=list(commands), help=summary)
