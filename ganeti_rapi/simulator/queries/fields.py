"""What a field of a query is, and the small functions that the tables of fields are made of.

A cell of a query's answer is a `Reading`, a pair of status and value. The functions `always`,
`if_any` and `attribute` wrap a plain function of the object into one that gives readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from attrs import evolve, frozen

from ganeti_rapi.simulator.queries.context import Context

Reading: TypeAlias = tuple[int, Any]  # Any: a field's value is JSON of any shape
"""A status and a value; the value is None unless the status is `NORMAL`."""

NORMAL = 0
UNKNOWN: Reading = (1, None)
"""There is no such field."""
NO_DATA: Reading = (2, None)
"""The node did not answer, or does not measure this."""
UNAVAILABLE: Reading = (3, None)
"""This object has no such thing: the second disk of an instance with one, say."""
OFFLINE: Reading = (4, None)
"""The value is on a node that is marked offline."""

FieldKind = Literal["unknown", "text", "bool", "number", "float", "unit", "timestamp", "other"]

E = TypeVar("E")

Read: TypeAlias = Callable[[Context, E], Reading]
ReadValue: TypeAlias = Callable[[Context, E], Any]  # Any: as in Reading


@frozen
class Field(Generic[E]):
    """One thing that can be asked about an object. ``kind`` tells clients how to print it."""

    name: str
    title: str
    kind: FieldKind
    doc: str
    read: Read[E]

    def definition(self) -> dict[str, str]:
        """The field as QueryFields describes it."""
        return {"name": self.name, "title": self.title, "kind": self.kind, "doc": self.doc}


Table: TypeAlias = Mapping[str, Field[E]]


def table(fields: Iterable[Field[E]]) -> Table[E]:
    """Fields by name."""
    return {field.name: field for field in fields}


def aliases(fields: Iterable[Field[E]], names: Mapping[str, str]) -> list[Field[E]]:
    """Fields again under a second name. ``names`` maps each second name to the first."""
    by_name = table(fields)
    return [evolve(by_name[original], name=alias) for alias, original in names.items()]


def unknown_field(name: str) -> Field[Any]:  # Any: it reads nothing, so it suits every object
    """What a query shows for a field that does not exist."""
    return Field(name, name, "unknown", f"Unknown field '{name}'", lambda _, __: UNKNOWN)


def always(read: ReadValue[E]) -> Read[E]:
    """Readings of what every object has."""
    return lambda context, entity: (NORMAL, read(context, entity))


def if_any(read: ReadValue[E]) -> Read[E]:
    """Readings of what an object may lack: None is unavailable."""

    def reading(context: Context, entity: E) -> Reading:
        value = read(context, entity)
        return UNAVAILABLE if value is None else (NORMAL, value)

    return reading


def attribute(path: str) -> Read[Any]:  # Any: whatever has the attribute
    """Readings of an attribute; ``path`` may have dots."""
    get = attrgetter(path)
    return lambda _, entity: (NORMAL, get(entity))


def attribute_if_any(name: str) -> Read[Any]:  # Any: whatever may have the attribute
    """Readings of an attribute that is unavailable when it is None or missing."""
    return if_any(lambda _, entity: getattr(entity, name, None))


def configuration_fields(noun: str) -> list[Field[Any]]:  # Any: every kind of Entity
    """The fields of everything that the cluster's configuration holds. ``noun``: such as Node."""
    return [
        Field("ctime", "CTime", "timestamp", "When it was created", attribute("ctime")),
        Field("mtime", "MTime", "timestamp", "When it was last changed", attribute("mtime")),
        Field(
            "serial_no",
            "SerialNo",
            "number",
            f"How often the {noun.lower()}'s configuration was written",
            attribute("serial_no"),
        ),
        Field("tags", "Tags", "other", "Its tags", always(lambda _, entity: sorted(entity.tags))),
        Field("uuid", "UUID", "text", f"{noun} UUID", attribute("uuid")),
    ]
