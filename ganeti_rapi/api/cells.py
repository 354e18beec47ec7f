"""What the resource table is made of: cells, and their plain kinds.

A cell is one method of one resource. It holds what the reference and the OpenAPI document say of
it (``doc``, ``reply``, ``query``, who may call it) and one coroutine, ``run``, which takes a `Call`
and returns the reply's JSON or raises `ApiError` or `LuxiError`. Lists, and cells that submit
opcodes, have modules of their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.arguments import LOCK
from ganeti_rapi.api.bodies import NOT_READ, BodyForm
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.events import Event
from ganeti_rapi.api.forms import Argument, read_all
from ganeti_rapi.api.kinds import Kind
from ganeti_rapi.api.paths import path_values
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.api.schemas import NAMES, TEXT
from ganeti_rapi.jsontext import Encoded, Json

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


Function = Callable[..., Coroutine[Any, Any, Json | Encoded]]
# Any: what coroutines are made of; the arguments are the call and, by name, what was read of it


@frozen(kw_only=True)
class Handler(Cell):
    """A method that no other kind of cell fits: ``function`` answers the call.

    It gets the call, and the values of path, query and body by their names.
    """

    function: Function

    async def run(self, call: Call) -> Json | Encoded:
        given = {
            **path_values(call.items),
            **read_all(self.query, call.query),
            **self.body.read(call),
        }
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
class WebSocket(Cell):
    """A method that makes the connection a WebSocket to a console, for whoever has its ticket."""

    permission: str = PUBLIC
    reply: str = "The connection is a WebSocket from now on; its messages are the console's bytes."
    reply_schema: Schema = TEXT
    admitted: Callable[..., Coroutine[Any, Any, Ticket]]  # Any: as for Function

    async def ticket(self, call: Call) -> Ticket:
        """What the call has a ticket for. Raises `ApiError`."""
        return await self.admitted(
            call, **path_values(call.items), **read_all(self.query, call.query)
        )


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
        given = {**path_values(call.items), **read_all(self.query, call.query)}
        return await self.source(call, **given)
