"""Waiting for jobs on a real Ganeti: jobs that do nothing for a while, and who waits for them."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing import Reply

from ..bench import luxi
from ..bench.processes import unix_connections
from ..bench.sites import lab_site, running_daemon
from .daemon import HOST, PORT, SKIP, our_api

SOON = 1.0
"""Seconds within which a change is told; a real luxid looks at a job's file when it is written."""

LONG = 60.0
"""Seconds that a job of a test lasts if nobody ends it."""

PATIENCE = 20.0

Json = Any  # Any: each reply's own shape


class WaitsTestCase(SynchronousTestCase):
    """``pool`` runs the requests that wait."""

    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()
        self.socket = os.environ["LAB_LUXI_SOCKET"]
        self.pool = ThreadPoolExecutor(50)
        self.addCleanup(self.pool.shutdown)

    def running_job(self, seconds: float = LONG) -> int:
        """A job that runs now. It is ended after the test."""
        (job,) = luxi.submit_delays(self.socket, [seconds])
        self.addCleanup(self.end, job)
        luxi.wait_until_running(self.socket, [job], PATIENCE)
        return job

    def end(self, job: int) -> None:
        """End a job, if it has not ended."""
        luxi.interrupt_delay(self.socket, job)

    def wait(
        self,
        job: int,
        fields: Sequence[str] = ("status",),
        previous: Sequence[Json] | None = ("running",),
        serial: int = luxi.ALL_LOG,
        timeout: float = 30,
    ) -> Future[Reply]:
        """A wait that goes on in a thread."""
        body = wait_body(fields, previous, serial)
        path = f"/2/jobs/{job}/wait?timeout={timeout}"
        return self.pool.submit(self.api.request, "GET", path, body, self.api.writer)

    def parked(self, *waits: Future[Reply]) -> None:
        """None of these is answered, though there was time for it."""
        time.sleep(SOON)
        self.assertEqual([wait.done() for wait in waits], [False] * len(waits))

    def told(self, wait: Future[Reply], timeout: float = PATIENCE) -> Json:
        """What a wait was told."""
        reply = wait.result(timeout)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json()


class ChangeTests(WaitsTestCase):
    def test_a_change_is_told_to_all_at_once_and_to_each_its_own(self) -> None:
        job = self.running_job()
        info = self.told(self.wait(job, ["status", "start_ts"], None))["job_info"]
        waits = [self.wait(job) for _ in range(20)]
        other = self.wait(job, ["status", "start_ts"], info)
        self.parked(*waits, other)
        began = time.monotonic()
        self.end(job)
        for wait in waits:
            self.assertEqual(self.told(wait)["job_info"], ["success"])
        self.assertEqual(self.told(other)["job_info"], ["success", info[1]])
        self.assertLess(time.monotonic() - began, SOON)

    def test_a_change_before_the_wait(self) -> None:
        job = self.running_job()
        began = time.monotonic()
        self.assertEqual(self.told(self.wait(job, previous=["queued"]))["job_info"], ["running"])
        self.assertLess(time.monotonic() - began, SOON)

    def test_nothing_new(self) -> None:
        job = self.running_job()
        patient = self.wait(job)
        self.assertIsNone(self.told(self.wait(job, timeout=1)))
        self.assertFalse(patient.done())
        self.end(job)
        self.assertEqual(self.told(patient)["job_info"], ["success"])

    def test_a_job_that_ends_by_itself(self) -> None:
        job = self.running_job(2)
        change = self.told(self.wait(job))
        self.assertEqual(change["job_info"], ["success"])
        self.assertEqual(self.told(self.wait(job, previous=["success"]))["job_info"], ["success"])

    def test_the_log(self) -> None:
        job = self.running_job()
        first = self.told(self.wait(job, serial=-1))["log_entries"]
        self.assertEqual([entry[2] for entry in first], [luxi.DELAY_TEST])
        wait = self.wait(job, serial=first[0][0])
        self.parked(wait)
        self.end(job)
        entries = self.told(wait)["log_entries"]
        self.assertGreater(entries[0][0], first[0][0])

    def test_unknown_and_archived_jobs(self) -> None:
        self.assertEqual(self.wait(999_999_999).result(PATIENCE).status, 404)
        job = self.running_job()
        self.end(job)
        self.told(self.wait(job))
        self.assertTrue(luxi.call(self.socket, "ArchiveJob", job))
        self.assertEqual(self.wait(job).result(PATIENCE).status, 404)


