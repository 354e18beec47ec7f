"""Ten thousand TLS clients wait for a hundred jobs: ``python -m test.bench.waits``.

Theory of operation. The daemon, the job daemon (simulated, or with --lab the real luxid of a lab)
and the clients are processes of their own. In each round, a delay job per hundred clients is
submitted and all clients park a wait on one; every tenth hangs up and comes back. When the daemon
has nothing left to do, all is parked: then memory, connections and the time of /version are
measured. The jobs are then ended one after the other, and the time that a client was told is
compared with the end of its job, as the job daemon recorded it.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from attrs import define, frozen

import twisted
from ganeti_rapi.openfiles import raise_file_limit

from . import luxi
from .crowd import Crowd, shares
from .processes import Program, unix_connections
from .sites import HOST, Site, lab_site, running_daemon, simulated_site
from .table import KIB, MIB, MILLISECOND, Row, percentile, render
from .versions import Versions
from .waiters import LONGEST_WAIT, Reply

JOBS = 100
LAB_JOBS = 20
"""As many as a real luxid runs at a time."""

WAITERS_PER_JOB = 100

PATIENCE = 10.0
LAB_PATIENCE = 40.0
"""Seconds until all jobs run. In a lab each is a process of its own."""

IDLE_TIMEOUT = "600"
"""The daemon keeps idle connections for longer than all this lasts."""

WARMING = 1.0
"""Seconds during which /version is asked before anything is measured."""

OUT_OF_TIME = 500.0
"""Seconds after which no other round begins."""

MEASURING = 2.0
"""Seconds during which /version is asked while all are parked."""

JOB_SECONDS = 120.0
"""How long the jobs would last if nobody ended them: longer than a round."""

SPACING = 0.05
"""Seconds from the end of one job to the end of the next."""

LEAVERS = 10
"""One of so many waiters of each job hangs up and comes back before the measuring."""

PATIENCE_FOR_REPLIES = LONGEST_WAIT + 10.0
"""Seconds until a reply counts as lost: no wait lasts that long."""

REQUEST_CONNECTIONS = 16
"""The daemon's own limit of connections for all that is not a wait."""


@frozen
class Plan:
    """How much of everything."""

    waiters: int
    jobs: int
    rounds: int
    clients: int
    start_patience: float
    """Seconds that the jobs may take until all of them run."""
    reconnect: bool = False
    """Whether all clients hang up after each round, and connect anew for the next."""


@frozen
class State:
    """What the daemon uses at a moment. ``waits`` is None where only the job daemon knows."""

    resident: int
    files: int
    connections: int
    waits: int | None

    @property
    def other_files(self) -> int:
        """All but the connections to the job daemon, which are kept for a while."""
        return self.files - self.connections


@frozen
class Round:
    """What was measured in a round. Times are seconds."""

    parked: State
    after: State
    versions: list[float]
    busy_versions: list[float]
    first: list[float]
    last: list[float]
    replies: int
    wrong: list[Reply]


