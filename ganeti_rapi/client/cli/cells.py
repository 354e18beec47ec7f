"""Values as people read them: sizes with units, times, yes and no."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

# Any, in this module: JSON of a reply's own shape
TIMES = frozenset({"ctime", "mtime", "received_ts", "start_ts", "end_ts"})
"""Fields with a time: seconds since the epoch, or a pair of them and microseconds."""

SIZES = frozenset(
    {
        *("memory", "minmem", "maxmem", "mtotal", "mfree", "mnode", "oper_ram"),
        *("dtotal", "dfree", "disk.sizes", "disk_usage", "size", "used", "free"),
    }
)
"""Fields with mebibytes."""

UNITS = {"m": 1, "g": 1024, "t": 1024 * 1024}
"""Mebibytes, as the options of gnt-* call them."""


def kind_of(where: str) -> str:
    """What a field's values are, in the words of the query language; empty if nothing special."""
    name = where if where in SIZES else where.rpartition(".")[2]
    return "unit" if name in SIZES else "timestamp" if name in TIMES else ""


def words(value: Any, kind: str = "", units: str = "h") -> str:
    """A value in one line; ``kind`` is unit for mebibytes, timestamp for times.

    >>> words([512, 2048], "unit"), words(True), words(None)
    ('512M, 2.0G', 'yes', '-')
    """
    if value is None or value in ([], {}):
        return "-"
    if kind == "timestamp" and (seconds := value[0] if isinstance(value, list) else value):
        return _time(seconds)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(words(item, kind, units) for item in value)
    if kind == "unit" and isinstance(value, int | float):
        return size(value, units)
    return printable(json.dumps(value, ensure_ascii=False) if _is_object(value) else str(value))


def size(mebibytes: float, units: str = "h") -> str:
    """A size in a unit, or with the one that suits it, as gnt-* write it.

    >>> size(512), size(2560), size(2560, "m")
    ('512M', '2.5G', '2560')
    """
    if units == "m" or (units == "h" and mebibytes < UNITS["g"]):
        return f"{mebibytes:.0f}" + "M" * (units == "h")
    if units == "h":
        unit = "g" if mebibytes < UNITS["t"] else "t"
        return f"{mebibytes / UNITS[unit]:.1f}{unit.upper()}"
    return f"{mebibytes / UNITS[units]:.1f}"


WIDTH = 10
"""Characters of a bar."""


def bar(share: float) -> str:
    """A share as people see it at once.

    >>> bar(0.52)
    '[#####     ]'
    """
    return f"[{'#' * round(share * WIDTH):{WIDTH}}]"


def printable(text: str) -> str:
    """A text in one line, without what a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " for char in text)


def lines_of(value: Any, indent: str = "") -> Iterator[str]:
    """Lines for an object or a list; nested values are indented."""
    if isinstance(value, dict):
        items = [(f"{key}:", kind_of(key), item) for key, item in value.items()]
    else:
        items = [("-", "", item) for item in value]
    for label, kind, item in items:
        if _nested(item):
            yield f"{indent}{label}"
            yield from lines_of(item, indent + "  ")
        else:
            yield f"{indent}{label} {words(item, kind)}"


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _nested(item: Any) -> bool:
    if isinstance(item, dict):
        return bool(item)
    return isinstance(item, list) and any(isinstance(one, dict | list) for one in item)
