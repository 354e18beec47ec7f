"""Events of objects from a real luxid: what is told, by whom, and that no node is asked."""

from __future__ import annotations

import json
import os
import ssl
import time
from base64 import b64encode
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jobs.wakeups import POLL_SECONDS
from test.contract import Conversation

from ..test_metrics import parsed
from .daemon import HOST, PORT, SKIP, HttpApi, our_api


class EventsTests(Conversation, SynchronousTestCase):
    """As they come when luxid is asked twice a second."""

    skip = SKIP
    host = HOST

    def daemon(self) -> HttpApi:
        return our_api()

    def setUp(self) -> None:
        self.api = self.daemon()
        context = ssl._create_unverified_context()
        self.connection = HTTPSConnection(self.host, PORT, timeout=60, context=context)
        self.addCleanup(self.connection.close)
        secret = b64encode(os.environ["LAB_WRITE_USER"].encode()).decode()
        self.connection.request(
            "GET",
            "/2/events?kind=instance,group,job",
            headers={"Authorization": f"Basic {secret}", "User-Agent": "the live suite"},
        )
        self.stream = self.connection.getresponse()
        self.assertEqual(self.next_event()["event"], "connected")

    def next_event(self) -> dict[str, Any]:  # Any: JSON
        event: dict[str, Any] = {}
        while True:
            line = self.stream.readline().decode().rstrip("\n")
            if line.startswith(":"):
                continue
            if not line and event:
                return event
            name, _, value = line.partition(": ")
            if name:
                event[name] = json.loads(value) if name == "data" else value

    def change_of(self, kind: str, name: str, change: str) -> Any:  # Any: JSON
        while True:
            event = self.next_event()
            data = event["data"] or {}
            if (event["event"], data.get("name"), data.get("change")) == (kind, name, change):
                return data

    def test_what_changes_is_told_with_the_job_and_the_user(self) -> None:
        (name,) = [row["id"] for row in self.get("/2/instances")][:1]
        job_id = self.ask("PUT", f"/2/instances/{name}/tags?tag=told")
        data = self.change_of("instance", name, "changed")
        self.assertEqual((data["fields"], data["job"]), (["tags"], job_id))
        self.assertEqual(data["user"], os.environ["LAB_WRITE_USER"].partition(":")[0])
        self.assertEqual(data["serial_after"], data["serial_before"] + 1)
        self.finish(self.ask("DELETE", f"/2/instances/{name}/tags?tag=told"))

    def test_a_group_comes_changes_and_goes(self) -> None:
        self.ask("POST", "/2/groups", {"name": "told"})
        created = self.change_of("group", "told", "created")
        self.ask("PUT", "/2/groups/told/modify", {"alloc_policy": "unallocable"})
        changed = self.change_of("group", "told", "changed")
        self.assertEqual((changed["fields"], changed["uuid"]), (["alloc_policy"], created["uuid"]))
        job_id = self.ask("DELETE", "/2/groups/told")
        self.assertEqual(self.change_of("group", "told", "removed")["job"], job_id)


class QueueEventsTests(EventsTests):
    """The same as luxid's queue directory tells of them."""

    host = "127.0.0.8"

    def daemon(self) -> HttpApi:
        state = Path(os.environ["LAB_RAPI_USERS"]).parent.parent
        return our_api("--queue-directory", str(state / "queue"), host=self.host)

    def test_luxid_is_left_alone_while_nothing_happens(self) -> None:
        before = self.asked()
        self.assertGreater(before, 0)
        time.sleep(4 * POLL_SECONDS)
        self.assertEqual(self.asked(), before)

    def asked(self) -> float:
        """How often luxid was asked for jobs."""
        reply = self.api.request("GET", "/metrics", user=os.environ["LAB_WRITE_USER"])
        samples = parsed(reply.body.decode()).items()
        return sum(count for (_, labels), count in samples if ("method", "QueryJobs") in labels)
