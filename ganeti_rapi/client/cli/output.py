"""What people and programs see on stdout, in the format that they chose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import click
from attrs import evolve, field, frozen

from ganeti_rapi.client.cli import tables
from ganeti_rapi.client.cli.cells import kind_of, lines_of, words
from ganeti_rapi.client.cli.screen import STYLES, Screen
from ganeti_rapi.client.cli.yamltext import to_yaml

# Any, in this module: JSON of a reply's own shape
Columns: TypeAlias = Mapping[str, str]
"""A table's columns: the title, and where the value is, such as ``beparams.memory``."""


@frozen
class Look:
    """How a table is to look. Only these ``columns``, by ``sort``, the first ``limit`` rows."""

    columns: Sequence[str] = ()
    sort: str | None = None
    limit: int | None = None
    headers: bool = True
    units: str | None = None


@frozen
class Table:
    """A list of objects. ``more`` columns are for wide tables, ``kinds`` are of fields.

    ``key`` is the field that tells one object from the other.
    """

    columns: Columns
    rows: Sequence[Any]
    more: Columns = field(factory=dict)
    key: str = "name"
    kinds: Callable[[str], str] = kind_of

    @property
    def all_columns(self) -> Columns:
        """Those of a wide table."""
        return {**self.columns, **self.more}


def to_json(value: Any) -> str:
    """A value as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


DATA: Mapping[str, Callable[[Any], str]] = {"json": to_json, "yaml": to_yaml}
"""Formats that hold all that the server answered."""


def print_table(out: Screen, output: str, table: Table, look: Look = Look()) -> str:
    """Print a list in a format; a sentence about what did not fit, if so.

    Raises click.BadParameter for a field that the objects do not have.
    """
    rows = _sorted(table, look.sort)[: look.limit]
    columns = _chosen(table, output, look)
    if output in DATA:
        out.line(DATA[output](_only(columns, rows) if look.columns else rows))
    elif output == "name":
        _print_lines(out, (words(row[table.key]) for row in rows))
    elif output == "csv":
        _print_csv(out, table, columns, rows, look)
    else:
        return _print_cells(out, table, columns, rows, look, cut=output != "wide")
    return ""


def print_object(out: Screen, output: str, value: Any) -> None:
    """Print an object, or a list of names: indented, or as data."""
    if output in DATA:
        out.line(DATA[output](value))
    elif output == "name" and isinstance(value, dict) and (name := _name(value)) is not None:
        out.line(words(name))
    elif isinstance(value, dict) or (isinstance(value, list) and any(map(_is_nested, value))):
        _print_lines(out, lines_of(value))
    else:
        _print_lines(out, map(words, value if isinstance(value, list) else [value]))


def _print_lines(out: Screen, lines: Iterable[str]) -> None:
    text = "\n".join(lines)
    if text:
        out.line(text)


def _name(value: Mapping[str, Any]) -> Any:
    return next((value[key] for key in ("name", "id", "uuid") if key in value), None)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _chosen(table: Table, output: str, look: Look) -> Columns:
    if look.columns:
        fields = [_field(table, name, "--columns") for name in look.columns]
        titles = {where: title for title, where in table.all_columns.items()}
        return {titles.get(where, where): where for where in fields}
    return table.columns if output == "table" else table.all_columns


def _field(table: Table, name: str, option: str) -> str:
    """The field that a name or a title means. Without rows, any name may be one."""
    by_title = {title.lower(): where for title, where in table.all_columns.items()}
    where = by_title.get(name.lower(), name)
    if any(_has(row, where) for row in table.rows) or not table.rows:
        return where
    raise click.BadParameter(
        f"there is no field {name!r}; known: {', '.join(table.rows[0])}", param_hint=option
    )


def _sorted(table: Table, by: str | None) -> list[Any]:
    if by is None:
        return list(table.rows)
    where = _field(table, by.removeprefix("-"), "--sort")
    known = [row for row in table.rows if _at(row, where) is not None]
    unknown = [row for row in table.rows if _at(row, where) is None]
    known.sort(key=lambda row: _order(_at(row, where)), reverse=by.startswith("-"))
    return known + unknown


def _order(value: Any) -> tuple[Any, ...]:
    """What to sort by: numbers first, and the numbers in texts as numbers."""
    if isinstance(value, int | float):
        return (0, value)
    parts = re.split(r"(\d+)", str(value).lower())
    return (1, *((int(part), "") if part.isdigit() else (-1, part) for part in parts))


def _has(row: Any, where: str) -> bool:
    if where in row:
        return True
    first, dot, rest = where.partition(".")
    return bool(dot) and isinstance(row.get(first), dict) and _has(row[first], rest)


def _at(row: Any, where: str) -> Any:
    """The value at a path; of a query's row it is the whole path that names a field."""
    if where in row:
        return row[where]
    for name in where.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _only(columns: Columns, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{where: _at(row, where) for where in columns.values()} for row in rows]


def _print_csv(
    out: Screen, table: Table, columns: Columns, rows: Sequence[Any], look: Look
) -> None:
    """Fields' names and values, as spreadsheets want them: sizes in mebibytes."""
    import csv  # few want it

    writer = csv.writer(out.file, lineterminator="\n")
    if look.headers:
        writer.writerow(columns.values())
    for row in rows:
        values = {where: _at(row, where) for where in columns.values()}
        writer.writerow(
            "" if value in (None, []) else words(value, table.kinds(where), look.units or "m")
            for where, value in values.items()
        )


def _print_cells(
    out: Screen, table: Table, columns: Columns, rows: Sequence[Any], look: Look, cut: bool
) -> str:
    shown = [
        _column(title, [_at(row, where) for row in rows], table.kinds(where), look.units or "h")
        for title, where in columns.items()
    ]
    shown[0] = evolve(shown[0], whole=True)
    widths = tables.fit(shown, out.width if cut else None)
    header, *lines = tables.lines(shown, widths)
    if look.headers:
        out.line(tables.GAP.join(header).rstrip(), bold=True)
    ends = ([*line[:-1], line[-1].rstrip()] for line in lines)
    _print_lines(out, (tables.GAP.join(map(_coloured, line)).rstrip() for line in ends))
    left_off = ", ".join(column.title for column in shown[len(widths) :])
    return f"too narrow for {left_off}; -o wide shows all" if left_off else ""


def _column(title: str, values: Sequence[Any], kind: str, units: str) -> tables.Column:
    numbers = [value for value in values if value is not None]
    is_number = bool(numbers) and all(type(value) in (int, float) for value in numbers)
    right = kind == "unit" or (is_number and kind == "")
    return tables.Column(title, [words(value, kind, units) for value in values], right)


def _coloured(cell: str) -> str:
    colour = STYLES.get(cell.strip())
    return click.style(cell, fg=colour) if colour else cell
