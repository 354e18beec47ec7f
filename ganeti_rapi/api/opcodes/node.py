"""Opcodes on nodes and their storage units."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import BOOLEAN, NON_EMPTY_STRING, OBJECT, OneOf
from ganeti_rapi.api.opcodes.opcode import JOBS, Opcode
from ganeti_rapi.api.params import (
    ALLOW_RUNTIME_CHANGES,
    DISK_STATE,
    EARLY_RELEASE,
    FORCE,
    HV_STATE,
    IALLOCATOR,
    IGNORE_CONSISTENCY,
    IGNORE_IPOLICY,
    LIVE,
    MIGRATION_MODE,
    NDPARAMS,
    NODE,
    NODES,
    OUTPUT_FIELDS,
    REMOTE_NODE,
    STORAGE_NAME,
    STORAGE_TYPE,
    TARGET_NODE,
    Param,
    flag,
    nullable,
    optional,
)

OPCODES = (
    Opcode(
        "OP_NODE_EVACUATE",
        "Moves instances away from a node, by jobs of its own.",
        (
            EARLY_RELEASE,
            *NODE,
            *REMOTE_NODE,
            IALLOCATOR,
            Param(
                "mode",
                OneOf(("all", "primary-only", "secondary-only")),
                "Which instances to move: those that run on the node, those that it mirrors, or "
                "all.",
            ),
            optional(
                "ignore_soft_errors",
                BOOLEAN,
                "Whether the allocator may go on where it would only advise against a move.",
            ),
        ),
        subject="node_name",
        result=JOBS,
    ),
    Opcode(
        "OP_NODE_MIGRATE",
        "Migrates all instances that run on a node, by jobs of its own.",
        (
            *NODE,
            MIGRATION_MODE,
            LIVE,
            *TARGET_NODE,
            ALLOW_RUNTIME_CHANGES,
            IGNORE_IPOLICY,
            IALLOCATOR,
        ),
        subject="node_name",
        result=JOBS,
    ),
    Opcode(
        "OP_NODE_MODIFY_STORAGE",
        "Changes a storage unit of a node.",
        (
            *NODE,
            STORAGE_TYPE,
            STORAGE_NAME,
            Param(
                "changes",
                OBJECT,
                "What to change: allocatable, true or false, for LVM physical volumes.",
            ),
        ),
        subject="node_name",
    ),
    Opcode(
        "OP_NODE_POWERCYCLE",
        "Reboots a node at once, without shutting anything down.",
        (
            *NODE,
            evolve(FORCE, doc="Whether to reset even the master node."),
        ),
        subject="node_name",
        result="What the hypervisor says of it, or null.",
    ),
    Opcode(
        "OP_NODE_QUERY_STORAGE",
        "Lists storage units of nodes.",
        (
            OUTPUT_FIELDS,
            nullable(STORAGE_TYPE),
            NODES,
            STORAGE_NAME,
        ),
        result="A list with, for each storage unit, the list of the values of the fields.",
    ),
    Opcode(
        "OP_NODE_SET_PARAMS",
        "Changes a node's role and parameters; what is null stays as it is.",
        (
            *NODE,
            FORCE,
            HV_STATE,
            DISK_STATE,
            optional(
                "master_candidate",
                BOOLEAN,
                "Whether the node keeps a copy of the configuration and can become master.",
            ),
            optional("offline", BOOLEAN, "Whether Ganeti leaves the node alone."),
            optional("drained", BOOLEAN, "Whether the node gets no new instances."),
            flag(
                "auto_promote",
                "Whether other nodes become master candidates when there would be too few.",
            ),
            optional("master_capable", BOOLEAN, "Whether the node may become master."),
            optional("vm_capable", BOOLEAN, "Whether the node may hold instances."),
            optional(
                "secondary_ip", NON_EMPTY_STRING, "The address that the node replicates disks over."
            ),
            NDPARAMS,
            optional(
                "powered",
                BOOLEAN,
                "Whether Ganeti takes the node for powered on; needs out of band management.",
            ),
        ),
        subject="node_name",
        result="A list of pairs: the parameter's name and its new value.",
    ),
    Opcode(
        "OP_REPAIR_NODE_STORAGE",
        "Repairs a storage unit of a node, such as a volume group with missing disks.",
        (*NODE, STORAGE_TYPE, STORAGE_NAME, IGNORE_CONSISTENCY),
        subject="node_name",
    ),
)
