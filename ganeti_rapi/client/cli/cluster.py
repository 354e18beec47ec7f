"""`rapi cluster`: what concerns the whole cluster."""

from __future__ import annotations

import time
from collections.abc import Callable

from ganeti_rapi.client.cli import upkeep, verifying
from ganeti_rapi.client.cli.commands import argument, command, family, reading
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import duration

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
    reading("info", "get_info", "Show the cluster's settings."),
    reading("version", "get_version", "Show the version of the API: 2."),
    *map(action_command, ACTIONS),
    *verifying.CLUSTER,
    *upkeep.COMMANDS,
    QUEUE,
    WATCHER,
)
