"""The cells that submit opcodes as jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, field, frozen

from ganeti_rapi.api.arguments import REASON, WAIT
from ganeti_rapi.api.bodies import PARAMETERS, BodyForm, Values, repetition
from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import Cell, Function
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.forms import read_all
from ganeti_rapi.api.jobs import reason_trail, submit_job
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.paths import path_values
from ganeti_rapi.api.schemas import JOB_ID_OR_JOB
from ganeti_rapi.errors import Forbidden
from ganeti_rapi.jsontext import Encoded, Json

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
        values: Values = {**self.fixed, **path_values(call.items)}
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


@frozen(kw_only=True)
class OpcodeHandler(OfOpcode):
    """As `Handler`, for a method that submits the opcode in a way of its own."""

    function: Function

    async def run(self, call: Call) -> Json | Encoded:
        return await self.function(call, **self.read(call))


def counts_once(method: str, cell: Cell) -> bool:
    """Whether a request may be marked to count once: it submits a job, or writes otherwise.

    Secret replies, such as tickets, are good for one request and not remembered for another.
    """
    return isinstance(cell, OfOpcode) or not (method in ("GET", "HEAD") or cell.secret)
