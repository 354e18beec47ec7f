"""Writes that are only for an object as the client saw it: the header If-Match.

An object's ETag ends in its ``serial_no``, which Ganeti counts up with each change of its
configuration. What the nodes tell of it, and what jobs are about to do, is none of that.
Source: RFC 9110, section 13.1.1.
"""

from __future__ import annotations

import re

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.sight import JUDGED, object_of
from ganeti_rapi.errors import BadRequest, PreconditionFailed
from ganeti_rapi.jsontext import Json
from ganeti_rapi.shapes import expect, whole

HEADER = "If-Match"

_TAG = re.compile(r'(?:W/)?"(?:[0-9a-f]+\.)?(\d{1,18})(?:-gzip)?"')


def version_of(cell: Cell, value: object) -> str:
    """What the ETag of an object ends in; empty for what has no ``serial_no``."""
    serial = value.get("serial_no") if cell.shows_one and isinstance(value, dict) else None
    return "" if serial is None else f".{serial}"


def read_serials(if_match: str) -> set[int] | None:
    """The serial numbers that a header names; None for any. Raises `BadRequest`."""
    if if_match.strip() == "*":
        return None
    tags = [_TAG.fullmatch(tag.strip()) for tag in if_match.split(",")]
    if not all(tags):
        raise BadRequest(
            f"Invalid header {HEADER}: expected the ETag of an object, or its serial_no in quotes"
        )
    return {int(tag[1]) for tag in tags if tag}


async def check_unchanged(call: Call, cell: Cell, if_match: str) -> None:
    """Raise `PreconditionFailed` for an object that is not as the client saw it, or not there."""
    serials = read_serials(if_match)
    kind, name = object_of(call, cell)
    if kind not in JUDGED:
        raise BadRequest(f"Invalid header {HEADER}: this changes no object with a serial_no")
    serial = await _serial_of(call, kind, name)
    if serials is not None and serial not in serials:
        raise PreconditionFailed(
            f"The {kind} '{name}' changed meanwhile: its serial_no is {serial}; read it again"
        )


async def _serial_of(call: Call, kind: str, name: str) -> int:
    """The serial number of what has this name or uuid, or alone a name that begins so.

    Jobs take the first part of a host's name for the whole.
    """
    qfilter: Json = ["|", ["=~", "name", f"^{re.escape(name)}([.].*)?$"], ["=", "uuid", name]]
    parts = call.daemon.table(kind, ["name", "uuid", "serial_no"], qfilter)
    await anext(parts)
    found = [[value for _, value in row] async for rows in parts for row in rows]
    chosen = [row for row in found if name in row[:2]] or found
    if len(chosen) != 1:
        raise PreconditionFailed(f"There is no {kind} '{name}'")
    serial: int = expect(chosen[0][2], whole, f"What luxid tells of a {kind}")
    return serial
