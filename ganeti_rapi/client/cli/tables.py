"""Tables of text: how wide their columns are, and what does not fit a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import frozen

GAP: Final = "  "

NARROW: Final = 12
"""Columns that have to be cut keep so many characters, or their title's."""


@frozen
class Column:
    """A column: its title and cells. ``right`` is for numbers; ``whole`` cells are never cut."""

    title: str
    cells: Sequence[str]
    right: bool = False
    whole: bool = False

    @property
    def width(self) -> int:
        """The characters of the longest cell."""
        return max([len(self.title), *map(len, self.cells)])

    @property
    def least(self) -> int:
        """The fewest characters that it can be shown with."""
        cut = self.width > NARROW and not (self.whole or self.right)
        return max(len(self.title), NARROW) if cut else self.width


def fit(columns: Sequence[Column], width: int | None) -> list[int]:
    """The widths of the columns that fit, from the first on; the others are to be left off.

    Text is cut, the widest column first. With None as the width all fit.
    """
    widths = [column.width for column in columns]
    if width is None:
        return widths
    least = [column.least for column in columns]
    count = len(columns)
    while count > 1 and _total(least[:count]) > width:
        count -= 1
    widths, least = widths[:count], least[:count]
    while _total(widths) > width and widths != least:
        spare = [each - fewest for each, fewest in zip(widths, least)]
        widest = max(range(count), key=lambda number: (spare[number] > 0, widths[number]))
        widths[widest] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def lines(columns: Sequence[Column], widths: Sequence[int]) -> list[tuple[str, ...]]:
    """The cells of the header and of each row, padded and cut to the widths."""
    return list(
        zip(
            *(
                [_place(cell, width, column.right) for cell in (column.title, *column.cells)]
                for column, width in zip(columns, widths)
            )
        )
    )


def _place(cell: str, width: int, right: bool) -> str:
    if len(cell) > width:
        return cell[: width - 1] + "…"
    return cell.rjust(width) if right else cell.ljust(width)
