"""What requests are answered with: the JSON Schemas of replies, and the errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti_rapi.api import objects
from ganeti_rapi.api.access import PUBLIC
from ganeti_rapi.api.cells import Cell, Constant, Stream, Text, WebSocket
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.handlers.instances import NEW_INSTANCE
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import INTEGER, TEXT, Property, component, object_of
from ganeti_rapi.api.sight import JUDGED
from ganeti_rapi.api.submissions import counts_once
from ganeti_rapi.errors import EXPLAIN

COMPONENTS: Mapping[str, Schema] = {
    "Node": object_of({**objects.NODE, **objects.NODE_ALONE}, [*objects.NODE_ALONE]),
    "Instance": object_of(objects.INSTANCE),
    "Group": object_of(objects.GROUP),
    "Network": object_of(objects.NETWORK),
    "Job": object_of({**objects.JOB, **objects.JOB_ALONE}, [*objects.JOB_ALONE]),
    "Filter": object_of(objects.FILTER),
    "Cluster": object_of(objects.CLUSTER_INFO),
    "NewInstance": NEW_INSTANCE.schema(),
    "Error": object_of(
        {
            "code": Property(INTEGER, "The status code."),
            "message": Property(TEXT, "What is wrong with this request."),
            "explain": Property(TEXT, "What the status code means in general."),
        }
    ),
}
"""The schemas that the document defines once."""


def responses(resource: Resource, method: str, cell: Cell) -> dict[str, Any]:  # Any: JSON
    """The replies that a request can get, by status code."""
    if isinstance(cell, WebSocket):
        return {"101": {"description": cell.reply}, **_errors(resource, method, cell)}
    media_type = "text/event-stream" if isinstance(cell, Stream) else "application/json"
    if isinstance(cell, Text):
        media_type = cell.content_type.partition(";")[0]
    good = {
        "200": {"description": cell.reply, "content": {media_type: {"schema": cell.reply_schema}}}
    }
    if isinstance(cell, Stream):
        good["204"] = {"description": "There is nothing to come any more."}
    return {**good, **_errors(resource, method, cell)}


def _errors(resource: Resource, method: str, cell: Cell) -> dict[str, Schema]:
    return {str(code): _reference(code) for code in error_codes(resource, method, cell)}


def changes_one(resource: Resource, method: str, cell: Cell) -> bool:
    """Whether it is a write to one object that has a ``serial_no``."""
    kinds = {cell.subject, *(item.removesuffix("_name") for item in resource.items)}
    return method not in ("GET", "HEAD") and not kinds.isdisjoint(JUDGED)


def _reference(code: int) -> Schema:
    return {"$ref": f"#/components/responses/{code}"}


def error_codes(resource: Resource, method: str, cell: Cell) -> list[int]:
    """The errors that a request can meet beyond those of HTTP itself."""
    asks_luxid = not isinstance(cell, Constant)
    reads_body = cell.body.schema() is not None
    when = {
        400: asks_luxid,
        401: True,
        403: cell.permission != PUBLIC or isinstance(cell, WebSocket),
        404: bool(resource.items),
        410: isinstance(cell, Listing),
        412: changes_one(resource, method, cell),
        413: reads_body,
        415: reads_body,
        422: counts_once(method, cell),
        426: isinstance(cell, WebSocket),
        429: True,
        500: asks_luxid,
        502: asks_luxid,
        503: asks_luxid,
        504: asks_luxid,
    }
    return [code for code, possible in when.items() if possible]


def error_responses() -> dict[str, Any]:  # Any: JSON
    """The errors, for the document's components."""
    content = {"application/json": {"schema": component("Error")}}
    return {str(code): {"description": text, "content": content} for code, text in EXPLAIN.items()}
