"""Opcodes on node groups."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.opcodes.opcode import JOBS, Opcode
from ganeti_rapi.api.params import (
    ALLOC_POLICY,
    DISK_STATE,
    DISKPARAMS,
    EARLY_RELEASE,
    FORCE,
    GROUP_NAME,
    HV_STATE,
    IALLOCATOR,
    IPOLICY,
    NDPARAMS,
    NEW_NAME,
    NODE_UUIDS,
    NODES,
    TARGET_GROUPS,
    flag,
    required,
)

_PROPERTIES = (ALLOC_POLICY, NDPARAMS, DISKPARAMS, HV_STATE, DISK_STATE, IPOLICY)

OPCODES = (
    Opcode(
        "OP_GROUP_ADD",
        "Adds an empty node group.",
        (GROUP_NAME, *_PROPERTIES),
        subject="group_name",
        result="null, or an object whose jobs are the jobs that were submitted to finish it.",
    ),
    Opcode(
        "OP_GROUP_ASSIGN_NODES",
        "Moves nodes into a group; their instances stay where they are.",
        (
            GROUP_NAME,
            evolve(FORCE, doc="Whether to go on even if that splits mirrored instances."),
            required(NODES),
            NODE_UUIDS,
        ),
        subject="group_name",
    ),
    Opcode(
        "OP_GROUP_EVACUATE",
        "Moves the instances of a node group into other groups, by jobs of its own.",
        (
            GROUP_NAME,
            EARLY_RELEASE,
            IALLOCATOR,
            TARGET_GROUPS,
            flag("sequential", "Whether one instance moves after the other."),
            flag("force_failover", "Whether running instances are stopped instead of migrated."),
        ),
        subject="group_name",
        result=JOBS,
    ),
    Opcode(
        "OP_GROUP_REMOVE",
        "Removes an empty node group.",
        (GROUP_NAME,),
        subject="group_name",
    ),
    Opcode(
        "OP_GROUP_RENAME",
        "Renames a node group.",
        (GROUP_NAME, NEW_NAME),
        result="The group's new name.",
    ),
    Opcode(
        "OP_GROUP_SET_PARAMS",
        "Changes a node group's parameters; what is null stays as it is.",
        (GROUP_NAME, *_PROPERTIES),
        subject="group_name",
        result="A list of pairs: the parameter's name and its new value.",
    ),
)
