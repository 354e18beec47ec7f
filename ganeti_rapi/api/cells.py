"""The few kinds of cell that the resource table is made of.

A cell is one method of one resource. It holds what the reference and the OpenAPI document say of
it (``doc``, ``reply``, ``query``, who may call it) and one coroutine, ``run``, which takes a `Call`
and returns the reply's JSON or raises `ApiError` or `LuxiError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.arguments import LOCK, REASON, WAIT
from ganeti_rapi.api.bodies import NOT_READ, PARAMETERS, BodyForm, Values, repetition
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.events import Event
from ganeti_rapi.api.forms import Argument, read_all
from ganeti_rapi.api.jobs import reason_trail, submit_job
from ganeti_rapi.api.kinds import Kind
from ganeti_rapi.api.lists.arguments import LIST_ARGUMENTS, Wanted, is_selective
from ganeti_rapi.api.lists.history import Rows, changes_text
from ganeti_rapi.api.lists.reading import read_list
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.paths import PATH_ITEMS
from ganeti_rapi.api.queries import query_arguments, query_one
from ganeti_rapi.api.schemas import (
    COUNT,
    JOB_ID_OR_JOB,
    NAMES,
    OBJECTS,
    TEXT,
    Property,
    any_of,
    list_of,
    object_of,
)
from ganeti_rapi.api.selecting import selecting
from ganeti_rapi.errors import BadRequest, Forbidden
from ganeti_rapi.jsontext import Encoded, Json, dumps

if TYPE_CHECKING:
    from ganeti_rapi.api.consoles import Ticket


@frozen(kw_only=True)
class Cell:
    """What every kind of cell has.

    ``permission`` is what calling it takes; `PUBLIC` if it takes none. Where it is ``open``, anyone
    may all the same under the rules of Ganeti 3.0.
    ``subject`` is the kind of the object that the URI names, where the name of its variable part
    does not tell. Where no object is named, ``selects`` says that the cell shows and changes only
    what the call's user may see; others are not for users whose permission has a scope.
    ``shared`` says that identical requests under way at the same time may share one reply; only
    reads that do not depend on the user are shared. ``follows_job`` says that the reply comes when
    a job has ended, however long that takes; ``secret``, that no log may show the reply.
    ``query`` and ``body`` are the forms that read what the client gives. ``reply_schema`` is the
    JSON Schema of the reply where the kind of cell does not tell it.
    """

    doc: str
    reply: str = ""
    reply_schema: Schema = field(factory=dict)
    permission: str = ""
    open: bool = True
    subject: str = ""
    selects: bool = False
    query: tuple[Argument, ...] = ()
    shared: bool = False
    secret: bool = False
    follows_job: bool = False
    body: BodyForm = NOT_READ

    @property
    def shows_one(self) -> bool:
        """Whether the reply is one object, which may have a ``serial_no``."""
        return False

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """All query arguments, with those that count without a body only."""
        return (*self.body.instead, *self.query)

    def is_open(self, rules: Rules) -> bool:
        """Whether anyone may call it, with or without a user."""
        return self.permission == PUBLIC or (self.open and rules is Rules.GANETI_3_0)

    def placed(self, items: Sequence[str]) -> Cell:
        """The same at a URI with these variable parts."""
        return self

    async def run(self, call: Call) -> Json | Encoded:
        """Answer the call."""
        raise NotImplementedError


@frozen(kw_only=True)
class Constant(Cell):
    """The same value always."""

    value: Json | Encoded = None

    async def run(self, call: Call) -> Json | Encoded:
        return self.value


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


@frozen(kw_only=True)
class Item(Cell):
    """One object of a kind, named by the only item of the path."""

    kind: Kind
    shared: bool = True
    reply: str = "An object with its details."
    query: tuple[Argument, ...] = field()
    reply_schema: Schema = field()

    @query.default
    def _lock_where_luxid_takes_it(self) -> tuple[Argument, ...]:
        return (LOCK,) if self.kind.takes_lock else ()

    @reply_schema.default
    def _details(self) -> Schema:
        return self.kind.schema

    @property
    def shows_one(self) -> bool:
        return True

    async def run(self, call: Call) -> Json:
        lock = LOCK in self.query and bool(LOCK.read(call.query))
        (name,) = call.items.values()
        return self.kind.item(await query_one(call, self.kind, name, self.kind.item_fields, lock))


@frozen(kw_only=True)
class Tags(Cell):
    """The tags of the cluster or of one object. Source: LUXI QueryTags."""

    kind: str
    shared: bool = True
    reply: str = "A list of tags."
    reply_schema: Schema = NAMES

    async def run(self, call: Call) -> Json:
        tags: Json = await call.daemon.call("QueryTags", self.kind, call.items.get("name", ""))
        return tags


Combine = Callable[[Values], Values]


@frozen(kw_only=True)
class OfOpcode(Cell):
    """A cell that submits an opcode.

    The opcode's parameters come from the path, from ``fixed``, from query arguments and from the
    body, which may not repeat what the others already say. ``forbidden`` parameters are refused
    with 403. A reason, and a time to wait for the job's end, can always be given.
    """

    opcode: str
    open: bool = False
    selects: bool = True
    reply: str = "The job's id."
    reply_schema: Schema = JOB_ID_OR_JOB
    body: BodyForm = PARAMETERS
    fixed: Mapping[str, Json] = field(factory=dict)
    as_list: Mapping[str, str] = field(factory=dict)
    """Path items that the opcode takes as a list of one, and the parameter's name."""
    forbidden: frozenset[str] = frozenset()

    def is_open(self, rules: Rules) -> bool:
        """Whether anyone may call it, with or without a user."""
        return self.permission == PUBLIC or (self.open and rules is Rules.GANETI_3_0)

    def placed(self, items: Sequence[str]) -> OfOpcode:
        parameters = OPCODES[self.opcode].parameters
        query = tuple(argument.of(self.opcode, parameters) for argument in self.query)
        query = (*query, REASON, WAIT)
        return evolve(self, query=query, body=self.body.of(self.opcode, self._taken(items)))

    def _taken(self, items: Sequence[str]) -> frozenset[str]:
        """The opcode's parameters that the path, the query or the table set, so the body must not.

        A query argument without a default leaves its parameter to the body when it is not given.
        """
        by_path = (self.as_list.get(item, item) for item in items)
        by_query = (each.key for each in self.query if each.required or each.default is not None)
        return frozenset({*by_path, *by_query, *self.fixed, "reason"}) | self.forbidden

    def read(self, call: Call) -> Values:
        """What the call gives for the opcode, by name. Raises `BadRequest` or `Forbidden`."""
        refuse_forbidden(call, self.forbidden)
        in_body = self.body.read(call)
        values: Values = {**self.fixed, **path_values(call)}
        for item, param in self.as_list.items():
            values[param] = [values.pop(item)]
        asked = read_all(self.query, call.query)
        values.update({name: value for name, value in asked.items() if value is not None})
        if repeated := sorted(in_body.keys() & values.keys()):
            raise repetition(repeated)
        return {**in_body, **values, "reason": reason_trail(call)}


