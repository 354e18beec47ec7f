"""What an opcode is: its parameters, and how they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from reprlib import repr as shortened

from attrs import field, frozen

from ganeti_rapi.api.params import COMMON, Param
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json

JOBS = (
    "An object whose jobs are a list of pairs: whether the job was submitted, and its id or else "
    "the reason."
)
"""What the result of an opcode holds that does its work by jobs of its own."""


@frozen
class Opcode:
    """An operation that a job can be made of.

    ``params`` are its own parameters, without those that every opcode has. ``subject`` names the
    parameter that a job's summary shows. ``result`` describes what the job's result holds.
    """

    name: str
    doc: str
    params: tuple[Param, ...] = ()
    subject: str | None = None
    result: str = "null"
    parameters: Mapping[str, Param] = field(init=False, eq=False, repr=False)
    """All parameters by name, the common ones last."""

    @parameters.default
    def _all_parameters(self) -> Mapping[str, Param]:
        return {param.name: param for param in (*self.params, *COMMON)}

    def checked(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The given values as they will be submitted, without defaults: those are luxid's.

        Raises `BadRequest` for a parameter that is unknown, missing or wrong.
        """
        for name in values:
            self.refuse_unknown(name)
        for param in self.parameters.values():
            if param.name not in values:
                param.refuse_missing(self.name)
        return {
            name: self.parameters[name].read(value, self.name) for name, value in values.items()
        }

    def refuse_unknown(self, name: str) -> None:
        """Raise `BadRequest` when it has no parameter of this name."""
        if name in self.parameters:
            return
        close = get_close_matches(name, self.parameters, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise BadRequest(f"{self.name} has no parameter {shortened(name)}{hint}")

    def with_defaults(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """The values and, for the parameters that are not among them, copies of the defaults."""
        defaults = {
            name: deepcopy(param.default)
            for name, param in self.parameters.items()
            if not param.required and name not in values
        }
        return {**defaults, **values}  # type: ignore[dict-item]  # required ones have no default