@define
class Bench:
    """The benchmark, its processes running."""

    plan: Plan
    site: Site
    daemon: Program
    simulator: Program | None
    crowd: Crowd
    versions: Versions

    def table(self) -> str:
        """Measure; the table of the results."""
        self.versions.times_for(WARMING)
        self.crowd.start(
            [
                {"address": (HOST, self.site.port), "user": self.site.user, "numbers": numbers}
                for numbers in shares(self.plan.waiters, self.plan.clients)
            ]
        )
        rest = self.settled_state()
        rounds = list(self.all_rounds(time.monotonic() + OUT_OF_TIME))
        self.crowd.do("leave", self.plan.jobs, 1)
        return render(rows(self.plan, rest, rounds, self.settled_state()))

    def all_rounds(self, end: float) -> Iterator[Round]:
        """The rounds, until there is no time for another one."""
        for number in range(1, self.plan.rounds + 1):
            if time.monotonic() < end:
                result = self.round()
                print(f"round {number}: {describe(result)}", file=sys.stderr)
                yield result

    def settled_state(self) -> State:
        """What the daemon uses when it has nothing left to do."""
        self.daemon.settle()
        return self.state()

    def state(self) -> State:
        """What the daemon uses now."""
        waits = int(self.simulator.ask("waits")) if self.simulator else None
        return State(
            self.daemon.resident(),
            self.daemon.open_files(),
            unix_connections(self.site.luxi_socket),
            waits,
        )

    def round(self) -> Round:
        """Park all, measure, and end the jobs."""
        self.crowd.do("connect")
        jobs = luxi.submit_delays(self.site.luxi_socket, [JOB_SECONDS] * self.plan.jobs)
        luxi.wait_until_running(self.site.luxi_socket, jobs, self.plan.start_patience)
        self.park(jobs)
        parked, versions = self.settled_state(), self.versions.times_for(MEASURING)
        self.crowd.begin("collect", PATIENCE_FOR_REPLIES)
        busy_versions = self.end(jobs)
        replies = [reply for told in self.crowd.results() for reply in told]
        if self.plan.reconnect:
            self.crowd.do("leave", self.plan.jobs, 1)
        return self.judged(jobs, replies, parked, versions, busy_versions)

    def end(self, jobs: Sequence[int]) -> list[float]:
        """End the jobs one after the other; the times of /version until all waiters are told."""
        taken = []
        end_job = luxi.kill if self.simulator else luxi.interrupt_delay
        for job in jobs:
            end_job(self.site.luxi_socket, job)
            taken += self.versions.times_for(SPACING)
        return taken + self.versions.times(self.crowd.busy)

    def park(self, jobs: Sequence[int]) -> None:
        """Let all wait for the jobs, some of them after having left once."""
        self.crowd.do("park", jobs)
        self.daemon.settle()
        self.crowd.do("leave", len(jobs), LEAVERS)
        self.crowd.do("connect")
        self.crowd.do("park", jobs)

    def judged(
        self,
        jobs: Sequence[int],
        replies: Sequence[Reply],
        parked: State,
        versions: list[float],
        busy_versions: list[float],
    ) -> Round:
        """The round, with the times that passed between a job's end and its waiters' replies."""
        ends = luxi.ends(self.site.luxi_socket, jobs)
        delays: dict[int, list[float]] = {job: [] for job in jobs}
        for reply in replies:
            if reply.tells_the_end():
                delays[reply.job].append(reply.time - ends[reply.job])
        return Round(
            parked,
            self.settled_state(),
            versions,
            busy_versions,
            first=[min(told) for told in delays.values() if told],
            last=[max(told) for told in delays.values() if told],
            replies=sum(map(len, delays.values())),
            wrong=[reply for reply in replies if not reply.tells_the_end()],
        )


def run(plan: Plan, lab: bool) -> None:
    """Set everything up, measure, print the table, and end everything."""
    raise_file_limit()
    with ExitStack() as stack:
        site, simulator = (lab_site(), None) if lab else stack.enter_context(simulated_site())
        daemon = stack.enter_context(running_daemon(site, "--idle-timeout", IDLE_TIMEOUT))
        bench = Bench(plan, site, daemon, simulator, Crowd(), Versions(HOST, site.port))
        print(conditions(plan, lab), bench.table(), sep="\n\n")


# -- telling ---------------------------------------------------------------------------------------


def describe(result: Round) -> str:
    """A round in one line, for who watches."""
    return (
        f"{result.replies} told, {len(result.wrong)} told otherwise{examples(result.wrong)}; "
        f"{result.parked.resident / MIB:.0f} MiB parked, {result.after.resident / MIB:.0f} after; "
        f"/version {median(result.versions) / MILLISECOND:.1f} ms, "
        f"99 % {percentile(result.versions, 99) / MILLISECOND:.1f}, "
        f"slowest {max(result.versions) / MILLISECOND:.1f}; "
        f"last told after {median(result.last) / MILLISECOND:.0f} ms, "
        f"at the most {max(result.last) / MILLISECOND:.0f}"
    )


def examples(wrong: Sequence[Reply]) -> str:
    """What those were told who were not told of the end: how many got which status and body."""
    texts = Counter(reply.summary() for reply in wrong)
    return "".join(f" ({count}: {text})" for text, count in texts.most_common(3))


