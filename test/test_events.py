"""The event streams, through the whole daemon and the simulated cluster, with time by a Clock."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.events import Event
from ganeti_rapi.jobs.eventlog import KEPT_EVENTS
from ganeti_rapi.jobs.feed import Feed
from ganeti_rapi.jobs.looks import DETAILS
from ganeti_rapi.jobs.wakeups import POLL_SECONDS
from ganeti_rapi.testing import SimulatedApi, encode_request
from ganeti_rapi.web.events import HEARTBEAT_SECONDS, MOST_BUFFERED, EventStream

from .harness import ADMIN, ScriptedDaemon, ScriptedServer, basic
from .harness import encode_request as encode


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


async def next_of(events: AsyncIterator[Event]) -> Event:
    """The next event."""
    return await events.__anext__()


class StreamCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)

    def open(self, path: str, last_id: str | None = None, method: str = "GET") -> Any:
        # Any: a Collector
        reader = self.api.connect()
        request = encode_request(method, path, None, self.api.writer)
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

    def test_one_who_leaves_does_not_end_it_for_the_others(self) -> None:
        leaver, stayer = self.open("/2/events"), self.open("/2/events")
        self.pass_time(POLL_SECONDS)
        leaver.transport.loseConnection()
        self.pass_time(1)
        job = self.shut_down()
        self.pass_time()
        self.assertEqual({event.data["id"] for event in received(stayer.data)}, {job})

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
        for strange in ("abc-5", "0-0", "5", "-", "x-y"):
            reader = self.open("/2/events", strange)
            self.assertEqual([event.name for event in received(reader.data)], ["reset"])

    def test_so_is_one_with_more_digits_than_python_reads(self) -> None:
        (reset,) = received(self.open("/2/events", "x").data)
        epoch, _, _ = reset.id.partition("-")
        reader = self.open("/2/events", f"{epoch}-{'9' * 5000}")
        self.assertEqual([event.name for event in received(reader.data)], ["reset"])

    def test_one_who_knows_of_a_reset_is_not_told_again(self) -> None:
        (reset,) = received(self.open("/2/events", "x").data)
        self.assertEqual(received(self.open("/2/events", reset.id).data), [])

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

    def test_nothing_is_sent_in_reply_to_head(self) -> None:
        reader = self.open("/2/events", method="HEAD")
        self.assertTrue(reader.closed)
        self.assertTrue(reader.data.startswith(b"HTTP/1.1 200 "))
        self.assertTrue(reader.data.endswith(b"\r\n\r\n"))
        self.assertEqual(self.api.backend.feed.readers, 0)


class MemoryTests(SynchronousTestCase):
    """What a feed still knows of events that are over, with a job daemon in the test's hand."""

    def setUp(self) -> None:
        self.daemon = ScriptedDaemon()
        self.clock = Clock()
        self.feed = Feed(self.clock, self.daemon, self.clock.seconds)
        self.has_jobs(0)
        reader = self.feed.job_events(None)
        first = Deferred.fromCoroutine(next_of(reader))
        self.has_jobs(KEPT_EVENTS + 2)
        self.clock.advance(POLL_SECONDS)
        self.epoch, _, number = self.successResultOf(first).id.partition("-")
        self.first = int(number)

    def has_jobs(self, count: int) -> None:
        """Let the job daemon have so many jobs."""

        def query(job_ids: list[int] | None, fields: list[str]) -> list[list[object]]:
            row = {**dict.fromkeys(DETAILS), "status": "queued", "ops": []}
            return [
                [{**row, "id": job_id}[name] for name in fields]
                for job_id in (range(count) if job_ids is None else job_ids)
            ]

        self.daemon.answers["QueryJobs"] = query

    def next_after(self, number: int) -> Event:
        """The event that a reader who knows the one of this number is told first."""
        reader = self.feed.job_events(f"{self.epoch}-{number}")
        return self.successResultOf(Deferred.fromCoroutine(next_of(reader)))

    def test_as_many_are_kept_as_there_is_room_for(self) -> None:
        newest = self.first + KEPT_EVENTS + 1
        oldest = newest - KEPT_EVENTS + 1
        for known, told in (
            *((newest - 1, f"{self.epoch}-{newest}"), (oldest, f"{self.epoch}-{oldest + 1}")),
            (oldest - 1, f"{self.epoch}-{oldest}"),
        ):
            event = self.next_after(known)
            self.assertEqual((event.id, event.name), (told, "submitted"))

    def test_a_look_that_fails_is_logged_and_not_the_last(self) -> None:
        following = self.feed.job_events(None)
        first = Deferred.fromCoroutine(next_of(following))
        self.daemon.answers["QueryJobs"] = ValueError("of a bug")
        self.clock.advance(POLL_SECONDS)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.has_jobs(KEPT_EVENTS + 3)
        self.clock.advance(POLL_SECONDS)
        self.assertEqual(self.successResultOf(first).name, "submitted")

    def test_one_who_may_have_missed_something_is_told_so(self) -> None:
        for known in (self.first, 0):
            self.assertEqual(self.next_after(known).name, "reset")

    def test_the_events_of_a_later_run_are_others(self) -> None:
        self.feed = Feed(self.clock, self.daemon, self.clock.seconds)
        self.assertEqual(self.next_after(self.first).name, "reset")


