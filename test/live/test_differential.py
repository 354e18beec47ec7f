"""The stock daemon and ours in front of one luxid: what is asked of both, both must do alike.

Each test sends many requests to both and reports everything that it finds. Requests that submit
jobs are sent while a filter rule keeps all jobs in the queue, so that the cluster stays as it is;
what counts are the opcodes that luxid has recorded. The jobs are canceled afterwards.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.call import ABSENT
from ganeti_rapi.jsontext import Json
from ganeti_rapi.testing import Reply

from .daemon import SKIP, HttpApi, lab, our_api
from .differential.comparison import Answer, problem, without_marks
from .differential.probe import (
    USERS,
    WRONG,
    Known,
    Probe,
    changes_something,
    runs_a_job,
)
from .differential.reads import READS
from .differential.samples import NETWORK, RULE, RULE_UUID, SAMPLES
from .differential.variations import (
    by_others,
    with_arguments,
    with_other_bodies,
    with_wrong_arguments,
)
from .differential.writes import EVACUATION, WRITES, of_a_queued_job

AT_A_TIME = 6
"""Requests under way; the stock daemon serves 20 at the most."""

EVERY_JOB: list[Json] = [["jobid", [">=", "id", 0]]]
PATIENCE = 120.0
"""Seconds until jobs have ended."""


@functools.cache
def stock_api() -> HttpApi:
    """The lab's own daemon."""
    address = urlsplit(os.environ["LAB_STOCK_URL"])
    return HttpApi(address.hostname or "", address.port or 0)


def send(api: HttpApi, probe: Probe) -> Reply:
    """The reply to a probe; status 0 when there is none."""
    variable = USERS[probe.who].variable if probe.who in USERS else None
    user = os.environ[variable] if variable else None
    headers = {"Content-Type": probe.content_type}
    if probe.who in WRONG:
        headers["Authorization"] = WRONG[probe.who]
    try:
        return api.request(
            probe.method, probe.path, user=user, headers=headers, raw=_content(probe.body)
        )
    except (http.client.HTTPException, OSError):
        return Reply(0, {}, b"")


def _content(body: object) -> bytes:
    if body is ABSENT:
        return b""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def read(path: str) -> Any:  # Any: JSON
    """What our daemon shows, for what both have done."""
    return our_api().request("GET", path, user=our_api().writer).json()


def write(method: str, path: str, body: object = None) -> Any:  # Any: JSON
    """Have our daemon do something that is no probe."""
    reply = our_api().request(method, path, body, our_api().writer)
    if reply.status != 200:
        raise AssertionError(f"{method} {path}: {reply.body!r}")
    return reply.json()


def answer(api: HttpApi, probe: Probe) -> Answer:
    """The reply, with what luxid recorded if something was submitted."""
    reply = send(api, probe)
    if reply.status != 200 or not changes_something(probe):
        return Answer(reply)
    return Answer(reply, recorded(reply.json()))


def recorded(result: object) -> Any:  # Any: JSON
    """The opcodes of a job, or a filter rule without what tells it from another."""
    if isinstance(result, int):
        return without_marks(read(f"/2/jobs/{result}")["ops"])
    if isinstance(result, str):
        rule = read(f"/2/filters/{result}")
        reasons = [entry[:2] for entry in rule["reason_trail"]]
        return {**rule, "uuid": "", "watermark": 0, "reason_trail": reasons}
    return None


def judge(probe: Probe) -> str | None:
    """Ask both; what is wrong, or None."""
    return problem(probe, answer(stock_api(), probe), answer(our_api(), probe))


@functools.cache
def prepare() -> None:
    """Make what the probes ask for, and remove it when the test run ends."""
    our_api()  # before that, so that it is there until then
    atexit.register(clean)
    write("PUT", f"/2/filters/{RULE_UUID}", RULE)
    await_end(write("POST", "/2/networks", {"name": "differential", "network": "203.0.113.0/28"}))


