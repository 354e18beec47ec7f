"""Checks of one value that has no others inside."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from attrs import frozen

from ganeti_rapi.api.checks.check import (
    CheckError,
    Schema,
    expectation,
    json_type,
    refusal,
)
from ganeti_rapi.jsontext import Json


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@frozen
class Anything:
    """Any value; what it means is for Ganeti to judge."""

    def __call__(self, value: Json) -> Json:
        return value

    def schema(self) -> Schema:
        return {}

    def __str__(self) -> str:
        return "anything"


@frozen
class Boolean:
    """true or false; the numbers 1 and 0 are turned into them."""

    def __call__(self, value: Json) -> Json:
        if isinstance(value, bool):
            return value
        if _is_integer(value) and value in (0, 1):
            return bool(value)
        raise refusal(self, value)

    def schema(self) -> Schema:
        # The bounds speak of numbers only.
        return {"type": ["boolean", "integer"], "minimum": 0, "maximum": 1}

    def __str__(self) -> str:
        return "boolean"


@frozen
class Integer:
    """A whole number, within bounds that belong to the range."""

    minimum: int | None = None
    maximum: int | None = None

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, int) or isinstance(value, bool):
            raise refusal(self, value)
        if (self.minimum is not None and value < self.minimum) or (
            self.maximum is not None and value > self.maximum
        ):
            raise CheckError(expectation(self), "one outside that range")
        return value

    def schema(self) -> Schema:
        bounds = {"minimum": self.minimum, "maximum": self.maximum}
        return {"type": "integer", **{name: at for name, at in bounds.items() if at is not None}}

    def __str__(self) -> str:
        if self.minimum is None:
            return "integer" if self.maximum is None else f"integer of at most {self.maximum}"
        if self.maximum is None:
            return f"integer of at least {self.minimum}"
        return f"integer from {self.minimum} to {self.maximum}"


@frozen
class Number:
    """A number, with or without a fraction."""

    def __call__(self, value: Json) -> Json:
        if _is_integer(value) or (isinstance(value, float) and isfinite(value)):
            return value
        raise refusal(self, value)

    def schema(self) -> Schema:
        return {"type": "number"}

    def __str__(self) -> str:
        return "number"


@frozen
class String:
    """Text of at least ``minimum`` characters, none or one."""

    minimum: int = 0

    def __call__(self, value: Json) -> Json:
        if isinstance(value, str) and len(value) >= self.minimum:
            return value
        raise refusal(self, value)

    def schema(self) -> Schema:
        return {"type": "string", **({"minLength": self.minimum} if self.minimum else {})}

    def __str__(self) -> str:
        return "non-empty string" if self.minimum else "string"


@frozen
class OneOf:
    """One of a few strings or numbers."""

    choices: tuple[str | int, ...]

    def __call__(self, value: Json) -> Json:
        if isinstance(value, bool) or value not in self.choices:
            got = "another string" if isinstance(value, str) and value else json_type(value)
            raise CheckError(str(self), got)
        return value

    def schema(self) -> Schema:
        return {"enum": list(self.choices)}

    def __str__(self) -> str:
        return "one of " + ", ".join(map(str, self.choices))


@frozen
class Matching:
    """Text in a certain notation.

    ``parse`` raises ValueError for what is not of the notation. For the schema, ``pattern`` is the
    same as a regular expression, anchored at both ends, or ``format`` is the notation's name there;
    some notations have neither.
    """

    phrase: str
    parse: Callable[[str], object]
    pattern: str = ""
    format: str = ""

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, str):
            raise refusal(self, value)
        try:
            self.parse(value)
        except ValueError:
            raise CheckError(expectation(self), "another string") from None
        return value

    def schema(self) -> Schema:
        if self.format:
            return {"type": "string", "format": self.format}
        return {"type": "string", **({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})}

    def __str__(self) -> str:
        return self.phrase
