"""Rows of objects as a call may see them: without those it may not, nor their names in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from attrs import define, field, frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.scopes import Selection
from ganeti_rapi.api.sight import JUDGED, all_traits, read_traits, takes_jobs
from ganeti_rapi.errors import Forbidden
from ganeti_rapi.jsontext import Json

Rows = list[Any]  # Any: a row of values, or of pairs of status and value

NAMES_OF: Mapping[str, Mapping[str, str]] = {
    "node": {"pinst_list": "instance", "sinst_list": "instance"},
    "group": {"node_list": "node", "pinst_list": "instance"},
    "network": {"inst_list": "instance", "group_list": "group"},
}
"""The fields of each kind that name objects of another, and that kind.

The nodes, networks and addresses of an instance are its own, and shown with it.
"""

COUNTS_OF: Mapping[str, Mapping[str, str]] = {
    "node": {"pinst_cnt": "pinst_list", "sinst_cnt": "sinst_list"},
    "group": {"node_cnt": "node_list", "pinst_cnt": "pinst_list"},
    "network": {"inst_cnt": "inst_list", "group_cnt": "group_list"},
}
"""The fields that count what such a field names."""


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


@frozen
class AllRows:
    """What a call sees that may see all: everything as it is."""

    fields: Sequence[str]

    async def shown(self, rows: Rows) -> Rows:
        """The rows of luxid's answer."""
        return rows


@define(eq=False)
class ChosenRows:
    """What another call sees.

    luxid is to be asked for ``fields``: those that are ``wanted``, and behind them what is needed
    to judge. ``known`` has the names of the objects that may be known of, for each kind that is not
    known as a whole.
    """

    call: Call
    kind: str
    wanted: Sequence[str]
    selection: Selection | None
    known: Mapping[str, frozenset[str]]
    rendering: Rendering
    fields: Sequence[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        judged = ("ops",) if self.kind == "job" else JUDGED[self.kind]
        counted = COUNTS_OF.get(self.kind, {})
        lists = [counted[name] for name in self.wanted if name in counted]
        more = dict.fromkeys(name for name in (*judged, *lists) if name not in self.wanted)
        self.fields = [*self.wanted, *more]

    async def shown(self, rows: Rows) -> Rows:
        """The rows that may be seen, with the fields that are wanted."""
        return [self._redacted(row) for row in await self._taken(rows)]

    async def _taken(self, rows: Rows) -> Rows:
        if self.selection is None:
            return rows
        value, place = self.rendering.value, self.fields.index
        if self.kind == "job":
            ops = place("ops")
            there = [row for row in rows if value(row[ops]) is not None]
            takes = await takes_jobs(self.call, self.selection, [value(row[ops]) for row in there])
            return [row for row, taken in zip(there, takes) if taken]
        places = [place(name) for name in JUDGED[self.kind]]
        takes_it = self.selection.takes
        return [
            row
            for row in rows
            if row is not None
            and takes_it(read_traits(self.kind, [value(row[at]) for at in places]))
        ]

    def _redacted(self, row: Any) -> Any:  # Any: a row
        names = NAMES_OF.get(self.kind, {})
        counts = COUNTS_OF.get(self.kind, {})
        shown = list(row[: len(self.wanted)])
        for at, name in enumerate(self.wanted):
            source = counts.get(name, name)
            known = self.known.get(names.get(source, ""))
            if known is None:
                continue
            listed = self.rendering.value(row[self.fields.index(source)])
            if isinstance(listed, list):
                left = [each for each in listed if _name(each) in known]
                value = len(left) if name in counts else left
                shown[at] = self.rendering.with_value(row[at], value)
        return shown


def _name(entry: Any) -> Any:  # Any: a name, or a list that begins with one
    return entry[0] if isinstance(entry, list) and entry else entry


async def selecting(
    call: Call, kind: str, fields: Sequence[str], rendering: Rendering = Plain()
) -> AllRows | ChosenRows:
    """What reads rows with these fields for a call.

    Raises `Forbidden` when the call may see some objects only, and there are no scopes for this
    kind of object.
    """
    if call.view is None:
        return AllRows(fields)
    selection = call.view.selection(call.permission)
    names, counts = NAMES_OF.get(kind, {}), COUNTS_OF.get(kind, {})
    kinds = {names.get(counts.get(name, name), "") for name in fields} - {""}
    known = {each: await known_names(call, each) for each in sorted(kinds)}
    limited = {each: there for each, there in known.items() if there is not None}
    if selection is None and not limited:
        return AllRows(fields)
    if kind != "job" and kind not in JUDGED:
        raise Forbidden(f"This takes the permission {call.permission} without a scope")
    return ChosenRows(call, kind, fields, selection, limited, rendering)


async def known_names(call: Call, kind: str) -> frozenset[str] | None:
    """The names of the objects of a kind that a call may know of; None if that is all."""
    sight = call.view.sight(kind) if call.view is not None else None
    if sight is None:
        return None
    there = await all_traits(call, kind) if sight.scopes else []
    return frozenset(traits.name for traits in there if sight.takes(traits))


def refuse_probing(call: Call, kind: str, qfilter: Json) -> None:
    """Raise `Forbidden` when a filter asks for what `ChosenRows` leaves out."""
    if call.view is None:
        return
    names, counts = NAMES_OF.get(kind, {}), COUNTS_OF.get(kind, {})
    for word in _words(qfilter):
        named = names.get(counts.get(word, word))
        if named is not None and call.view.sight(named) is not None:
            raise Forbidden(f"A filter by {word} takes the permission to see every {named}")


def _words(qfilter: Json) -> list[str]:
    if isinstance(qfilter, list):
        return [word for each in qfilter for word in _words(each)]
    return [qfilter] if isinstance(qfilter, str) else []
