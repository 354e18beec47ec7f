"""Opcodes on the life of an instance: start, stop, move, rename, reinstall, remove."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import NON_EMPTY_STRING, OneOf
from ganeti_rapi.api.opcodes.opcode import JOBS, Opcode
from ganeti_rapi.api.params import (
    ALLOW_RUNTIME_CHANGES,
    BEPARAMS,
    CLEANUP,
    COMPRESS,
    EARLY_RELEASE,
    FORCE,
    FORCE_VARIANT,
    HVPARAMS,
    IALLOCATOR,
    IGNORE_CONSISTENCY,
    IGNORE_IPOLICY,
    IGNORE_OFFLINE_NODES,
    INSTANCE,
    IP_CHECK,
    LIVE,
    MIGRATION_MODE,
    NAME_CHECK,
    NAMES,
    NEW_NAME,
    NO_REMEMBER,
    OS_TYPE,
    OSPARAMS,
    OSPARAMS_PRIVATE,
    OSPARAMS_SECRET,
    SHUTDOWN_TIMEOUT,
    TARGET_GROUPS,
    TARGET_NODE,
    Param,
    and_uuid,
    flag,
    nullable,
    optional,
)

_MOVE_TARGET = and_uuid(
    Param("target_node", NON_EMPTY_STRING, "The name of the node to move to."), "The target node's"
)

OPCODES = (
    Opcode(
        "OP_INSTANCE_STARTUP",
        "Starts an instance.",
        (
            *INSTANCE,
            evolve(FORCE, doc="Whether to go on even if the secondary node's disks fail."),
            IGNORE_OFFLINE_NODES,
            evolve(HVPARAMS, doc="Hypervisor parameters for this run only."),
            evolve(BEPARAMS, doc="Backend parameters for this run only; memory in MiB."),
            NO_REMEMBER,
            flag(
                "startup_paused",
                "Whether the instance waits, started but paused, for somebody at its console.",
            ),
            SHUTDOWN_TIMEOUT,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_SHUTDOWN",
        "Shuts an instance down.",
        (
            *INSTANCE,
            FORCE,
            IGNORE_OFFLINE_NODES,
            evolve(SHUTDOWN_TIMEOUT, name="timeout"),
            NO_REMEMBER,
            optional(
                "admin_state_source",
                OneOf(("admin", "user")),
                "Who stopped the instance, as far as Ganeti records it: its administrator or, from "
                "within, its user.",
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_REBOOT",
        "Reboots an instance.",
        (
            *INSTANCE,
            SHUTDOWN_TIMEOUT,
            flag(
                "ignore_secondaries",
                "Whether a full reboot goes on when the secondary node's disks do not come up.",
            ),
            Param(
                "reboot_type",
                OneOf(("full", "hard", "soft")),
                "How: soft asks the instance; hard stops and starts it; full also takes its disks "
                "down and up again.",
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_REINSTALL",
        "Installs an instance's OS again. The instance must be down, and its data is lost.",
        (
            *INSTANCE,
            FORCE_VARIANT,
            evolve(OS_TYPE, doc="The OS definition to install; by default the same as before."),
            nullable(OSPARAMS),
            OSPARAMS_PRIVATE,
            OSPARAMS_SECRET,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_RENAME",
        "Renames an instance, which must be down.",
        (*INSTANCE, NEW_NAME, NAME_CHECK, IP_CHECK),
        result="The instance's new name, in full.",
    ),
    Opcode(
        "OP_INSTANCE_REMOVE",
        "Shuts an instance down and removes it with its disks.",
        (
            *INSTANCE,
            SHUTDOWN_TIMEOUT,
            flag(
                "ignore_failures",
                "Whether a failed shutdown or disk removal is no reason to keep the instance.",
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_MIGRATE",
        "Moves an instance to another node while it runs.",
        (
            *INSTANCE,
            MIGRATION_MODE,
            LIVE,
            *TARGET_NODE,
            ALLOW_RUNTIME_CHANGES,
            IGNORE_IPOLICY,
            CLEANUP,
            IALLOCATOR,
            flag(
                "allow_failover",
                "Whether an instance that cannot be migrated is failed over instead.",
            ),
            flag(
                "ignore_hvversions",
                "Whether the two nodes may run different versions of the hypervisor.",
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_FAILOVER",
        "Moves an instance to another node by stopping it here and starting it there.",
        (
            *INSTANCE,
            SHUTDOWN_TIMEOUT,
            IGNORE_CONSISTENCY,
            *TARGET_NODE,
            IGNORE_IPOLICY,
            CLEANUP,
            IALLOCATOR,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_MOVE",
        "Moves an instance whose disks are on one node only: stops it, copies them, starts it.",
        (
            *INSTANCE,
            SHUTDOWN_TIMEOUT,
            IGNORE_IPOLICY,
            *_MOVE_TARGET,
            COMPRESS,
            IGNORE_CONSISTENCY,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_CHANGE_GROUP",
        "Moves an instance into another node group, by jobs of its own.",
        (*INSTANCE, EARLY_RELEASE, IALLOCATOR, TARGET_GROUPS),
        subject="instance_name",
        result=JOBS,
    ),
    Opcode(
        "OP_INSTANCE_QUERY_DATA",
        "Shows all that is known of instances.",
        (
            flag(
                "use_locking",
                "Whether to lock the instances, so that no other job changes them meanwhile.",
            ),
            Param("instances", NAMES, "The names of the instances; none means all.", []),
            flag(
                "static",
                "Whether to show only what the configuration says, without asking the nodes.",
            ),
        ),
        result="An object of objects: by instance name, all that is known of it.",
    ),
)
