"""Commands that submit a job, made from actions: they differ in the client's method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from attrs import fields_dict, frozen

from ganeti_rapi.client.cli.asking import confirm
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
from ganeti_rapi.client.cli.many import Many
from ganeti_rapi.client.cli.progress import follow
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.selecting import Selection, selected, several_of
from ganeti_rapi.client.cli.values import setting

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of each command's own shape
Hits: TypeAlias = "Callable[[AllMethods, Mapping[str, Any]], Awaitable[Sequence[str]]]"


@frozen
class Action:
    """A command that submits a job.

    ``question`` is asked before, unless ``--yes`` is given. ``takes`` says what the method takes
    beside a reason: ``set`` for any parameters of the opcode, ``dry_run``. ``each`` is the kind of
    object of which there may be several; if the action ``stops`` them, it is asked about several.
    ``hits`` finds the instances that an action on another object is about; if they are several, it
    is asked about them.
    """

    name: str
    method: Method
    summary: str
    parameters: Sequence[LazyParameter] = ()
    question: str = ""
    takes: Sequence[str] = ()
    each: str = ""
    stops: bool = False
    hits: Hits | None = None


WAIT = click.Option(
    ["--wait/--no-wait", " /--submit"],
    default=True,
    help="Show the job's log until it has ended, which is the default, or only print its id.",
)


REASON = option("--reason", metavar="TEXT", help="Noted in the job's reason trail.")

PARALLEL = click.Option(
    ["--parallel"],
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="NUMBER",
    help="The most jobs at a time, if there are several.",
)


ONCE = option(
    "--once",
    "key",
    metavar="KEY",
    help="A name for this, such as a UUID: what is done again with the same name is not done "
    "twice, but the first job shown. Stock servers do not know it.",
)


UNLESS_CHANGED = option(
    "--unless-changed",
    "serial",
    type=int,
    metavar="SERIAL_NO",
    help="Only if this is still the object's serial_no. Stock servers do not mind it.",
)


@frozen
class Conditions:
    """Under which a write counts: once for a ``key``, and for an object with a ``serial``."""

    key: str | None = None
    serial: int | None = None

    def on(self, client: AllMethods) -> AllMethods:
        """The client under these conditions."""
        client = client if self.key is None else client.once(self.key)
        return client if self.serial is None else client.unless_changed(self.serial)


def _common(action: Action) -> list[click.Parameter]:
    """The options that most commands have, as far as the client's method takes them."""
    common: list[click.Parameter] = []
    if "set" in action.takes:
        summary = "Any other parameter of the job's opcode; VALUE is JSON or text."
        common.append(several("--set", "more", type=setting, metavar="KEY=VALUE", help=summary))
    common.append(WAIT)
    if "dry_run" in action.takes:
        common.append(flag("--dry-run", help="Only check whether it could be done."))
    common += [REASON, ONCE, UNLESS_CHANGED]
    if action.each:
        common.append(PARALLEL)
    if action.question or action.stops or action.hits:
        common.append(flag("--yes", help="Do not ask whether to do it."))
    return common


def action_command(action: Action) -> click.Command:
    """The command of an action, with --set, --dry-run and --reason where the method has them."""

    def run(
        session: Session,
        wait: bool,
        yes: bool | None = None,
        more: Sequence[tuple[str, Any]] = (),
        key: str | None = None,
        serial: int | None = None,
        **values: Any,
    ) -> None:
        arguments = {**given(values), **dict(more)}
        if action.question and not yes and "dry_run" not in arguments:
            confirm(action.question.format(**values))
        submit(session, action, wait, arguments, bool(yes), Conditions(key, serial))

    def run_each(session: Session, parallel: int, **values: Any) -> None:
        chosen = {name: values.pop(name, None) for name in fields_dict(Selection)}
        selection = Selection(**given(chosen))
        selection.check(action.each)
        if selection.one is None:
            do_many(session, action, selection, parallel, **values)
        else:
            run(session, **{**values, action.each: selection.one})

    own = [*several_of(action.each), *action.parameters] if action.each else action.parameters
    callback = run_each if action.each else run
    return command(action.name, action.summary, callback, [*own, *_common(action)])


def do_many(
    session: Session,
    action: Action,
    selection: Selection,
    parallel: int,
    wait: bool,
    yes: bool | None = None,
    more: Sequence[tuple[str, Any]] = (),
    key: str | None = None,
    serial: int | None = None,
    **values: Any,
) -> None:
    """Do an action for several objects, after telling which and asking where that is due."""
    if serial is not None:
        raise click.UsageError("--unless-changed is for one object; name it")
    arguments = {**given(values), **dict(more)}
    many = Many(session, action.each, action.method, arguments, wait, parallel, key)

    async def work(client: AllMethods) -> Sequence[str]:
        names = await selected(client, action.each, selection)
        session.err.line(f"{action.name}: {', '.join(names)}")
        asks = action.question or (action.stops and len(names) > 1)
        if asks and not yes and "dry_run" not in arguments:
            confirm(_question(action, len(names)))
        try:
            await many.do(client, names)
        except KeyboardInterrupt:
            text = "interrupted; the jobs go on: rapi jobs list shows how"
            raise Failed(text, INTERRUPTED) from None
        return names

    many.report(session.ask(work))


def _question(action: Action, count: int) -> str:
    these = f"these {count} {action.each}s" if count > 1 else f"this {action.each}"
    verb = action.name.replace("-", " ").capitalize()
    return action.question.format(**{action.each: these}) or f"{verb} {these}?"


def submit(
    session: Session,
    action: Action,
    wait: bool,
    arguments: dict[str, Any],
    yes: bool,
    conditions: Conditions = Conditions(),
) -> None:
    """Submit a job and print its id, or follow it and print its result."""

    async def work(client: AllMethods) -> Any:
        if action.hits is not None:
            names = await action.hits(client, arguments)
            session.err.line(f"{action.name}: {', '.join(names) or 'no instance'}")
            if len(names) > 1 and not yes and "dry_run" not in arguments:
                confirm(f"{action.name.capitalize()} these {len(names)} instances?")
        try:
            job_id = await call(action.method, conditions.on(client), arguments)
        except KeyboardInterrupt:
            text = "interrupted; the job may have been submitted: rapi jobs list shows whether"
            raise Failed(text, INTERRUPTED) from None
        return job_id, (await follow(session, client, job_id) if wait else None)

    job_id, results = session.ask(work)
    if results is not None:
        print_results(session, job_id, results)
    else:
        tell_submitted(session, job_id)


def tell_submitted(session: Session, job_id: int) -> None:
    """Print the id of a job that goes on."""
    if session.for_programs or not session.out.is_terminal:
        session.show(job_id)
    else:
        session.out.line(f"Job {job_id}; to follow it: rapi jobs watch {job_id}")


def print_results(session: Session, job_id: int, results: Sequence[Any]) -> None:
    """Print the results of a job that went well."""
    if session.for_programs:
        session.show({"id": job_id, "status": "success", "result": results})
    elif any(result is not None for result in results):
        session.show(results)
