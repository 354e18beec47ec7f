"""The opcodes of the jobs that an opcode submits to do its work."""

from __future__ import annotations

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.simulator.state import Instance, Params
from ganeti_rapi.simulator.task import OpcodeJson, Task


def child(task: Task, name: str, values: Params) -> OpcodeJson:
    """An opcode that does a part of this one's work, and has its reason."""
    given = {"OP_ID": name, "reason": task.op.get("reason") or []}
    return dict(OPCODES[name].with_defaults({**given, **values}))


def child_for(task: Task, name: str, instance: Instance, values: Params) -> OpcodeJson:
    """The same, for an instance."""
    return child(task, name, {"instance_name": instance.name, **values})
