"""From the opcodes that a client hands in to a job as the queue keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import BadRequest, JobDaemonError
from ganeti_rapi.simulator import arguments
from ganeti_rapi.simulator.jobs.job import Job, QueuedOpcode, reason_entry, timestamp
from ganeti_rapi.simulator.jobs.summary import summary
from ganeti_rapi.simulator.queries.refusals import shown
from ganeti_rapi.simulator.task import OpcodeJson


def new_job(job_id: int, ops: Sequence[OpcodeJson], now: float) -> Job:
    """A job as it is right after its submission.

    Opcodes get their defaults, the absolute ids of the jobs that they depend on, and an entry in
    their reason trail. Raises `JobDaemonError` for a relative id that leads to no job.
    """
    opcodes = [_queued_opcode(op, job_id, index, now) for index, op in enumerate(ops)]
    return Job(job_id, opcodes, timestamp(now))


def opcode(value: object) -> OpcodeJson:
    """An opcode as a client sent it. Raises ValueError when luxid would not understand it."""
    if not isinstance(value, dict):
        raise ValueError("Unable to read JSObject")
    for key in ("reason", "OP_ID"):
        if key not in value:
            raise ValueError(f"key '{key}' not found, object contains only {shown(list(value))}")
    parameters = {**value, "reason": arguments.reason_trail(value["reason"])}
    name = parameters.pop("OP_ID")
    if not isinstance(name, str) or name not in OPCODES:
        raise ValueError(f"Unknown opcode {name}")
    try:
        checked: OpcodeJson = {"OP_ID": name, **OPCODES[name].checked(parameters)}
    except BadRequest as error:
        raise ValueError(error.message) from None
    if not checked.get("depends"):
        return checked
    return {**checked, "depends": [[_number(other), how] for other, how in checked["depends"]]}


def dependencies(job: Job) -> set[int]:
    """The ids of all jobs that any opcode of the job depends on."""
    return {other for op in job.opcodes for other, _ in op.input["depends"] or ()}


def _queued_opcode(op: OpcodeJson, job_id: int, index: int, now: float) -> QueuedOpcode:
    name = op["OP_ID"]
    source = "gnt:opcode:" + name.removeprefix("OP_").lower()
    entry = reason_entry(source, f"job={job_id};index={index}", now)
    values = {
        **OPCODES[name].with_defaults(op),
        "OP_ID": name,
        "depends": _absolute(op.get("depends"), job_id),
        "reason": [*op.get("reason", ()), entry],
    }
    return QueuedOpcode(values, summary(OPCODES[name], values), op.get("priority") or 0)


def _number(job: int | str) -> int:
    """The number of a job, given by its digits; a negative one counts back."""
    return arguments.job_id(job) if isinstance(job, str) else job


def _absolute(depends: Any, job_id: int) -> list[Any] | None:  # Any: pairs of job id and statuses
    if depends is None:
        return None
    return [[_absolute_id(other, job_id), statuses] for other, statuses in depends]


def _absolute_id(other: int, job_id: int) -> int:
    absolute = job_id + other if other < 0 else other
    if absolute < 0:
        raise JobDaemonError("GenericError", f"Invalid value for job ID ' {absolute}'")
    return absolute
