"""The daemon and the stock daemon in front of one luxid: ``make bench``.

Theory of operation. In each round both are measured in turn, page by page, so that whatever else
the machine does meanwhile falls on both; the table shows the medians of the rounds. The stock
daemon closes every connection after its reply, so one figure of it stands beside our figures with
and without keep-alive. Client and server share the processors, as do the stock daemon's children.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from attrs import define, field

from ..live.daemon import HttpApi
from . import parked, writes, wrk
from .document import write_section
from .plan import CROWD, FULL, PAGES, QUICK, SMALL_PAGES, Page, Plan
from .report import Report
from .rivals import Stock, bare_web, luxid_rate, start_ours
from .samples import Samples
from .sites import HOST, Site, lab_site, running_daemon
from .table import MIB, MILLISECOND

DOCUMENT = Path("doc/performance.md")
SECTION = "compare"

DIRECT_SECONDS = 0.5
"""How long luxid is asked directly."""

WORKERS_SECONDS = 3

WORKERS_START = 3
"""Seconds after which all workers serve; the first one answers sooner."""


@define
class Bench:
    """The benchmark, its processes running."""

    plan: Plan
    site: Site
    stock: Stock
    bare_url: str
    sizes: dict[str, int]
    samples: Samples = field(factory=Samples)
    began: float = field(factory=time.monotonic)
    rounds: int = 0

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.site.port}"

    def measure(self) -> None:
        """All rounds that there is time for."""
        longest = 0.0
        while self.rounds < self.plan.rounds and self.elapsed() + longest < self.plan.time:
            began = self.elapsed()
            self.measure_starts()
            self.measure_reads()
            self.measure_writes()
            self.measure_waits()
            self.measure_workers()
            longest = max(longest, self.elapsed() - began)
            self.rounds += 1

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def measure_starts(self) -> None:
        """Both daemons from the start to rest."""
        for who, start in (("stock", self.stock.restart()), ("ours", start_ours(lab_site()))):
            self.samples.add(start.seconds, "start", who)
            self.samples.add(start.resident / MIB, "rest", who)

    def measure_reads(self) -> None:
        """Every page with every number of clients, the daemons in turn."""
        for page in PAGES:
            with running_daemon(self.site):
                for clients in self.plan.clients:
                    self.measure_page(page, clients)
            if page.call is not None:
                method, *arguments = page.call
                rate = luxid_rate(self.site.luxi_socket, DIRECT_SECONDS, str(method), *arguments)
                self.samples.add(rate, "luxid", page.path)

    def measure_page(self, page: Page, clients: int) -> None:
        tell(f"{page.path}, {clients} clients")
        self.load("stock", self.stock.url, page.path, clients, page.stock_seconds, True)
        self.stock.calm_down()
        for close in (False, True):
            self.load("ours", self.url, page.path, clients, page.seconds, close)
            if clients == CROWD and page.path in self.sizes:
                url = f"{self.bare_url}/{self.sizes[page.path]}"
                load = wrk.run(url, clients, page.seconds, close=close)
                self.samples.add(load.rate, "bare", page.path, close)

    def load(self, who: str, url: str, path: str, clients: int, seconds: int, close: bool) -> None:
        load = wrk.run(url + path, clients, seconds, close=close)
        self.samples.add(load.rate, "rate", who, path, clients, close)
        self.samples.add(load.median / MILLISECOND, "median", who, path, clients, close)
        self.samples.add(load.p99 / MILLISECOND, "p99", who, path, clients, close)
        for what in ("broken", "slow", "refused"):
            self.samples.add(getattr(load, what), what, who)

    def measure_writes(self) -> None:
        """Jobs submitted over both daemons, and directly."""
        with writes.held_jobs(self.site.luxi_socket), running_daemon(self.site):
            for clients, count in self.plan.writes:
                self.submit(clients, count)
            for clients, count in self.plan.first_writes if self.has_time_for_more() else ():
                self.submit(clients, count)
            rate = luxid_rate(self.site.luxi_socket, DIRECT_SECONDS, "SubmitJob", [writes.OPCODE])
            self.samples.add(rate, "luxid", writes.PATH)

    def has_time_for_more(self) -> bool:
        """Whether what is only measured once shall be measured now."""
        return self.rounds == 0 and self.elapsed() < self.plan.time / 2

    @property
    def addresses(self) -> Mapping[str, tuple[str, int]]:
        """Where both daemons are."""
        return {"stock": (self.stock.host, self.stock.port), "ours": (HOST, self.site.port)}

    def submit(self, clients: int, count: int) -> None:
        tell(f"{count} writes, {clients} clients")
        for who, address in self.addresses.items():
            done = writes.submit(*address, clients, count)
            self.samples.add(done.rate, "rate", who, writes.PATH, clients, True)
            self.samples.add(done.failed, "failed writes", who)

    def measure_waits(self) -> None:
        """Requests while clients wait for a job, and how soon they are told of its end."""
        with running_daemon(self.site):
            for clients, requests in self.plan.waiters:
                self.park(clients, requests)
            for clients, requests in self.plan.first_waiters if self.has_time_for_more() else ():
                self.park(clients, requests)

    def park(self, clients: int, requests: int) -> None:
        tell(f"{clients} waiting clients")
        for who, address in self.addresses.items():
            result = parked.measure(*address, self.site.luxi_socket, clients, requests)
            self.samples.add(median(result.versions) / MILLISECOND, "parked", who, clients)
            self.samples.add(max(result.told) / MILLISECOND, "told", who, clients)
        self.stock.calm_down()

    def measure_workers(self) -> None:
        """One worker and two."""
        for workers in (1, 2):
            with running_daemon(self.site, "--workers", str(workers)):
                time.sleep(WORKERS_START)
                load = wrk.run(f"{self.url}/version", CROWD, WORKERS_SECONDS)
                self.samples.add(load.rate, "workers", workers)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def size_of(site: Site, path: str) -> int:
    """How many bytes a page has."""
    return len(HttpApi(HOST, site.port).request("GET", path).body)


def run(plan: Plan) -> str:
    """Set everything up, measure, and end everything; the report."""
    site = lab_site()
    with ExitStack() as stack:
        with running_daemon(site):
            sizes = {path: size_of(site, path) for path in SMALL_PAGES}
        bare_url = stack.enter_context(bare_web(site, sorted(set(sizes.values()))))
        bench = Bench(plan, site, Stock.of_lab(), bare_url, sizes)
        before = os.getloadavg()[0]
        bench.measure()
        report = Report(plan, bench.samples, bench.rounds, sizes)
        return report.text((before, os.getloadavg()[0]))


def main() -> None:
    """Measure and print; the whole measurement also goes into the document."""
    parser = argparse.ArgumentParser(
        prog="python -m test.bench.compare",
        description="Compares the daemon with the stock daemon in a lab.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round of the most important, only printed"
    )
    quick = parser.parse_args().quick
    wrk.require()
    report = run(QUICK if quick else FULL)
    print(report)
    if not quick:
        write_section(DOCUMENT, SECTION, report)


if __name__ == "__main__":
    main()
