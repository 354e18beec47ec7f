"""What the comparison with the stock daemon tells: its table, and how it was made."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from attrs import frozen

import twisted

from . import writes
from .plan import CROWD, PAGES, Page, Plan
from .ratios import HEADINGS, Comparison, at_least, at_most
from .samples import Samples
from .table import markdown


@frozen
class Report:
    """The figures of so many rounds. ``bare_paths`` were also asked of bare twisted.web."""

    plan: Plan
    samples: Samples
    rounds: int
    bare_paths: Collection[str]

    def rows(self) -> Iterator[Comparison]:
        """The table's rows."""
        for page in PAGES:
            yield from self.rate_rows(page)
        yield from self.write_rows()
        yield from self.wait_rows()
        for page in PAGES:
            yield from self.latency_rows(page)
        yield from self.bare_rows()
        yield from self.start_rows()

    def rate_rows(self, page: Page) -> Iterator[Comparison]:
        for close in (False, True):
            for clients in self.plan.clients:
                name = f"{page.name}, {told(clients, close)}"
                goal = at_least(4 if close else 40) if clients == CROWD else None
                theirs = self.samples.median("rate", "stock", page.path, clients, True)
                ours = self.samples.median("rate", "ours", page.path, clients, close)
                yield Comparison(name, "stock", theirs, ours, "/s", goal)
        if page.call is not None:
            theirs = self.samples.median("luxid", page.path)
            ours = self.samples.median("rate", "ours", page.path, 1, False)
            yield Comparison(f"{page.name}, {told(1, False)}", "luxid", theirs, ours, "/s")

    def write_rows(self) -> Iterator[Comparison]:
        for clients, _ in (*self.plan.writes, *self.plan.first_writes):
            name = f"a job submitted, {told(clients, True)}"
            theirs = self.samples.median("rate", "stock", writes.PATH, clients, True)
            ours = self.samples.median("rate", "ours", writes.PATH, clients, True)
            yield Comparison(name, "stock", theirs, ours, "/s")
            if clients == 1:
                theirs = self.samples.median("luxid", writes.PATH)
                yield Comparison(name, "luxid", theirs, ours, "/s")

    def wait_rows(self) -> Iterator[Comparison]:
        for clients, _ in (*self.plan.waiters, *self.plan.first_waiters):
            for name, key in (
                (f"`/version` while {clients} clients wait: median", "parked"),
                (f"a job's end to the last of {clients} waiting clients", "told"),
            ):
                theirs, ours = (self.samples.median(key, who, clients) for who in ("stock", "ours"))
                yield Comparison(name, "stock", theirs, ours, "ms")

    def latency_rows(self, page: Page) -> Iterator[Comparison]:
        for what in ("median", "p99"):
            theirs = self.samples.median(what, "stock", page.path, 1, True)
            ours = self.samples.median(what, "ours", page.path, 1, False)
            name = f"{page.name}, {told(1, False)}: {what}"
            yield Comparison(name, "stock", theirs, ours, "ms", at_most(0.2))

    def bare_rows(self) -> Iterator[Comparison]:
        for path in self.bare_paths:
            for close in (False, True):
                theirs = self.samples.median("bare", path, close)
                ours = self.samples.median("rate", "ours", path, CROWD, close)
                goal = None if close else at_least(0.5)
                name = f"`{path}`, {told(CROWD, close)}"
                yield Comparison(name, "bare twisted.web", theirs, ours, "/s", goal)

    def start_rows(self) -> Iterator[Comparison]:
        one, two = (self.samples.median("workers", workers) for workers in (1, 2))
        name = f"`/version`, {told(CROWD, False)}, two workers"
        yield Comparison(name, "one worker", one, two, "/s", at_least(1.6))
        for name, key, unit, limit in (
            ("memory at rest", "rest", "MiB", 60),
            ("start to first reply", "start", "s", 1),
        ):
            theirs, ours = (self.samples.median(key, who) for who in ("stock", "ours"))
            yield Comparison(name, "stock", theirs, ours, unit, at_most(limit, unit))

    def troubles(self) -> str:
        """What was not as it should be."""
        whats = ("broken", "slow", "refused", "failed writes")
        return "; ".join(
            f"{who}: " + ", ".join(f"{self.samples.total(what, who):.0f} {what}" for what in whats)
            for who in ("stock", "ours")
        )

    def text(self, loads: Sequence[float]) -> str:
        """The section of the document."""
        rows = [row.cells() for row in self.rows()]
        return "\n\n".join((self.conditions(loads), markdown(HEADINGS, rows), self.legend()))

    def conditions(self, loads: Sequence[float]) -> str:
        """When and on what this was measured."""
        return (
            f"{time.strftime('%Y-%m-%d')}, {processor()}, {os.cpu_count()} processors; "
            f"Python {platform.python_version()}, Twisted {twisted.__version__}; medians of "
            f"{self.rounds} rounds. Load average before and after: {loads[0]:.1f}, {loads[1]:.1f}."
        )

    def legend(self) -> str:
        """How to read the table."""
        return (
            "Not good replies in time, in all rounds (connections broken; replies after more than "
            f"two seconds; other statuses than 2xx; writes without a job): {self.troubles()}."
        )


def told(clients: int, close: bool) -> str:
    """The manner of asking, in words."""
    connection = "new connections" if close else "keep-alive"
    return f"{connection}, {clients} client{'s' if clients > 1 else ''}"


def processor() -> str:
    """The processor's name, as the kernel knows it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
