"""The operations of the document: one for each method of a resource."""

from __future__ import annotations

import re
from typing import Any

from ganeti_rapi.api.access import Access
from ganeti_rapi.api.cells import Arg, Cell, Stream, Submit
from ganeti_rapi.api.checks import Check, Maybe, Schema
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.openapi.bodies import request_body
from ganeti_rapi.api.openapi.replies import responses
from ganeti_rapi.api.resource import PATH_ITEMS, Resource
from ganeti_rapi.api.schemas import TEXT, list_of

_WORD: Schema = {"type": "string", "minLength": 1}  # an empty argument counts as absent

_ARGUMENT_SCHEMAS: dict[str, Schema] = {
    "flag": {"type": "integer", "enum": [0, 1]},
    "word": _WORD,
    "words": list_of(_WORD),
    "repeated": list_of(_WORD),
    "seconds": {"type": "number", "minimum": 0},
    "number": {"type": "integer"},
}

_LAST_EVENT_ID: dict[str, Any] = {  # Any: JSON
    "name": "Last-Event-ID",
    "in": "header",
    "description": "The id of the last event seen, to go on after it.",
    "schema": TEXT,
}


def operation_id(row: Resource, method: str) -> str:
    """The name of a method of a resource, for generated clients."""
    return f"{method.lower()}_{row.name}"


def operation(row: Resource, method: str, cell: Cell) -> dict[str, Any]:  # Any: JSON
    """The description of one method of a resource."""
    described: dict[str, Any] = {  # Any: as above
        "operationId": operation_id(row, method),
        "tags": [row.family],
        "summary": re.split("[.:;]", cell.doc)[0],
        "description": f"{cell.doc} For {cell.access.value}.",
        "security": [{}, {"basic": []}] if cell.access is Access.OPEN else [{"basic": []}],
        "parameters": _parameters(row, cell),
        "responses": responses(row, cell),
    }
    if (body := request_body(row, cell)) is not None:
        described["requestBody"] = body
    return described


def _parameters(row: Resource, cell: Cell) -> list[dict[str, Any]]:  # Any: JSON
    return [
        *map(_path_parameter, row.items),
        *(_query_parameter(arg, cell) for arg in cell.query),
        *([_LAST_EVENT_ID] if isinstance(cell, Stream) else []),
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


def _query_parameter(arg: Arg, cell: Cell) -> dict[str, Any]:  # Any: JSON
    return {
        "name": arg.name,
        "in": "query",
        "required": arg.required,
        "description": arg.doc,
        "schema": argument_schema(arg, cell),
        **({"explode": False} if arg.kind == "words" else {}),
    }


def value_check(arg: Arg, cell: Cell) -> Check | None:
    """The check of a word that goes into the opcode as it is; None for other arguments."""
    if arg.kind != "word" or not arg.param or not isinstance(cell, Submit):
        return None
    check = OPCODES[cell.opcode].parameters[arg.param].check
    return check.check if isinstance(check, Maybe) else check


def argument_schema(arg: Arg, cell: Cell) -> Schema:
    """The JSON Schema of a query argument."""
    check = value_check(arg, cell)
    schema = dict(_ARGUMENT_SCHEMAS[arg.kind]) if check is None else check.schema()
    if arg.longest is not None:
        schema["maximum"] = arg.longest
    if arg.default is not None:
        schema["default"] = int(arg.default) if arg.kind == "flag" else arg.default  # type: ignore[arg-type]  # a boolean
    return schema
