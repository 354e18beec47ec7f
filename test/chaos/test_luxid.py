"""The job daemon is killed under load, again and again."""

from __future__ import annotations

import collections
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from attrs import define, field

from ..bench import luxi
from ..bench.processes import Program
from ..bench.waiters import WAIT_FOR_THE_END
from .case import PATIENCE, ChaosCase

LIVES = 4
SPACING = 10_000
"""Job ids between the first of one life and the first of the next; more than a life has jobs."""

LOAD = 2.0
"""Seconds of load in each life."""

DOWN = 1.0
"""Seconds between a death and the next life."""

SUBMITTERS = 6
READERS = 3
WAITERS = 50
JOB_SECONDS = 600.0
"""How long a job would last that luxid does not survive."""

AWAY = (502, 503, 504)
"""What clients are told of a job daemon that is not there."""


@define
class Load:
    """What the clients were told."""

    jobs: list[int] = field(factory=list)
    refused: collections.Counter[int] = field(factory=collections.Counter)
    """Submissions that got no job, by status."""
    reads: collections.Counter[int] = field(factory=collections.Counter)
    """Reads by status."""
    over: threading.Event = field(factory=threading.Event)


class KilledTests(ChaosCase):
    def test_every_job_that_a_client_was_told_of_is_there_once(self) -> None:
        simulator = self.live(0)
        self.start_daemon("--luxi-timeout", "10")
        load = Load()
        with ThreadPoolExecutor(SUBMITTERS + READERS) as pool:
            clients = [pool.submit(self.submit_on, load) for _ in range(SUBMITTERS)]
            clients += [pool.submit(self.read_on, load) for _ in range(READERS)]
            try:
                for life in range(1, LIVES):
                    time.sleep(LOAD)
                    simulator.child.kill()
                    simulator.child.wait()
                    time.sleep(DOWN)
                    simulator = self.live(life)
                    self.wait_until(self.answers, "reads do not recover")
                time.sleep(LOAD)
            finally:
                load.over.set()
            for client in clients:
                client.result()
        self.assert_jobs(load)
        self.assertLessEqual(set(load.refused), set(AWAY))
        self.assertLessEqual(set(load.reads), {200, *AWAY})
        self.assertGreater(load.reads[200], 0)
        self.assertGreater(sum(load.reads[status] for status in AWAY), 0)

    def live(self, life: int) -> Program:
        """A simulator whose job ids tell in which life they were made."""
        return self.start_simulator(f"jobs={self.history(life)}")

    @staticmethod
    def history(life: int) -> int:
        """The last job id that is older than a life."""
        return 10 + life * SPACING

    def submit_on(self, load: Load) -> None:
        while not load.over.is_set():
            reply = self.api.request("PUT", "/2/redistribute-config", user=self.api.writer)
            if reply.status == 200:
                load.jobs.append(reply.json())
            else:
                load.refused[reply.status] += 1

    def read_on(self, load: Load) -> None:
        while not load.over.is_set():
            load.reads[self.api.request("GET", "/2/nodes").status] += 1

    def assert_jobs(self, load: Load) -> None:
        """Each told job was made once, and what was made and not told, was refused to somebody."""
        self.assertEqual(len(load.jobs), len(set(load.jobs)), "two clients were told of one job")
        untold = 0
        for life in range(LIVES):
            before = self.history(life)
            told = [job for job in load.jobs if before < job <= before + SPACING]
            self.assertGreater(len(told), 0)
            untold += max(told) - before - len(told)
        self.assertLessEqual(untold, sum(load.refused.values()))
        self.assertGreater(min(load.jobs), self.history(0))
        made = {job for (job,) in luxi.call(self.luxi, "QueryJobs", [], ["id"])}
        last = {job for job in load.jobs if job > self.history(LIVES - 1)}
        self.assertLessEqual(last, made)
        new = {job for job in made if job > self.history(LIVES - 1)}
        self.assertLessEqual(len(new - last), sum(load.refused.values()))


class SilentTests(ChaosCase):
    """What clients hear who asked something when luxid went away, or fell silent."""

    def setUp(self) -> None:
        super().setUp()
        self.simulator = self.start_simulator()
        self.start_daemon("--luxi-timeout", "3")

    def test_who_waits_for_a_job_is_told_that_luxid_died(self) -> None:
        (job,) = luxi.submit_delays(self.luxi, [JOB_SECONDS])
        luxi.wait_until_running(self.luxi, [job], PATIENCE)
        with ThreadPoolExecutor(WAITERS) as pool:
            waits = [pool.submit(self.wait_for, job) for _ in range(WAITERS)]
            time.sleep(LOAD)
            self.assertFalse(any(wait.done() for wait in waits))
            self.simulator.child.kill()
            self.assertEqual({wait.result() for wait in waits}, {502})

    def wait_for(self, job: int) -> int:
        """The status of a wait for a job's end."""
        uri = f"/2/jobs/{job}/wait"
        return self.api.request("GET", uri, WAIT_FOR_THE_END, self.api.writer).status

    def test_reads_of_a_frozen_luxid_end_and_come_back(self) -> None:
        os.kill(self.simulator.pid, signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(WAITERS) as pool:
                reads = [pool.submit(self.api.request, "GET", "/2/nodes") for _ in range(WAITERS)]
                self.assertEqual(self.api.request("GET", "/version").status, 200)
                self.assertEqual({read.result().status for read in reads}, {504})
        finally:
            os.kill(self.simulator.pid, signal.SIGCONT)
        self.wait_until(self.answers, "reads do not recover")