@frozen(kw_only=True)
class Submit(OfOpcode):
    """Submits one opcode as a job; replies with the job's id.

    ``combine`` makes the opcode's values from the values that were read, where the two differ.
    """

    combine: Combine | None = None

    async def run(self, call: Call) -> Json:
        return await submit_job(call, [self.build(call)])

    def build(self, call: Call) -> Values:
        """The opcode that this call asks for, checked. Raises `BadRequest` or `Forbidden`."""
        values = self.read(call)
        return build_opcode(self.opcode, values if self.combine is None else self.combine(values))


def path_values(call: Call) -> Values:
    """The path's variable parts by name: as opcode parameters, whose names they bear."""
    return {name: PATH_ITEMS[name].read(text) for name, text in call.items.items()}


def refuse_forbidden(call: Call, forbidden: frozenset[str]) -> None:
    """Raise `Forbidden` when the query or the body sets a parameter that RAPI must not set."""
    if not forbidden:
        return
    given = set(call.query) | (set(call.body) if isinstance(call.body, dict) else set())
    for name in sorted(forbidden & given):
        raise Forbidden(f"The parameter {name} cannot be set via RAPI")


def build_opcode(name: str, values: Values) -> Values:
    """An opcode, checked. Raises `BadRequest`."""
    return {"OP_ID": name, **OPCODES[name].checked(values)}


Function = Callable[..., Coroutine[Any, Any, Json | Encoded]]
# Any: what coroutines are made of; the arguments are the call and, by name, what was read of it


@frozen(kw_only=True)
class Handler(Cell):
    """A method that no other kind of cell fits: ``function`` answers the call.

    It gets the call, and the values of path, query and body by their names.
    """

    function: Function

    async def run(self, call: Call) -> Json | Encoded:
        given = {**path_values(call), **read_all(self.query, call.query), **self.body.read(call)}
        return await self.function(call, **given)


@frozen(kw_only=True)
class Text(Cell):
    """A method whose reply is a text of another type than JSON."""

    content_type: str
    source: Callable[[Call], Coroutine[Any, Any, bytes]]  # Any: what coroutines are made of
    reply_schema: Schema = TEXT
    open: bool = False

    async def text(self, call: Call) -> bytes:
        """The reply's body. Raises `ApiError` or `LuxiError`."""
        return await self.source(call)


@frozen(kw_only=True)
class OpcodeHandler(OfOpcode):
    """As `Handler`, for a method that submits the opcode in a way of its own."""

    function: Function

    async def run(self, call: Call) -> Json | Encoded:
        return await self.function(call, **self.read(call))


@frozen(kw_only=True)
class WebSocket(Cell):
    """A method that makes the connection a WebSocket to a console, for whoever has its ticket."""

    permission: str = PUBLIC
    reply: str = "The connection is a WebSocket from now on; its messages are the console's bytes."
    reply_schema: Schema = TEXT
    admitted: Callable[..., Coroutine[Any, Any, Ticket]]  # Any: as for Function

    async def ticket(self, call: Call) -> Ticket:
        """What the call has a ticket for. Raises `ApiError`."""
        return await self.admitted(call, **path_values(call), **read_all(self.query, call.query))


def counts_once(method: str, cell: Cell) -> bool:
    """Whether a request may be marked to count once: it submits a job, or writes otherwise.

    Secret replies, such as tickets, are good for one request and not remembered for another.
    """
    return isinstance(cell, OfOpcode) or not (method in ("GET", "HEAD") or cell.secret)


Source = Callable[..., Coroutine[Any, Any, "AsyncIterator[Event] | None"]]
# Any: as for Function


@frozen(kw_only=True)
class Stream(Cell):
    """A method whose reply is a stream of events, or 204 when no events will come."""

    source: Source
    open: bool = False
    reply: str = "Server-Sent Events, with ids to go on from and heartbeats."
    reply_schema: Schema = TEXT

    async def events(self, call: Call) -> AsyncIterator[Event] | None:
        """The events to send. Raises `ApiError` or `LuxiError`."""
        given = {**path_values(call), **read_all(self.query, call.query)}
        return await self.source(call, **given)
