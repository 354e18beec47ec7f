"""The language of Query's conditions: lists such as ``["&", ["?", "master"], ["<", "mfree", 9]]``.

`parse` turns the lists into an `Expression`. A comparison with a field that has no value for some
object, because it is unavailable, say, or its node is offline, holds for that object.

Source: Ganeti's design document on queries; the errors and the last rule were learned from luxid.
"""

from __future__ import annotations

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

from attrs import evolve, frozen

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.fields import NORMAL, Reading
from ganeti_rapi.simulator.queries.refusals import shown, unparsable

Literal: TypeAlias = str | int
ReadField: TypeAlias = Callable[[str], Reading]
"""Gives one object's reading of the field with that name."""

MAX_DEPTH = 320
"""How deep conditions may be nested; each level takes two frames of Python's thousand."""


class Expression(ABC):
    """A condition on an object."""

    @abstractmethod
    def holds(self, read: ReadField) -> bool:
        """Whether an object meets the condition. Raises `JobDaemonError` for unfit types."""

    @abstractmethod
    def field_names(self) -> Iterator[str]:
        """The names of all fields that the condition is about."""

    def equated(self, field: str) -> list[Literal] | None:
        """The values, if the condition is only that ``field`` equals one of some values.

        None for any other condition. Ganeti looks such objects up by name instead of sifting all.
        """
        del field
        return None

    def with_short_names(self, fields: Collection[str]) -> Expression:
        """The same condition, where the first labels of a name in these fields equal the name."""
        del fields
        return self


@frozen
class And(Expression):
    """Every part holds."""

    parts: Sequence[Expression]

    def holds(self, read: ReadField) -> bool:
        for part in self.parts:  # noqa: SIM110  # one frame a level
            if not part.holds(read):
                return False
        return True

    def field_names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.field_names()

    def with_short_names(self, fields: Collection[str]) -> Expression:
        return And([part.with_short_names(fields) for part in self.parts])


