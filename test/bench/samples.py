"""What a benchmark has measured so far: several figures for each of many things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from statistics import median

from attrs import define, field


@define
class Samples:
    """Figures by what they are of."""

    _figures: dict[Hashable, list[float]] = field(factory=lambda: defaultdict(list), init=False)

    def add(self, value: float, *key: Hashable) -> None:
        """Another figure of the same thing."""
        self._figures[key].append(value)

    def median(self, *key: Hashable) -> float | None:
        """The figure in the middle, or None when nothing was measured."""
        return median(self._figures[key]) if key in self._figures else None

    def total(self, *key: Hashable) -> float:
        """The sum of the figures."""
        return sum(self._figures.get(key, ()))
