"""Reads lists as calls want them: with chosen fields, filtered, sorted, and page by page.

luxid knows neither orders nor limits. So for a page it is first asked for what the objects are
sorted by, which costs little, and then for the fields of those on the page by their names: what
nodes have to be asked for is asked of the nodes of that page only.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlencode

from attrs import frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.judging import PAIR
from ganeti_rapi.api.kinds import JOB, Kind
from ganeti_rapi.api.lists.arguments import AFTER, Wanted
from ganeti_rapi.api.lists.cursors import decode_cursor, encode_cursor, list_mark
from ganeti_rapi.api.lists.history import Rows
from ganeti_rapi.api.lists.ordering import Entry, page_of, page_of_names
from ganeti_rapi.api.queries import asked_by_client, query_arguments
from ganeti_rapi.api.selecting import refuse_probing, selecting
from ganeti_rapi.errors import BadRequest, JobDaemonError, NotFound, as_api_error
from ganeti_rapi.jsontext import Json, dumps
from ganeti_rapi.shapes import text, whole

LARGEST_PAGE = 1000
"""Objects on a page up to which luxid is asked for them by name."""

NO_FIELD = re.compile("Can't find field named '(?P<name>.*)'")
"""What luxid says of a filter by a field that it does not know."""

TOGETHER = 500
"""Objects whose text is put together at once."""

MISSING: Mapping[int, str] = {2: "nodata", 3: "unavail", 4: "offline"}
"""Why a value is not there, by luxid's status; the words are those of the gnt-* commands."""

NOT_LISTED: Mapping[str, Mapping[str, str]] = {
    "instance": {"console": "/2/instances/[instance_name]/console"},
    "job": {
        "archived": "/2/query/job",
        "oplog": "/2/jobs/[job_id]",
        "opresult": "/2/jobs/[job_id]",
    },
}
"""The fields that lists of each kind have not, and the resource that has them."""

NOT_COMPARED: Mapping[str, Collection[str]] = {"job": {"ops"}}
"""The fields that hold secrets: an order or a filter by them would tell of these."""

BACKEND_FIELDS: Collection[str] = {
    *("always_failover", "auto_balance", "maxmem", "memory", "minmem", "spindle_use", "vcpus"),
}
"""What luxid knows of instances as be/ and that name, and people as the name."""

Row = Sequence[Any]  # Any: pairs of status and value


async def read_list(call: Call, kind: Kind, wanted: Wanted, rows: Rows) -> None:
    """Read the list that a call wants; the header that leads on is in ``call.reply_headers``.

    Raises `ApiError` or `LuxiError`.
    """
    form = Form.of(kind, wanted)
    check_fields(kind, form.fields, wanted)
    refuse_probing(call, kind.name, wanted.qfilter)
    entries = await asked_by_client(call, _page(call, form, wanted))
    for start in range(0, len(entries), TOGETHER):
        some = entries[start : start + TOGETHER]
        rows.add([place[-1] for place, _ in some], [each for _, each in some])


async def _page(call: Call, form: Form, wanted: Wanted) -> list[Entry]:
    """The objects on the page, in order."""
    kind, sorted_by = form.kind, [by.field for by in wanted.order]
    mark = list_mark(kind.name, wanted.qfilter, list(map(str, wanted.order)))
    start = None
    if wanted.after is not None:
        identity = whole if kind is JOB else text
        start = decode_cursor(wanted.after, mark, len(sorted_by), identity)
    # Names alone would make luxid look for these, and fail where there is one that nobody has.
    qfilter = None if wanted.qfilter is None else ["&", wanted.qfilter]
    by_name = wanted.limit is not None and wanted.limit <= LARGEST_PAGE
    if by_name and qfilter is None and not sorted_by:
        names, more = page_of_names(await Reader(call, form).names(), start, wanted.limit)
        page: list[Entry] = [([name], b"") for name in names]
    else:
        reader = Reader(call, Form(kind, ()) if by_name else form, sorted_by)
        entries = [each async for each in reader.entries(qfilter)]
        page, more = page_of(wanted.order, entries, start, wanted.limit)
    if more:
        call.reply_headers["Link"] = next_link(call, kind, encode_cursor(mark, page[-1][0]))
    return await Reader(call, form).named([e[0][-1] for e in page]) if by_name else page


def check_fields(kind: Kind, fields: Sequence[str], wanted: Wanted) -> None:
    """Raise `BadRequest` for fields that lists have not, or not to compare by."""
    compared = {*(by.field for by in wanted.order), *fields_of(wanted.qfilter)}
    elsewhere = NOT_LISTED.get(kind.name, {})
    for name in sorted(compared.union(fields)):
        if name in elsewhere:
            raise BadRequest(f"Lists of {kind.name}s do not have {name}; {elsewhere[name]} has it")
    refuse_secrets(kind.name, compared)


