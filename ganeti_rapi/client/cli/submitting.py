"""Commands that submit a job, made from actions: they differ in the client's method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import click

from ganeti_rapi.client.cli.commands import (
    LazyParameter,
    Method,
    command,
    flag,
    option,
    several,
)
from ganeti_rapi.client.cli.selecting import several_of
from ganeti_rapi.client.cli.values import setting

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of each command's own shape
Hits: TypeAlias = "Callable[[AllMethods, Mapping[str, Any]], Awaitable[Sequence[str]]]"


class Action(NamedTuple):
    """A command that submits a job.

    ``question`` is asked before, unless ``--yes`` is given. ``takes`` says what the method takes
    beside a reason: ``set`` for any parameters of the opcode, ``dry_run``. ``each`` is the kind of
    object of which there may be several; if the action ``stops`` them, it is asked about several.
    ``hits`` finds the instances that an action on another object is about; if they are several, it
    is asked about them. ``parallel`` is the most jobs at a time, if nothing is said.
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
    parallel: int = 20


WAIT = click.Option(
    ["--wait/--no-wait", " /--submit"],
    default=True,
    help="Show the job's log until it has ended, which is the default, or only print its id.",
)


REASON = option("--reason", metavar="TEXT", help="Noted in the job's reason trail.")

PARALLEL = option(
    "--parallel",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="The most jobs at a time, if there are several; 20 if nothing is said, and of evacuations "
    "one.",
)


ONCE = option(
    "--once",
    "key",
    metavar="KEY",
    help="A name for this, such as a UUID: what is done again with the same name is not done "
    "twice, but the first job shown. Stock servers do not know it.",
)


PRIORITY = option(
    "--priority",
    type=click.Choice(["low", "normal", "high"]),
    help="How early the job's turn comes; normal if nothing is said. Stock servers do not mind it "
    "for some commands.",
)

DEPENDS = several(
    "--depends",
    type=int,
    metavar="JOB",
    help="Only after this job has succeeded; may be repeated. Stock servers do not mind it for "
    "some commands.",
)

UNLESS_CHANGED = option(
    "--unless-changed",
    "serial",
    type=int,
    metavar="SERIAL_NO",
    help="Only if this is still the object's serial_no. Stock servers do not mind it.",
)


CONDITIONS: Sequence[click.Option] = (ONCE, UNLESS_CHANGED, PRIORITY, DEPENDS)
"""Under which a write counts, and when its job's turn comes."""


def _common(action: Action) -> list[click.Parameter]:
    """The options that most commands have, as far as the client's method takes them."""
    common: list[click.Parameter] = []
    if "set" in action.takes:
        summary = "Any other parameter of the job's opcode; VALUE is JSON or text."
        common.append(several("--set", "more", type=setting, metavar="KEY=VALUE", help=summary))
    common.append(WAIT)
    if "dry_run" in action.takes:
        common.append(flag("--dry-run", help="Only check whether it could be done."))
    common += [REASON, *CONDITIONS]
    if action.each:
        common.append(PARALLEL)
    if action.question or action.stops or action.hits:
        common.append(flag("--yes", help="Do not ask whether to do it."))
    return common


def action_command(action: Action) -> click.Command:
    """The command of an action, with --set, --dry-run and --reason where the method has them."""

    def run(session: Session, **values: Any) -> None:
        from ganeti_rapi.client.cli.orders import carry_out  # not for a help text

        carry_out(session, action, values)

    own = [*several_of(action.each), *action.parameters] if action.each else action.parameters
    return command(action.name, action.summary, run, [*own, *_common(action)])