class CostTests(WaitsTestCase):
    def test_one_wait_at_luxid_however_many_wait_here(self) -> None:
        jobs = [self.running_job() for _ in range(3)]
        before = unix_connections(self.socket)
        waits = [self.wait(job) for job in jobs for _ in range(12)]
        self.parked(*waits)
        watching = unix_connections(self.socket) - before
        self.assertLessEqual(watching, len(jobs) + 1)  # readings use connections that stay open
        for job in jobs:
            self.end(job)
        for wait in waits:
            self.told(wait)

    def test_clients_that_leave_cost_nothing_any_more(self) -> None:
        job, site = self.running_job(), lab_site()
        with running_daemon(site) as daemon:
            first = self.leaver(site.port, job)
            time.sleep(SOON)
            first.close()
            time.sleep(SOON)
            before = daemon.open_files()  # with the connection that has read the job
            clients = [self.leaver(site.port, job) for _ in range(5)]
            time.sleep(SOON)
            self.assertEqual(daemon.open_files(), before + 5 + 1)  # and the job's watch
            for client in clients:
                client.close()
            time.sleep(SOON)
            self.assertEqual(daemon.open_files(), before)

    def leaver(self, port: int, job: int) -> http.client.HTTPSConnection:
        """A client that has sent its wait and can be closed."""
        client = connection(port)
        headers = {"Authorization": basic(self.api.writer), "Content-Type": "application/json"}
        body = json.dumps(wait_body(["status"], ["running"], luxi.ALL_LOG))
        client.request("GET", f"/2/jobs/{job}/wait?timeout=30", body, headers)
        return client


class ReturnTimeoutTests(WaitsTestCase):
    PATH = "/2/instances/instance1/tags?tag=waits"

    def test_the_reply_is_the_job_that_has_ended(self) -> None:
        for method in ("PUT", "DELETE"):
            path = f"{self.PATH}&return_timeout=30"
            job = self.api.request(method, path, user=self.api.writer).json()
            self.assertEqual(job["status"], "success")
            self.assertEqual(self.api.request("GET", f"/2/jobs/{job['id']}").json(), job)

    def test_no_time_and_no_argument(self) -> None:
        for more in ("", "&return_timeout=0"):
            reply = self.api.request("DELETE", self.PATH + more, user=self.api.writer)
            self.assertIsInstance(reply.json(), int)


class EventTests(WaitsTestCase):
    def test_of_one_job(self) -> None:
        job = self.running_job()
        with events(self.api.writer, f"/2/jobs/{job}/events") as stream:
            first = next(stream)
            self.assertEqual((first["event"], first["data"]["status"]), ("changed", "running"))
            self.end(job)
            *_, last = stream
            self.assertEqual((last["event"], last["data"]["status"]), ("finished", "success"))
        with events(self.api.writer, f"/2/jobs/{job}/events", first["id"]) as stream:
            resumed = list(stream)[-1]  # with the log entries of all that was missed
        self.assertEqual((resumed["id"], resumed["event"]), (last["id"], last["event"]))

    def test_of_all_jobs(self) -> None:
        with events(self.api.writer, "/2/events") as stream:
            time.sleep(SOON)  # events are told from the first look on
            job = self.running_job()
            seen: list[str] = []
            while "finished" not in seen:
                event = next(stream)
                if event["data"]["id"] == job:
                    seen.append(event["event"])
                    self.end(job)
            self.assertEqual((seen[0], seen[-1]), ("submitted", "finished"))


def wait_body(fields: Sequence[str], previous: Sequence[Json] | None, serial: int) -> Json:
    """The body of a wait."""
    return {"fields": fields, "previous_job_info": previous, "previous_log_serial": serial}


def basic(user: str) -> str:
    """The Authorization header of a user and password."""
    return "Basic " + base64.b64encode(user.encode()).decode()


def connection(port: int = PORT) -> http.client.HTTPSConnection:
    """A connection to a daemon of ours."""
    context = ssl._create_unverified_context()
    return http.client.HTTPSConnection(HOST, port, timeout=PATIENCE, context=context)


@contextmanager
def events(user: str, path: str, after: str | None = None) -> Iterator[Iterator[Json]]:
    """The events of a stream, with their data decoded."""
    headers = {"Authorization": basic(user), **({"Last-Event-ID": after} if after else {})}
    with closing(connection()) as client:
        client.request("GET", path, headers=headers)
        response = client.getresponse()
        assert response.status == 200, response.read()
        yield parse_events(response)


def parse_events(lines: Iterator[bytes]) -> Iterator[Json]:
    """Events from the lines of a stream; comments, which are heartbeats, are passed over."""
    event: dict[str, Json] = {}
    for line in lines:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if not name:
            if event:
                yield event
            event = {}
        elif not line.startswith(b":"):
            event[name] = json.loads(value) if name == "data" else value
