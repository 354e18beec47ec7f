"""Judges the rows of long lists by scopes: what is looked at is worked out once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen

from ganeti_rapi.api.scopes import Scope

Rows = list[Any]  # Any: a row of values, or of pairs of status and value


class Rendering(Protocol):
    """How a value stands in a row."""

    def value(self, cell: Any) -> Any:  # Any: JSON
        """The value."""

    def with_value(self, cell: Any, value: Any) -> Any:  # Any: JSON
        """The same cell with another value."""


@frozen
class Plain:
    """A value itself, as luxid's older queries have it."""

    def value(self, cell: Any) -> Any:  # Any: as above
        return cell

    def with_value(self, cell: Any, value: Any) -> Any:  # Any: as above
        return value


@frozen
class Pair:
    """A pair of status and value, as in the answer to LUXI Query."""

    def value(self, cell: Any) -> Any:  # Any: as above
        return cell[1]

    def with_value(self, cell: Any, value: Any) -> Any:  # Any: as above
        return [cell[0], value]


PLAIN, PAIR = Plain(), Pair()

FIELDS: Mapping[str, Mapping[str, str]] = {
    "instance": {"tag": "tags", "name": "name", "node": "pnode", "group": "pnode.group"},
    "node": {"tag": "tags", "name": "name", "node": "name", "group": "group"},
    "group": {"tag": "tags", "name": "name", "group": "name"},
    "network": {"tag": "tags", "name": "name"},
}
"""The field that each condition of a scope looks at, by the kind of object."""


class _Memo(dict[Any, bool]):  # Any: a text, or None
    """Whether a scope's pattern fits a text; the same texts come again and again."""

    def __init__(self, scope: Scope, kind: str) -> None:
        super().__init__({None: False})
        self._fits = scope.fitting(kind)

    def __missing__(self, text: str) -> bool:
        fits = self[text] = self._fits(text)
        return fits


Fits = Callable[[Any], bool]  # Any: a text, or None


@frozen(eq=False)
class RowJudge:
    """Judges rows of one kind as `Selection.takes` does their traits, but many of them.

    ``texts`` and ``lists`` are the places of a text and of a list of them, with what fits there.
    """

    texts: Sequence[tuple[int, Fits]]
    lists: Sequence[tuple[int, Fits]]
    value: Callable[[Any], Any] | None  # Any: JSON

    @classmethod
    def make(
        cls, kind: str, fields: Sequence[str], scopes: Iterable[Scope], rendering: Rendering
    ) -> RowJudge:
        """One for rows with these fields."""
        texts: list[tuple[int, Fits]] = []
        lists: list[tuple[int, Fits]] = []
        for scope in scopes:
            if scope.by in FIELDS[kind]:
                place = fields.index(FIELDS[kind][scope.by])
                # No two objects have one name, so there is nothing to remember of them.
                fits = scope.fitting(kind) if scope.by == "name" else _Memo(scope, kind).__getitem__
                (lists if scope.by == "tag" else texts).append((place, fits))
        return cls(texts, lists, None if rendering is PLAIN else rendering.value)

    def taken(self, rows: Rows) -> Rows:
        """The rows that the scopes take; null stands for what is not there."""
        if self.value is None and not self.lists and len(self.texts) == 1:
            ((at, fits),) = self.texts
            return [row for row in rows if row is not None and fits(row[at])]
        return [row for row in rows if row is not None and self._takes(row)]

    def _takes(self, row: Any) -> bool:  # Any: a row
        value = self.value
        for at, fits in self.texts:
            if fits(row[at] if value is None else value(row[at])):
                return True
        for at, fits in self.lists:
            for tag in (row[at] if value is None else value(row[at])) or ():
                if fits(tag):
                    return True
        return False
