"""Checks that accept what any of some others do."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ganeti_rapi.api.checks.check import Check, CheckError, Schema, refusal
from ganeti_rapi.jsontext import Json


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
    raise closest if closest.path else refusal(whole, value)
