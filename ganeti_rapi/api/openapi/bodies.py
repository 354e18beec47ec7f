"""What requests carry in their bodies, as an operation of the document describes it."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.api.cells import Cell


def request_body(cell: Cell) -> dict[str, Any] | None:  # Any: JSON
    """The request body of a cell; None where it is not read."""
    schema = cell.body.schema()
    if schema is None:
        return None
    words = cell.body.words
    return {
        "description": f"{words[0].upper()}{words[1:]}.",
        "required": cell.body.needed,
        "content": {"application/json": {"schema": schema}},
    }
