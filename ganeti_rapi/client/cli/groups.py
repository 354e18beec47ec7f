"""`rapi groups`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli import completion, verifying
from ganeti_rapi.client.cli.commands import argument, reading
from ganeti_rapi.client.cli.filtering import values_of
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import (
    GROUP,
    IALLOCATOR,
    NDPARAMS,
    NEW_NAME,
    TARGET_GROUPS,
)
from ganeti_rapi.client.cli.submitting import Action, action_command

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

ALLOC_POLICY = option_of("OP_GROUP_ADD", "alloc_policy")

LIST = Listing(
    "get_groups",
    "List the groups.",
    "group",
    {"Name": "name", "Policy": "alloc_policy", "Nodes": "node_list"},
)


async def evacuated(client: AllMethods, values: Mapping[str, Any]) -> list[str]:
    # Any: each parameter's own
    """The instances that leave a group."""
    group = values["group"]
    where = ["|", ["=", "pnode.group", group], ["=[]", "snodes.group", group]]
    answer = await client.query("instance", ["name"], where)
    return values_of(answer)


ACTIONS = (
    Action(
        "create",
        "create_group",
        "Create an empty group.",
        [argument("name"), ALLOC_POLICY, NDPARAMS],
        takes=("set", "dry_run"),
    ),
    Action(
        "modify",
        "modify_group",
        "Change a group's parameters; --set changes any other.",
        [GROUP, ALLOC_POLICY, NDPARAMS],
        takes=("set",),
    ),
    Action(
        "rename",
        "rename_group",
        "Give a group another name.",
        [GROUP, NEW_NAME],
        takes=("dry_run",),
    ),
    Action(
        "assign-nodes",
        "assign_nodes",
        "Move nodes into a group.",
        [
            GROUP,
            argument("nodes", nargs=-1, required=True, shell_complete=completion.NODES),
            option_of("OP_GROUP_ASSIGN_NODES", "force"),
        ],
        takes=("dry_run",),
    ),
    Action(
        "evacuate",
        "evacuate_group",
        "Move all instances of a group into others, and wait for the jobs that do it.",
        [
            GROUP,
            TARGET_GROUPS,
            *(IALLOCATOR, option_of("OP_GROUP_EVACUATE", "early_release")),
            option_of("OP_GROUP_EVACUATE", "sequential"),
            option_of("OP_GROUP_EVACUATE", "force_failover"),
        ],
        takes=("set", "dry_run"),
        hits=evacuated,
    ),
    Action(
        "remove",
        "delete_group",
        "Remove an empty group.",
        [],
        "Remove {group}?",
        takes=("dry_run",),
        each="group",
    ),
)

COMMANDS = (
    list_command(LIST),
    reading("show", "get_group", "Show a group.", [GROUP]),
    *map(action_command, ACTIONS),
    *verifying.GROUPS,
)
