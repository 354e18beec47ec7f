"""Jobs: their state, cancelling, waiting, and following one to its end."""

from __future__ import annotations

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import LIST, STRING, Integer, ListOf, Maybe
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.schemas import (
    ANYTHING,
    FLAG,
    LOG_ENTRY,
    TEXT,
    Property,
    items,
    list_of,
    maybe,
    object_of,
)
from ganeti_rapi.api.secrets import without_secrets
from ganeti_rapi.errors import JobDaemonError, NotFound
from ganeti_rapi.jsontext import Json

DEFAULT_WAIT = 10.0
LONGEST_WAIT = 60.0
"""Seconds that /2/jobs/[job_id]/wait waits by default and at the most."""


async def cancel(call: Call, job_id: int) -> Json:
    """DELETE /2/jobs/[job_id]: [whether it was canceled, why]. Source: LUXI CancelJob."""
    answer: list[Json] = await call.daemon.call("CancelJob", job_id, False)
    if not answer[0]:
        await _must_exist(call, job_id)
    return answer


async def _must_exist(call: Call, job_id: int) -> None:
    ((status,),) = await call.daemon.call("QueryJobs", [job_id], ["status"])
    if status is None:
        raise NotFound(f"There is no job {job_id}")


WAIT_PARAMS = (
    Param("fields", ListOf(STRING), "The fields of the job to watch, such as status."),
    Param(
        "previous_job_info",
        Maybe(LIST),
        "The fields' last known values; null to get the values at once.",
        None,
    ),
    Param(
        "previous_log_serial",
        Maybe(Integer()),
        "The serial number of the last log entry received; null to get all entries.",
        None,
    ),
)
WAIT_REPLY = maybe(
    object_of(
        {
            "job_info": Property(list_of(ANYTHING), "The values of the fields."),
            "log_entries": Property(
                list_of(LOG_ENTRY), "New log entries: serial number, time, type and message."
            ),
        }
    )
)
CANCEL_REPLY = items(FLAG, TEXT)


async def wait(
    call: Call,
    job_id: int,
    timeout: float,
    fields: list[str],
    previous_job_info: list[Json] | None = None,
    previous_log_serial: int | None = None,
) -> Json:
    """GET /2/jobs/[job_id]/wait: null when nothing changed in time.

    Source: the requirements, ``/2/jobs/[job_id]/wait``; LUXI WaitForJobChange.
    """
    try:
        change = await call.jobs.wait(
            job_id, fields, previous_job_info, previous_log_serial, timeout
        )
    except JobDaemonError as error:
        if error.class_name == "JobLost":
            raise NotFound(f"There is no job {job_id}, or it is archived") from None
        raise
    if change is None:
        return None
    job_info, log_entries = change
    return {"job_info": without_secrets(job_info), "log_entries": log_entries}
