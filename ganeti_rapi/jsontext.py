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
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""A JSON value. ``loads`` makes lists and dicts; code that only reads JSON takes the wider type."""


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
        return json.loads(text.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


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
