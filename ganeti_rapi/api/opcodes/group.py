"""Opcodes on node groups."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    ALLOC_POLICY,
    DISK_STATE,
    DISKPARAMS,
    FORCE,
    GROUP_NAME,
    HV_STATE,
    IPOLICY,
    NDPARAMS,
    NEW_NAME,
    NODE_UUIDS,
    NODES,
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
