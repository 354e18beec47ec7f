"""What luxid answers to each call, as far as anything here depends on it. Source: LUXI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ganeti_rapi.shapes import (
    Shape,
    anything,
    flag,
    list_of,
    maybe,
    record,
    row_of,
    text,
    whole,
)

Arguments = Sequence[Any]  # Any: a LUXI call's arguments

_LOG_ENTRY = row_of(whole, anything, anything, anything)
"""Serial number, time, type and message."""

OBJECT_FIELDS: Mapping[str, Shape] = {"name": text, "uuid": text, "sinst_list": list_of(text)}
JOB_FIELDS: Mapping[str, Shape] = {
    "id": whole,
    "status": text,
    "opstatus": list_of(text),
    "opresult": list_of(anything),
    "oplog": list_of(list_of(_LOG_ENTRY)),
    "ops": list_of(record(OP_ID=text)),
    "summary": list_of(text),
}
"""Of the fields whose values are looked into; the others are only passed on."""


def _row(fields: Sequence[str], known: Mapping[str, Shape]) -> Shape:
    """A row of these fields' values."""
    shapes = [(at, known[name]) for at, name in enumerate(fields) if name in known]
    count = len(fields)
    if len(shapes) == 1:  # a list of names, say, where the loop would cost more than the rest
        ((at, fits),) = shapes
        return lambda row: isinstance(row, list) and len(row) == count and fits(row[at])
    return lambda row: (
        isinstance(row, list) and len(row) == count and all(fits(row[at]) for at, fits in shapes)
    )


def _objects(arguments: Arguments) -> Shape:
    """Of a query for objects: names, fields, and perhaps a lock. One that is not there is null."""
    names, fields = arguments[:2]
    row = _row(fields, OBJECT_FIELDS)
    return list_of(maybe(row) if names else row)


def _jobs(arguments: Arguments) -> Shape:
    """Rows, full of nulls but for the id where there is no such job."""
    _, fields = arguments[:2]
    row = _row(fields, JOB_FIELDS)
    unknown = row_of(*[whole if name == "id" else _null for name in fields])
    return list_of(lambda value: row(value) or unknown(value))


def _null(value: object) -> bool:
    return value is None


DEFINITIONS = list_of(record(name=text))
"""What a query says of its fields."""


def _always(shape: Shape) -> Callable[[Arguments], Shape]:
    return lambda _: shape


ANSWERS: Mapping[str, Callable[[Arguments], Shape]] = {
    **dict.fromkeys(
        ("QueryInstances", "QueryNodes", "QueryGroups", "QueryNetworks", "QueryFilters"), _objects
    ),
    "QueryJobs": _jobs,
    "QueryFields": _always(record(fields=DEFINITIONS)),
    "QueryClusterInfo": _always(record()),
    "QueryTags": _always(list_of(text)),
    "SubmitJob": _always(whole),
    "CancelJob": _always(row_of(flag, anything)),
    "ChangeJobPriority": _always(row_of(flag, anything)),
    "ArchiveJob": _always(flag),
    "AutoArchiveJobs": _always(row_of(whole, whole)),
    "QueryConfigValues": lambda arguments: row_of(*[anything for _ in arguments[0]]),
    "ReplaceFilter": _always(text),
    "WaitForJobChange": _always(
        lambda value: value == "nochange" or row_of(list_of(anything), list_of(_LOG_ENTRY))(value)
    ),
}
"""By the method's name: the shape of the answer to these arguments."""


def shape_of(method: str, arguments: Arguments) -> Shape:
    """The shape of the answer to a call, or of a slice of its rows."""
    return ANSWERS.get(method, _always(anything))(arguments)


def rows_in(method: str, arguments: Arguments) -> int | None:
    """How many rows the answer has, where that is certain: one for each job that is asked for."""
    ids = arguments[0] if method == "QueryJobs" else None
    return len(ids) if ids else None


def values_of(fields: Sequence[str]) -> Shape:
    """Of rows of these fields of any kind: each value is a pair of status and value."""
    return list_of(row_of(*[row_of(whole, anything)] * len(fields)))
