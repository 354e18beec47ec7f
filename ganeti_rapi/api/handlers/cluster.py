"""The cluster's information, operating systems, filter rules and queries."""

from __future__ import annotations

from collections.abc import Sequence
from reprlib import repr as shortened
from typing import Any

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import BULK
from ganeti_rapi.api.checks import Anything, Check, CheckError, Integer, ListOf
from ganeti_rapi.api.fields import OS_FIELDS, QUERY_RESOURCES
from ganeti_rapi.api.jobs import follow, submit
from ganeti_rapi.errors import BadGateway, BadRequest, JobDaemonError, NotFound
from ganeti_rapi.jsontext import Json

INFO_ALIASES = {"volume_group_name": "vg_name", "drbd_usermode_helper": "drbd_helper"}
"""Names in luxid's reply, and the names under which /2/modify takes the same settings."""


async def info(call: Call) -> Json:
    """GET /2/info. Source: LUXI QueryClusterInfo."""
    values: dict[str, Json] = await call.daemon.call("QueryClusterInfo")
    for name, alias in INFO_ALIASES.items():
        if name in values:
            values[alias] = values[name]
    return values


async def operating_systems(call: Call) -> Json:
    """GET /2/os: the names that an instance's ``os`` may have, or with ``bulk`` all details.

    Source: OP_OS_DIAGNOSE, a job whose end this waits for.
    """
    bulk = call.flag(BULK.name)
    fields = OS_FIELDS if bulk else ("name", "variants")
    opcode: dict[str, Json] = {
        "OP_ID": "OP_OS_DIAGNOSE",
        "output_fields": list(fields),
        "names": [],
        "reason": call.reason_trail(),
    }
    (rows,) = await follow(call, await submit(call, [opcode]))
    if not isinstance(rows, list):
        raise BadGateway("The job that lists the operating systems gave no list")
    if bulk:
        return [_os_details(dict(zip(fields, row))) for row in rows]
    return [name for row in rows for name in _variant_names(*row)]


def _variant_names(name: str, variants: Sequence[str] | None) -> list[str]:
    return [f"{name}+{variant}" for variant in variants] if variants else [name]


def _os_details(row: dict[str, Any]) -> dict[str, Any]:  # Any: each field's own JSON
    row["parameters"] = [
        {"name": name, "description": description} for name, description in row["parameters"]
    ]
    return row


_FILTER_CHECKS: dict[str, tuple[Check, Json]] = {
    "priority": (Integer(), 0),
    "predicates": (ListOf(Anything()), []),
    "action": (Anything(), "CONTINUE"),
    "reason": (ListOf(Anything()), []),
}


def _filter_arguments(call: Call) -> list[Json]:
    body = call.required_object()
    if unknown := sorted(body.keys() - _FILTER_CHECKS.keys()):
        raise BadRequest(f"A filter rule has no parameter {shortened(unknown[0])}")
    return [_filter_value(name, body) for name in _FILTER_CHECKS]


def _filter_value(name: str, body: dict[str, Json]) -> Json:
    check, default = _FILTER_CHECKS[name]
    try:
        return check(body.get(name, default))
    except CheckError as error:
        raise BadRequest(f"Invalid parameter '{name}' of the filter rule: {error}") from None


async def add_filter(call: Call) -> Json:
    """POST /2/filters: the new rule's uuid. Source: LUXI ReplaceFilter."""
    uuid: Json = await call.daemon.call("ReplaceFilter", None, *_filter_arguments(call))
    return uuid


async def replace_filter(call: Call) -> Json:
    """PUT /2/filters/[filter_uuid]: the rule's uuid. Source: LUXI ReplaceFilter."""
    arguments = _filter_arguments(call)
    uuid: Json = await call.daemon.call("ReplaceFilter", call.items["filter_uuid"], *arguments)
    return uuid


async def delete_filter(call: Call) -> Json:
    """DELETE /2/filters/[filter_uuid]: null. Source: LUXI DeleteFilter."""
    try:
        result: Json = await call.daemon.call("DeleteFilter", call.items["filter_uuid"])
    except JobDaemonError as error:
        if error.kind == "GenericError":  # all that this call can fail with: no such rule
            raise NotFound(error.text) from None
        raise
    return result


async def query(call: Call) -> Json:
    """GET /2/query/[resource]. Source: LUXI Query."""
    fields = _field_names(call.words("fields"))
    return await _ask(call, "Query", _query_resource(call), fields, None)


async def filtered_query(call: Call) -> Json:
    """PUT /2/query/[resource]. Old clients call the filter ``filter``. Source: LUXI Query."""
    body = call.required_object()
    fields = _field_names(body.get("fields", call.words("fields")))
    query_filter = body.get("qfilter", body.get("filter"))
    return await _ask(call, "Query", _query_resource(call), fields, query_filter)


async def query_fields(call: Call) -> Json:
    """GET /2/query/[resource]/fields. Source: LUXI QueryFields."""
    return await _ask(call, "QueryFields", _query_resource(call), call.words("fields"))


def _query_resource(call: Call) -> str:
    resource = call.items["resource"]
    if resource not in QUERY_RESOURCES:
        known = ", ".join(QUERY_RESOURCES)
        raise NotFound(f"Nothing called '{resource}' can be queried; there are {known}")
    return resource


def _field_names(fields: Json) -> list[str]:
    if fields is None:
        raise BadRequest("Missing parameter 'fields': the names of the fields to show")
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise BadRequest("The parameter 'fields' must be a list of field names")
    return fields


async def _ask(call: Call, method: str, *arguments: object) -> Json:
    """Query luxid; what it cannot parse came from the client, so that is the client's error."""
    try:
        answer: Json = await call.daemon.call(method, *arguments)
    except JobDaemonError as error:
        if not error.kind:
            raise BadRequest(f"The query does not parse: {error.text}") from None
        raise
    return answer
