"""`rapi filters`: rules about which jobs may run, as `gnt-filter` has them."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, command, for_each, option, reading, several
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.values import json_or_text

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session

# Any, in this module: JSON, of which rules are made
ACTIONS: Final = ("ACCEPT", "CONTINUE", "PAUSE", "REJECT")

LIST = Listing(
    "get_filters",
    "List the rules, in the order in which they are asked.",
    "filter",
    {"UUID": "uuid", "Priority": "priority", "Action": "action", "Predicates": "predicates"},
    {"Watermark": "watermark", "Reason": "reason_trail"},
    key="uuid",
    sort="priority",
)


def action(text: str) -> Any:
    """What a rule does, of one of the `ACTIONS` or RATE_LIMIT=NUMBER."""
    word = text.strip().upper()
    if limit := re.fullmatch(r"RATE_LIMIT[ =](\d{1,9})", word):
        return ["RATE_LIMIT", int(limit[1])]
    if word in ACTIONS:
        return word
    known = ", ".join(ACTIONS)
    raise click.BadParameter(f"{text!r} is none of {known} and RATE_LIMIT=NUMBER")


def predicates(text: str) -> list[Any]:
    """A list of [name, filter] in JSON."""
    value = json_or_text(text)
    if not isinstance(value, list):
        raise click.BadParameter(f'{text!r} is no list such as [["jobid", [">", "id", 12]]]')
    return value


def _rule(values: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the client's methods, from those of the commands."""
    opcodes = [["opcode", ["=", "OP_ID", each]] for each in values.pop("opcodes")]
    reason = values.pop("reason")
    trail = None if reason is None else [["rapi", reason, time.time_ns()]]
    return {**values, "predicates": [*(values["predicates"] or []), *opcodes], "reason": trail}


def add(session: Session, **values: Any) -> None:
    """Add a rule and print its UUID."""
    rule = _rule(values)
    session.show(session.ask(lambda client: client.add_filter(**rule)))


def replace(session: Session, uuid: str, **values: Any) -> None:
    """Put another rule in a rule's place."""
    rule = _rule(values)
    session.show(session.ask(lambda client: client.replace_filter(uuid, **rule)))


UUID = argument("uuid", shell_complete=completion.FILTERS)
RULE = (
    option(
        "--priority",
        type=click.IntRange(min=0),
        default=0,
        help="Rules with lower numbers are asked first.",
    ),
    option(
        "--action",
        type=action,
        required=True,
        metavar="ACTION",
        help="ACCEPT, PAUSE or REJECT the job, let at most so many run by RATE_LIMIT=NUMBER, or "
        "CONTINUE with the next rule.",
    ),
    option(
        "--predicates",
        type=predicates,
        metavar="JSON",
        help='What the job must be like, such as [["jobid", [">", "id", 12]]]; all jobs if nothing '
        "is said.",
    ),
    several("--opcode", "opcodes", metavar="OP_ID", help="A job with it; may be repeated."),
    option("--reason", metavar="TEXT", help="Noted in the rule's reason trail."),
)

COMMANDS = (
    list_command(LIST),
    reading("show", "get_filter", "Show a rule.", [UUID]),
    command("add", "Add a rule, and print its UUID.", add, RULE),
    command("replace", "Put another rule in a rule's place.", replace, [UUID, *RULE]),
    for_each(
        "remove",
        "delete_filter",
        "Remove rules: what they held up goes on.",
        argument("uuids", nargs=-1, required=True, shell_complete=completion.FILTERS),
    ),
)
