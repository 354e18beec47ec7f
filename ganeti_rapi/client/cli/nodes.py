"""`rapi nodes`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli.commands import argument, command, family, option, reading
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.filtering import values_of
from ganeti_rapi.client.cli.listing import LOOK, Listing, list_command, looking
from ganeti_rapi.client.cli.opcodes import argument_of, option_of
from ganeti_rapi.client.cli.output import Look, Table
from ganeti_rapi.client.cli.parameters import (
    EARLY_RELEASE,
    IALLOCATOR,
    MIGRATION_MODE,
    NDPARAMS,
    NODE,
    REMOTE_NODE,
    TARGET_NODE,
)
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.shortening import full_name
from ganeti_rapi.client.cli.submitting import Action, action_command

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

STORAGE_TYPE = argument_of("OP_NODE_MODIFY_STORAGE", "storage_type", metavar="TYPE")
UNIT = argument("name", metavar="UNIT")
ALLOCATABLE = option(
    "--allocatable/--not-allocatable", required=True, help="Whether instances may be put there."
)

LIST = Listing(
    "get_nodes",
    "List the nodes.",
    "node",
    {
        "Name": "name",
        "Role": "role",
        "Primary": "pinst_cnt",
        "Secondary": "sinst_cnt",
        "Memory": "mtotal",
        "Free": "mfree",
        "Disk": "dtotal",
        "Free disk": "dfree",
    },
    {"CPUs": "ctotal", "Group": "group.uuid", "IP": "pip", "Tags": "tags"},
    options=[
        (
            option(
                "--role",
                type=click.Choice("MCRDO", case_sensitive=False),
                metavar="[M|C|R|D|O]",  # click 8.1 would write it small
                help="M master, C master candidate, R regular, D drained, O offline.",
            ),
            "role",
        ),
    ],
)

STORAGE_FIELDS = {
    "Name": "name",
    "Size": "size",
    "Used": "used",
    "Free": "free",
    "Allocatable": "allocatable",
}

VOLUME_FIELDS = {
    "Name": "name",
    "Group": "vg",
    "Size": "size",
    "Instance": "instance",
    "Device": "phys",
}

ON_NODE = {
    "primary-only": lambda node: ["=", "pnode", node],
    "secondary-only": lambda node: ["=[]", "snodes", node],
    "all": lambda node: ["|", ["=", "pnode", node], ["=[]", "snodes", node]],
}
"""The filters for the instances that an evacuation moves, by its mode."""


async def evacuated(client: AllMethods, values: Mapping[str, Any]) -> list[str]:
    # Any: each parameter's own
    """The instances that leave a node."""
    node = full_name("node", values["node"], await client.list_nodes())
    answer = await client.query("instance", ["name"], ON_NODE[values["mode"]](node))
    return values_of(answer)


def _set_power(client: AllMethods, node: str, command: str, **values: Any) -> Any:
    # Any: a coroutine, and each parameter's own
    return client.set_node_power(node, command, **values)


ACTIONS = (
    Action(
        "set-role",
        "set_node_role",
        "Give a node a role.",
        [
            argument(
                "role", type=click.Choice(["master-candidate", "regular", "drained", "offline"])
            ),
            option_of("OP_NODE_SET_PARAMS", "force"),
            option_of("OP_NODE_SET_PARAMS", "auto_promote", "--auto-promote/--no-auto-promote"),
        ],
        each="node",
    ),
    Action(
        "modify",
        "modify_node",
        "Change a node's parameters; --set changes any other.",
        [
            option_of("OP_NODE_SET_PARAMS", "offline", "--offline/--online"),
            option_of("OP_NODE_SET_PARAMS", "drained", "--drained/--not-drained"),
            option_of("OP_NODE_SET_PARAMS", "vm_capable", "--vm-capable/--not-vm-capable"),
            option_of(
                "OP_NODE_SET_PARAMS", "master_capable", "--master-capable/--not-master-capable"
            ),
            NDPARAMS,
        ],
        takes=("set",),
        each="node",
    ),
    Action(
        "migrate",
        "migrate_node",
        "Migrate all primary instances away from a node.",
        [
            *(MIGRATION_MODE, IALLOCATOR, TARGET_NODE),
        ],
        takes=("dry_run",),
        each="node",
    ),
    Action(
        "evacuate",
        "evacuate_node",
        "Move instances away from a node, and wait for the jobs that do it.",
        [
            argument_of("OP_NODE_EVACUATE", "mode"),
            *(IALLOCATOR, REMOTE_NODE, EARLY_RELEASE),
        ],
        takes=("dry_run",),
        each="node",
        hits=evacuated,
        parallel=1,
    ),
    Action(
        "powercycle",
        "powercycle_node",
        "Reset a node, hard.",
        [option_of("OP_NODE_POWERCYCLE", "force")],
        "Reset {node}, hard? What runs there is lost.",
        each="node",
    ),
)

REMOVE = Action(
    "remove",
    "remove_node",
    "Take a node that holds no instances out of the cluster.",
    [],
    "Take {node} out of the cluster?",
    takes=("dry_run",),
    each="node",
)
RESTRICTED = Action(
    "restricted-command",
    "run_restricted_command",
    "Run a program that the node's administrator has put there for this.",
    [argument("command")],
    "Run {command} on {node}?",
    each="node",
)
POWER_ACTIONS = tuple(
    Action(
        name,
        partial(_set_power, command=f"power-{name}"),
        f"{summary}, by out-of-band management.",
        [option_of("OP_OOB_COMMAND", "ignore_status")] if name == "off" else [],
        question,
        each="node",
    )
    for name, summary, question in (
        ("on", "Switch a node on", ""),
        ("off", "Switch a node off", "Switch {node} off, hard? What runs there is lost."),
        ("cycle", "Switch a node off and on", "Reset {node}, hard? What runs there is lost."),
    )
)

STORAGE_ACTIONS = (
    Action(
        "modify",
        "modify_node_storage",
        "Change whether instances may be put on a storage unit.",
        [NODE, STORAGE_TYPE, UNIT, ALLOCATABLE],
    ),
    Action(
        "repair",
        "repair_node_storage",
        "Repair a storage unit; only lvm-vg can be repaired.",
        [NODE, STORAGE_TYPE, UNIT],
    ),
)


def list_volumes(session: Session, node: str, look: Look) -> None:
    """Run the job that lists volumes, and show its result."""
    fields = list(VOLUME_FIELDS.values())
    _list_by_job(
        session, VOLUME_FIELDS, look, lambda client: client.query_node_volumes(node, fields)
    )


def list_storage(session: Session, node: str, storage_type: str, look: Look) -> None:
    """Run the job that lists storage units, and show its result."""
    fields = list(STORAGE_FIELDS.values())
    _list_by_job(
        session,
        STORAGE_FIELDS,
        look,
        lambda client: client.query_node_storage(node, storage_type, fields),
    )


def _list_by_job(
    session: Session,
    columns: Mapping[str, str],
    look: Look,
    submit: Callable[[AllMethods], Awaitable[int]],
) -> None:
    async def work(client: AllMethods) -> Any:  # Any: JSON
        (rows,) = await client.submit_and_wait(submit(client))
        return [dict(zip(columns.values(), row)) for row in rows]

    session.show_table(Table(columns, session.ask(work)), look)


def _asking(name: str, method: str, summary: str) -> click.Command:
    """A command that prints the result of a job about a node."""

    def run(session: Session, node: str) -> None:
        async def work(client: AllMethods) -> Any:  # Any: JSON
            (((_, (status, value)),),) = await client.submit_and_wait(getattr(client, method)(node))
            if status:
                raise Failed(f"{node} has no out-of-band management, or it gave no answer", 6)
            return value

        session.show(session.ask(work))

    return command(name, summary, run, [NODE])


POWER = family(
    "power",
    "The power of nodes, by out-of-band management.",
    _asking("status", "query_node_power", "Ask whether a node is switched on; runs a job."),
    *map(action_command, POWER_ACTIONS),
)
STORAGE = family(
    "storage",
    "The storage units of nodes: file, lvm-pv, lvm-vg, …",
    command(
        "list",
        "List a node's units; runs a job.",
        looking(list_storage),
        [NODE, STORAGE_TYPE, *LOOK],
    ),
    *map(action_command, STORAGE_ACTIONS),
)

COMMANDS = (
    list_command(LIST),
    reading("show", "get_node", "Show a node.", [NODE]),
    reading("role", "get_node_role", "Show a node's role.", [NODE]),
    *map(action_command, (*ACTIONS, REMOVE, RESTRICTED)),
    command(
        "volumes", "List a node's LVM volumes; runs a job.", looking(list_volumes), [NODE, *LOOK]
    ),
    _asking("health", "query_node_health", "Ask how a node's parts do; runs a job."),
    POWER,
    STORAGE,
)
