"""Counts and gauges as plain numbers, so that those of several processes can be added up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from attrs import field, frozen

Key = tuple[str, ...]
"""What is counted, and the values of its labels."""

Numbers = Mapping[Key, float]


@frozen
class Snapshot:
    """What one process tells, or several together. ``counts`` only ever grow."""

    counts: Numbers = field(factory=dict)
    gauges: Numbers = field(factory=dict)


@frozen
class Gauge:
    """A number that is looked at when it is told; by label, or without a label."""

    name: str
    words: str
    value: Callable[[], float | Mapping[str, float] | None]
    label: str = ""

    def numbers(self) -> Numbers:
        """The number now, or one for each label; none where there is none."""
        value = self.value()
        if isinstance(value, Mapping):
            return {(self.name, label): number for label, number in value.items()}
        return {} if value is None else {(self.name,): value}


def sum_of(snapshots: Iterable[Snapshot]) -> Snapshot:
    """All of them, added up."""
    counts: Counter[Key] = Counter()
    gauges: Counter[Key] = Counter()
    for snapshot in snapshots:
        counts.update(snapshot.counts)
        gauges.update(snapshot.gauges)
    return Snapshot(counts, gauges)


def encode(snapshot: Snapshot) -> bytes:
    """A line of text that holds a snapshot."""
    parts = [
        [[*key, number] for key, number in numbers.items()]
        for numbers in (snapshot.counts, snapshot.gauges)
    ]
    return json.dumps(parts, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Snapshot:
    """The snapshot in a line. Raises ValueError for one that is torn."""
    counts, gauges = (
        {tuple(key): number for *key, number in numbers} for numbers in json.loads(line)
    )
    return Snapshot(counts, gauges)
