"""Checks of JSON values: small, composable, and their own documentation.

A check is called with a value and returns it as it will be submitted, or raises `CheckError`. Its
``str()`` is what the reference calls it, and ``schema()`` is its JSON Schema (2020-12), which is
what OpenAPI 3.1 uses. The schema admits exactly the values that the check accepts, but for three
limits of the language: it takes 1.0 for the integer 1, it has no format for IP networks, and its
format for IPv6 addresses knows no zones.

The rules are the stock daemon's: a boolean is no integer, an integer serves as a number, words are
case sensitive. The one difference on purpose: where a boolean is wanted, the numbers 1 and 0 will
do, as the requirements say.
"""

from __future__ import annotations

import ipaddress
import re
import reprlib
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Protocol

from attrs import frozen

from ganeti_rapi.jsontext import Json

Schema = dict[str, Json]


class CheckError(ValueError):
    """A value is not what a check expects. The text never shows the value: it may be a secret.

    ``path`` leads to the place inside the value, from the outside in: ``item 2`` (counted from
    0, as disks are), ``key 'size'``.
    """

    def __init__(self, expected: str, got: str, path: Sequence[str] = ()) -> None:
        self.expected = expected
        self.got = got
        self.path = tuple(path)
        super().__init__(
            "".join(f"{place}: " for place in path) + f"expected {expected}, got {got}"
        )

    def inside(self, place: str) -> CheckError:
        """The same error, seen from the container that has the value at ``place``."""
        return CheckError(self.expected, self.got, (place, *self.path))


class Refused(CheckError):
    """A value that another rule refused; ``text`` is the whole explanation."""

    def __init__(self, text: str, path: Sequence[str] = ()) -> None:
        super().__init__("", "", path)
        self.text = text

    def __str__(self) -> str:
        return "".join(f"{place}: " for place in self.path) + self.text

    def inside(self, place: str) -> CheckError:
        return Refused(self.text, (place, *self.path))


class Check(Protocol):
    """What every check can do. ``str()`` of it is a phrase without an article."""

    def __call__(self, value: Json) -> Json:
        """The value as it will be submitted. Raises `CheckError`."""

    def schema(self) -> Schema:
        """The JSON Schema of the values that are accepted."""


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "a number"),
    (float, "a decimal number"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)

# Phrases that begin like this stand without an article.
_BARE = ("one of", "anything", "[")

# The nouns that phrases are made of; the first one in a phrase is what it is about.
_NOUN = re.compile(r"\b(?:string|number|integer|boolean|object|list|address|network)\b")


def json_type(value: Json) -> str:
    """What a value is, in words that do not show it."""
    if value is None:
        return "null"
    if value == "":
        return "an empty string"
    return next((words for each, words in _TYPES if isinstance(value, each)), "no JSON value")


def expectation(check: Check) -> str:
    """A check's phrase with its article, as it follows "expected"."""
    phrase = str(check)
    if phrase.startswith(_BARE):
        return phrase
    return f"an {phrase}" if phrase[0] in "aeioI" else f"a {phrase}"


def _refusal(check: Check, value: Json) -> CheckError:
    return CheckError(expectation(check), json_type(value))


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def plural(phrase: str) -> str:
    """A phrase for several values: "lists of strings" for "list of strings"."""
    if phrase.startswith(_BARE):
        return phrase
    return _NOUN.sub(lambda noun: noun[0] + ("es" if noun[0][-1] == "s" else "s"), phrase, count=1)


def _plural(check: Check) -> str:
    if isinstance(check, Either):
        return " or ".join(map(_plural, check.checks))
    if isinstance(check, Maybe):
        return f"{_plural(check.check)} or null"
    return plural(str(check))


def _grouped(check: Check, phrase: str) -> str:
    """A check's phrase, in parentheses where it would run into what follows."""
    return f"({phrase})" if isinstance(check, (OneOf, Maybe, Either)) else phrase


def _each(check: Check) -> str:
    return _grouped(check, _plural(check))


def _checked_inside(check: Check, value: Json, place: str) -> Json:
    try:
        return check(value)
    except CheckError as error:
        raise error.inside(place) from None


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
        raise _refusal(self, value)

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
            raise _refusal(self, value)
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
        raise _refusal(self, value)

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
        raise _refusal(self, value)

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
            raise _refusal(self, value)
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


@frozen
class ListOf:
    """A list of any length, every item of which passes one check."""

    item: Check

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, list):
            raise _refusal(self, value)
        return [_checked_inside(self.item, item, item_place(at)) for at, item in enumerate(value)]

    def schema(self) -> Schema:
        return {"type": "array", "items": self.item.schema()}

    def __str__(self) -> str:
        return "list" if self.item == Anything() else f"list of {_each(self.item)}"


@frozen
class Items:
    """A list of fixed length, each item of which has its own check."""

    checks: tuple[Check, ...]

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, list):
            raise _refusal(self, value)
        if len(value) != len(self.checks):
            raise CheckError(f"{len(self.checks)} items", str(len(value)))
        pairs = zip(self.checks, value, strict=True)
        return [
            _checked_inside(check, item, item_place(at)) for at, (check, item) in enumerate(pairs)
        ]

    def schema(self) -> Schema:
        return {
            "type": "array",
            "prefixItems": [check.schema() for check in self.checks],
            "minItems": len(self.checks),
            "maxItems": len(self.checks),
        }

    def __str__(self) -> str:
        return f"[{', '.join(_grouped(check, str(check)) for check in self.checks)}]"


