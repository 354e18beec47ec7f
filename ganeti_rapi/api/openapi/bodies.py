"""What requests carry in their bodies: keys, and the JSON Schema of the whole.

The keys are the opcode's parameters, but for those that the URI, the query or the row already say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from ganeti_rapi.api.cells import Body, Cell, Submit
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import described


@frozen
class Key:
    """A key of a body. It may have two names, of which a request gives one."""

    names: Sequence[str]
    param: Param


def body_keys(row: Resource, cell: Cell) -> Sequence[Key]:
    """The keys that the body may have; none where it is no object of parameters."""
    if cell.body is Body.IGNORED or cell.body_check is not None:
        return ()
    other_names = {new: old for old, new in cell.renames.items()}
    return [
        Key((other_names[name], name) if name in other_names else (name,), param)
        for name, param in _params(row, cell).items()
    ]


def _params(row: Resource, cell: Cell) -> Mapping[str, Param]:
    own = {param.name: param for param in cell.body_params}
    if not isinstance(cell, Submit):
        return own
    of_opcode = OPCODES[cell.opcode].parameters
    if cell.body is Body.DEPENDS:
        return {"depends": of_opcode["depends"]}
    said = said_elsewhere(row, cell) | cell.forbidden
    return {**{name: param for name, param in of_opcode.items() if name not in said}, **own}


def said_elsewhere(row: Resource, cell: Submit) -> frozenset[str]:
    """The opcode's parameters that the path, the query or the row set, so that the body must not.

    A query argument without a default leaves its parameter to the body when it is not given.
    """
    by_path = (cell.as_list.get(item, item) for item in row.items)
    by_query = (arg.param for arg in cell.query if arg.required or arg.default is not None)
    return frozenset({*by_path, *by_query, *cell.fixed, "reason"} - {""})


def request_body(row: Resource, cell: Cell) -> dict[str, Any] | None:  # Any: JSON
    """The request body as an operation of the document describes it; None without one."""
    if cell.body is Body.IGNORED:
        return None
    keys = body_keys(row, cell)
    return {
        "description": f"{cell.body.value[0].upper()}{cell.body.value[1:]}.",
        "required": is_required(cell, keys),
        "content": {"application/json": {"schema": _schema(cell, keys)}},
    }


def is_required(cell: Cell, keys: Sequence[Key]) -> bool:
    """Whether there is no request without a body."""
    if cell.body is Body.PARAMETERS:
        return any(key.param.required for key in keys)
    return cell.body is Body.REQUIRED


def _schema(cell: Cell, keys: Sequence[Key]) -> Schema:
    if cell.body_check is not None:
        return cell.body_check.schema()
    schema: dict[str, Any] = {  # Any: JSON
        "type": "object",
        "properties": {name: _property(key, name) for key in keys for name in key.names},
        "required": [key.names[0] for key in keys if key.param.required and len(key.names) == 1],
        "additionalProperties": cell.body is Body.DEPENDS or cell.ignores_unknown,
    }
    if choices := [_one_name(key) for key in keys if len(key.names) > 1]:
        schema["allOf"] = choices
    return schema


def _property(key: Key, name: str) -> Schema:
    param = key.param
    doc = param.doc if name == key.names[0] else f"The same as `{key.names[0]}`."
    schema = described(param.check.schema(), doc)
    if not param.required:
        schema["default"] = param.default  # type: ignore[assignment]  # only REQUIRED is not JSON
    if param.secret:
        schema["writeOnly"] = True
    return schema


def _one_name(key: Key) -> Schema:
    """At most one of two names, or exactly one where the parameter is required."""
    if key.param.required:
        return {"oneOf": [{"required": [name]} for name in key.names]}
    return {"not": {"required": list(key.names)}}
