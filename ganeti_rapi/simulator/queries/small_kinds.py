"""The fields of jobs, job filter rules, exports and locks."""

from __future__ import annotations

from attrs import frozen

from ganeti_rapi.simulator.queries.context import JobView, LockView
from ganeti_rapi.simulator.queries.fields import (
    NO_DATA,
    NORMAL,
    Field,
    FieldKind,
    Reading,
    Table,
    attribute,
    attribute_if_any,
    table,
)
from ganeti_rapi.simulator.queries.live import silence
from ganeti_rapi.simulator.state import FilterRule, Node


@frozen
class MissingJob:
    """A job that was asked for by its id and does not exist; all it has is the id."""

    id: int


@frozen
class Export:
    """An exported instance on a node, or a node that holds none."""

    node: Node
    name: str | None


def _export_name(_: object, export: Export) -> Reading:
    return silence(export.node) or (NO_DATA if export.name is None else (NORMAL, export.name))


# Name, title, kind and doc.
_JOB_ROWS: list[tuple[str, str, FieldKind, str]] = [
    ("archived", "Archived", "bool", "Whether it is out of the queue's working set"),
    ("end_ts", "End", "other", "When it ended: seconds and microseconds"),
    ("id", "ID", "number", "Its id"),
    ("opend", "OpCode_end", "other", "When each opcode ended"),
    ("opexec", "OpCode_exec", "other", "When each opcode had its locks and began to act"),
    ("oplog", "OpCode_log", "other", "What each opcode reported so far"),
    ("oppriority", "OpCode_prio", "other", "The priority of each opcode"),
    ("opresult", "OpCode_result", "other", "What each opcode returned"),
    ("ops", "OpCodes", "other", "Its opcodes with their parameters"),
    ("opstart", "OpCode_start", "other", "When each opcode began, to wait for its locks first"),
    ("opstatus", "OpCode_status", "other", "The status of each opcode"),
    ("priority", "Priority", "number", "Its priority, from 19 (last) to -20 (first)"),
    ("received_ts", "Received", "other", "When it was submitted: seconds and microseconds"),
    ("start_ts", "Start", "other", "When it began: seconds and microseconds"),
    ("status", "Status", "text", "Its status"),
    ("summary", "Summary", "other", "A line for each opcode: what it does to what"),
]

JOB_FIELDS: Table[JobView | MissingJob] = table(
    Field(name, title, kind, doc, attribute_if_any(name)) for name, title, kind, doc in _JOB_ROWS
)

# fmt: off
FILTER_FIELDS: Table[FilterRule] = table([
    Field("action", "Action", "other", "What becomes of a job that matches", attribute("action")),
    Field("predicates", "Predicates", "other",
          "What a job must match", attribute("predicates")),
    Field("priority", "Priority", "other",
          "Its rank; rules with lower numbers are tried first", attribute("priority")),
    Field("reason_trail", "ReasonTrail", "other",
          "Who added it and why", attribute("reason_trail")),
    Field("uuid", "UUID", "other", "Its UUID", attribute("uuid")),
    Field("watermark", "Watermark", "other",
          "The newest job's id when it was added", attribute("watermark")),
])

EXPORT_FIELDS: Table[Export] = table([
    Field("export", "Export", "text", "The name of the export", _export_name),
    Field("node", "Node", "text", "The node that holds it", attribute("node.name")),
])

LOCK_FIELDS: Table[LockView] = table([
    Field("mode", "Mode", "other", "Exclusive or shared, while it is held", attribute("mode")),
    Field("name", "Name", "other", "Its name", attribute("name")),
    Field("owner", "Owner", "other", "The jobs that hold it", attribute("owner")),
    Field("pending", "Pending", "other", "The jobs that wait for it", attribute("pending")),
])
# fmt: on
