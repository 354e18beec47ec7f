"""Opcodes that run programs for nodes, list their volumes, and take nodes out of the cluster."""

from __future__ import annotations

from ganeti_rapi.api.checks import NON_EMPTY_STRING, Integer, Number, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    NAMES,
    NODE,
    NODE_UUIDS,
    NODES,
    OUTPUT_FIELDS,
    Param,
    flag,
    required,
)

OPCODES = (
    Opcode(
        "OP_OOB_COMMAND",
        "Runs an out-of-band command for nodes, by the program that their parameters name.",
        (
            Param("node_names", NAMES, "The names of the nodes; none means all.", []),
            NODE_UUIDS,
            Param(
                "command",
                OneOf(("health", "power-cycle", "power-off", "power-on", "power-status")),
                "What to do.",
            ),
            Param("timeout", Integer(), "How many seconds the program may take.", 60),
            flag("ignore_status", "Whether to switch a node off though it is not marked offline."),
            Param(
                "power_delay",
                Number(),
                "How many seconds lie between two nodes that are switched on.",
                2.0,
            ),
        ),
        result="A list with, for each node, two pairs of status and value: its name, and what the "
        "command gave. Status 0 is normal, 2 no data, 3 not supported.",
    ),
    Opcode(
        "OP_RESTRICTED_COMMAND",
        "Runs a program on nodes that their administrator has put there for this.",
        (
            flag("use_locking", "Whether no other job may change the nodes meanwhile."),
            required(NODES),
            NODE_UUIDS,
            Param("command", NON_EMPTY_STRING, "The name of the program."),
        ),
        result="A list with, for each node, a pair: whether it went well, and what it printed.",
    ),
    Opcode(
        "OP_NODE_QUERYVOLS",
        "Lists the LVM volumes of nodes.",
        (OUTPUT_FIELDS, NODES),
        result="A list with, for each volume, the list of the values of the fields, as strings.",
    ),
    Opcode(
        "OP_NODE_REMOVE",
        "Takes a node that holds no instances out of the cluster.",
        NODE,
        subject="node_name",
    ),
)
