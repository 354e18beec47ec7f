"""What is counted while the daemon works: plain numbers, so that it costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict

from attrs import define, field

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""The buckets of latencies, in seconds; what takes longer is in one more."""


@define
class Latency:
    """How long things took. ``counts`` are those of each bucket, ``sum`` is in seconds."""

    counts: list[int] = field(factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one that took so long."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds


@define
class Tally:
    """All counts since the start.

    ``requests`` are by row, method and status; ``calls`` of luxid by method and outcome, which is
    ``ok`` or the name of an error; ``logins`` by outcome. ``connections`` are those of clients that
    are open now.
    """

    requests: Counter[tuple[str, str, int]] = field(factory=Counter)
    request_seconds: defaultdict[str, Latency] = field(factory=lambda: defaultdict(Latency))
    calls: Counter[tuple[str, str]] = field(factory=Counter)
    call_seconds: defaultdict[str, Latency] = field(factory=lambda: defaultdict(Latency))
    logins: Counter[str] = field(factory=Counter)
    connections: int = 0

    def request(self, row: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests[row, method, status] += 1
        self.request_seconds[row].add(seconds)

    def call(self, method: str, outcome: str, seconds: float) -> None:
        """Count a call of luxid that came to an end."""
        self.calls[method, outcome] += 1
        self.call_seconds[method].add(seconds)
