"""Forms of request bodies. A form reads a call's body, and describes it by a schema and in words.

A body is one of few things: not read, an object with keys of its own, an object with an opcode's
parameters, or one value. Where query arguments may stand in for a body, the
body's form has them, as ``instead``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from reprlib import repr as shortened
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.checks import Check, CheckError, Schema, expectation, json_type
from ganeti_rapi.api.forms import Argument
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.params import COMMON, REQUIRED, Param
from ganeti_rapi.api.schemas import any_of, described
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json

Values = dict[str, Json]


@frozen
class Key:
    """A key of a body. It may have two names, of which a request gives one."""

    names: Sequence[str]
    param: Param


B = TypeVar("B", bound="BodyForm")


@frozen(kw_only=True)
class BodyForm:
    """A body that is not read; subclasses read theirs. ``words`` describe it in the reference."""

    words: str = "not read"
    required: bool = False
    instead: tuple[Argument, ...] = ()
    """The query arguments that count without a body."""

    def read(self, call: Call) -> Values:
        """The values, by the names that handlers and opcodes have for them. Raises `BadRequest`."""
        return {}

    @property
    def needed(self) -> bool:
        """Whether a request needs a body, since the body itself or one of its keys is required."""
        return self.required

    def keys(self) -> Sequence[Key]:
        """The keys that the body may have; empty unless the body is an object of parameters."""
        return ()

    def schema(self) -> Schema | None:
        """The JSON Schema of the body; None if it is not read."""
        return None

    def of(self: B, opcode: str, taken: frozenset[str]) -> B:
        """The same form for an opcode; the URI or the table set its parameters ``taken``."""
        parameters = OPCODES[opcode].parameters
        return evolve(self, instead=tuple(each.of(opcode, parameters) for each in self.instead))


NOT_READ = BodyForm()


@frozen(kw_only=True)
class Keys(BodyForm):
    """An object with keys of its own. With ``others`` it may have more, which are not read."""

    words: str = "an object with parameters"
    params: tuple[Param, ...]
    others: bool = False

    def read(self, call: Call) -> Values:
        given = object_body(call) if call.has_body else self._instead(call)
        known = {param.name: param for param in self.params}
        if not self.others:
            for name in sorted(given.keys() - known.keys()):
                raise BadRequest(f"There is no parameter {shortened(name)} here")
        return checked(given, self.params)

    def _instead(self, call: Call) -> Values:
        if self.required:
            raise missing_body()
        return given_arguments(self.instead, call)

    def keys(self) -> Sequence[Key]:
        return [Key((param.name,), param) for param in self.params]

    def schema(self) -> Schema:
        return object_schema(self.keys(), self.others)


@frozen(kw_only=True)
class OneValue(BodyForm):
    """A body that is one value; handlers get it by the name ``key``.

    For an opcode it may also be an object, which has the value under that key, beside what every
    opcode takes.
    """

    key: str
    check: Check
    default: Json = None
    doc: str = "The same as the body alone."
    opcode: str = ""
    as_object: Keys | None = None
    words: str = field(init=False)

    @words.default
    def _words_of_the_check(self) -> str:
        return str(self.check)

    def read(self, call: Call) -> Values:
        if self.as_object is not None and isinstance(call.body, dict):
            return self.as_object.read(call)
        if not call.has_body:
            if self.required:
                raise BadRequest(f"Missing {self._label}: expected {expectation(self.check)}")
            return {}
        try:
            return {self.key: self.check(call.body)}  # type: ignore[arg-type]  # there is one
        except CheckError as error:
            raise BadRequest(f"Invalid {self._label}: {error}") from None

    @property
    def _label(self) -> str:
        return f"parameter {self.opcode}.{self.key}" if self.opcode else "request body"

    def of(self, opcode: str, taken: frozenset[str]) -> OneValue:
        owner = opcode if self.key in OPCODES[opcode].parameters else ""
        value = Param(self.key, self.check, self.doc, REQUIRED if self.required else self.default)
        common = (param for param in COMMON if param.name not in taken)
        return evolve(
            super().of(opcode, taken), opcode=owner, as_object=Keys(params=(value, *common))
        )

    def schema(self) -> Schema:
        own = self.check.schema()
        return own if self.as_object is None else any_of(own, self.as_object.schema())


@frozen(kw_only=True)
class Parameters(BodyForm):
    """An object with the parameters of the cell's opcode.

    ``also`` are parameters that differ from the opcode's, or that it lacks; ``renames`` gives keys
    other names. Where the arguments ``instead`` may stand in for the body: with ``exclusive`` a
    request may not have both, with ``query_first`` the arguments count before the body, and with
    ``empty_is_none`` an empty body counts as no body. Where the stock daemon reads no body and
    clients send what they like, ``only_objects`` are read and anything else is ignored. What is
    ``taken`` follows from the URI, and must not be in the body.
    """

    words: str = "an object with parameters"
    also: tuple[Param, ...] = ()
    renames: Mapping[str, str] = field(factory=dict)
    exclusive: bool = False
    query_first: bool = False
    empty_is_none: bool = False
    only_objects: bool = False
    opcode: str = ""
    taken: frozenset[str] = frozenset()

    def of(self, opcode: str, taken: frozenset[str]) -> Parameters:
        return evolve(super().of(opcode, taken), opcode=opcode, taken=self.taken | taken)

    def read(self, call: Call) -> Values:
        if self._by_query(call):
            return given_arguments(self.instead, call)
        if self.required and not call.has_body:
            raise missing_body()
        if self.only_objects and not isinstance(call.body, dict):
            return {}
        given = renamed(object_body(call), self.renames)
        if repeated := sorted(given.keys() & self.taken):
            raise repetition(repeated)
        opcode = OPCODES[self.opcode]
        # In the body's order, so that the same body gets the same answer.
        for name in [name for name in given if name not in opcode.parameters]:
            if all(name != param.name for param in self.also):
                opcode.refuse_unknown(name)
        return {**given, **checked(given, self.also, self.opcode)} if self.also else given

    def _by_query(self, call: Call) -> bool:
        """Whether the query arguments count, and not the body.

        Raises `BadRequest` if a request has both and must not.
        """
        if not self.instead:
            return False
        asked = any(call.query.get(each.name) for each in self.instead)
        no_body = not call.has_body or (self.empty_is_none and not call.body)
        if asked and self.exclusive and not no_body:
            names = " and ".join(each.name for each in self.instead)
            raise BadRequest(f"Give either a body or the query arguments {names}, not both")
        return no_body or (asked and self.query_first)

    def keys(self) -> Sequence[Key]:
        other_names = {new: old for old, new in self.renames.items()}
        return [
            Key((other_names[name], name) if name in other_names else (name,), param)
            for name, param in self._params().items()
        ]

    def _params(self) -> Mapping[str, Param]:
        parameters = OPCODES[self.opcode].parameters if self.opcode else {}
        free = {name: param for name, param in parameters.items() if name not in self.taken}
        return {**free, **{param.name: param for param in self.also}}

    def schema(self) -> Schema:
        schema = object_schema(self.keys(), others=False)
        if self.only_objects:  # without a type, the rest says nothing of anything else
            del schema["type"]
        return schema

    @property
    def needed(self) -> bool:
        must = any(key.param.required for key in self.keys())
        return self.required or (must and not self.instead)


PARAMETERS = Parameters()
"""The parameters of the opcode, by their own names."""

IF_OBJECT = Parameters(only_objects=True)
"""The same, of an object; anything else is ignored, as the stock daemon ignores any body there."""


def given_arguments(arguments: Sequence[Argument], call: Call) -> Values:
    """The values of arguments that are given or have a default. Raises `BadRequest`."""
    given = [each for each in arguments if call.query.get(each.name)]
    for key, count in Counter(each.key for each in given).items():
        if count > 1:
            names = " and ".join(each.name for each in given if each.key == key)
            raise BadRequest(f"The query arguments {names} mean the same; give one")
    values = {each.key: each.default for each in arguments if each.default is not None}
    return {**values, **{each.key: each.read(call.query) for each in given}}


def repetition(names: Sequence[str]) -> BadRequest:
    """The error for a body that sets what follows from the URI or the query."""
    return BadRequest(
        f"The request body must not set {', '.join(names)}: that follows from the URI"
    )


def missing_body() -> BadRequest:
    """The error for a request that lacks the body it needs."""
    return BadRequest("Missing request body: expected an object")


def object_body(call: Call) -> Values:
    """The body as an object, empty without one. Raises `BadRequest`."""
    if not call.has_body:
        return {}
    body: Any = call.body  # Any: JSON, as there is one
    if not isinstance(body, dict):
        raise BadRequest(f"Invalid request body: expected an object, got {json_type(body)}")
    return dict(body)


def renamed(values: Values, renames: Mapping[str, str]) -> Values:
    """The same values under the opcode's own names. Raises `BadRequest` when both are given."""
    result = dict(values)
    for old, new in renames.items():
        if old in result:
            if new in result:
                raise BadRequest(f"The parameters '{old}' and '{new}' mean the same; give one")
            result[new] = result.pop(old)
    return result


