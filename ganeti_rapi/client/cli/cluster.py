"""What concerns the whole cluster, and tags."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import click

from ganeti_rapi.client.cli import completion, upkeep, verifying
from ganeti_rapi.client.cli.commands import argument, command, family, reading
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import duration

TAGGED: Mapping[str, completion.Complete | None] = {
    "cluster": None,
    "node": completion.NODES,
    "instance": completion.INSTANCES,
    "group": completion.GROUPS,
    "network": completion.NETWORKS,
}
"""The kinds of object that have tags, and what completes their names."""

ACTIONS = (
    Action(
        "redistribute-config",
        "redistribute_config",
        "Send the configuration to all nodes again.",
    ),
    Action(
        "modify",
        "modify_cluster",
        "Change the cluster's parameters with --set, such as --set candidate_pool_size=5.",
        takes=("set",),
    ),
)


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


def _by_verb() -> click.Group:
    kinds = [_tags_of(kind) for kind in TAGGED]
    verbs = [
        family(verb, f"{verb.title()} tags.", *(kind[verb] for kind in kinds))
        for verb in ("list", "add", "remove")
    ]
    search = reading("search", "search_tags", SEARCH, [argument("pattern")])
    return family("tags", "Words on the cluster's objects.", *verbs, search)


def _drain(drained: bool) -> Callable[[Session], None]:
    return lambda session: session.show(session.ask(lambda client: client.modify_queue(drained)))


def _pause(session: Session, duration: int) -> None:
    until = int(time.time()) + duration
    session.show(session.ask(lambda client: client.modify_watcher(until)))


def _go_on(session: Session) -> None:
    session.show(session.ask(lambda client: client.modify_watcher(None)))


QUEUE = family(
    "queue",
    "The job queue: whether it takes new jobs.",
    reading("info", "get_queue", "Show whether it is drained."),
    command("drain", "Let it refuse new jobs; those that are there go on.", _drain(True), []),
    command("undrain", "Let it take new jobs.", _drain(False), []),
)
WATCHER = family(
    "watcher",
    "The watcher, which starts again what has died.",
    reading("info", "get_watcher", "Show until when it is paused."),
    command(
        "pause",
        "Pause it for some time, such as 90, 30m, 8h or 2d.",
        _pause,
        [argument("duration", type=duration)],
    ),
    command("continue", "Let it go on.", _go_on, []),
)

COMMANDS = (
    family(
        "cluster",
        "The cluster as a whole.",
        reading("info", "get_info", "Show the cluster's settings."),
        *map(action_command, ACTIONS),
        *verifying.CLUSTER,
        *upkeep.COMMANDS,
        QUEUE,
        WATCHER,
    ),
    _by_verb(),
    reading("info", "get_info", "Show the cluster's settings."),
    reading("os", "list_operating_systems", "List the operating systems; runs a job."),
    reading("features", "get_features", "List what the server can do."),
)
