"""Jobs and their opcodes as data, in the shapes in which LUXI shows them.

Nothing here acts: `ganeti_rapi.simulator.jobs.queue` keeps the jobs and
`ganeti_rapi.simulator.jobs.execution` takes them through their states.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.simulator.queries.small_kinds import JOB_FIELDS
from ganeti_rapi.simulator.task import OpcodeJson

QUEUED = "queued"
WAITING = "waiting"
RUNNING = "running"
SUCCESS = "success"
ERROR = "error"
CANCELED = "canceled"

Timestamp = list[int]
"""Seconds and microseconds since the epoch."""

LogEntry = list[Any]  # Any: [serial, timestamp, "message", text]


def timestamp(seconds: float) -> Timestamp:
    """A point in time as jobs show it."""
    microseconds = round(seconds * 1_000_000)
    return list(divmod(microseconds, 1_000_000))


def error_result(error: JobDaemonError) -> Any:  # Any: a list, or a string
    """An error as ``opresult`` and failed LUXI replies show it.

    `ganeti_rapi.errors.from_job_daemon` reads it back.
    """
    if not error.class_name:
        return error.text
    classification = [] if error.classification is None else [error.classification]
    return [error.class_name, [error.text, *classification]]


def reason_entry(source: str, text: str, seconds: float) -> list[Any]:  # Any: strings and a number
    """An entry of an opcode's reason trail; its time is in nanoseconds."""
    return [source, text, round(seconds * 1_000_000) * 1000]


@define(eq=False)
class QueuedOpcode:
    """One opcode of a job and what has become of it."""

    input: OpcodeJson
    summary: str
    priority: int = 0
    status: str = QUEUED
    result: Any = None  # Any: the opcode's own, or what `error_result` makes of its failure
    log: list[LogEntry] = field(factory=list)
    start: Timestamp | None = None
    """When it began to wait for its locks."""
    exec: Timestamp | None = None
    """When it had its locks and its checks had passed."""
    end: Timestamp | None = None

    @property
    def finalized(self) -> bool:
        """Whether it will not change any more."""
        return self.status in FINAL_STATES

    @property
    def shown(self) -> OpcodeJson:
        """The opcode as luxid shows it: without secrets, and with few of its nulls."""
        return {
            name: _hidden(name, value)
            for name, value in self.input.items()
            if value is not None or name in _SHOWN_IF_NULL
        }


_SHOWN_IF_NULL = frozenset({"depends", "comment"})

# What luxid shows in the place of each secret value.
_HIDDEN = {
    "osparams_private": None,
    "osparams_private_cluster": None,
    "osparams_secret": "<redacted>",
}


def _hidden(name: str, value: Any) -> Any:  # Any: an opcode's parameters are JSON of any shape
    if name in _HIDDEN and isinstance(value, dict):
        return dict.fromkeys(value, _HIDDEN[name])
    return value


def _of_each_opcode(name: str) -> Any:  # Any: a property; mypy cannot type one made by a function
    def values(job: Job) -> list[Any]:  # Any: of the attribute's own type
        return [getattr(opcode, name) for opcode in job.opcodes]

    return property(values, doc=f"The ``{name}`` of each opcode.")


@define(eq=False)
class Job:
    """A job. Its attributes bear the names of LUXI's job fields."""

    id: int
    opcodes: list[QueuedOpcode]
    received_ts: Timestamp
    start_ts: Timestamp | None = None
    end_ts: Timestamp | None = None
    archived: bool = False
    log_serial: int = 0
    """The serial of the newest log entry; serials run through the whole job."""

    ops = _of_each_opcode("shown")
    summary = _of_each_opcode("summary")
    opstatus = _of_each_opcode("status")
    opresult = _of_each_opcode("result")
    opstart = _of_each_opcode("start")
    opexec = _of_each_opcode("exec")
    opend = _of_each_opcode("end")
    oppriority = _of_each_opcode("priority")

    @property
    def oplog(self) -> list[list[LogEntry]]:
        """The log entries of each opcode."""
        return [list(opcode.log) for opcode in self.opcodes]

    @property
    def status(self) -> str:
        """That of the first opcode that has not succeeded."""
        return next((op.status for op in self.opcodes if op.status != SUCCESS), SUCCESS)

    @property
    def finalized(self) -> bool:
        """Whether the job will not change any more."""
        return self.status in FINAL_STATES

    @property
    def priority(self) -> int:
        """The most urgent (lowest) priority of the opcodes that are not done, or 0."""
        return min((op.priority for op in self.opcodes if not op.finalized), default=0)

    def add_log(self, opcode: QueuedOpcode, now: Timestamp, text: str) -> None:
        """Append a message to the log of one of the job's opcodes."""
        self.log_serial += 1
        opcode.log.append([self.log_serial, now, "message", text])

    def log_above(self, serial: int | None) -> list[LogEntry]:
        """The log entries that are newer than a serial; None asks for all of them."""
        if serial is None or serial < self.log_serial:
            entries = (entry for opcode in self.opcodes for entry in opcode.log)
            return [entry for entry in entries if serial is None or entry[0] > serial]
        return []

    def mark_unfinished(self, status: str, result: object, end: Timestamp | None = None) -> None:
        """Give all opcodes that are not done the same status and result."""
        for opcode in self.opcodes:
            if not opcode.finalized:
                opcode.status, opcode.result, opcode.end = status, result, end or opcode.end

    def values(self, fields: Sequence[str]) -> list[Any]:  # Any: of the fields' own types
        """The values of job fields. As in luxid, one unknown field makes all values null."""
        if not JOB_FIELDS.keys() >= set(fields):
            return [None for _ in fields]
        return [getattr(self, name) for name in fields]
