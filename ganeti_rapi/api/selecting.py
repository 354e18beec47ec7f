"""Rows of objects as a call may see them: without those it may not, nor their names in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.judging import FIELDS, PLAIN, Rendering, RowJudge, Rows
from ganeti_rapi.api.scopes import Selection
from ganeti_rapi.api.sight import JUDGED, all_traits, takes_jobs
from ganeti_rapi.errors import Forbidden, LuxiProtocolError
from ganeti_rapi.jsontext import Json

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
    _judge: RowJudge | None = field(init=False, default=None)
    _redactions: Sequence[_Redaction] = field(init=False)

    def __attrs_post_init__(self) -> None:
        names, counts = NAMES_OF.get(self.kind, {}), COUNTS_OF.get(self.kind, {})
        scopes = self.selection.scopes if self.selection is not None else ()
        fields = FIELDS.get(self.kind, {})
        judged = {fields[each.by] for each in scopes if each.by in fields}
        if self.kind == "job":
            judged = {"ops"}
        sources = [counts.get(name, name) for name in self.wanted]
        lists = [source for source in sources if source in names]
        more = dict.fromkeys(name for name in (*sorted(judged), *lists) if name not in self.wanted)
        self.fields = [*self.wanted, *more]
        if self.selection is not None and self.kind != "job":
            self._judge = RowJudge.make(self.kind, self.fields, scopes, self.rendering)
        self._redactions = [
            _Redaction(at, self.fields.index(source), self.known[names[source]], source != name)
            for at, (name, source) in enumerate(zip(self.wanted, sources))
            if names.get(source) in self.known
        ]

    async def shown(self, rows: Rows) -> Rows:
        """The rows that may be seen, with the fields that are wanted.

        Raises `LuxiProtocolError` when the fields that it looks at are of a wrong shape.
        """
        try:
            taken = await self._taken(rows)
            width = len(self.wanted)
            if len(self.fields) > width or self._redactions:
                taken = [self._redacted(row, width) for row in taken]
        except (TypeError, IndexError):
            raise LuxiProtocolError(f"What luxid tells of a {self.kind} is malformed") from None
        return taken

    async def _taken(self, rows: Rows) -> Rows:
        if self._judge is not None:
            return self._judge.taken(rows)
        if self.selection is None:
            return rows
        value, ops = self.rendering.value, self.fields.index("ops")
        there = [row for row in rows if value(row[ops]) is not None]
        takes = await takes_jobs(self.call, self.selection, [value(row[ops]) for row in there])
        return [row for row, taken in zip(there, takes) if taken]

    def _redacted(self, row: Any, width: int) -> Any:  # Any: a row
        shown = row[:width]
        for each in self._redactions:
            listed = self.rendering.value(row[each.source])
            if listed is not None:  # the node does not tell
                left = [entry for entry in listed if _name(entry) in each.known]
                value = len(left) if each.counts else left
                shown[each.place] = self.rendering.with_value(row[each.place], value)
        return shown


@frozen
class _Redaction:
    """The value at ``place`` is what is ``known`` of the list at ``source``, or their number."""

    place: int
    source: int
    known: frozenset[str]
    counts: bool


def _name(entry: Any) -> Any:  # Any: a name, or a list that begins with one
    return entry[0] if isinstance(entry, list) and entry else entry


async def selecting(
    call: Call, kind: str, fields: Sequence[str], rendering: Rendering = PLAIN
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
