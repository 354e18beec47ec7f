"""Large replies in slices: the rows of a query, a few at a time.

A bulk list of ten thousand instances is some 15 MB of JSON, and decoding it at once would hold up
all other work for a quarter of a second. So the rows of a large reply are decoded one after the
other, and the caller gets a slice of them whenever enough have come together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ganeti_rapi.errors import LuxiProtocolError
from ganeti_rapi.luxi.codec import decode_reply

Rows = list[list[Any]]  # Any: a field's value is JSON of the field's own shape

LARGE = 256 * 1024
"""Bytes from which a reply is sliced."""

SLICE = 128 * 1024
"""Characters of JSON in a slice: about two milliseconds of work."""

_HEAD = re.compile(r'\s*\{\s*"success"\s*:\s*true\s*,\s*"result"\s*:\s*\[\s*')
_COMMA = re.compile(r"\s*,\s*")
_TAIL = re.compile(r"\s*\]\s*\}\s*$")

_decode = json.JSONDecoder().raw_decode


def row_slices(message: bytes) -> Iterator[Rows]:
    """The rows of a query's reply, in order. Raises `JobDaemonError` or `LuxiProtocolError`."""
    head = _HEAD.match(message[:100].decode("utf-8", "replace")) if len(message) > LARGE else None
    if head is None:
        yield decode_reply(message)
    else:
        yield from _slices(message, head.end())


def _slices(message: bytes, start: int) -> Iterator[Rows]:
    try:
        text = message.decode("utf-8")
        rows: Rows = []
        sliced = at = start
        while _TAIL.match(text, at) is None:
            row, at = _decode(text, at)
            rows.append(row)
            if at - sliced >= SLICE:
                yield rows
                rows, sliced = [], at
            if (comma := _COMMA.match(text, at)) is not None:
                at = comma.end()
        yield rows
    except ValueError as error:
        raise LuxiProtocolError(f"a LUXI message is not JSON: {error}") from None