class LostReaderTests(SynchronousTestCase):
    """Readers who stop reading, or leave."""

    def setUp(self) -> None:
        self.server = ScriptedServer()
        self.daemon = self.server.daemon
        self.daemon.answers["QueryJobs"] = []
        self.connection = self.server.connect()

    def ask(self, path: bytes) -> None:
        self.connection.send(encode(b"GET", path, {"Authorization": basic(ADMIN)}))

    def job_with_a_summary_of(self, size: int) -> None:
        details = {**dict.fromkeys(DETAILS), "id": 1, "status": "queued", "summary": "x" * size}
        details["ops"] = []
        self.daemon.answers["QueryJobs"] = lambda _, fields: [[details[name] for name in fields]]
        self.server.clock.advance(POLL_SECONDS)

    def test_one_who_does_not_read_is_dropped_once_too_much_waits(self) -> None:
        for size, dropped in ((MOST_BUFFERED // 2, False), (MOST_BUFFERED, True)):
            self.setUp()
            self.ask(b"/2/events")
            self.connection.transport.producer.pauseProducing()
            self.job_with_a_summary_of(size)
            self.assertEqual(self.connection.transport.disconnected, dropped)
            self.connection.lose()
            self.assertEqual(self.server.clock.getDelayedCalls(), [])

    def test_one_who_reads_again_is_told_the_rest(self) -> None:
        self.ask(b"/2/events")
        producer = self.connection.transport.producer
        producer.pauseProducing()
        producer.resumeProducing()
        self.job_with_a_summary_of(MOST_BUFFERED)
        self.assertFalse(self.connection.transport.disconnected)
        self.assertIn(b"event: submitted", self.connection.transport.value())
        self.connection.lose()

    def test_a_stream_may_end_after_its_reader_left(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = Deferred()
        self.ask(b"/2/info")
        request = self.connection.channel.request
        assert request is not None
        stream = EventStream(request)
        stream.start()
        self.connection.lose()
        sent = self.connection.transport.value()
        stream.send(Event("1", "changed", None))
        stream.finish()
        self.assertEqual(self.connection.transport.value(), sent)
        self.assertEqual(self.server.clock.getDelayedCalls(), [])


class DrainTests(StreamCase):
    """The daemon is about to end."""

    def drain(self) -> Deferred[None]:
        drained = self.api.site.drain()
        self.api.backend.drain()
        self.pass_time()
        return drained

    def pass_time(self) -> None:
        self.api.reactor.pump([0.02] * 5)

    def test_waits_are_answered_as_at_their_time_out(self) -> None:
        job = self.shut_down()
        body = {"fields": ["status"], "previous_job_info": ["running"], "previous_log_serial": 9}
        readers = [self.api.connect(), self.api.connect()]
        for reader in readers:
            path = f"/2/jobs/{job}/wait"
            reader.transport.write(encode_request("GET", path, body, self.api.writer))
        self.pass_time()
        self.assertEqual([reader.data for reader in readers], [b"", b""])
        drained = self.drain()
        for reader in readers:
            self.assertTrue(reader.data.endswith(b"\r\n\r\nnull\n"), reader.data)
        self.successResultOf(drained)

    def test_writes_that_wait_for_their_job_tell_its_id(self) -> None:
        reader = self.open("/2/instances/web1.example.com/shutdown?return_timeout=60", method="PUT")
        self.assertEqual(reader.data, b"")
        self.successResultOf(self.drain())
        self.assertRegex(reader.data, rb"\r\n\r\n[0-9]+\n$")

    def test_what_needs_a_jobs_result_says_that_there_is_none_yet(self) -> None:
        job = self.shut_down("web2")  # which has the lock that the next one needs
        reader = self.open("/2/nodes/node1.example.com/evacuate?iallocator=hail", method="POST")
        self.assertEqual((reader.data, job > 0), (b"", True))
        self.successResultOf(self.drain())
        self.assertTrue(reader.data.startswith(b"HTTP/1.1 503 "), reader.data)
        self.assertIn(b"goes on", reader.data)

    def test_streams_end_and_their_readers_come_back(self) -> None:
        job = self.shut_down()
        readers = [self.open("/2/events"), self.open(f"/2/jobs/{job}/events")]
        self.successResultOf(self.drain())
        for reader in readers:
            self.assertTrue(reader.closed)
            self.assertTrue(reader.data.endswith(b"retry: 1000\n\n\r\n0\r\n\r\n"), reader.data)

    def test_those_who_come_later_do_not_wait(self) -> None:
        job = self.shut_down()
        early = self.api.connect()
        self.drain()
        body = {"fields": ["status"], "previous_job_info": ["running"], "previous_log_serial": 9}
        early.transport.write(encode_request("GET", f"/2/jobs/{job}/wait", body, self.api.writer))
        self.pass_time()
        self.assertTrue(early.data.endswith(b"\r\n\r\nnull\n"), early.data)
