"""Every opcode that the API submits, as data."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.api.opcodes.backup import OPCODES as _BACKUP
from ganeti_rapi.api.opcodes.cluster import OPCODES as _CLUSTER
from ganeti_rapi.api.opcodes.group import OPCODES as _GROUP
from ganeti_rapi.api.opcodes.instance import OPCODES as _INSTANCE
from ganeti_rapi.api.opcodes.instance_create import OPCODES as _INSTANCE_CREATE
from ganeti_rapi.api.opcodes.instance_disks import OPCODES as _INSTANCE_DISKS
from ganeti_rapi.api.opcodes.instance_modify import OPCODES as _INSTANCE_MODIFY
from ganeti_rapi.api.opcodes.network import OPCODES as _NETWORK
from ganeti_rapi.api.opcodes.node import OPCODES as _NODE
from ganeti_rapi.api.opcodes.node_commands import OPCODES as _NODE_COMMANDS
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.opcodes.upkeep import OPCODES as _UPKEEP
from ganeti_rapi.api.opcodes.verification import OPCODES as _VERIFICATION

__all__ = ["OPCODES", "Opcode"]

OPCODES: Mapping[str, Opcode] = {
    opcode.name: opcode
    for opcode in (
        *_BACKUP,
        *_CLUSTER,
        *_GROUP,
        *_INSTANCE,
        *_INSTANCE_CREATE,
        *_INSTANCE_DISKS,
        *_INSTANCE_MODIFY,
        *_NETWORK,
        *_NODE,
        *_NODE_COMMANDS,
        *_UPKEEP,
        *_VERIFICATION,
    )
}
"""By ``OP_ID``. Source: the opcodes of Ganeti 3.0.2, and OP_NETWORK_RENAME of 3.1."""
