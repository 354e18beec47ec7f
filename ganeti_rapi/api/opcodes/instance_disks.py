"""Opcodes on the disks of an instance."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import NON_NEGATIVE, Either, Items, ListOf, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    DISK_INDEX,
    DISK_PARAMETERS,
    EARLY_RELEASE,
    FORCE,
    IALLOCATOR,
    IGNORE_IPOLICY,
    INSTANCE,
    NODE_UUIDS,
    NODES,
    REMOTE_NODE,
    WAIT_FOR_SYNC,
    Param,
    flag,
)

OPCODES = (
    Opcode(
        "OP_INSTANCE_ACTIVATE_DISKS",
        "Makes the disks of an instance that is down usable on its node.",
        (
            *INSTANCE,
            flag(
                "ignore_size",
                "Whether to go on when the recorded size of a disk is not its real one.",
            ),
            evolve(WAIT_FOR_SYNC, default=False),
        ),
        subject="instance_name",
        result="A list with, for each disk, its node, its name for the instance and its path on "
        "the node.",
    ),
    Opcode(
        "OP_INSTANCE_DEACTIVATE_DISKS",
        "Takes down the disks of an instance.",
        (
            *INSTANCE,
            evolve(FORCE, doc="Whether to go on even if the instance seems to run."),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_GROW_DISK",
        "Makes a disk of an instance larger.",
        (
            *INSTANCE,
            WAIT_FOR_SYNC,
            Param("disk", DISK_INDEX, "The disk's index, counted from 0."),
            Param("amount", NON_NEGATIVE, "The MiB to add, or the new size with absolute."),
            flag("absolute", "Whether to take the amount for the new size of the disk."),
            IGNORE_IPOLICY,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_RECREATE_DISKS",
        "Creates the disks of an instance again, empty. The instance must be down.",
        (
            *INSTANCE,
            Param(
                "disks",
                Either((ListOf(NON_NEGATIVE), ListOf(Items((NON_NEGATIVE, DISK_PARAMETERS))))),
                "The indexes of the disks, or pairs of index and parameters to change (size in "
                "MiB); none means all disks.",
                [],
            ),
            evolve(NODES, doc="The new nodes, the primary first; none to keep the old ones."),
            NODE_UUIDS,
            IALLOCATOR,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_REPLACE_DISKS",
        "Replaces mirrored disks of an instance, or moves their mirror to another node.",
        (
            *INSTANCE,
            EARLY_RELEASE,
            IGNORE_IPOLICY,
            Param(
                "mode",
                OneOf(
                    (
                        "replace_auto",
                        "replace_new_secondary",
                        "replace_on_primary",
                        "replace_on_secondary",
                    )
                ),
                "Which side to replace; replace_auto repairs whichever side is broken.",
            ),
            Param(
                "disks",
                ListOf(DISK_INDEX),
                "The indexes of the disks; none means all disks.",
                [],
            ),
            *REMOTE_NODE,
            IALLOCATOR,
        ),
        subject="instance_name",
    ),
)
