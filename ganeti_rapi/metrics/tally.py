"""What is counted while the daemon works: plain numbers, so that it costs next to nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping

from attrs import define, field

from ganeti_rapi.metrics.samples import Gauge, Key, Numbers, Snapshot

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
    ``ok`` or the name of an error; ``logins`` by way
    (``basic``, ``token`` or ``certificate``) and outcome, ``reloads`` by kind of file and outcome.
    ``connections`` are those of clients that are open now, ``streams`` the readers of events;
    ``consoles`` are open now, and ``console_bytes`` went to clients and came from them.
    ``gauges`` are what else can be added up; ``totals`` are the sums over all workers, if there
    are several.
    """

    requests: Counter[tuple[str, str, int]] = field(factory=Counter)
    request_seconds: defaultdict[str, Latency] = field(factory=lambda: defaultdict(Latency))
    calls: Counter[tuple[str, str]] = field(factory=Counter)
    call_seconds: defaultdict[str, Latency] = field(factory=lambda: defaultdict(Latency))
    logins: Counter[tuple[str, str]] = field(factory=Counter)
    reloads: Counter[tuple[str, str]] = field(factory=Counter)
    connections: int = 0
    streams: int = 0
    consoles: int = 0
    console_bytes: Counter[str] = field(factory=Counter)
    deliveries: Counter[tuple[str, str]] = field(factory=Counter)
    gauges: list[Gauge] = field(factory=list)
    totals: Snapshot | None = None

    def request(self, row: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self.requests[row, method, status] += 1
        self.request_seconds[row].add(seconds)

    def call(self, method: str, outcome: str, seconds: float) -> None:
        """Count a call of luxid that came to an end."""
        self.calls[method, outcome] += 1
        self.call_seconds[method].add(seconds)

    def reload(self, what: str, _paths: str, outcome: str, _reason: str) -> None:
        """Count that files were read anew, or that they were not. A `Note` of `Noted`."""
        self.reloads[what, outcome] += 1

    def snapshot(self) -> Snapshot:
        """The numbers of this process, as they are now."""
        counts: dict[Key, float] = {
            **{("requests", *where, str(code)): n for (*where, code), n in self.requests.items()},
            **{("luxi_calls", *call): count for call, count in self.calls.items()},
            **{("logins", *login): count for login, count in self.logins.items()},
            **{("reloads", *reload): count for reload, count in self.reloads.items()},
            **{("webhook_tries", *key): count for key, count in self.deliveries.items()},
            **{("console_bytes", way): count for way, count in self.console_bytes.items()},
            **_latencies("request_seconds", self.request_seconds),
            **_latencies("luxi_seconds", self.call_seconds),
        }
        gauges: dict[Key, float] = {
            ("connections",): self.connections,
            ("event_streams",): self.streams,
            ("consoles",): self.consoles,
        }
        for gauge in self.gauges:
            gauges.update(gauge.numbers())
        return Snapshot(counts, gauges)


SUM = "sum"
"""In place of a bucket's bound: the seconds of all."""


def _latencies(name: str, of: Mapping[str, Latency]) -> Numbers:
    """What fell into each bucket, by its upper bound."""
    numbers: dict[Key, float] = {}
    for label, latency in of.items():
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), latency.counts):
            numbers[name, label, bound] = count
        numbers[name, label, SUM] = latency.sum
    return numbers
