"""Readers of LUXI arguments: from JSON to the values that a call works with.

A reader raises `ValueError` with luxid's words for what it cannot read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganeti_rapi.simulator.queries.kinds import job_id

Reader = Callable[[Any], Any]  # Any: JSON from outside, and whatever it means

__all__ = [
    "Reader",
    "anything",
    "boolean",
    "integer",
    "job_id",
    "list_of",
    "natural",
    "nullable",
    "read_arguments",
    "reason_trail",
    "text",
]

_TUPLES = {1: "1 tuple", 2: "Pair", 3: "Triple"}


def read_arguments(readers: Sequence[Reader], optional: int, values: Sequence[Any]) -> list[Any]:
    """What each value means; the last ``optional`` ones may be missing."""
    required = len(readers) - optional
    if not required <= len(values) <= len(readers):
        raise ValueError(f"Unable to read {_TUPLES.get(len(readers), f'Tuple{len(readers)}')}")
    return [read(value) for read, value in zip(readers, values, strict=False)]


def anything(value: Any) -> Any:
    """Any JSON."""
    return value


def boolean(value: Any) -> bool:
    """true or false, not a number."""
    if not isinstance(value, bool):
        raise ValueError("Unable to read Bool")
    return value


def integer(value: Any) -> int:
    """A number; luxid rounds those with a fraction."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("Unable to read Int")
    return round(value)


def natural(value: Any) -> int:
    """A number that is not negative."""
    number = integer(value)
    if number < 0:
        raise ValueError(f"Invalid value for non-negative type '{number}'")
    return number


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("Unable to read String")
    return value


def list_of(read: Reader) -> Reader:
    """A list of values that one reader reads."""

    def read_list(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError("Unable to read list")
        return [read(item) for item in value]

    return read_list


def nullable(read: Reader) -> Reader:
    """null, or what a reader reads."""
    return lambda value: None if value is None else read(value)


def reason_trail(value: Any) -> list[Any]:
    """Why something is done: a list of triples of source, text and time in nanoseconds."""
    return list_of(_triple)(value)  # type: ignore[no-any-return]


def _triple(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 3:
        raise ValueError("Unable to read Triple")
    return value
