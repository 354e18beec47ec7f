"""Forms of query arguments. A form reads an argument, and describes it by a schema and in words.

They are the siblings of the checks in `checks`, which judge values of JSON: a form makes such a
value of text, and raises the same `CheckError`. An argument without a value (``reason=``) counts as
absent, as in the stock daemon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from attrs import evolve, field, frozen

from ganeti_rapi.api.checks import (
    NON_EMPTY_STRING,
    STRING,
    STRINGS,
    Check,
    CheckError,
    Integer,
    Maybe,
    Schema,
    expectation,
)
from ganeti_rapi.api.params import Param
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json


class Form(Protocol):
    """What every form of an argument can do. ``str()`` of it is a phrase for the reference."""

    def read(self, texts: Sequence[str]) -> Json:
        """The value that these texts stand for; there is at least one. Raises `CheckError`."""

    def schema(self) -> Schema:
        """The JSON Schema of the argument, as OpenAPI reads arguments."""


@frozen
class Flag:
    """A number: 0 stands for ``no``, any other for ``yes``."""

    yes: Json = True
    no: Json = False

    def read(self, texts: Sequence[str]) -> Json:
        with suppress(ValueError):
            return self.yes if int(texts[0]) else self.no
        raise CheckError("1 or 0", "another string")

    def schema(self) -> Schema:
        return {"type": "integer"}

    def __str__(self) -> str:
        return "1 or 0"


@frozen
class OfCheck:
    """A form whose value passes a check, and has its schema."""

    check: Check

    def read(self, texts: Sequence[str]) -> Json:
        raise NotImplementedError

    def schema(self) -> Schema:
        return self.check.schema()


@frozen
class Word(OfCheck):
    """A text that passes a check."""

    check: Check = NON_EMPTY_STRING

    def read(self, texts: Sequence[str]) -> Json:
        return self.check(texts[0])

    def __str__(self) -> str:
        return "text" if self.check in (NON_EMPTY_STRING, STRING) else str(self.check)


@frozen
class Words(OfCheck):
    """A list of words with commas between them; blanks around a word are taken off."""

    check: Check = STRINGS

    def read(self, texts: Sequence[str]) -> Json:
        return self.check([word.strip() for word in texts[0].split(",")])

    def __str__(self) -> str:
        return "words with commas"


@frozen
class Repeated(OfCheck):
    """A list of texts, each of which is given as an argument of its own."""

    check: Check = STRINGS

    def read(self, texts: Sequence[str]) -> Json:
        return self.check(list(texts))

    def __str__(self) -> str:
        return "text, repeated"


@frozen
class Whole(OfCheck):
    """A whole number that passes a check."""

    check: Check = field(factory=Integer)

    def read(self, texts: Sequence[str]) -> Json:
        try:
            number = int(texts[0])
        except ValueError:
            raise CheckError(expectation(self.check), "another string") from None
        return self.check(number)

    def __str__(self) -> str:
        return str(self.check)


@frozen
class Seconds:
    """A time from 0 to ``longest`` seconds, with or without a fraction."""

    longest: float

    def read(self, texts: Sequence[str]) -> Json:
        with suppress(ValueError):
            seconds = float(texts[0])
            if 0 <= seconds <= self.longest:
                return seconds
        raise CheckError(f"0 to {self.longest:g} seconds", "something else")

    def schema(self) -> Schema:
        return {"type": "number", "minimum": 0, "maximum": self.longest}

    def __str__(self) -> str:
        return "number"


@frozen
class Argument:
    """A query argument.

    ``param`` is the name by which handlers and opcodes get its value: None for the argument's own
    name, and empty for a value that they do not get, since it is read elsewhere. ``owner`` is the
    opcode that has the parameter; the argument of an opcode needs no ``doc`` of its own.
    """

    name: str
    doc: str = ""
    form: Form = Word()
    param: str | None = None
    default: Json = None
    required: bool = False
    owner: str = ""

    @property
    def key(self) -> str:
        """The name by which handlers and opcodes get its value."""
        return self.name.replace("-", "_") if self.param is None else self.param

    @property
    def _label(self) -> str:
        return f"parameter {self.owner}.{self.key}" if self.owner else f"argument {self.name}"

    def read(self, query: Mapping[str, Sequence[str]]) -> Json:
        """The value in this query, or the default. Raises `BadRequest`."""
        texts = query.get(self.name)
        if not texts:
            if self.required:
                raise BadRequest(f"Missing argument {self.name}: expected {self.form}")
            return self.default
        try:
            return self.form.read(texts)
        except CheckError as error:
            raise BadRequest(f"Invalid {self._label}: {error}") from None

    def schema(self) -> Schema:
        """The JSON Schema of the argument."""
        schema = self.form.schema()
        if self.default is not None:
            shown = int(self.default) if isinstance(self.default, bool) else self.default
            schema = {**schema, "default": shown}
        return schema

    def of(self, owner: str, parameters: Mapping[str, Param]) -> Argument:
        """The same argument for an opcode: it takes, and means, what the parameter does."""
        if self.key not in parameters:
            return self
        param = parameters[self.key]
        check = param.check
        check = check.check if isinstance(check, Maybe) else check
        form = self.form
        if isinstance(form, OfCheck) and form in (Word(), Words(), Repeated()):
            form = evolve(form, check=check)
        return evolve(self, owner=owner, form=form, doc=self.doc or param.doc)


def read_all(arguments: Sequence[Argument], query: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """The values that handlers and opcodes get, by name. Raises `BadRequest`."""
    return {each.key: each.read(query) for each in arguments if each.key}
