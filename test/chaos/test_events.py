"""The daemon is killed again and again, and readers of events come back each time.

``KILLS=1000`` takes some forty minutes.
"""

from __future__ import annotations

import json
import os
import random
import ssl
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException, HTTPResponse, HTTPSConnection

from attrs import define, field

from ganeti_rapi.jobstates import FINAL_STATES

from ..bench import luxi
from .case import HOST, ChaosCase
from .samples import USER

KILLS = int(os.environ.get("KILLS", "25"))

READERS = 3

LIFE = 0.6
"""Seconds that a daemon lives at most once it answers."""

PAUSE = 0.1
"""Seconds between two jobs."""

INSTANCE = "web1.example.com"


@define(eq=False)
class Reader:
    """Reads the stream, and comes back when it ends, with the id that it was told last."""

    case: KilledTests
    last_id: str = ""
    told: Counter[tuple[str, str]] = field(factory=Counter)
    resets: int = 0
    connected: int = 0

    def read_on(self, over: threading.Event) -> None:
        """Until it is over."""
        while not over.is_set():
            try:
                self._read()
            except (OSError, HTTPException):
                time.sleep(0.02)  # the daemon is away

    def _read(self) -> None:
        context = ssl._create_unverified_context()
        connection = HTTPSConnection(HOST, self.case.port, timeout=5, context=context)
        name, _, value = USER.decode().strip().partition(": ")
        headers = {name: value, "User-Agent": "a reader", "Last-Event-ID": self.last_id}
        try:
            connection.request("GET", "/2/events?kind=job,instance", headers=headers)
            response = connection.getresponse()
            if response.status == 200:
                self._read_events(response)
        finally:
            connection.close()

    def _read_events(self, response: HTTPResponse) -> None:
        lines: dict[str, str] = {}
        while (line := response.readline().decode()).endswith("\n"):  # or it was cut off
            name, colon, value = line[:-1].partition(": ")
            if colon and name:
                lines[name] = value
            elif not line[:-1] and "data" in lines:
                self._take(lines)
                lines = {}

    def _take(self, lines: dict[str, str]) -> None:
        data = json.loads(lines["data"])
        if lines["event"] == "connected":
            self.connected += 1
            self.last_id = self.last_id or lines["id"]
            return
        self.last_id = lines["id"]
        if data is None:
            self.resets += 1
        else:
            self.told[data["name"], data["change"]] += 1


class KilledTests(ChaosCase):
    def test_each_job_and_each_change_is_told_once(self) -> None:
        self.start_simulator()
        options = ("--workers", "2", "--events-directory", str(self.directory / "events"))
        options = (*options, "--queue-directory", str(self.queue))
        daemon = self.start_daemon(*options)
        readers = [Reader(self) for _ in range(READERS)]
        over, enough = threading.Event(), threading.Event()
        dice = random.Random(1)
        with ThreadPoolExecutor(READERS + 1) as pool:
            try:
                reading = [pool.submit(reader.read_on, over) for reader in readers]
                self.wait_until(lambda: all(each.connected for each in readers), "nobody reads")
                submitting = pool.submit(self.submit_on, enough)
                for _ in range(KILLS):
                    time.sleep(dice.uniform(0, LIFE))
                    daemon.child.kill()
                    daemon.child.wait()
                    daemon = self.start_daemon(*options)
                enough.set()
                jobs = submitting.result()
                self.wait_until(lambda: self.all_know(readers, jobs), "something is never told")
            finally:
                over.set()
                enough.set()
                daemon.child.kill()  # ends the streams
            for each in reading:
                each.result()
        for reader in readers:
            self.assert_told(reader, jobs)

    def submit_on(self, enough: threading.Event) -> list[int]:
        """Jobs that each change an instance; their ids. The job daemon is asked, which is up."""
        jobs: list[int] = []
        while not enough.is_set():
            tag = [f"t{len(jobs)}"]
            about = {"kind": "instance", "name": INSTANCE, "tags": tag, "reason": []}
            jobs.append(luxi.call(self.luxi, "SubmitJob", [{"OP_ID": "OP_TAGS_SET", **about}]))
            self.wait_for(jobs[-1])
            time.sleep(PAUSE)
        return jobs

    def wait_for(self, job_id: int) -> None:
        def ended() -> bool:
            return luxi.call(self.luxi, "QueryJobs", [job_id], ["status"])[0][0] in FINAL_STATES

        self.wait_until(ended, "a job does not end")

    def all_know(self, readers: list[Reader], jobs: list[int]) -> bool:
        return all(each.told[str(jobs[-1]), "finished"] for each in readers)

    def assert_told(self, reader: Reader, jobs: list[int]) -> None:
        self.assertEqual(reader.resets, 0)
        self.assertGreater(reader.connected, KILLS // 2)
        finished = {name: count for (name, how), count in reader.told.items() if how == "finished"}
        self.assertEqual(finished, {str(job_id): 1 for job_id in jobs})
        changed = reader.told[INSTANCE, "changed"]
        # Changes while nobody looked are told as one.
        self.assertLessEqual(changed, len(jobs))
        self.assertGreater(changed, 0)