@frozen
class Or(Expression):
    """At least one part holds."""

    parts: Sequence[Expression]

    def holds(self, read: ReadField) -> bool:
        for part in self.parts:  # noqa: SIM110  # as above
            if part.holds(read):
                return True
        return False

    def field_names(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.field_names()

    def equated(self, field: str) -> list[Literal] | None:
        found: list[Literal] = []
        for part in self.parts:
            if (literals := part.equated(field)) is None:
                return None
            found += literals
        return found

    def with_short_names(self, fields: Collection[str]) -> Expression:
        return Or([part.with_short_names(fields) for part in self.parts])


@frozen
class Not(Expression):
    """The part does not hold."""

    part: Expression

    def holds(self, read: ReadField) -> bool:
        return not self.part.holds(read)

    def field_names(self) -> Iterator[str]:
        return self.part.field_names()

    def with_short_names(self, fields: Collection[str]) -> Expression:
        return Not(self.part.with_short_names(fields))


class FieldCondition(Expression):
    """A condition on one field's value."""

    field: str

    @abstractmethod
    def fits(self, value: Any) -> bool:  # Any: a field's value is JSON of any shape
        """Whether a normal value meets the condition."""

    def holds(self, read: ReadField) -> bool:
        status, value = read(self.field)
        return status != NORMAL or self.fits(value)

    def field_names(self) -> Iterator[str]:
        yield self.field


@frozen
class IsTrue(FieldCondition):
    """The field, which must be a bool, is true."""

    field: str

    def fits(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise _parameter_error(f"Unexpected value '{shown(value)}' in boolean context")
        return value


@frozen
class Comparison(FieldCondition):
    """The field stands in an order relation to a text or a number."""

    field: str
    compare: Callable[[Any, Any], bool]
    literal: Literal
    short: bool = False
    """Whether the first labels of a host name are equal to it, too."""

    def fits(self, value: Any) -> bool:
        if not _same_type(value, self.literal):
            raise _parameter_error(
                f"Invalid types in comparison, trying to compare {shown(value)}"
                f" with '{_shown_literal(self.literal)}'"
            )
        if self.short and value.startswith(f"{self.literal}."):
            return True
        return self.compare(value, self.literal)

    def equated(self, field: str) -> list[Literal] | None:
        return [self.literal] if (field, operator.eq) == (self.field, self.compare) else None

    def with_short_names(self, fields: Collection[str]) -> Expression:
        is_short = self.compare is operator.eq and self.field in fields
        return evolve(self, short=is_short and isinstance(self.literal, str))


@frozen
class Matches(FieldCondition):
    """The field, which must be a text, has a part that matches a regular expression."""

    field: str
    pattern: re.Pattern[str]

    def fits(self, value: Any) -> bool:
        if not isinstance(value, str):
            raise _parameter_error(
                "Invalid field value used in regexp matching, expecting string"
                f" but got '{shown(value)}'"
            )
        return self.pattern.search(value) is not None


@frozen
class Contains(FieldCondition):
    """The field, which must be a list of texts or of numbers, has an item that is the literal."""

    field: str
    literal: Literal

    def fits(self, value: Any) -> bool:
        if not isinstance(value, list):
            raise _cannot_convert(value, "Unable to read list")
        if not all(_same_type(item, self.literal) for item in value):
            wanted = "String" if isinstance(self.literal, str) else "Integer"
            raise _cannot_convert(value, f"Unable to read {wanted}")
        return self.literal in value


def parse(condition: object, arguments: object) -> Expression:
    """The condition as an expression.

    ``arguments`` are the whole call's, which luxid quotes in its error. Raises `JobDaemonError`
    with an empty class name when the condition is not one.
    """
    try:
        return _parse(condition, 1)
    except ValueError as error:
        raise unparsable(arguments, str(error)) from None


def _parse(condition: Any, depth: int) -> Expression:  # Any: JSON from outside
    if depth > MAX_DEPTH:
        raise ValueError(f"Filter is nested more than {MAX_DEPTH} levels deep")
    if not (isinstance(condition, list) and condition and isinstance(condition[0], str)):
        got = shown(condition)
        raise ValueError(f"Cannot deserialise filter: expected array [string, args], got {got}")
    word, *operands = condition
    if word not in _OPERATORS:
        raise ValueError(f"Unknown filter operand '{word}'")
    return _OPERATORS[word](operands, depth + 1)


def _parse_joined(
    join: Callable[[Sequence[Expression]], Expression], operands: list[Any], depth: int
) -> Expression:
    parts = []
    for operand in operands:  # a comprehension is one more frame in older Pythons
        parts.append(_parse(operand, depth))
    return join(parts)


def _parse_not(operands: list[Any], depth: int) -> Expression:
    if len(operands) != 1:
        got = shown(operands)
        raise ValueError(f"Cannot deserialise field, expected [filter] but got {got}")
    return Not(_parse(operands[0], depth))


def _parse_true(operands: list[Any], _: int) -> Expression:
    if len(operands) != 1:
        got = shown(operands)
        raise ValueError(f"Cannot deserialise field, expected [fieldname] but got {got}")
    return IsTrue(_text(operands[0]))


def _parse_comparison(
    compare: Callable[[Any, Any], bool],
) -> Callable[[list[Any], int], Expression]:
    def parse_operands(operands: list[Any], _: int) -> Expression:
        field, value = _field_and_value(operands)
        return Comparison(field, compare, _literal(value))

    return parse_operands


def _parse_unequal(operands: list[Any], _: int) -> Expression:
    field, value = _field_and_value(operands)
    return Not(Comparison(field, operator.eq, _literal(value)))


def _parse_matches(operands: list[Any], _: int) -> Expression:
    field, value = _field_and_value(operands)
    return Matches(field, _pattern(_text(value)))


def _parse_contains(operands: list[Any], _: int) -> Expression:
    field, value = _field_and_value(operands)
    return Contains(field, _literal(value))


_OPERATORS: dict[str, Callable[[list[Any], int], Expression]] = {
    "&": partial(_parse_joined, And),
    "|": partial(_parse_joined, Or),
    "!": _parse_not,
    "?": _parse_true,
    "=": _parse_comparison(operator.eq),
    "==": _parse_comparison(operator.eq),
    "!=": _parse_unequal,
    "<": _parse_comparison(operator.lt),
    "<=": _parse_comparison(operator.le),
    ">": _parse_comparison(operator.gt),
    ">=": _parse_comparison(operator.ge),
    "=~": _parse_matches,
    "=[]": _parse_contains,
}


def _field_and_value(operands: list[Any]) -> tuple[str, Any]:
    if len(operands) != 2:
        raise ValueError(
            "Cannot deserialise field/value pair, expected [fieldname, value]"
            f" but got {shown(operands)}"
        )
    return _text(operands[0]), operands[1]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Unable to read String")
    return value


def _literal(value: Any) -> Literal:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        got = shown(value)
        raise ValueError(f"Cannot deserialise filter value, expecting string or integer, got {got}")
    number = Fraction(repr(value))  # of the decimals as they were written
    if number.denominator != 1:
        raise ValueError(
            "Cannot deserialise numeric filter value, expecting integral but got a fractional"
            f" value: {_haskell_number(number.numerator)} % {number.denominator}"
        )
    return number.numerator


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"({error.pos or 0},{shown(error.msg)})") from None
    except (OverflowError, RecursionError):
        raise ValueError('(0,"regular expression is too large")') from None


def _same_type(value: object, literal: Literal) -> bool:
    if isinstance(literal, str):
        return isinstance(value, str)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown_literal(literal: Literal) -> str:
    if isinstance(literal, str):
        return f"QuotedString {shown(literal)}"
    return f"NumericValue {_haskell_number(literal)}"


def _haskell_number(number: int) -> str:
    return f"({number})" if number < 0 else str(number)


def _parameter_error(text: str) -> JobDaemonError:
    return JobDaemonError("ParameterError", text)


def _cannot_convert(value: object, reason: str) -> JobDaemonError:
    return JobDaemonError("GenericError", f"Cannot convert value '{shown(value)}', error: {reason}")