def refuse_secrets(kind: str, compared: Collection[str]) -> None:
    """Raise `BadRequest` for fields not to compare by.

    luxid's errors about a filter quote the values that it met, so asking is as good as reading.
    """
    for name in sorted(set(compared).intersection(NOT_COMPARED.get(kind, ()))):
        raise BadRequest(f"{kind.capitalize()}s cannot be sorted or filtered by {name}")


def fields_of(qfilter: Json) -> Iterator[str]:
    """The fields that a filter looks at."""
    if isinstance(qfilter, list) and qfilter:
        word, *operands = qfilter
        if word in ("&", "|", "!"):
            for operand in operands:
                yield from fields_of(operand)
        else:
            yield from filter(text, operands[:1])


def refuse_unknown(kind: Kind, definitions: Sequence[Mapping[str, Any]]) -> None:
    # Any: JSON
    """Raise `BadRequest` for a field to show or to sort by that luxid does not know."""
    for name in [each["name"] for each in definitions if each.get("kind") == "unknown"]:
        raise unknown_field(kind, name)


def unknown_field(kind: Kind, name: str) -> BadRequest:
    """What to say of a field that luxid does not know."""
    if kind.name == "instance" and name in BACKEND_FIELDS:
        close = [f"be/{name}"]
    else:
        close = get_close_matches(name, kind.fields, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return BadRequest(f"There is no field '{name}' of {kind.name}s{hint}")


def next_link(call: Call, kind: Kind, cursor: str) -> str:
    """The header Link that leads to the page after this one. Source: RFC 8288."""
    arguments = {**call.query, AFTER.name: [cursor]}
    return f'<{kind.uri.rstrip("/")}?{urlencode(arguments, doseq=True)}>; rel="next"'


@frozen
class Form:
    """How the rows of a list become JSON; ``fields`` are those of luxid that this takes."""

    kind: Kind
    fields: Sequence[str]
    entries: bool = False

    @classmethod
    def of(cls, kind: Kind, wanted: Wanted) -> Form:
        """The form that a call wants."""
        if wanted.fields is not None:
            return cls(kind, wanted.fields)
        return cls(kind, kind.fields) if wanted.bulk else cls(kind, [kind.identity], entries=True)

    def encode(self, row: Row) -> bytes:
        """The JSON of an object, from its fields; nothing without any."""
        if not self.fields:
            return b""
        values = [pair[1] for pair in row]
        if self.entries:
            name = values[0]
            return dumps({self.kind.key: name, "uri": f"{self.kind.uri}{name}"})
        (details,) = self.kind.details(self.fields, [values])
        if missing := {
            name: MISSING.get(pair[0], "nodata") for name, pair in zip(self.fields, row) if pair[0]
        }:
            details["missing"] = missing
        return dumps(details)


@frozen
class Reader:
    """Reads objects for a call, as far as it may see them."""

    call: Call
    form: Form
    sorted_by: Sequence[str] = ()

    async def names(self) -> list[Any]:  # Any: names, or ids of jobs
        """The names of all objects; no query costs luxid less."""
        kind = self.form.kind
        chosen = await selecting(self.call, kind.name, [kind.identity])
        arguments = query_arguments(kind, [], chosen.fields, lock=False)
        rows = await chosen.shown(await self.call.daemon.call(kind.method, *arguments))
        return [row[0] for row in rows]

    async def entries(self, qfilter: Json) -> AsyncIterator[Entry]:
        """The objects that a filter takes, in no order. Raises `BadRequest` for unknown fields."""
        kind, form = self.form.kind, self.form
        names = list(dict.fromkeys([*self.sorted_by, kind.identity, *form.fields]))
        keys = [names.index(name) for name in (*self.sorted_by, kind.identity)]
        shown = [names.index(name) for name in form.fields]
        chosen = await selecting(self.call, kind.name, names, PAIR)
        parts = self.call.daemon.table(kind.name, chosen.fields, qfilter)
        try:
            definitions = await anext(parts)
        except JobDaemonError as error:
            if found := NO_FIELD.fullmatch(error.text):
                raise unknown_field(kind, found["name"]) from None
            raise
        refuse_unknown(kind, definitions[: len(names)])
        async for rows in parts:
            for row in await chosen.shown(rows):
                place = [None if row[at][0] else row[at][1] for at in keys]
                yield place, form.encode([row[at] for at in shown])

    async def named(self, names: Sequence[Any]) -> list[Entry]:  # Any: names, or ids of jobs
        """The objects of these names, in that order, without those that went away meanwhile."""
        if not names:
            return []
        by_name = ["|", *(["=", self.form.kind.identity, name] for name in names)]
        try:
            found = [each async for each in self.entries(by_name)]
        except JobDaemonError as error:
            if as_api_error(error).code != NotFound.code:
                raise
            # One of them is gone. Inside of another filter, luxid does not look for each of them.
            found = [each async for each in self.entries(["&", by_name])]
        there = {entry[0][-1]: entry for entry in found}
        return [there[name] for name in names if name in there]
