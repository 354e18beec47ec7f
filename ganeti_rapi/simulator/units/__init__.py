"""What the opcodes of the simulated cluster do.

Each module has a table ``UNITS`` of the opcodes that it executes; `UNITS` is all of them. Read
`ganeti_rapi.simulator.task` first. A unit checks everything before its first ``yield`` and changes
the cluster after it, so that a dry run leaves no trace. What several steps rely on, such as free
memory, is checked again in the step that takes it: other jobs run in between.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.task import Unit
from ganeti_rapi.simulator.units import (
    backup,
    cluster,
    disks,
    group,
    group_move,
    instance,
    instance_create,
    instance_modify,
    instance_move,
    network,
    node,
    node_commands,
    node_move,
    node_storage,
    oses,
    power,
    tags,
    upkeep,
    verification,
)

__all__ = ["UNITS"]

_MODULES = (
    backup,
    cluster,
    disks,
    group,
    group_move,
    instance,
    instance_create,
    instance_modify,
    instance_move,
    network,
    node,
    node_commands,
    node_move,
    node_storage,
    oses,
    power,
    tags,
    upkeep,
    verification,
)

UNITS: Mapping[str, Unit] = {
    name: unit for module in _MODULES for name, unit in module.UNITS.items()
}
"""By ``OP_ID``."""
