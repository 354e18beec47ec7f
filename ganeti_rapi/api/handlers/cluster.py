"""The cluster's information, operating systems, filter rules and queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganeti_rapi import shapes
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import LIST, NON_NEGATIVE, STRING, Anything, ListOf, Maybe
from ganeti_rapi.api.jobs import follow, reason_trail, submit
from ganeti_rapi.api.judging import PAIR
from ganeti_rapi.api.kinds import JOB, OS_FIELDS, QUERY_RESOURCES, as_is
from ganeti_rapi.api.lists.reading import fields_of, refuse_secrets
from ganeti_rapi.api.objects import CLUSTER_ALIASES, OS
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.queries import asked_by_client
from ganeti_rapi.api.schemas import (
    ANYTHING,
    COUNT,
    NAMES,
    TEXT,
    Property,
    any_of,
    items,
    list_of,
    object_of,
    one_of,
)
from ganeti_rapi.api.secrets import without_secrets
from ganeti_rapi.api.selecting import refuse_probing, selecting
from ganeti_rapi.errors import BadRequest, JobDaemonError, NotFound
from ganeti_rapi.jsontext import Encoded, Json, dumps


async def info(call: Call) -> Json:
    """GET /2/info. Source: LUXI QueryClusterInfo."""
    values: dict[str, Json] = await call.daemon.call("QueryClusterInfo")
    for name, alias in CLUSTER_ALIASES.items():
        if name in values:
            values[alias] = values[name]
    return values


async def operating_systems(call: Call, bulk: bool) -> Json:
    """GET /2/os: the names that an instance's ``os`` may have, or with ``bulk`` all details.

    Source: OP_OS_DIAGNOSE, a job whose end this waits for.
    """
    fields = OS_FIELDS if bulk else ("name", "variants")
    opcode: dict[str, Json] = {
        "OP_ID": "OP_OS_DIAGNOSE",
        "output_fields": list(fields),
        "names": [],
        "reason": reason_trail(call),
    }
    row = shapes.row_of(*(OS_SHAPES if bulk else NAME_SHAPES))
    job_id = await submit(call, [opcode])
    (rows,) = await follow(call, job_id, shapes.row_of(shapes.list_of(row)))
    if bulk:
        return [_os_details(dict(zip(fields, row))) for row in rows]
    return [name for row in rows for name in _variant_names(*row)]


NAME_SHAPES = (shapes.text, shapes.maybe(shapes.list_of(shapes.text)))
_PARAMETERS = shapes.list_of(shapes.row_of(shapes.anything, shapes.anything))
OS_SHAPES = [_PARAMETERS if name == "parameters" else shapes.anything for name in OS_FIELDS]


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


async def set_filter(
    call: Call,
    filter_uuid: str | None = None,
    priority: int = 0,
    predicates: Sequence[Json] = (),
    action: Json = "CONTINUE",
    reason: Sequence[Json] = (),
) -> Json:
    """POST /2/filters and PUT /2/filters/[filter_uuid]: the rule's uuid.

    Source: LUXI ReplaceFilter. What it cannot parse came from the client.
    """
    rule = (priority, list(predicates), action, list(reason))
    try:
        answer: Json = await call.daemon.call("ReplaceFilter", filter_uuid, *rule)
    except JobDaemonError as error:
        if error.class_name and error.text != _NO_UUID:
            raise
        raise BadRequest(f"The filter rule does not parse: {error.text}") from None
    return answer


_NO_UUID = "Unable to parse UUID"
"""luxid's words for the URI of a rule that does not end in a uuid."""


async def delete_filter(call: Call, filter_uuid: str) -> Json:
    """DELETE /2/filters/[filter_uuid]: null. Source: LUXI DeleteFilter."""
    try:
        result: Json = await call.daemon.call("DeleteFilter", filter_uuid)
    except JobDaemonError as error:
        if error.class_name == "GenericError":  # this call only fails when there is no such rule
            raise NotFound(error.text) from None
        raise
    return result


QUERY_FIELDS = Param("fields", ListOf(STRING), "The names of the fields to show.")
QUERY_PARAMS = (
    Param("fields", Maybe(ListOf(STRING)), "The names of the fields to show.", None),
    Param("qfilter", Anything(), "The filter that the objects must pass; null for all.", None),
    Param("filter", Anything(), "The older name of `qfilter`.", None),
)
"""The body of PUT /2/query/[resource]."""

_DEFINITIONS = list_of(
    object_of(
        {
            "name": Property(TEXT, "The field's name."),
            "title": Property(TEXT, "The title of a column."),
            "kind": Property(
                one_of("unknown", "text", "bool", "number", "float", "unit", "timestamp", "other"),
                "How to show its values; `unit` is MiB.",
            ),
            "doc": Property(TEXT, "What it means."),
        }
    )
)
FIELDS_REPLY = object_of({"fields": Property(_DEFINITIONS, "The fields, in order.")})
QUERY_REPLY = object_of(
    {
        "fields": Property(_DEFINITIONS, "The fields, in order."),
        "data": Property(
            list_of(list_of(items(COUNT, ANYTHING))),
            "A row for each object: a pair of status and value for each field. 0 is normal, 1 an "
            "unknown field, 2 no data, 3 unavailable, 4 that the node is offline.",
        ),
    }
)
OS_REPLY = any_of(NAMES, list_of(object_of(OS)))


async def query(call: Call, resource: str, fields: list[str]) -> Encoded:
    """GET /2/query/[resource]. Source: LUXI Query."""
    return await asked_by_client(call, _table(call, known(resource), fields, None))


async def filtered_query(
    call: Call,
    resource: str,
    fields: list[str] | None = None,
    fields_in_query: list[str] | None = None,
    **filters: Json,
) -> Encoded:
    """PUT /2/query/[resource]. Old clients call the filter ``filter``. Source: LUXI Query."""
    resource = known(resource)
    fields = fields_in_query if fields is None else fields
    if fields is None:
        QUERY_FIELDS.refuse_missing()
    assert fields is not None
    qfilter = filters.get("qfilter", filters.get("filter"))
    refuse_secrets(resource, list(fields_of(qfilter)))
    return await asked_by_client(call, _table(call, resource, fields, qfilter))


async def query_fields(call: Call, resource: str, fields: list[str] | None) -> Json:
    """GET /2/query/[resource]/fields. Source: LUXI QueryFields."""
    answer: Json = await asked_by_client(
        call, call.daemon.call("QueryFields", known(resource), fields)
    )
    return answer


def known(resource: str) -> str:
    """What can be queried. Raises `NotFound` for anything else."""
    if resource not in QUERY_RESOURCES:
        names = ", ".join(QUERY_RESOURCES)
        raise NotFound(f"'{resource}' cannot be queried; use one of {names}")
    return resource


async def _table(call: Call, resource: str, fields: list[str], qfilter: Json) -> Encoded:
    """The answer to a query, encoded slice by slice, so that a long one holds up nobody."""
    finish: Callable[[Any], Any] = without_secrets if resource == JOB.name else as_is
    refuse_probing(call, resource, qfilter)
    chosen = await selecting(call, resource, fields, PAIR)
    parts = call.daemon.table(resource, chosen.fields, qfilter)
    definitions = (await anext(parts))[: len(fields)]
    text = Encoded(b'{"fields":' + dumps(definitions) + b',"data":[')
    comma = b""
    async for rows in parts:
        if shown := await chosen.shown(rows):
            text.add(comma + dumps(finish(shown))[1:-1])
            comma = b","
    text.add(b"]}")
    return text
