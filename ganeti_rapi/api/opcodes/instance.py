"""Opcodes on the life of an instance: start, stop, move, rename, reinstall, remove."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import BOOLEAN, Maybe, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    ALLOW_RUNTIME_CHANGES,
    BEPARAMS,
    CLEANUP,
    FORCE,
    FORCE_VARIANT,
    HVPARAMS,
    IALLOCATOR,
    IGNORE_CONSISTENCY,
    IGNORE_IPOLICY,
    IGNORE_OFFLINE_NODES,
    INSTANCE_NAME,
    INSTANCE_UUID,
    IP_CHECK,
    LIVE,
    MAYBE_OBJECT,
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
    TARGET_NODE,
    TARGET_NODE_UUID,
    Param,
)

OPCODES = (
    Opcode(
        "OP_INSTANCE_STARTUP",
        "Starts an instance.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            evolve(FORCE, doc="Whether to go on even if the secondary node's disks fail."),
            IGNORE_OFFLINE_NODES,
            evolve(HVPARAMS, doc="Hypervisor parameters for this run only."),
            evolve(BEPARAMS, doc="Backend parameters for this run only; memory in MiB."),
            NO_REMEMBER,
            Param(
                "startup_paused",
                BOOLEAN,
                "Whether the instance waits, started but paused, for somebody at its console.",
                False,
            ),
            SHUTDOWN_TIMEOUT,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_SHUTDOWN",
        "Shuts an instance down.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            FORCE,
            IGNORE_OFFLINE_NODES,
            evolve(SHUTDOWN_TIMEOUT, name="timeout"),
            NO_REMEMBER,
            Param(
                "admin_state_source",
                Maybe(OneOf(("admin", "user"))),
                "Who stopped the instance, as far as Ganeti records it: its administrator or, from "
                "within, its user.",
                None,
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_REBOOT",
        "Reboots an instance.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            SHUTDOWN_TIMEOUT,
            Param(
                "ignore_secondaries",
                BOOLEAN,
                "Whether a full reboot goes on when the secondary node's disks do not come up.",
                False,
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
            INSTANCE_NAME,
            INSTANCE_UUID,
            FORCE_VARIANT,
            evolve(OS_TYPE, doc="The OS definition to install; by default the same as before."),
            evolve(OSPARAMS, check=MAYBE_OBJECT, default=None),
            OSPARAMS_PRIVATE,
            OSPARAMS_SECRET,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_RENAME",
        "Renames an instance, which must be down.",
        (INSTANCE_NAME, INSTANCE_UUID, NEW_NAME, NAME_CHECK, IP_CHECK),
        result="The instance's new name, in full.",
    ),
    Opcode(
        "OP_INSTANCE_REMOVE",
        "Shuts an instance down and removes it with its disks.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            SHUTDOWN_TIMEOUT,
            Param(
                "ignore_failures",
                BOOLEAN,
                "Whether a failed shutdown or disk removal is no reason to keep the instance.",
                False,
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_MIGRATE",
        "Moves an instance to another node while it runs.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            MIGRATION_MODE,
            LIVE,
            TARGET_NODE,
            TARGET_NODE_UUID,
            ALLOW_RUNTIME_CHANGES,
            IGNORE_IPOLICY,
            CLEANUP,
            IALLOCATOR,
            Param(
                "allow_failover",
                BOOLEAN,
                "Whether an instance that cannot be migrated is failed over instead.",
                False,
            ),
            Param(
                "ignore_hvversions",
                BOOLEAN,
                "Whether the two nodes may run different versions of the hypervisor.",
                False,
            ),
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_FAILOVER",
        "Moves an instance to another node by stopping it here and starting it there.",
        (
            INSTANCE_NAME,
            INSTANCE_UUID,
            SHUTDOWN_TIMEOUT,
            IGNORE_CONSISTENCY,
            TARGET_NODE,
            TARGET_NODE_UUID,
            IGNORE_IPOLICY,
            CLEANUP,
            IALLOCATOR,
        ),
        subject="instance_name",
    ),
    Opcode(
        "OP_INSTANCE_QUERY_DATA",
        "Shows all that is known of instances.",
        (
            Param(
                "use_locking",
                BOOLEAN,
                "Whether to lock the instances, so that no other job changes them meanwhile.",
                False,
            ),
            Param("instances", NAMES, "The names of the instances; none means all.", []),
            Param(
                "static",
                BOOLEAN,
                "Whether to show only what the configuration says, without asking the nodes.",
                False,
            ),
        ),
        result="An object of objects: by instance name, all that is known of it.",
    ),
)