@frozen
class DictOf:
    """An object, every key and every value of which pass a check."""

    keys: Check
    values: Check

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise _refusal(self, value)
        for key in value:
            _checked_inside(self.keys, key, key_place(key))
        return {
            key: _checked_inside(self.values, item, key_place(key)) for key, item in value.items()
        }

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": self.keys.schema(),
            "additionalProperties": self.values.schema(),
        }

    def __str__(self) -> str:
        # A key is a string anyway, so that alone is not worth saying.
        keys = "" if self.keys in (Anything(), String()) else f" with {_each(self.keys)} as keys"
        values = "" if self.values == Anything() else f" of {_each(self.values)}"
        return f"object{values}{keys}"


@frozen
class Keyed:
    """An object whose known keys have checks of their own; without ``others`` it has no more."""

    known: tuple[tuple[str, Check], ...]
    others: Check | None = None

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise _refusal(self, value)
        for key in value:
            _checked_inside(self._keys(), key, key_place(key))
        checks = dict(self.known)
        return {
            key: _checked_inside(checks.get(key) or self._others(), item, key_place(key))
            for key, item in value.items()
        }

    def _keys(self) -> Check:
        return OneOf(tuple(key for key, _ in self.known)) if self.others is None else String(1)

    def _others(self) -> Check:
        return self.others or Anything()

    def schema(self) -> Schema:
        return {
            "type": "object",
            "propertyNames": self._keys().schema(),
            "properties": {key: check.schema() for key, check in self.known},
            "additionalProperties": self._others().schema(),
        }

    def __str__(self) -> str:
        keys = [*self.known, *([("others", self.others)] if self.others else [])]
        return f"object ({'; '.join(f'{key}: {check}' for key, check in keys)})"


@frozen
class Maybe:
    """null, or what another check accepts."""

    check: Check

    def __call__(self, value: Json) -> Json:
        return None if value is None else _first_accepting(self, (self.check,), value)

    def schema(self) -> Schema:
        return {"anyOf": [self.check.schema(), {"type": "null"}]}

    def __str__(self) -> str:
        return f"{self.check} or null"


@frozen
class Either:
    """What any of several checks accepts; the first that does converts it."""

    checks: tuple[Check, ...]

    def __call__(self, value: Json) -> Json:
        return _first_accepting(self, self.checks, value)

    def schema(self) -> Schema:
        return {"anyOf": [check.schema() for check in self.checks]}

    def __str__(self) -> str:
        return " or ".join(map(str, self.checks))


def _first_accepting(whole: Check, checks: Sequence[Check], value: Json) -> Json:
    errors = []
    for check in checks:
        try:
            return check(value)
        except CheckError as error:
            errors.append(error)
    # The check that came farthest into the value is likely the one that was meant.
    closest = max(errors, key=lambda error: len(error.path))
    raise closest if closest.path else _refusal(whole, value)


def key_place(name: str) -> str:
    """A key of an object, as `CheckError.path` has it."""
    return f"key {reprlib.repr(name)}"


def item_place(index: int) -> str:
    """An item of a list, as `CheckError.path` has it."""
    return f"item {index}"


def _digits(text: str) -> None:
    # ASCII only: luxid drops the connection when a job id has other digits.
    if not re.fullmatch("[0-9]+", text):
        raise ValueError("not only digits")


BOOLEAN = Boolean()
STRING = String()
NON_EMPTY_STRING = String(minimum=1)
NON_NEGATIVE = Integer(0)
POSITIVE = Integer(1)
LIST = ListOf(Anything())
STRINGS = ListOf(STRING)
OBJECT = DictOf(Anything(), Anything())

JOB_ID = Either((NON_NEGATIVE, Matching("string of digits", _digits, "[0-9]+")))
RELATIVE_JOB_ID = Integer(maximum=-1)
"""How many jobs before this one in the same submission."""


def _name(text: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", text):
        raise ValueError


NAME = Matching("name", _name, "[A-Za-z0-9_.-]+")
"""As it may stand in a URI."""


_SIZE = r" *[0-9]+ *(?:[MmGgTt](?:[Ii]?[Bb])?)?"


def _size(text: str) -> None:
    if not re.fullmatch(_SIZE, text):
        raise ValueError("not a size")


SIZE = Either((Integer(), Matching("string such as 512, 16M or 2G", _size, _SIZE)))
"""MiB, or a string of a whole number that may have a unit, as Ganeti's ParseUnit reads it."""

IPV4_ADDRESS = Matching("IPv4 address", ipaddress.IPv4Address, format="ipv4")
IPV6_ADDRESS = Matching("IPv6 address", ipaddress.IPv6Address, format="ipv6")
IPV4_NETWORK = Matching("IPv4 network such as 192.0.2.0/24", ipaddress.IPv4Network)
IPV6_NETWORK = Matching("IPv6 network such as 2001:db8::/32", ipaddress.IPv6Network)
