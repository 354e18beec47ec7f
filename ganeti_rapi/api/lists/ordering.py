"""The order of lists: by fields, each upwards or downwards, and at last by the object's name.

Texts are ordered as the gnt-* commands do: ``node2`` comes before ``node10``. What is not known of
an object, because its node does not answer, say, comes last whichever way the order goes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from attrs import frozen

from ganeti_rapi.jsontext import dumps

Key = Any  # Any: nested tuples that can be compared with those of any other value
Place = Sequence[Any]  # Any: JSON
"""The values of the fields that a list is sorted by, None for one that is not known, and at last
what tells the object from all others: its name, or its id."""

_NUMBERS = re.compile("([0-9]+)")
_REMEMBERED = 1 << 16


@frozen
class By:
    """One field that a list is sorted by."""

    field: str
    downwards: bool = False

    def __str__(self) -> str:
        return f"-{self.field}" if self.downwards else self.field


@lru_cache(_REMEMBERED)  # the names of a large cluster come again with each list
def text_key(text: str) -> Key:
    """Sorts texts as people do, and those that are the same to people by their characters."""
    parts: list[Any] = _NUMBERS.split(text)
    for at in range(1, len(parts), 2):
        digits = parts[at].lstrip("0")
        parts[at] = (len(digits), digits)
    return tuple(parts), text


def key_of(value: Any) -> Key:  # Any: JSON
    """A key by which JSON values of all types can be sorted."""
    if isinstance(value, str):
        return (2, text_key(value))
    if isinstance(value, (int, float)):
        return (1, value)
    if isinstance(value, list):
        return (3, tuple(map(key_of, value)))
    return (0,) if value is None else (4, dumps(value))


Entry = tuple[Place, bytes]
"""An object of a list: its place, and its JSON."""


def page_of_names(
    names: list[Any], start: Place | None, limit: int | None
) -> tuple[list[Any], bool]:
    # Any: names, or ids of jobs
    """As `page_of`, of names alone: it is done for each page of a long list, and has to be quick.

    So it makes nothing that is as long as the list and that the garbage collector looks at.
    """
    key = text_key if names and isinstance(names[0], str) else None
    names.sort(key=key)
    first = 0
    if start is not None:
        behind = start[-1] if key is None else key(start[-1])
        first = bisect_right(names, behind, key=key)
    end = len(names) if limit is None else first + limit
    return names[first:end], end < len(names)


def sort(order: Sequence[By], entries: list[Entry]) -> None:
    """Sort by places. Those with the same place stay as they were."""
    if entries and isinstance(entries[0][0][-1], str):
        entries.sort(key=lambda entry: text_key(entry[0][-1]))
    else:
        entries.sort(key=lambda entry: entry[0][-1])
    for column, by in reversed([*enumerate(order)]):
        entries.sort(key=_column_key(column, by.downwards), reverse=by.downwards)


def _column_key(column: int, downwards: bool) -> Callable[[Entry], Key]:
    def key(entry: Entry) -> Key:
        value = entry[0][column]
        return (not downwards, ()) if value is None else (downwards, key_of(value))

    return key


def page_of(
    order: Sequence[By], entries: list[Entry], start: Place | None, limit: int | None
) -> tuple[list[Entry], bool]:
    """The entries of a page, in order, and whether there are more behind it.

    The page begins behind the place ``start``, or at the beginning. The list is sorted afterwards.
    """
    mark: Entry | None = None if start is None else (start, b"")
    if mark is not None:
        entries.append(mark)
    sort(order, entries)
    first = 0 if mark is None else next(at for at, each in enumerate(entries, 1) if each is mark)
    end = len(entries) if limit is None else first + limit
    return entries[first:end], end < len(entries)
