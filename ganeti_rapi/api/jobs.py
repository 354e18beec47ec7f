"""Submitting jobs, and following one to its end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ganeti_rapi.api.arguments import REASON, WAIT
from ganeti_rapi.api.call import FOREVER, Call
from ganeti_rapi.api.kinds import JOB
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.api.sight import check_submission
from ganeti_rapi.errors import (
    BadRequest,
    JobDaemonError,
    LuxiError,
    NotFound,
    Unavailable,
    from_job_daemon,
)
from ganeti_rapi.jsontext import Json
from ganeti_rapi.shapes import Shape, expect

OpcodeJson = Mapping[str, Json]


async def show_job(call: Call, job_id: int) -> dict[str, Any]:  # Any: each field's own JSON
    """A job as /2/jobs/[job_id] shows it. luxid answers an unknown job with nulls; that is 404."""
    job = JOB.item(await query_one(call, JOB, str(job_id), JOB.item_fields))
    if job["status"] is None:
        raise NotFound(f"There is no job {job_id}")
    return job


def reason_trail(call: Call) -> list[Json]:
    """Why an opcode is submitted: the user's words if given, and the resource with who asked.

    Entries are [source, reason, nanoseconds since the epoch], in the stock daemon's form, but that
    it leaves the second reason empty. ``gnt-job info`` shows them.
    """
    nanoseconds = int(call.now() * 1_000_000_000)
    trail: list[Json] = []
    if text := REASON.read(call.query):
        trail.append(["gnt:user", text, nanoseconds])
    trail.append([f"gnt:library:rlib2:{call.resource}", call.asked_by, nanoseconds])
    return trail


async def submit_job(call: Call, opcodes: Sequence[OpcodeJson]) -> Json:
    """Submit one job for a client: its id, or the job itself once it has ended.

    The client asks for the latter by ``return_timeout``, the most seconds that it is ready to wait.
    Once the job is submitted this raises no error any more: the reply is at least its id.
    """
    patience: Any = WAIT.read(call.query)  # Any: seconds, or None
    job_id = await submit(call, opcodes)
    if patience is None:
        return job_id
    try:
        ended = await _ends(call, job_id, patience)
        return await show_job(call, job_id) if ended else job_id
    except (LuxiError, NotFound):
        return job_id


async def submit(call: Call, opcodes: Sequence[OpcodeJson]) -> int:
    """Submit one job and return its id; of a request that counts once, that of the first time.

    Raises `LuxiError`, `Forbidden` for opcodes that the user may not submit, or `BadRequest` for
    the few values that pass Ganeti's own checks of an opcode and that luxid still cannot read.
    """
    if call.mark is None or call.once is None:
        job_id = await _submit(call, opcodes)
    else:
        entry = call.mark.entry(int(call.now() * 1_000_000_000))
        marked = [{**each, "reason": [*_trail(each), entry]} for each in opcodes]
        job_id = await call.once.submit(call.mark, partial(_submit, call, marked))
    call.submitted.append(job_id)
    return job_id


def _trail(opcode: OpcodeJson) -> Sequence[Json]:
    trail = opcode.get("reason")
    return trail if isinstance(trail, list) else []


async def _submit(call: Call, opcodes: Sequence[OpcodeJson]) -> int:
    await check_submission(call, opcodes)
    try:
        job_id: int = await call.daemon.call("SubmitJob", list(opcodes))
    except JobDaemonError as error:
        if not error.class_name:
            raise BadRequest(_unreadable(error.text)) from None
        if error.text.startswith(_NO_SUCH_ID):
            raise BadRequest("Invalid parameter depends: there is no job so far back") from None
        raise
    return job_id


def _unreadable(text: str) -> str:
    """Which parameter luxid could not read. The rest of its text may quote a secret value."""
    found = _UNREADABLE.search(text)
    return f"The job daemon cannot read the {f'value of {found[1]}' if found else 'opcode'}"


_NO_SUCH_ID = "Invalid value for job ID"
"""luxid's words for a relative job id of a dependency that leads to before the first job."""

_UNREADABLE = re.compile(r"Can't parse value for ('\w+')")


async def _ends(call: Call, job_id: int, patience: float) -> bool:
    """Whether a job ends within ``patience`` seconds. Returns as soon as it does."""
    ended = False
    async for state in call.jobs.changes(job_id, patience=patience):
        ended = state.ended
    return ended


async def follow(call: Call, job_id: int, shape: Shape) -> Sequence[Any]:
    # Any: each opcode's own result
    """Wait for a job's end; the results of its opcodes, which are of that shape.

    Raises the error that ended it, or `Unavailable` when the daemon ends first.
    """
    if not await _ends(call, job_id, FOREVER):
        raise Unavailable(f"The daemon is about to end before job {job_id}, which goes on")
    ((status, opstatus, opresult),) = await call.daemon.call(
        "QueryJobs", [job_id], ["status", "opstatus", "opresult"]
    )
    if status != "success":
        raise _failure(job_id, opstatus, opresult)
    results: Sequence[Any] = expect(opresult, shape, f"The result of job {job_id}")
    return results


def _failure(job_id: int, opstatus: Sequence[str], opresult: Sequence[object]) -> JobDaemonError:
    for state, result in zip(opstatus, opresult):
        if state == "error":
            error = from_job_daemon(result)
            return JobDaemonError(
                error.class_name, f"Job {job_id}: {error.text}", error.classification
            )
    return JobDaemonError("JobCanceled", f"Job {job_id} was canceled")
