"""The operations of the document: one for each method of a resource."""

from __future__ import annotations

import re
from typing import Any

from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.cells import Cell, Stream, WebSocket
from ganeti_rapi.api.forms import Argument, Words
from ganeti_rapi.api.once import CHARACTERS, HEADER
from ganeti_rapi.api.openapi.replies import changes_one, responses
from ganeti_rapi.api.paths import PATH_ITEMS
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import TEXT
from ganeti_rapi.api.submissions import OfOpcode, counts_once

_LAST_EVENT_ID: dict[str, Any] = {  # Any: JSON
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event seen, to go on after it.",
    "schema": TEXT,
}
_IDEMPOTENCY_KEY: dict[str, Any] = {  # Any: as above
    "name": HEADER,
    "in": "header",
    "description": "A new name for this request, such as a UUID. Whoever sends it again with the "
    "same name gets the same job, and nothing is submitted; with another request, it is 422.",
    "schema": {"type": "string", "pattern": f'^"?{CHARACTERS}{{1,200}}"?$'},
}
_IF_MATCH: dict[str, Any] = {  # Any: as above
    "name": "If-Match",
    "in": "header",
    "description": "The object's ETag, or its `serial_no` in quotes: if it changed meanwhile, "
    "nothing is done and the reply is 412.",
    "schema": TEXT,
}


def operation_id(resource: Resource, method: str) -> str:
    """The name of a method of a resource, for generated clients."""
    return f"{method.lower()}_{resource.name}"


def operation(resource: Resource, method: str, cell: Cell) -> dict[str, Any]:  # Any: JSON
    """The description of one method of a resource."""
    described: dict[str, Any] = {  # Any: as above
        "operationId": operation_id(resource, method),
        "tags": [resource.family],
        "summary": re.split("[.:;]", cell.doc)[0],
        "description": f"{cell.doc} {for_whom(cell)}",
        "security": [*([{}] if cell.is_open(Rules.GANETI_3_0) else []), {"basic": []}],
        "x-permission": cell.permission,
        **({"x-opcode": _opcode(cell)} if isinstance(cell, OfOpcode) else {}),
        "parameters": _parameters(resource, method, cell),
        "responses": responses(resource, method, cell),
    }
    if (schema := cell.body.schema()) is not None:
        words = cell.body.words
        described["requestBody"] = {
            "description": f"{words[0].upper()}{words[1:]}.",
            "required": cell.body.needed,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _opcode(cell: OfOpcode) -> dict[str, Any]:  # Any: JSON
    """The opcode that a request submits, as far as the row says. A job's request is found by it."""
    return {"OP_ID": cell.opcode, **cell.fixed}


def for_whom(cell: Cell) -> str:
    """Who may call it, in a sentence."""
    if isinstance(cell, WebSocket):
        return "For whoever has a ticket."
    if cell.permission == PUBLIC:
        return "For anyone."
    takes = f"the permission `{cell.permission}`"
    return f"For anyone, or with `--access-rules 3.2` by {takes}." if cell.open else f"By {takes}."


def _parameters(resource: Resource, method: str, cell: Cell) -> list[dict[str, Any]]:  # Any: JSON
    return [
        *map(_path_parameter, resource.items),
        *map(_query_parameter, cell.arguments),
        *([_LAST_EVENT_ID] if isinstance(cell, Stream) else []),
        *([_IDEMPOTENCY_KEY] if counts_once(method, cell) else []),
        *([_IF_MATCH] if changes_one(resource, method, cell) else []),
    ]


def _path_parameter(name: str) -> dict[str, Any]:  # Any: JSON
    item = PATH_ITEMS[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": item.doc,
        "schema": item.schema,
    }


def _query_parameter(argument: Argument) -> dict[str, Any]:  # Any: JSON
    return {
        "name": argument.name,
        "in": "query",
        "required": argument.required,
        "description": argument.doc,
        "schema": argument.schema(),
        # Without a value it counts as absent.
        **({} if argument.required else {"allowEmptyValue": True}),
        **({"explode": False} if isinstance(argument.form, Words) else {}),
    }