def clean() -> None:
    """Remove it, and all filter rules that the probes have made."""
    for rule in read("/2/filters"):
        write("DELETE", rule["uri"])
    await_end(write("DELETE", NETWORK))


def await_end(job_id: int) -> None:
    """Wait for a job's end."""
    await_that(lambda: read(f"/2/jobs/{job_id}")["end_ts"] is not None)


def await_that(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"jobs have not ended within {PATIENCE} seconds")
        time.sleep(0.2)


@contextlib.contextmanager
def jobs_paused() -> Iterator[None]:
    """No job starts meanwhile. Those in the queue at the end are canceled."""
    rule: dict[str, Json] = {"priority": 0, "predicates": EVERY_JOB}
    uuid = write("POST", "/2/filters", {**rule, "action": "PAUSE"})
    try:
        yield
    finally:
        write("PUT", f"/2/filters/{uuid}", {**rule, "action": "REJECT"})
        await_that(lambda: not queued_jobs())
        write("DELETE", f"/2/filters/{uuid}")


def queued_jobs() -> Sequence[object]:
    """The jobs that wait in the queue."""
    query = {"fields": ["id"], "qfilter": ["=", "status", "queued"]}
    rows: Sequence[object] = write("PUT", "/2/query/job", query)["data"]
    return rows


class DifferentialTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        prepare()

    def compare(self, probes: Iterable[Probe]) -> None:
        """Send them all and fail with everything that is wrong.

        First those that read, then those whose job must run, and at last those that change
        something, while no job does run.
        """
        reads: list[Probe] = []
        jobs: list[Probe] = []
        writes: list[Probe] = []
        for probe in probes:
            target = writes if changes_something(probe) else jobs if runs_a_job(probe) else reads
            target.append(probe)
        problems = [*self.judge(reads), *self.judge(jobs)]
        if writes:
            with jobs_paused():
                problems += self.judge(writes)
        if problems:
            self.fail(f"{len(problems)} differences\n" + "\n".join(problems))

    def judge(self, probes: Sequence[Probe]) -> list[str]:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            return [found for found in pool.map(judge, probes) if found is not None]

    def test_samples(self) -> None:
        self.compare(SAMPLES)

    def test_other_users(self) -> None:
        self.compare(probe for sample in SAMPLES for probe in by_others(sample))

    def test_other_bodies(self) -> None:
        self.compare(probe for sample in SAMPLES for probe in with_other_bodies(sample))

    def test_arguments(self) -> None:
        self.compare(probe for sample in SAMPLES for probe in with_arguments(sample))

    def test_wrong_arguments(self) -> None:
        self.compare(probe for sample in SAMPLES for probe in with_wrong_arguments(sample))

    def test_peculiar_reads(self) -> None:
        self.compare(READS)

    def test_peculiar_writes(self) -> None:
        self.compare(WRITES)

    def test_evacuation_by_query(self) -> None:
        self.assertEqual(self.judge(EVACUATION), [])

    def test_a_queued_job(self) -> None:
        with jobs_paused():
            job_id = write("PUT", "/2/redistribute-config")
            self.assertEqual(self.judge(of_a_queued_job(job_id)), [])
            answers = {self.cancel_a_job(api) for api in (stock_api(), our_api())}
        self.assertEqual(len(answers), 1, answers)

    def cancel_a_job(self, api: HttpApi) -> str:
        job_id = write("PUT", "/2/redistribute-config")
        reply = send(api, Probe("DELETE", f"/2/jobs/{job_id}"))
        return f"{reply.status} {reply.json()}".replace(str(job_id), "N")

    def test_a_drained_queue(self) -> None:
        self.addCleanup(lab, "gnt", "gnt-cluster", "queue", "undrain")
        lab("gnt", "gnt-cluster", "queue", "drain")
        known = Known("drained-queue", 500, 503)
        self.assertIsNone(judge(Probe("PUT", "/2/redistribute-config", known=known)))
