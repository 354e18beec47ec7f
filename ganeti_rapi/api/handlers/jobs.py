"""Jobs: their state, cancelling, waiting, and following one to its end."""

from __future__ import annotations

from attrs import frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import LIST, STRING, Integer, ListOf, Maybe
from ganeti_rapi.api.jobs import show_job
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.schemas import (
    ANYTHING,
    FLAG,
    LOG_ENTRY,
    TEXT,
    Field,
    items,
    list_of,
    maybe,
    object_of,
)
from ganeti_rapi.api.secrets import without_secrets
from ganeti_rapi.errors import BadRequest, JobDaemonError, NotFound
from ganeti_rapi.jsontext import Json

DEFAULT_WAIT = 10.0
LONGEST_WAIT = 60.0
"""Seconds that /2/jobs/[job_id]/wait waits by default and at the most."""


def _job_id(call: Call) -> int:
    return int(call.items["job_id"])


async def show(call: Call) -> Json:
    """GET /2/jobs/[job_id]."""
    return await show_job(call, _job_id(call))


async def cancel(call: Call) -> Json:
    """DELETE /2/jobs/[job_id]: [whether it was canceled, why]. Source: LUXI CancelJob."""
    job_id = _job_id(call)
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
            "job_info": Field(list_of(ANYTHING), "The values of the fields."),
            "log_entries": Field(
                list_of(LOG_ENTRY), "New log entries: serial number, time, type and message."
            ),
        }
    )
)
CANCEL_REPLY = items(FLAG, TEXT)


@frozen
class WaitRequest:
    """What a client wants to wait for. ``timeout`` is seconds."""

    fields: list[str]
    previous: list[Json] | None
    previous_serial: int | None
    timeout: float


async def wait(call: Call) -> Json:
    """GET /2/jobs/[job_id]/wait: null when nothing changed in time.

    Source: the requirements, ``/2/jobs/[job_id]/wait``; LUXI WaitForJobChange.
    """
    job_id, request = _job_id(call), _wait_request(call)
    try:
        change = await call.jobs.wait(
            job_id, request.fields, request.previous, request.previous_serial, request.timeout
        )
    except JobDaemonError as error:
        if error.kind == "JobLost":
            raise NotFound(f"There is no job {job_id}, or it is archived") from None
        raise
    if change is None:
        return None
    job_info, log_entries = change
    return {"job_info": without_secrets(job_info), "log_entries": log_entries}


def _wait_request(call: Call) -> WaitRequest:
    """The parameters of a wait, from the body or, without one, from the query arguments."""
    body = _body_or_query(call)
    return WaitRequest(
        _fields(body.get("fields")),
        _previous(body.get("previous_job_info")),
        _serial(body.get("previous_log_serial")),
        call.seconds("timeout", DEFAULT_WAIT, LONGEST_WAIT),
    )


def _body_or_query(call: Call) -> dict[str, Json]:
    if call.has_body:
        return call.object_body()
    if "fields" not in call.query:
        raise BadRequest(
            "Waiting needs the parameter 'fields': in a JSON body, or as a query argument"
        )
    return {"fields": call.words("fields"), "previous_log_serial": _number(call)}


def _number(call: Call) -> Json:
    text = call.text("previous_log_serial")
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise BadRequest(
            "Invalid value for the 'previous_log_serial' parameter: expected a number"
        ) from None


def _fields(value: Json) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadRequest("The parameter 'fields' must be a list of job fields, such as ['status']")
    return value


def _previous(value: Json) -> list[Json] | None:
    if value is not None and not isinstance(value, list):
        raise BadRequest("The parameter 'previous_job_info' must be a list of values or null")
    return value


def _serial(value: Json) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise BadRequest("The parameter 'previous_log_serial' must be a number or null")
    return value
