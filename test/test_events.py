"""The event streams, through the whole daemon and the simulated cluster, with time by a Clock."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jobs.feed import POLL_SECONDS
from ganeti_rapi.testing import SimulatedApi, encode_request
from ganeti_rapi.web.events import HEARTBEAT_SECONDS, MOST_BUFFERED


@frozen
class Received:
    """An event as a reader sees it."""

    id: str
    name: str
    data: Any  # Any: JSON


def received(raw: bytes) -> list[Received]:
    """The events in a chunked reply, comments left out."""
    _, _, body = raw.partition(b"\r\n\r\n")
    text = b"".join(body.split(b"\r\n")[1::2]).decode()
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    fields = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    return [Received(f["id"], f["event"], json.loads(f["data"])) for f in fields]


class StreamCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)

    def open(self, path: str, last_id: str | None = None) -> Any:  # Any: a Collector
        reader = self.api.connect()
        request = encode_request("GET", path, None, self.api.writer)
        if last_id is not None:
            request = request.replace(b"\r\n\r\n", f"\r\nLast-Event-ID: {last_id}\r\n\r\n".encode())
        reader.transport.write(request)
        self.api.reactor.pump([0.02] * 5)
        return reader

    def shut_down(self, name: str = "web1") -> int:
        path = f"/2/instances/{name}.example.com/shutdown"
        return int(self.api.request("PUT", path, None, self.api.writer).body)


class JobEventTests(StreamCase):
    def test_every_change_until_the_end(self) -> None:
        job = self.shut_down()
        reader = self.open(f"/2/jobs/{job}/events")
        self.api.until(lambda: reader.closed)
        events = received(reader.data)
        self.assertIn(b"Content-Type: text/event-stream\r\n", reader.data)
        self.assertEqual(events[-1].name, "finished")
        self.assertEqual({event.name for event in events[:-1]}, {"changed"})
        self.assertEqual(
            (events[-1].data["id"], events[-1].data["status"], events[-1].data["opstatus"]),
            (job, "success", ["success"]),
        )

    def test_each_log_entry_comes_once(self) -> None:
        body = {"mode": "secondary-only", "iallocator": "hail"}
        reply = self.api.request(
            "POST", "/2/nodes/node3.example.com/evacuate", body, self.api.writer
        )
        reader = self.open(f"/2/jobs/{int(reply.body)}/events")
        self.api.until(lambda: reader.closed)
        serials = [
            entry[0] for event in received(reader.data) for entry in event.data["log_entries"]
        ]
        self.assertTrue(serials)
        self.assertEqual(serials, sorted(set(serials)))

    def test_a_reader_goes_on_where_it_was(self) -> None:
        job = self.shut_down()
        first = self.open(f"/2/jobs/{job}/events")
        seen = received(first.data)
        first.transport.loseConnection()
        again = self.open(f"/2/jobs/{job}/events", seen[-1].id)
        self.api.until(lambda: again.closed)
        self.assertNotIn(seen[-1], received(again.data))
        self.assertEqual(received(again.data)[-1].name, "finished")

    def test_after_the_end_there_is_nothing_to_come_back_for(self) -> None:
        job = self.shut_down()
        reader = self.open(f"/2/jobs/{job}/events")
        self.api.until(lambda: reader.closed)
        again = self.open(f"/2/jobs/{job}/events", received(reader.data)[-1].id)
        self.assertTrue(again.data.startswith(b"HTTP/1.1 204 "))

    def test_a_strange_id_counts_as_none(self) -> None:
        job = self.shut_down()
        for strange in ("x", "1", "/", "1/success", "-1/running/running", "9" * 30 + "/queued/x"):
            reader = self.open(f"/2/jobs/{job}/events", strange)
            self.assertTrue(received(reader.data), strange)

    def test_an_unknown_job_is_404(self) -> None:
        reply = self.api.request("GET", "/2/jobs/999/events", None, self.api.writer)
        self.assertEqual(reply.status, 404)

    def test_a_reader_needs_write(self) -> None:
        for path in ("/2/jobs/1/events", "/2/events"):
            self.assertEqual(self.api.request("GET", path, None, self.api.reader).status, 403)

    def test_a_reader_who_left_costs_nothing(self) -> None:
        reader = self.open(f"/2/jobs/{self.shut_down()}/events")
        self.assertEqual(self.api.backend.watches.waiters, 1)
        reader.transport.loseConnection()
        self.api.reactor.pump([0.02] * 3)
        self.assertEqual((self.api.backend.watches.waiters, self.api.backend.watches.jobs), (0, 0))


class FeedTests(StreamCase):
    def pass_time(self, seconds: float = 5.0) -> None:
        self.api.reactor.pump([0.02] * int(seconds / 0.02))

    def test_jobs_are_submitted_and_finished(self) -> None:
        reader = self.open("/2/events")
        self.pass_time(POLL_SECONDS)
        job = self.shut_down()
        self.pass_time()
        events = received(reader.data)
        self.assertEqual({event.data["id"] for event in events}, {job})
        self.assertEqual(events[-1].name, "finished")
        self.assertEqual(events[-1].data["summary"], ["INSTANCE_SHUTDOWN(web1.example.com)"])

    def test_one_question_serves_all_readers(self) -> None:
        readers = [self.open("/2/events") for _ in range(5)]
        self.pass_time(POLL_SECONDS)
        self.shut_down()
        self.pass_time()
        self.assertEqual(self.api.backend.feed.readers, 5)
        seen = [received(reader.data) for reader in readers]
        self.assertTrue(seen[0])
        self.assertEqual(seen, [seen[0]] * 5)

    def test_a_reader_goes_on_where_it_was(self) -> None:
        reader = self.open("/2/events")
        self.pass_time(POLL_SECONDS)
        self.shut_down()
        self.pass_time()
        events = received(reader.data)
        reader.transport.loseConnection()
        self.pass_time(1)
        self.assertEqual(self.api.backend.feed.readers, 0)
        missed = self.shut_down("web2")
        again = self.open("/2/events", events[0].id)
        self.pass_time()
        resumed = received(again.data)
        self.assertEqual(resumed[: len(events) - 1], events[1:])
        self.assertEqual({event.data["id"] for event in resumed[len(events) - 1 :]}, {missed})

    def test_an_id_of_another_run_is_answered_with_a_reset(self) -> None:
        for strange in ("abc-5", "5", "-", "x-y"):
            reader = self.open("/2/events", strange)
            self.assertEqual([event.name for event in received(reader.data)], ["reset"])

    def test_heartbeats(self) -> None:
        reader = self.open("/2/events")
        before = reader.data.count(b": still here")
        self.pass_time(HEARTBEAT_SECONDS * 2)
        self.assertEqual(reader.data.count(b": still here") - before, 2)

    def test_no_question_is_asked_when_nobody_reads(self) -> None:
        reader = self.open("/2/events")
        reader.transport.loseConnection()
        self.pass_time(1)
        asked = self.api.daemon_calls()
        self.pass_time(5)
        self.assertEqual(self.api.daemon_calls(), asked)

    def test_luxid_away_and_back(self) -> None:
        reader = self.open("/2/events")
        self.pass_time(POLL_SECONDS)
        factory = self.api.reactor.listeners.pop("/luxi.sock")
        self.api.backend.close()
        self.pass_time(2)
        self.api.reactor.listeners["/luxi.sock"] = factory
        job = self.shut_down()
        self.pass_time()
        self.assertIn((job, "finished"), [(e.data["id"], e.name) for e in received(reader.data)])

    def test_a_reader_who_does_not_read_is_dropped(self) -> None:
        reader = self.open("/2/events")
        (channel,) = self.api.site.channels
        producer = channel._requestProducer
        producer.pauseProducing()
        self.pass_time(HEARTBEAT_SECONDS * 2)
        self.assertFalse(reader.closed)
        producer._write(b"x" * (MOST_BUFFERED + 1))
        self.pass_time(1)
        self.assertTrue(reader.closed)
        self.assertEqual(self.api.backend.feed.readers, 0)
