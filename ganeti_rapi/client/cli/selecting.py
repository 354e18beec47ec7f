"""Which objects an action is for: names, or options that say what they have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import field, frozen

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, flag, option, several
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.filtering import HELP, all_of, condition, values_of
from ganeti_rapi.client.cli.listing import is_node
from ganeti_rapi.client.cli.shortening import LISTS, full_name

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON, of which the query language is made
GROUP_FIELD: Mapping[str, str] = {"instance": "pnode.group", "node": "group"}
"""The field that has an object's group, by the kinds that may be selected."""


@frozen
class Selection:
    """Names, or else conditions that objects must meet; without any, ``all``."""

    names: Sequence[str] = ()
    conditions: Sequence[Any] = field(factory=list)
    tags: Sequence[str] = ()
    node: str | None = None
    group: str | None = None
    all: bool = False

    @property
    def one(self) -> str | None:
        """The name, if it is only one."""
        return self.names[0] if len(self.names) == 1 else None

    def check(self, kind: str) -> None:
        """Raise click.UsageError unless it is either names or conditions."""
        options = [*self.conditions, *self.tags, *filter(None, (self.node, self.group))]
        if self.names and (options or self.all):
            raise click.UsageError(f"Give names or options that select {kind}s, not both")
        if self.all and options:
            raise click.UsageError("Give --all, or options that select some, not both")
        if not (self.names or options or self.all):
            by_group = "--group, " if kind in GROUP_FIELD else ""
            known = f"--filter, --tag, {by_group}or --all"
            raise click.UsageError(f"Which {kind}s? Give names, or select some by {known}")

    def filter(self, kind: str) -> Any:
        """What all of them meet, in the query language."""
        conditions = [*self.conditions]
        if self.tags:
            tags = [["=[]", "tags", tag] for tag in self.tags]
            conditions.append(tags[0] if len(tags) == 1 else ["|", *tags])
        if self.node is not None:
            conditions.append(is_node("pnode", self.node))
        if self.group is not None:
            conditions.append(["=", GROUP_FIELD[kind], self.group])
        return all_of(conditions)


async def selected(client: AllMethods, kind: str, selection: Selection) -> list[str]:
    """The full names of the objects. Raises `Failed` if one is not there, or if there are none."""
    if selection.names:
        known: Sequence[str] = await getattr(client, LISTS[kind])()
        return list(dict.fromkeys(_known(kind, name, known) for name in selection.names))
    answer = await client.query(kind, ["name"], selection.filter(kind))
    found = values_of(answer)
    if not found:
        raise Failed(f"no {kind} is like that; nothing was done", 5)
    return found


def _known(kind: str, name: str, known: Sequence[str]) -> str:
    full = full_name(kind, name, known)
    if full not in known:
        raise Failed(f"there is no {kind} {name!r}; nothing was done", 5)
    return full


COMPLETE: Mapping[str, completion.Complete] = {
    "instance": completion.INSTANCES,
    "node": completion.NODES,
    "group": completion.GROUPS,
    "network": completion.NETWORKS,
}
"""What completes the names of each kind that may be selected."""


def several_of(kind: str) -> list[click.Parameter]:
    """The arguments and options that make a `Selection`."""
    made: list[click.Parameter] = [
        argument(
            "names",
            nargs=-1,
            required=False,
            metavar=f"[{kind.upper()}]…",
            shell_complete=_or_what_follows(COMPLETE[kind]),
        ),
        several("--filter", "conditions", type=condition, metavar="CONDITION", help=HELP),
        several(
            "--tag",
            "tags",
            metavar="TAG",
            help="Those with a tag, or with one of several.",
            shell_complete=completion.tags_in_use(kind),
        ),
    ]
    if kind == "instance":
        made.append(_where("--node", "Those with this primary node.", completion.NODES))
    if kind in GROUP_FIELD:
        made.append(_where("--group", f"The {kind}s of this group.", completion.GROUPS))
    return [*made, flag("--all", help=f"All {kind}s.")]


def _where(name: str, help: str, complete: completion.Complete) -> click.Option:
    return option(name, metavar=name[2:].upper(), help=help, shell_complete=complete)


def _or_what_follows(complete: completion.Complete) -> completion.Complete:
    """What completes names, and the words of arguments behind them, such as a node's new role."""

    def both(context: click.Context, parameter: click.Parameter, beginning: str) -> list[str]:
        types = (each.type for each in context.command.params if isinstance(each, click.Argument))
        choices = [each.choices for each in types if isinstance(each, click.Choice)]
        words = [word for each in choices for word in each if word.startswith(beginning)]
        return [*words, *complete(context, parameter, beginning)]

    return both