def checked(given: Values, params: Sequence[Param], owner: str = "") -> Values:
    """The values of these parameters, as far as they are given. Raises `BadRequest`."""
    for param in params:
        if param.name not in given:
            param.refuse_missing(owner)
    return {
        param.name: param.read(given[param.name], owner) for param in params if param.name in given
    }


def object_schema(keys: Sequence[Key], others: bool) -> dict[str, Any]:  # Any: JSON
    """The JSON Schema of an object with these keys."""
    schema: dict[str, Any] = {  # Any: JSON
        "type": "object",
        "properties": {name: _property(key, name) for key in keys for name in key.names},
        "required": [key.names[0] for key in keys if key.param.required and len(key.names) == 1],
        "additionalProperties": others,
    }
    if choices := [_one_name(key) for key in keys if len(key.names) > 1]:
        schema["allOf"] = choices
    return schema


def _property(key: Key, name: str) -> Schema:
    param = key.param
    doc = param.doc if name == key.names[0] else f"The same as `{key.names[0]}`."
    schema = described(param.check.schema(), doc)
    if not param.required:
        schema["default"] = param.default  # type: ignore[assignment]  # only REQUIRED is not JSON
    if param.secret:
        schema["writeOnly"] = True
    return schema


def _one_name(key: Key) -> Schema:
    """At most one of two names, or exactly one where the parameter is required."""
    if key.param.required:
        return {"oneOf": [{"required": [name]} for name in key.names]}
    return {"not": {"required": list(key.names)}}
