"""What people and programs see on stdout."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Any, in this module: JSON of a reply's own shape
Columns: TypeAlias = Mapping[str, str]
"""A table's columns: the title, and where the value is, such as ``beparams.memory``."""

STYLES: Mapping[str, str] = {
    "running": "green",
    "success": "green",
    "error": "red",
    "ERROR_down": "red",
    "ERROR_nodedown": "red",
    "ADMIN_down": "dim",
    "canceled": "yellow",
}

TIMES = frozenset({"ctime", "mtime", "received_ts", "start_ts", "end_ts"})
"""Fields with a time: seconds since the epoch, or a pair of them and microseconds."""


def console(stderr: bool = False) -> Console:
    """A console. What is piped on has no colour and is not cut to a width."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=10_000)


def print_json(value: Any) -> None:
    """Print a reply as it is."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(out: Console, columns: Columns, rows: Sequence[Any]) -> None:
    """Print a row for each object."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, title in enumerate(columns):
        table.add_column(title, overflow="fold", no_wrap=number == 0)  # names stay whole
    for row in rows:
        table.add_row(*(_cell(where, _at(row, where)) for where in columns.values()))
    out.print(table)


def print_object(out: Console, value: Any) -> None:
    """Print an object's fields, indented."""
    for line in lines_of(value):
        out.print(Text(line), soft_wrap=True)


def lines_of(value: Any, indent: str = "") -> Iterator[str]:
    """Lines for people; nested values are indented."""
    pairs = value.items() if isinstance(value, dict) else [("-", item) for item in value]
    for key, item in pairs:
        label = f"{indent}{key}" + (":" if isinstance(value, dict) else "")
        if _nested(item):
            yield label
            yield from lines_of(item, indent + "  ")
        else:
            yield f"{label} {_words(key, item)}"


def _nested(item: Any) -> bool:
    if isinstance(item, dict):
        return bool(item)
    return isinstance(item, list) and any(isinstance(one, dict | list) for one in item)


def _at(row: Any, where: str) -> Any:
    """The value at a path; of a query's row it is the whole path that names a field."""
    if where in row:
        return row[where]
    for name in where.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _cell(where: str, value: Any) -> Text:
    words = _words(where, value)
    return Text(words, style=STYLES.get(words, ""))


def _words(key: str, value: Any) -> str:
    if value is None or value in ([], {}):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key in TIMES and (seconds := value[0] if isinstance(value, list) else value):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    if isinstance(value, list):
        return ", ".join(_words("", item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