def conditions(plan: Plan, lab: bool) -> str:
    """What the numbers were measured with."""
    load = ", ".join(f"{load:.2f}" for load in os.getloadavg())
    return (
        f"{plan.waiters:,} TLS waits on {plan.jobs} jobs of "
        f"{'a real luxid' if lab else 'a simulated one'}, from {plan.clients} processes; "
        f"Python {platform.python_version()}, Twisted {twisted.__version__}, "
        f"{os.cpu_count()} cores, load {load}"
    )


def rows(plan: Plan, rest: State, rounds: Sequence[Round], end: State) -> list[Row]:
    """The table."""
    versions = [seconds for result in rounds for seconds in result.versions]
    busy = [seconds for result in rounds for seconds in result.busy_versions]
    first = [seconds for result in rounds for seconds in result.first]
    last = [seconds for result in rounds for seconds in result.last]
    peak = max(result.parked.resident for result in rounds)
    settled, final = rounds[min(1, len(rounds) - 1)].parked, rounds[-1].parked
    told = sum(result.replies for result in rounds)
    ms = MILLISECOND
    return [
        Row("memory per waiter", (peak - rest.resident) / plan.waiters / KIB, "KiB", 64),
        Row("daemon at rest", rest.resident / MIB, "MiB"),
        Row("daemon with all parked", peak / MIB, "MiB"),
        *waits_rows(plan, rounds),
        Row("/version, all parked: median", median(versions) / ms, "ms"),
        Row("/version, all parked: 99 %", percentile(versions, 99) / ms, "ms", 25),
        Row("/version, all parked: slowest", max(versions) / ms, "ms"),
        Row("/version, jobs ending: median", median(busy) / ms, "ms"),
        Row("/version, jobs ending: 99 %", percentile(busy, 99) / ms, "ms"),
        Row("job's end to its first waiter: median", median(first) / ms, "ms"),
        Row("job's end to its first waiter: slowest", max(first) / ms, "ms"),
        Row("job's end to its last waiter: median", median(last) / ms, "ms"),
        Row("job's end to its last waiter: slowest", max(last) / ms, "ms", 250),
        Row("rounds", len(rounds)),
        Row("waits not told of the end", plan.waiters * len(rounds) - told, "", 0),
        Row("growth after the 2nd round: memory", (final.resident - settled.resident) / MIB, "MiB"),
        Row(
            "growth after the 2nd round: open files", final.other_files - settled.other_files, "", 0
        ),
        Row("left at the end: open files", end.other_files - rest.other_files, "", 0),
        Row("left at the end: memory", (end.resident - rest.resident) / MIB, "MiB"),
    ]


def waits_rows(plan: Plan, rounds: Sequence[Round]) -> list[Row]:
    """How the daemon uses the job daemon."""
    connections = max(result.parked.connections for result in rounds)
    result = [Row("LUXI connections", connections, "", plan.jobs + REQUEST_CONNECTIONS)]
    if all(result.parked.waits is not None for result in rounds):
        parked = max(result.parked.waits or 0 for result in rounds)
        after = max(result.after.waits or 0 for result in rounds)
        result.append(Row("LUXI waits, all parked", parked, "", plan.jobs))
        result.append(Row("LUXI waits after a round", after, "", 0))
    return result


def parse_arguments() -> tuple[Plan, bool]:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m test.bench.waits",
        description="Measures the daemon while many TLS clients wait for jobs.",
    )
    parser.add_argument("--waiters", type=int, help="how many clients; by default 100 per job")
    parser.add_argument("--jobs", type=int, help="how many jobs; by default 100, in a lab 20")
    parser.add_argument("--rounds", type=int, default=10, help="how often all are told; 10")
    parser.add_argument("--clients", type=int, default=2, help="how many processes of clients; 2")
    parser.add_argument(
        "--lab", action="store_true", help="use the luxid of a lab, as test/live/lab env tells"
    )
    parser.add_argument(
        "--reconnect", action="store_true", help="all hang up after each round and come back"
    )
    given = parser.parse_args()
    jobs = given.jobs or (LAB_JOBS if given.lab else JOBS)
    waiters = given.waiters or jobs * WAITERS_PER_JOB
    patience = LAB_PATIENCE if given.lab else PATIENCE
    return Plan(waiters, jobs, given.rounds, given.clients, patience, given.reconnect), given.lab


if __name__ == "__main__":
    run(*parse_arguments())
