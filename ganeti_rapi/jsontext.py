"""JSON text to values and back, by the fastest library at hand.

orjson is used where it is installed (the extra ``fast``) and the standard library otherwise. What
orjson is too strict for (integers above 64 bits, lone surrogates) falls back to the standard
library, so that a value that came in is always one that can go out. Both take the same texts; but
orjson reads an integer above 64 bits as a float.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""A JSON value. ``loads`` makes lists and dicts; code that only reads JSON takes the wider type."""


MOST_DIGITS = 1000
"""Digits of a whole number; nobody counts that far, and reading them takes long."""

MOST_NESTED = 320
"""Lists and objects within each other, of what a client sends: no filter is so deep, and Python's
stack has a thousand frames."""


class Encoded:
    """A JSON value that is text already, in pieces, and the digest of that text.

    Neither copying a large text nor hashing it at once is cheap enough to be done in one go.
    """

    def __init__(self, *pieces: bytes) -> None:
        self.pieces: list[bytes] = []
        self._hash = hashlib.blake2b(digest_size=12)
        for piece in pieces:
            self.add(piece)

    def add(self, piece: bytes) -> None:
        """Append to the text."""
        self.pieces.append(piece)
        self._hash.update(piece)

    @property
    def digest(self) -> str:
        """Something that differs whenever a byte of the text does."""
        return self._hash.hexdigest()


def _stdlib_dumps(value: object) -> bytes:
    return json.dumps(value, allow_nan=False).encode("ascii")


def _stdlib_loads(text: bytes) -> Any:  # Any: the shape is the sender's, callers check it
    try:
        return json.loads(
            text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite, parse_int=_whole
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:  # Python has a limit of its own, which it explains to programmers
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large for a float")
    return number


dumps: Callable[[object], bytes] = _stdlib_dumps
loads: Callable[[bytes], Any] = _stdlib_loads

try:
    import orjson
except ImportError:  # the extra is not installed
    pass
else:

    def _orjson_dumps(value: object) -> bytes:
        try:
            return orjson.dumps(value)
        except TypeError:
            return _stdlib_dumps(value)

    def _orjson_loads(text: bytes) -> Any:  # Any: as above
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return _stdlib_loads(text)

    dumps = _orjson_dumps
    loads = _orjson_loads


def loads_flat(text: bytes) -> Any:  # Any: as above
    """As ``loads``, of text from a client. Raises ValueError when it is nested too deeply.

    Whatever looks into a value, or encodes it again, may call itself for each level.
    """
    value = loads(text)
    if text.count(b"[") + text.count(b"{") > MOST_NESTED:  # else it cannot be
        _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MOST_NESTED):
        level = [item for outer in level for item in _inside(outer)]
        if not level:
            return
    raise ValueError(f"it is nested more than {MOST_NESTED} deep")


def _inside(value: object) -> Iterable[object]:
    """The lists and objects in a list or an object."""
    items: Iterable[object] = ()
    if isinstance(value, dict):
        items = value.values()
    elif isinstance(value, list):
        items = value
    return [item for item in items if isinstance(item, (dict, list))]
