"""The table that a benchmark prints: what was measured, beside what it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

MILLISECOND = 0.001
KIB = 1024
MIB = 1024 * 1024


@frozen
class Row:
    """One measured quantity. ``goal`` is the largest value that will do, or None."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        return "" if self.goal is None else "met" if self.value <= self.goal else "MISSED"

    def cells(self) -> tuple[str, str, str, str]:
        """Name, goal, value, verdict."""
        goal = "" if self.goal is None else f"≤ {_amount(self.goal, self.unit)}"
        return self.name, goal, _amount(self.value, self.unit), self.verdict


def _amount(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 1
    return f"{value:,.{digits}f} {unit}".rstrip()


HEADINGS = ("", "goal", "measured", "")


def render(rows: Iterable[Row]) -> str:
    """The rows as a table."""
    return markdown(HEADINGS, [row.cells() for row in rows])


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, which also reads well on a terminal. All but its outer columns are right
    aligned.
    """
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    last = len(widths) - 1
    rule = [
        "-" * (width - 1) + ":" if 0 < n < last else "-" * width for n, width in enumerate(widths)
    ]
    return "\n".join(_line(cells, widths) for cells in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.rjust(width) if 0 < n < len(cells) - 1 else cell.ljust(width)
        for n, (cell, width) in enumerate(zip(cells, widths))
    )
    return f"| {' | '.join(aligned)} |"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that at least so many percent of them do not exceed."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(0, int(rank) - 1)]
