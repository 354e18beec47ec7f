"""Checks of lists and objects, and of everything inside them."""

from __future__ import annotations

import re

from attrs import frozen

from ganeti_rapi.api.checks.alternatives import Either, Maybe
from ganeti_rapi.api.checks.check import (
    BARE,
    Check,
    CheckError,
    Schema,
    item_place,
    key_place,
    refusal,
)
from ganeti_rapi.api.checks.scalars import Anything, OneOf, String
from ganeti_rapi.jsontext import Json

# The nouns that phrases are made of; the first one in a phrase is what it is about.
_NOUN = re.compile(r"\b(?:string|number|integer|boolean|object|list|address|network)\b")


def plural(phrase: str) -> str:
    """A phrase for several values: "lists of strings" for "list of strings"."""
    if phrase.startswith(BARE):
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
class ListOf:
    """A list of any length, every item of which passes one check."""

    item: Check

    def __call__(self, value: Json) -> Json:
        if not isinstance(value, list):
            raise refusal(self, value)
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
            raise refusal(self, value)
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
            raise refusal(self, value)
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
            raise refusal(self, value)
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
