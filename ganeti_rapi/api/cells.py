"""The few kinds of cell that the resource table is made of.

A cell is one method of one resource. It holds what the reference and the OpenAPI document say of
it (``doc``, ``reply``, ``query``, who may call it) and one coroutine, ``run``, which takes a `Call`
and returns the reply's JSON or raises `ApiError` or `LuxiError`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from enum import Enum
from typing import Any, Literal

from attrs import field, frozen

from ganeti_rapi.api.access import Access
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import Check, Schema
from ganeti_rapi.api.events import Event
from ganeti_rapi.api.fields import Kind
from ganeti_rapi.api.jobs import LONGEST_RETURN, RETURN_TIMEOUT, submit_job
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import Param
from ganeti_rapi.api.queries import query_arguments, query_one
from ganeti_rapi.errors import BadRequest, Forbidden
from ganeti_rapi.jsontext import Encoded, Json, dumps

Values = dict[str, Json]


@frozen
class Arg:
    """A query argument.

    ``param`` is the opcode's parameter that it sets. ``kind`` says how the text is read: a flag
    (1 or 0), a word, a list of words with commas, or a word that may be given several times.
    """

    name: str
    doc: str
    kind: Literal["flag", "word", "words", "repeated", "seconds", "number"] = "word"
    param: str = ""
    default: Json = None
    required: bool = False
    longest: float | None = None
    """The most seconds that may be given."""

    def read(self, call: Call) -> Json:
        """The argument's value in this call. Raises `BadRequest`."""
        if self.required:
            call.required_text(self.name)
        if self.kind == "flag":
            return call.flag(self.name, bool(self.default)) if self._given(call) else self.default
        if self.kind == "words":
            return call.words(self.name)
        if self.kind == "repeated":
            return list(call.query.get(self.name, ()))
        return call.text(self.name) or self.default

    def _given(self, call: Call) -> bool:
        return call.text(self.name) is not None


def flag(name: str, doc: str, param: str = "", default: bool | None = False) -> Arg:
    """A query argument that is 1 or 0."""
    return Arg(name, doc, "flag", param or name, default)


BULK = flag("bulk", "Show every object with its details instead of its name and URI.")
LOCK = flag("lock", "Ask for locked queries, which current Ganeti refuses.")
DRY_RUN = flag("dry-run", "Only make the checks that come before the job's execution.", "dry_run")
WAIT = Arg(
    RETURN_TIMEOUT,
    f"Wait up to so many seconds, {LONGEST_RETURN:g} at the most, for the job's end. If it ends in "
    "time the reply is the job, as /2/jobs/[job_id] shows it.",
    "seconds",
    longest=LONGEST_RETURN,
)
REASON = Arg("reason", "Why this is done; kept in the job's reason trail.")


class Body(Enum):
    """What a cell does with the request's body. The value is the words of the reference."""

    IGNORED = "not read"
    DEPENDS = "only `depends` is read"
    PARAMETERS = "an object with parameters"
    OR_QUERY = "an object with parameters, or nothing and the query arguments"
    REQUIRED = "an object with parameters, required"
    OTHER = "see the description"


@frozen(kw_only=True)
class Cell:
    """What every kind of cell has.

    ``shared`` says that identical requests under way at the same time may share one reply; only
    reads that do not depend on the user are shared. ``renames`` gives keys of the body other names.
    Where the kind of cell does not tell it, ``reply_schema`` is the JSON Schema of the reply,
    ``body_params`` are the keys of the body, and ``body_check`` is what a body that is no object of
    parameters must pass. ``ignores_unknown`` says that the body may have other keys, too.
    """

    doc: str
    reply: str = ""
    reply_schema: Schema = field(factory=dict)
    access: Access = Access.OPEN
    query: tuple[Arg, ...] = ()
    shared: bool = False
    body: Body = Body.IGNORED
    body_params: tuple[Param, ...] = ()
    body_check: Check | None = None
    ignores_unknown: bool = False
    renames: Mapping[str, str] = field(factory=dict)

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

    async def run(self, call: Call) -> Json | Encoded:
        lock = any(arg is LOCK for arg in self.query) and call.flag(LOCK.name)
        if call.flag(BULK.name):
            return await self._details(call, lock)
        arguments = query_arguments(self.kind, [], [self.kind.identity], lock)
        names = sorted(row[0] for row in await call.daemon.call(self.kind.method, *arguments))
        return [{self.kind.key: name, "uri": f"{self.kind.uri}{name}"} for name in names]

    async def _details(self, call: Call, lock: bool) -> Encoded:
        """All objects, encoded slice by slice, so that a long list holds up nobody."""
        fields = self.kind.fields
        arguments = query_arguments(self.kind, [], fields, lock)
        text = Encoded(b"[")
        comma = b""
        async for rows in call.daemon.rows(self.kind.method, *arguments):
            if rows:
                text.add(comma + dumps(self.kind.rows(fields, rows))[1:-1])
                comma = b","
        text.add(b"]")
        return text


