"""Asking luxid for objects."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.kinds import Kind
from ganeti_rapi.api.selecting import selecting
from ganeti_rapi.errors import BadRequest, JobDaemonError, NotFound, as_api_error

Answer = TypeVar("Answer")

UNREADABLE = ("Cannot convert value", "parsing job id", "Invalid value for job ID")
"""How luxid's GenericErrors begin that are about a filter; others are not the client's."""


def query_arguments(
    kind: Kind, names: Sequence[str], fields: Sequence[str], lock: bool
) -> list[Any]:
    # Any: LUXI arguments
    """The arguments of a kind's LUXI query for some objects, or for all when there are no names."""
    objects = list(names) or kind.all_objects
    return [objects, list(fields), lock] if kind.takes_lock else [objects, list(fields)]


async def query_one(
    call: Call, kind: Kind, name: str, fields: Sequence[str], lock: bool = False
) -> list[Any]:  # Any: a field's value is JSON of the field's own shape
    """The fields of one object. Raises `NotFound` when no object has that name."""
    chosen = await selecting(call, kind.name, fields)
    arguments = query_arguments(kind, [name], chosen.fields, lock)
    rows: list[list[Any] | None] = await call.daemon.call(kind.method, *arguments)
    there = await chosen.shown([row for row in rows if row is not None])
    if not there:
        raise NotFound(f"There is no {kind.name} '{name}'")
    return there[0]  # type: ignore[no-any-return]  # a row as luxid answered it


async def asked_by_client(call: Call, work: Coroutine[Any, Any, Answer]) -> Answer:
    # Any: what coroutines are made of
    """What came of a query; what luxid cannot parse came from the client, so it is its error.

    Who may see some objects only does not get luxid's words: they may name one of the others.
    """
    try:
        return await work
    except JobDaemonError as error:
        if call.view is not None and as_api_error(error).code < 500:
            raise BadRequest("The query does not parse") from None
        if not error.class_name or error.text.startswith(UNREADABLE):
            raise BadRequest(f"The query does not parse: {error.text}") from None
        raise
