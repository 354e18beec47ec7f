"""The cluster's information, operating systems, filter rules and queries."""

from __future__ import annotations

from collections.abc import Sequence
from reprlib import repr as shortened
from typing import Any

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import BULK
from ganeti_rapi.api.checks import LIST, NON_NEGATIVE, STRING, Anything, CheckError, ListOf, Maybe
from ganeti_rapi.api.fields import JOB, OS_FIELDS, QUERY_RESOURCES
from ganeti_rapi.api.jobs import follow, submit
from ganeti_rapi.api.objects import CLUSTER_ALIASES, OS
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.schemas import (
    ANYTHING,
    COUNT,
    NAMES,
    TEXT,
    Field,
    any_of,
    items,
    list_of,
    object_of,
    one_of,
)
from ganeti_rapi.api.secrets import without_secrets
from ganeti_rapi.errors import BadGateway, BadRequest, JobDaemonError, NotFound
from ganeti_rapi.jsontext import Json


async def info(call: Call) -> Json:
    """GET /2/info. Source: LUXI QueryClusterInfo."""
    values: dict[str, Json] = await call.daemon.call("QueryClusterInfo")
    for name, alias in CLUSTER_ALIASES.items():
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


FILTER_PARAMS = (
    Param("priority", NON_NEGATIVE, "Rules with lower numbers are tried first.", 0),
    Param(
        "predicates",
        LIST,
        "The jobs that it is for: pairs of a kind, such as jobid or opcode, and a condition.",
        [],
    ),
    Param(
        "action",
        Anything(),
        "What happens to these jobs: ACCEPT, PAUSE, REJECT, CONTINUE or [RATE_LIMIT, number].",
        "CONTINUE",
    ),
    Param("reason", LIST, "Why it is made, as a reason trail.", []),
)
"""What a filter rule consists of."""


def _filter_arguments(call: Call) -> list[Json]:
    body = call.required_object()
    if unknown := sorted(body.keys() - {param.name for param in FILTER_PARAMS}):
        raise BadRequest(f"A filter rule has no parameter {shortened(unknown[0])}")
    return [_filter_value(param, body) for param in FILTER_PARAMS]


def _filter_value(param: Param, body: dict[str, Json]) -> Json:
    try:
        return param.check(body[param.name]) if param.name in body else param.default  # type: ignore[return-value]  # none is required
    except CheckError as error:
        raise BadRequest(f"Invalid parameter '{param.name}' of the filter rule: {error}") from None


async def add_filter(call: Call) -> Json:
    """POST /2/filters: the new rule's uuid."""
    return await _replace_filter(call, None)


async def replace_filter(call: Call) -> Json:
    """PUT /2/filters/[filter_uuid]: the rule's uuid."""
    return await _replace_filter(call, call.items["filter_uuid"])


async def _replace_filter(call: Call, uuid: str | None) -> Json:
    """Source: LUXI ReplaceFilter. What it cannot parse came from the client."""
    try:
        answer: Json = await call.daemon.call("ReplaceFilter", uuid, *_filter_arguments(call))
    except JobDaemonError as error:
        if error.kind and error.text != _NO_UUID:
            raise
        raise BadRequest(f"The filter rule does not parse: {error.text}") from None
    return answer


_NO_UUID = "Unable to parse UUID"
"""luxid's words for the URI of a rule that does not end in a uuid."""


async def delete_filter(call: Call) -> Json:
    """DELETE /2/filters/[filter_uuid]: null. Source: LUXI DeleteFilter."""
    try:
        result: Json = await call.daemon.call("DeleteFilter", call.items["filter_uuid"])
    except JobDaemonError as error:
        if error.kind == "GenericError":  # all that this call can fail with: no such rule
            raise NotFound(error.text) from None
        raise
    return result


QUERY_PARAMS = (
    Param("fields", Maybe(ListOf(STRING)), "The names of the fields to show.", None),
    Param("qfilter", Anything(), "The filter that the objects must pass; null for all.", None),
    Param("filter", Anything(), "The older name of `qfilter`.", None),
)
"""The body of PUT /2/query/[resource]."""

_DEFINITIONS = list_of(
    object_of(
        {
            "name": Field(TEXT, "The field's name."),
            "title": Field(TEXT, "The title of a column."),
            "kind": Field(
                one_of("unknown", "text", "bool", "number", "float", "unit", "timestamp", "other"),
                "How to show its values; `unit` is MiB.",
            ),
            "doc": Field(TEXT, "What it means."),
        }
    )
)
FIELDS_REPLY = object_of({"fields": Field(_DEFINITIONS, "The fields, in order.")})
QUERY_REPLY = object_of(
    {
        "fields": Field(_DEFINITIONS, "The fields, in order."),
        "data": Field(
            list_of(list_of(items(COUNT, ANYTHING))),
            "A row for each object: a pair of status and value for each field. 0 is normal, 1 an "
            "unknown field, 2 no data, 3 unavailable, 4 that the node is offline.",
        ),
    }
)
OS_REPLY = any_of(NAMES, list_of(object_of(OS)))


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
    return without_secrets(answer) if arguments[0] == JOB.name else answer