@frozen(kw_only=True)
class Item(Cell):
    """One object of a kind, named by the path item ``item``."""

    kind: Kind
    item: str
    shared: bool = True

    async def run(self, call: Call) -> Json:
        lock = any(arg is LOCK for arg in self.query) and call.flag(LOCK.name)
        name = call.items[self.item]
        return self.kind.item(await query_one(call, self.kind, name, self.kind.item_fields, lock))


@frozen(kw_only=True)
class Tags(Cell):
    """The tags of the cluster or of one object. Source: LUXI QueryTags."""

    kind: str
    shared: bool = True

    async def run(self, call: Call) -> Json:
        tags: Json = await call.daemon.call("QueryTags", self.kind, call.items.get("name", ""))
        return tags


Prepare = Callable[[Call, Values], Values]


@frozen(kw_only=True)
class Submit(Cell):
    """Submits one opcode as a job; replies with the job's id.

    The opcode's parameters come from the path, from ``fixed``, from query arguments and from the
    body, which may not repeat what the others already say. ``forbidden`` parameters are refused
    with 403, and ``prepare`` rewrites the body's parameters, or makes them of a body of another
    form, where a row's data does not suffice. ``body_params`` are then the keys of the body that
    differ from the opcode's parameters.
    """

    opcode: str
    access: Access = Access.WRITE
    reply: str = "The job's id."
    body: Body = Body.PARAMETERS
    fixed: Mapping[str, Json] = field(factory=dict)
    as_list: Mapping[str, str] = field(factory=dict)
    """Path items that the opcode takes as a list of one, and the parameter's name."""
    forbidden: frozenset[str] = frozenset()
    prepare: Prepare | None = None

    async def run(self, call: Call) -> Json:
        return await submit_job(call, [self.build(call)])

    def build(self, call: Call) -> Values:
        """The opcode that this call asks for, checked. Raises `BadRequest` or `Forbidden`."""
        refuse_forbidden(call, self.forbidden)
        values = self._body_values(call)
        if self.prepare is not None:
            values = self.prepare(call, values)
        return build_opcode(self.opcode, values, self._static_values(call))

    def _body_values(self, call: Call) -> Values:
        if self.body in (Body.PARAMETERS, Body.OR_QUERY):
            return rename_keys(call.object_body(), self.renames)
        if self.body is Body.REQUIRED:
            return rename_keys(call.required_object(), self.renames)
        return depends_only(call)

    def _static_values(self, call: Call) -> Values:
        values: Values = {**self.fixed, **path_values(call)}
        for item, param in self.as_list.items():
            values[param] = [values.pop(item)]
        for arg in self.query:
            if arg.param and (value := arg.read(call)) is not None:
                values[arg.param] = value
        values["reason"] = call.reason_trail()
        return values


def path_values(call: Call) -> Values:
    """The path's variable parts as opcode parameters: they bear the parameters' names."""
    return {name: int(text) if name == "disk" else text for name, text in call.items.items()}


def depends_only(call: Call) -> Values:
    """``depends`` from the body of a resource that reads nothing else of it."""
    if isinstance(call.body, dict) and "depends" in call.body:
        return {"depends": call.body["depends"]}
    return {}


def refuse_forbidden(call: Call, forbidden: frozenset[str]) -> None:
    """Raise `Forbidden` when the query or the body sets a parameter that RAPI must not set."""
    if not forbidden:
        return
    given = set(call.query) | (set(call.body) if isinstance(call.body, dict) else set())
    for name in sorted(forbidden & given):
        raise Forbidden(f"The parameter {name} cannot be set via RAPI")


def rename_keys(values: Values, renames: Mapping[str, str]) -> Values:
    """The same values under the opcode's own names. Raises `BadRequest` when both are given."""
    renamed = dict(values)
    for old, new in renames.items():
        if old in renamed:
            if new in renamed:
                raise BadRequest(f"The parameters '{old}' and '{new}' mean the same; give one")
            renamed[new] = renamed.pop(old)
    return renamed


def build_opcode(name: str, values: Values, static: Values) -> Values:
    """An opcode of both, checked. Raises `BadRequest` when the body repeats a static parameter."""
    if repeated := sorted(values.keys() & static.keys()):
        names = ", ".join(repeated)
        raise BadRequest(f"The request body must not set {names}: that follows from the URI")
    return {"OP_ID": name, **OPCODES[name].checked({**values, **static})}


@frozen(kw_only=True)
class Handler(Cell):
    """A method that fits no kind: ``function`` answers the call."""

    function: Callable[[Call], Coroutine[Any, Any, Json]]  # Any: what coroutines are made of

    async def run(self, call: Call) -> Json:
        return await self.function(call)


Source = Callable[[Call], Coroutine[Any, Any, AsyncIterator[Event] | None]]
# Any: what coroutines are made of


@frozen(kw_only=True)
class Stream(Cell):
    """A method whose reply is a stream of events, or nothing when there is nothing to come."""

    source: Source
    access: Access = Access.WRITE
    reply: str = "Server-Sent Events, with ids to go on from and heartbeats."
