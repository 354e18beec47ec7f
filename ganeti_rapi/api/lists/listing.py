"""The cell that lists all objects of a kind, whole or as a program asks for them."""

from __future__ import annotations

from attrs import field, frozen

from ganeti_rapi.api.arguments import LOCK
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.forms import Argument
from ganeti_rapi.api.kinds import Kind
from ganeti_rapi.api.lists.arguments import LIST_ARGUMENTS, Wanted, is_selective
from ganeti_rapi.api.lists.history import Rows, changes_text
from ganeti_rapi.api.lists.reading import read_list
from ganeti_rapi.api.queries import query_arguments
from ganeti_rapi.api.schemas import (
    COUNT,
    OBJECTS,
    TEXT,
    Property,
    any_of,
    list_of,
    object_of,
)
from ganeti_rapi.api.selecting import selecting
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Encoded, Json, dumps


@frozen(kw_only=True)
class Listing(Cell):
    """All objects of a kind: their names and URIs, or with ``bulk`` their details."""

    kind: Kind
    shared: bool = True
    selects: bool = True
    query: tuple[Argument, ...] = LIST_ARGUMENTS
    reply: str = field()
    reply_schema: Schema = field()

    @reply.default
    def _words_for_the_reply(self) -> str:
        return (
            f"A list of {self.kind.name}s, each with its name and URI, with its details, or with "
            "the fields that were asked for."
        )

    @reply_schema.default
    def _names_or_details(self) -> Schema:
        identity = Property(COUNT if self.kind.identity == "id" else TEXT, "What it is called.")
        entry = object_of({self.kind.key: identity, "uri": Property(TEXT, "Its URI.")})
        changes = object_of(
            {
                "etag": Property(TEXT, "The ETag of the list as it is now."),
                "changed": Property(
                    OBJECTS, "What came or changed since then, as the list has it."
                ),
                "removed": Property(list_of(identity.schema), "What went, by its name."),
            }
        )
        return any_of(list_of(entry), list_of(self.kind.schema), OBJECTS, changes)

    async def run(self, call: Call) -> Json | Encoded:
        lock = LOCK in self.query and bool(LOCK.read(call.query))
        wanted, rows = Wanted.read(call.query), Rows()
        selective = is_selective(call.query)
        key = wanted.key(self.kind.name, call.view)
        version = None
        if wanted.since is not None:
            if wanted.fields is not None and self.kind.identity not in wanted.fields:
                raise BadRequest(f"Invalid argument since: fields must have {self.kind.identity}")
            rows.kept = True
            version = call.histories.version(key, wanted.since)
        if selective and lock:
            raise BadRequest("Invalid argument lock: it goes with whole lists only")
        if selective:
            await read_list(call, self.kind, wanted, rows)
        else:
            await (self._details if wanted.bulk else self._names)(call, lock, rows)
        rows.text.add(b"]")
        if wanted.is_page:
            return rows.text
        history = call.histories.note(key, rows.text.digest, rows.digests)
        return rows.text if version is None else changes_text(rows, *history.changes(version))

    async def _names(self, call: Call, lock: bool, rows: Rows) -> None:
        """The names and URIs of all objects."""
        chosen = await selecting(call, self.kind.name, [self.kind.identity])
        arguments = query_arguments(self.kind, [], chosen.fields, lock)
        found = await chosen.shown(await call.daemon.call(self.kind.method, *arguments))
        names = sorted(row[0] for row in found)
        key, uri = self.kind.key, self.kind.uri
        rows.add_unchanging(names, [{key: name, "uri": f"{uri}{name}"} for name in names])

    async def _details(self, call: Call, lock: bool, rows: Rows) -> None:
        """All objects, encoded slice by slice, so that a long list holds up no other request."""
        fields = self.kind.fields
        at = fields.index(self.kind.identity)
        chosen = await selecting(call, self.kind.name, fields)
        arguments = query_arguments(self.kind, [], chosen.fields, lock)
        async for some in call.daemon.rows(self.kind.method, *arguments):
            shown = await chosen.shown(some)
            details = self.kind.details(fields, shown)
            rows.add([row[at] for row in shown], list(map(dumps, details)))
