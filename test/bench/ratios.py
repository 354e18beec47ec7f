"""The comparison's table: figures side by side, their ratio, and what it should be."""

from __future__ import annotations

from attrs import frozen

HEADINGS = ("", "compared with", "", "ganeti-rapi", "ratio", "goal", "")


@frozen
class Goal:
    """A limit for the ratio, or with ``unit`` for our own figure."""

    limit: float
    at_least: bool = True
    unit: str | None = None

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.limit:g}{'x' if self.unit is None else f' {self.unit}'}"

    def verdict(self, figure: float) -> str:
        """A check mark, or by which share of the limit it is missed."""
        over = figure / self.limit - 1
        missed = -over if self.at_least else over
        return "✓" if missed <= 0 else f"missed by {missed:.0%}"


def at_least(limit: float) -> Goal:
    """Our figure shall be so many times the other."""
    return Goal(limit)


def at_most(limit: float, unit: str | None = None) -> Goal:
    """Our figure shall be no more than so many times the other, or of the unit."""
    return Goal(limit, at_least=False, unit=unit)


@frozen
class Comparison:
    """A row: our figure beside another one's, in the same unit. None stands for not measured."""

    name: str
    rival: str
    theirs: float | None
    ours: float | None
    unit: str
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """Ours in terms of theirs."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None

    @property
    def verdict(self) -> str:
        """Whether the goal is met, if there is one."""
        if self.goal is None:
            return ""
        figure = self.ratio if self.goal.unit is None else self.ours
        return "not measured" if figure is None else self.goal.verdict(figure)

    def cells(self) -> tuple[str, ...]:
        """The row's texts."""
        theirs, ours = (amount(figure, self.unit) for figure in (self.theirs, self.ours))
        ratio = "" if self.ratio is None else f"{digits(self.ratio)}x"
        goal = "" if self.goal is None else str(self.goal)
        return self.name, self.rival, theirs, ours, ratio, goal, self.verdict


def amount(figure: float | None, unit: str) -> str:
    """A figure with its unit."""
    return "-" if figure is None else f"{digits(figure)} {unit}"


def digits(figure: float) -> str:
    """A number, to about two significant digits or more."""
    return f"{figure:,.{0 if figure >= 100 else 1 if figure >= 10 else 2 if figure >= 0.1 else 3}f}"
