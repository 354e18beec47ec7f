"""Large replies in slices: the rows of a query, a few at a time.

A bulk list of ten thousand instances is some 15 MB of JSON, and decoding it at once would hold up
all other work for a quarter of a second. So the rows of a large reply are decoded one after the
other, and the caller gets a slice of them whenever enough have come together. The text itself is
never in one piece: a window moves over it, as wide as the row that is being decoded needs.

What has no rows, and a row by itself, is decoded in one go, and may therefore be `LARGEST_VALUE`
long and no longer.
"""

from __future__ import annotations

import codecs
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganeti_rapi.errors import LuxiMessageTooLarge, LuxiProtocolError
from ganeti_rapi.luxi.codec import Message, decode_reply

Rows = list[list[Any]]  # Any: a field's value is JSON of the field's own shape

LARGE = 256 * 1024
"""Bytes from which a reply is sliced."""

SLICE = 128 * 1024
"""Characters of JSON in a slice: about two milliseconds of work."""

SLICE_ROWS = 2000
"""Rows in a slice at the most, however short they are."""

LARGEST_VALUE = 2 * 2**20
"""Bytes or characters that are decoded in one go: some twenty milliseconds of work. What real
clusters answer is far below; a job that creates a thousand instances is about 1 MiB."""

_LIST = re.compile(r'\s*\{\s*"success"\s*:\s*true\s*,\s*"result"\s*:\s*\[\s*')
_TABLE = re.compile(r'\s*\{\s*"success"\s*:\s*true\s*,\s*"result"\s*:\s*\{\s*"fields"\s*:\s*')
_DATA = re.compile(r'\s*,\s*"data"\s*:\s*\[\s*')
_COMMA = re.compile(r"\s*,\s*")
_CLOSE = re.compile(r"\s*\]\s*")
_REPLY_END = re.compile(r"\}")
_TABLE_END = re.compile(r"\}\s*\}")

_LONGEST_PATTERN = 200
"""Characters that the window shows at least, so that one of these is never cut in two."""

_LONGEST_TOKEN = 16
"""Characters before the window's end that may be wrong only because they are cut off."""

_AFTER_VALUE = frozenset(",]} \t\r\n")
"""What follows a number that is not cut off."""


def decode_whole(message: Message) -> Any:  # Any: the shape of the result is the method's
    """As `decode_reply`. Raises `LuxiMessageTooLarge` when that would hold up others."""
    if sum(map(len, message)) > LARGEST_VALUE:
        raise _too_large()
    with _garbage_kept():
        return decode_reply(b"".join(message))


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Leave the garbage collector alone: what is decoded has no cycles, and looking for some in it
    takes several times as long as to decode it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def row_slices(message: Message) -> Iterator[Rows]:
    """The rows of a query's reply, in order; a slice may be empty.

    Raises `JobDaemonError` or `LuxiProtocolError`.
    """
    with _told():
        text = _large(message)
        if text is None or not text.passes(_LIST):
            yield decode_whole(message)
        else:
            yield from text.rows(_REPLY_END)


def table_slices(message: Message) -> Iterator[Any]:
    # Any: a list of field definitions, then lists of rows
    """What a LUXI Query answers: the definitions of its fields, and then slices of its rows.

    Raises as `row_slices` does.
    """
    with _told():
        text = _large(message)
        if text is None or not text.passes(_TABLE):
            yield from _whole_table(message)
        else:
            yield from text.table()


def _whole_table(message: Message) -> Iterator[Any]:  # Any: as above
    table = decode_whole(message)
    if not isinstance(table, dict) or not {"fields", "data"} <= table.keys():
        raise LuxiProtocolError("The job daemon's answer to a query is no table")
    yield table["fields"]
    yield table["data"]


def _large(message: Message) -> _Text | None:
    return _Text(message) if sum(map(len, message)) > LARGE else None


@contextmanager
def _told() -> Iterator[None]:
    """Text that is no JSON is the job daemon's fault."""
    try:
        yield
    except RecursionError:
        raise LuxiProtocolError("a LUXI message is nested too deeply") from None
    except ValueError as error:
        raise LuxiProtocolError(f"a LUXI message is not JSON: {error}") from None


def _too_large() -> LuxiMessageTooLarge:
    return LuxiMessageTooLarge(
        f"The job daemon's answer is too large: one value in it has over {LARGEST_VALUE} bytes"
    )


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse).raw_decode


class _Text:
    """JSON text in pieces of bytes, seen through a window. Raises ValueError for wrong text.

    ``value`` is what was taken last, ``taken`` how many characters were.
    """

    def __init__(self, message: Message) -> None:
        self._pieces = iter(message)
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._window = ""
        self._at = 0
        self._ended = False
        self.value: Any = None  # Any: JSON
        self.taken = 0

    def _widen(self) -> None:
        """Let the window begin here, and make it about twice as wide."""
        parts = [self._window[self._at :]]
        width = len(parts[0])
        if width > LARGEST_VALUE:
            raise _too_large()
        wanted = min(2 * width, LARGEST_VALUE)
        while not self._ended and width <= wanted:
            piece = next(self._pieces, None)
            parts.append(self._utf8.decode(piece or b"", final=piece is None))
            width += len(parts[-1])
            self._ended = piece is None
        self._window, self._at = "".join(parts), 0

    def passes(self, pattern: re.Pattern[str]) -> bool:
        """Go on after the pattern, if it is here."""
        while not self._ended and len(self._window) - self._at < _LONGEST_PATTERN:
            self._widen()
        found = pattern.match(self._window, self._at)
        if found is not None:
            self._at = found.end()
        return found is not None

    def take(self) -> bool:
        """Take a value. False when the window shows only a part of it; it is wider then."""
        window, start = self._window, self._at
        try:
            if len(window) > LARGE:
                with _garbage_kept():
                    self.value, end = _decode(window, start)
            else:
                self.value, end = _decode(window, start)
        except json.JSONDecodeError as error:
            cut = error.pos > len(window) - _LONGEST_TOKEN or "Unterminated" in error.msg
            if self._ended or not cut:
                raise
            end = len(window)
        if not self._ended and window[end : end + 1] not in _AFTER_VALUE:
            self._widen()
            return False
        self._at = end
        self.taken += end - start
        return True

    def rows(self, tail: re.Pattern[str]) -> Iterator[Rows]:
        """The rows of the list that began before here, and then the tail."""
        rows: Rows = []
        start = self.taken
        more = not self.passes(_CLOSE)
        while more:
            while not self.take():
                yield []
            rows.append(self.value)
            if self.taken - start >= SLICE or len(rows) >= SLICE_ROWS:
                yield rows
                rows, start = [], self.taken
            more = self.passes(_COMMA)
            if not more and not self.passes(_CLOSE):
                raise ValueError("a list goes on without a comma")
        if not (self.passes(tail) and self._nothing_follows()):
            raise ValueError("a list is followed by something else than its end")
        yield rows

    def _nothing_follows(self) -> bool:
        while not self._window[self._at :].strip():
            if self._ended:
                return True
            self._at = len(self._window)
            self._widen()
        return False

    def table(self) -> Iterator[Any]:  # Any: as for `table_slices`
        """The definitions of a table's fields, and its rows."""
        while not self.take():
            pass
        yield self.value
        if not self.passes(_DATA):
            raise ValueError("a query's answer has no data")
        yield from self.rows(_TABLE_END)
