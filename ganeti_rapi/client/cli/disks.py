"""The disks' part of `rapi instances`."""

from __future__ import annotations

from ganeti_rapi.client.cli.commands import argument
from ganeti_rapi.client.cli.opcodes import argument_of, option_of
from ganeti_rapi.client.cli.parameters import EARLY_RELEASE, IALLOCATOR, INSTANCE, REMOTE_NODE
from ganeti_rapi.client.cli.submitting import Action
from ganeti_rapi.client.cli.values import names, numbers, size

DISKS = option_of("OP_INSTANCE_REPLACE_DISKS", "disks", type=numbers, metavar="NUMBER,…")

ACTIONS = (
    Action(
        "grow-disk",
        "grow_disk",
        "Make a disk larger by an amount such as 2G.",
        [
            INSTANCE,
            argument_of("OP_INSTANCE_GROW_DISK", "disk"),
            argument("amount", type=size, metavar="AMOUNT"),
            option_of("OP_INSTANCE_GROW_DISK", "absolute"),
            option_of("OP_INSTANCE_GROW_DISK", "wait_for_sync", "--sync/--no-sync"),
        ],
        takes=("set",),
    ),
    Action(
        "replace-disks",
        "replace_disks",
        "Replace disks of a mirrored instance.",
        [
            option_of("OP_INSTANCE_REPLACE_DISKS", "mode", required=True),
            DISKS,
            REMOTE_NODE,
            IALLOCATOR,
            EARLY_RELEASE,
        ],
        each="instance",
    ),
    Action(
        "recreate-disks",
        "recreate_disks",
        "Create lost disks again, empty.",
        [
            DISKS,
            option_of("OP_INSTANCE_RECREATE_DISKS", "nodes", type=names, metavar="NODE,…"),
            IALLOCATOR,
        ],
        "Create disks of {instance} again? What they hold is lost.",
        each="instance",
    ),
    Action(
        "activate-disks",
        "activate_disks",
        "Make a stopped instance's disks available on its node.",
        [option_of("OP_INSTANCE_ACTIVATE_DISKS", "ignore_size")],
        each="instance",
    ),
    Action(
        "deactivate-disks",
        "deactivate_disks",
        "Undo activate-disks.",
        [option_of("OP_INSTANCE_DEACTIVATE_DISKS", "force")],
        each="instance",
    ),
)
