"""What verifications of the cluster found: their jobs' logs and results, as a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganeti_rapi import shapes
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.schemas import (
    COUNT,
    FLAG,
    TEXT,
    Property,
    list_of,
    maybe,
    object_of,
    one_of,
)
from ganeti_rapi.errors import JobDaemonError, NotFound, from_job_daemon
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.jsontext import Json

Finding = dict[str, Json]
Job = Mapping[str, Any]  # Any: each field's own JSON

FIELDS = ("id", "status", "summary", "ops", "opstatus", "opresult", "oplog")
"""What is asked of each job."""

SEVERITIES = ("error", "warning", "notice")
_FINDING = {
    "severity": Property(one_of(*SEVERITIES), "How bad it is."),
    "code": Property(maybe(TEXT), "Ganeti's code for it, such as ENODELVM; null without one."),
    "kind": Property(TEXT, "What it is about: cluster, group, node, instance or job."),
    "object": Property(maybe(TEXT), "The name of that; null for the cluster."),
    "text": Property(TEXT, "What is wrong."),
    "job": Property(COUNT, "The id of the job that found it."),
}
_JOB = {
    "id": Property(COUNT, "The job's id."),
    "status": Property(maybe(TEXT), "Its status; null if it is not in the queue any more."),
    "summary": Property(list_of(TEXT), "What its opcodes do."),
}
REPORT_REPLY = object_of(
    {
        "id": Property(COUNT, "The job that was asked for."),
        "done": Property(FLAG, "Whether it and the jobs that it submitted have ended."),
        "ok": Property(maybe(FLAG), "Whether nothing is in error; null until all have ended."),
        "findings": Property(list_of(object_of(_FINDING)), "What was found so far."),
        "jobs": Property(list_of(object_of(_JOB)), "The job, and those that it submitted."),
    }
)

DISKS = "OP_GROUP_VERIFY_DISKS"
CHECKS = frozenset(
    {
        *("OP_CLUSTER_VERIFY", "OP_CLUSTER_VERIFY_CONFIG", "OP_CLUSTER_VERIFY_GROUP"),
        *("OP_CLUSTER_VERIFY_DISKS", DISKS),
    }
)
"""The opcodes that find something, or whose jobs do."""


async def report(call: Call, job_id: int) -> Json:
    """GET /2/verify/[job_id]: what a verification has found so far.

    Source: logs and results of the job and of those that it submitted. Raises `NotFound` for a job
    that is not there or does something else.
    """
    (job,) = await _jobs(call, [job_id])
    if job["status"] is None:
        raise NotFound(f"There is no job {job_id}")
    if not all(op["OP_ID"] in CHECKS for op in job["ops"]):
        raise NotFound(f"Job {job_id} verifies nothing")
    jobs = [job, *await _jobs(call, _submitted(job))]
    findings = [finding for each in jobs for finding in _findings(each)]
    done = all(each["status"] in (*FINAL_STATES, None) for each in jobs)
    in_error = any(finding["severity"] == "error" for finding in findings)
    shown = [
        {"id": each["id"], "status": each["status"], "summary": each["summary"] or []}
        for each in jobs
    ]
    return {
        "id": job_id,
        "done": done,
        "ok": not in_error if done else None,
        "findings": findings,
        "jobs": shown,
    }


async def _jobs(call: Call, ids: Sequence[int]) -> list[Job]:
    rows = await call.daemon.call("QueryJobs", list(ids), list(FIELDS)) if ids else []
    return [{**dict(zip(FIELDS, row)), "id": job_id} for job_id, row in zip(ids, rows)]


_SUBMITTED = shapes.record(jobs=shapes.list_of(shapes.row_of(shapes.flag, shapes.anything)))


def _submitted(job: Job) -> list[int]:
    """The ids of the jobs that a job has submitted."""
    results = [result for result in job["opresult"] if _SUBMITTED(result)]
    ids = [job_id for result in results for accepted, job_id in result["jobs"] if accepted]
    return shapes.expect(ids, shapes.list_of(shapes.whole), f"The result of job {job['id']}")


def _findings(job: Job) -> Iterator[Finding]:
    """What one job found, and why it failed if it did."""
    texts = (text for log in job["oplog"] or () for *_, message in log for text in _texts(message))
    found = [finding for text in texts if (finding := read_line(text))]
    for op, status, result in zip(job["ops"] or (), job["opstatus"] or (), job["opresult"] or ()):
        if status == "error":
            found.append(_of_error(job["id"], from_job_daemon(result)))
        elif op["OP_ID"] == DISKS and result is not None:
            found.extend(of_disks(result))
    if job["status"] in (None, "canceled"):
        how = "was canceled" if job["status"] else "is not in the queue any more"
        found.append(_finding("error", "job", str(job["id"]), f"Job {job['id']} {how}"))
    yield from ({**finding, "job": job["id"]} for finding in found)


def _texts(message: Any) -> Iterable[str]:  # Any: a log message, which is text or a list of texts
    return [message] if isinstance(message, str) else filter(shapes.text, message or ())


_WITH_CODE = re.compile(r" +- (ERROR|WARNING):(\w+):(\w+):([^:]*):(.*)", re.DOTALL)
_WITHOUT_CODE = re.compile(
    r" +- (ERROR|WARNING): (cluster|group|node|instance) (\S*): (.*)", re.DOTALL
)
_NOTE = re.compile(r" +- (ERROR|WARNING|NOTICE): (.*)", re.DOTALL)


def read_line(line: str) -> Finding | None:
    """The finding that a line of a verification's log tells of; None for all other lines.

    Source: ``_ErrorMsgList`` of Ganeti's ``cmdlib/cluster/verify.py``.
    """
    if match := _WITH_CODE.fullmatch(line):
        severity, code, kind, name, text = match.groups()
        return _finding(severity, kind, name, text, code)
    if match := _WITHOUT_CODE.fullmatch(line):
        return _finding(*match.groups())
    if match := _NOTE.fullmatch(line):
        severity, text = match.groups()
        return _finding(severity, "cluster", "", text)
    return None


def _finding(severity: str, kind: str, name: str, text: str, code: str | None = None) -> Finding:
    return {
        "severity": severity.lower(),
        "code": code,
        "kind": kind,
        "object": None if name in ("", "None") else name,
        "text": text,
    }


def _of_error(job_id: int, error: JobDaemonError) -> Finding:
    return _finding("error", "job", str(job_id), error.text)


_DISKS = shapes.row_of(shapes.record(), shapes.list_of(shapes.text), shapes.record())


def of_disks(result: Any) -> Iterator[Finding]:  # Any: JSON
    """What the result of OP_GROUP_VERIFY_DISKS tells of."""
    nodes, inactive, missing = shapes.expect(result, _DISKS, "The result of OP_GROUP_VERIFY_DISKS")
    for node, text in nodes.items():
        yield _finding("error", "node", node, f"The node's disks cannot be listed: {text}")
    for instance in inactive:
        yield _finding("warning", "instance", instance, "Disks are to be activated")
    for instance, volumes in missing.items():
        places = ", ".join(" ".join(map(str, each)) for each in volumes)
        yield _finding("error", "instance", instance, f"Volumes are missing: {places}")
