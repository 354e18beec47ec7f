"""The part of `rapi instances` that starts, stops and moves them."""

from __future__ import annotations

from ganeti_rapi.client.cli import completion, exports
from ganeti_rapi.client.cli.commands import argument
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import (
    IALLOCATOR,
    INSTANCE,
    MIGRATION_MODE,
    TARGET_GROUPS,
    TARGET_NODE,
)
from ganeti_rapi.client.cli.submitting import Action

REBOOT_TYPE = option_of("OP_INSTANCE_REBOOT", "reboot_type", "--type", hint="Default: hard.")

ACTIONS = (
    Action(
        "start",
        "start_instance",
        "Start an instance.",
        [option_of("OP_INSTANCE_STARTUP", "force")],
        takes=("dry_run",),
        each="instance",
    ),
    Action(
        "stop",
        "stop_instance",
        "Shut an instance down.",
        [option_of("OP_INSTANCE_SHUTDOWN", "timeout")],
        takes=("set", "dry_run"),
        each="instance",
        stops=True,
    ),
    Action(
        "reboot",
        "reboot_instance",
        "Reboot an instance.",
        [REBOOT_TYPE],
        takes=("set", "dry_run"),
        each="instance",
        stops=True,
    ),
    Action(
        "migrate",
        "migrate_instance",
        "Move an instance to another node while it runs.",
        [
            TARGET_NODE,
            MIGRATION_MODE,
            option_of("OP_INSTANCE_MIGRATE", "cleanup"),
        ],
        takes=("set",),
        each="instance",
    ),
    Action(
        "failover",
        "failover_instance",
        "Stop an instance and start it on another node.",
        [
            TARGET_NODE,
            IALLOCATOR,
            option_of("OP_INSTANCE_FAILOVER", "ignore_consistency"),
        ],
        takes=("set",),
        each="instance",
        stops=True,
    ),
    Action(
        "move",
        "move_instance",
        "Move an instance by copying its disks; it is down meanwhile.",
        [
            INSTANCE,
            argument("target_node", metavar="NODE", shell_complete=completion.NODES),
            option_of("OP_INSTANCE_MOVE", "ignore_consistency"),
        ],
        "Move {instance} to {target_node}? It is down until its disks are copied.",
        takes=("set",),
    ),
    Action(
        "change-group",
        "change_instance_group",
        "Move an instance into another node group, and wait for the jobs that do it.",
        [TARGET_GROUPS, IALLOCATOR, option_of("OP_INSTANCE_CHANGE_GROUP", "early_release")],
        takes=("set",),
        each="instance",
    ),
    *exports.ACTIONS,
)
