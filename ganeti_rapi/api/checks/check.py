"""What every check can do, and how it says that a value is not what it expects."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Protocol

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
BARE = ("one of", "anything", "[")


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
    if phrase.startswith(BARE):
        return phrase
    return f"an {phrase}" if phrase[0] in "aeioI" else f"a {phrase}"


def refusal(check: Check, value: Json) -> CheckError:
    """The error of a value that is of another type."""
    return CheckError(expectation(check), json_type(value))


def key_place(name: str) -> str:
    """A key of an object, as `CheckError.path` has it."""
    return f"key {reprlib.repr(name)}"


def item_place(index: int) -> str:
    """An item of a list, as `CheckError.path` has it."""
    return f"item {index}"
