"""The counts of several workers as one: what each tells its parent, and what the parent tells all.

Each worker tells the parent its numbers every second, and the parent tells each the sum. So a
scrape never has to wait for another process, and what it tells is two seconds old at the most. The
counts of a worker that has ended stay in the sum, since counts must not fall.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from attrs import define, field

from ganeti_rapi.metrics.samples import Key, Snapshot, decode, encode, sum_of

SILENT = 5.0
"""Seconds without a word, after which a worker counts as silent."""


@define
class Sums:
    """In the parent: what the workers told last. ``seconds`` is the clock's time."""

    seconds: Callable[[], float]
    _last: dict[int, tuple[float, Snapshot]] = field(factory=dict)
    _gone: Snapshot = field(factory=Snapshot)

    def started(self, worker: int) -> None:
        """A worker runs; until it tells its numbers, it has none."""
        self._last[worker] = self.seconds(), Snapshot()

    def heard(self, worker: int, line: bytes) -> None:
        """A worker told its numbers."""
        with suppress(ValueError):  # it died in the middle of a line
            self._last[worker] = self.seconds(), decode(line)

    def ended(self, worker: int) -> None:
        """A worker is gone; what it counted stays, and what it held does not."""
        if worker in self._last:
            _, snapshot = self._last.pop(worker)
            self._gone = sum_of([self._gone, Snapshot(snapshot.counts)])

    def line(self) -> bytes:
        """What all are told: the sum, and how many workers it is of."""
        now = self.seconds()
        silent = sum(now - told > SILENT for told, _ in self._last.values())
        own: dict[Key, float] = {("workers",): len(self._last), ("workers_silent",): silent}
        snapshots = [snapshot for _, snapshot in self._last.values()]
        return encode(sum_of([self._gone, *snapshots, Snapshot({}, own)]))
