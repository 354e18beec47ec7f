"""`rapi tags`: words on the cluster's objects."""

from __future__ import annotations

from collections.abc import Mapping

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, family, reading
from ganeti_rapi.client.cli.submitting import Action, action_command

TAGGED: Mapping[str, completion.Complete | None] = {
    "cluster": None,
    "node": completion.NODES,
    "instance": completion.INSTANCES,
    "group": completion.GROUPS,
    "network": completion.NETWORKS,
}
"""The kinds of object that have tags, and what completes their names."""


def _tags_of(kind: str) -> dict[str, click.Command]:
    """What can be done with the tags of a kind, by the verb."""
    name = [] if kind == "cluster" else [argument(kind, shell_complete=TAGGED[kind])]
    tags = argument("tags", nargs=-1, required=True, shell_complete=completion.tags_of(kind))
    whose = "the cluster" if kind == "cluster" else f"a{'n' * (kind == 'instance')} {kind}"
    add, remove = (
        Action(kind, f"{verb}_{kind}_tags", f"{where} {whose}.", [*name, tags], takes=("dry_run",))
        for verb, where in (("add", "To"), ("delete", "From"))
    )
    return {
        "list": reading(kind, f"get_{kind}_tags", f"Of {whose}.", name),
        "add": action_command(add),
        "remove": action_command(remove),
    }


SEARCH = "Find what has tags that a regular expression fits; runs a job."


def _by_verb() -> list[click.Command]:
    kinds = [_tags_of(kind) for kind in TAGGED]
    verbs = [
        family(verb, f"{verb.title()} tags.", *(kind[verb] for kind in kinds))
        for verb in ("list", "add", "remove")
    ]
    search = reading("search", "search_tags", SEARCH, [argument("pattern")])
    return [*verbs, search]


COMMANDS = _by_verb()
