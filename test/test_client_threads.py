"""The transport that blocks: what goes over sockets, and what comes of it."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import (
    ConnectionBroken,
    HttpError,
    JobStillRunning,
    NotFound,
    RequestTimedOut,
    Unavailable,
    Unreachable,
    events,
)
from ganeti_rapi.client.on_threads import result_of
from ganeti_rapi.client.sockets import Connection

from .sockets_double import Said, Servers, client, reply

EVENT = b'id: 1\nevent: changed\ndata: {"id": 7}\n\n'


class ExchangeTests(SynchronousTestCase):
    def test_a_read(self) -> None:
        servers = Servers(self, reply(["a"]))
        self.assertEqual(result_of(client().get_features()), ["a"])
        head, *headers = servers.heard(0).decode().split("\r\n")
        self.assertEqual(head, "GET /2/features HTTP/1.1")
        self.assertIn("Host: rapi.example.com:5080", headers)
        self.assertIn("Authorization: Basic YWRtaW46c2VjcmV0", headers)

    def test_a_write(self) -> None:
        servers = Servers(self, reply(12))
        self.assertEqual(result_of(client().modify_cluster()), 12)
        head, body = servers.heard(0).decode().split("\r\n\r\n")
        self.assertTrue(head.startswith("PUT /2/modify HTTP/1.1"))
        self.assertIn("Content-Length: 2", head)
        self.assertEqual(body, "{}")

    def test_a_page_and_the_next(self) -> None:
        link = 'Link: </2/instances?bulk=1&limit=1&after=x>; rel="next"'
        Servers(self, reply([{"name": "a"}], 200, link), reply([]))
        asked = client()
        first = result_of(asked.get_page("instances", limit=1))
        self.assertEqual((first.rows, first.after), ([{"name": "a"}], "x"))

    def test_changes(self) -> None:
        Servers(self, reply([], 200, 'ETag: "e"'))
        self.assertEqual(result_of(client().get_changes("nodes")).etag, "e")

    def test_what_counts_once_is_repeated(self) -> None:
        servers = Servers(self, [None], reply(12))
        with patch("time.sleep"):
            job = result_of(client(retries=1).once("key").stop_instance("web1"))
        self.assertEqual(job, 12)
        self.assertIn(b"Idempotency-Key: key\r\n", servers.heard(1))

    def test_what_counts_for_an_object_as_it_was(self) -> None:
        servers = Servers(self, reply(12))
        result_of(client().unless_changed(3).stop_instance("web1"))
        self.assertIn(b'If-Match: "3"\r\n', servers.heard(0))

    def test_pieces(self) -> None:
        head = b"HTTP/1.1 100 On\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        Servers(self, [head, b"2\r\n[1\r\n1\r\n", b"]\r\n0\r\n\r\n"])
        self.assertEqual(result_of(client().get_features()), [1])

    def test_errors(self) -> None:
        for said, kind, words in (
            (reply({"message": "none", "explain": "x"}, 404), NotFound, "404 none: x"),
            (reply(b"<html>", 502), Unavailable, "not Ganeti's"),
            (reply(b"", 301, "Location: https://there/"), HttpError, "https://there/"),
        ):
            Servers(self, said)
            error = self.assertRaises(kind, result_of, client().get_info())
            self.assertIn(words, str(error))

    def test_nobody_there(self) -> None:
        for failure, words in (
            (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
            (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
            (TimeoutError("timed out"), "timed out"),
        ):
            Servers(self, failure)
            error = self.assertRaises(Unreachable, result_of, client().get_info())
            self.assertIn(words, str(error))

    def test_the_end_comes_too_early(self) -> None:
        half = b"HTTP/1.1 200 OK\r\nContent-Le"
        for said in (b"", half, reply({"a": 1})[:-1], b"SSH-2.0\r\n\r\n"):
            Servers(self, [said, None])
            error = self.assertRaises(ConnectionBroken, result_of, client().get_info())
            self.assertIn("ended before the whole reply", str(error))

    def test_no_reply_in_time(self) -> None:
        Servers(self, b"")
        error = self.assertRaises(RequestTimedOut, result_of, client(timeout=0.01).get_info())
        self.assertIn("did not reply within 0.01 seconds", str(error))

    def test_a_read_is_repeated(self) -> None:
        servers = Servers(self, [None], [reply({}, 503), None], reply(2))
        with patch("time.sleep") as sleep:
            self.assertEqual(result_of(client(retries=3).get_version()), 2)
        self.assertEqual([call.args for call in sleep.call_args_list], [(0.25,), (0.5,)])
        self.assertEqual(len(servers.ends), 3)


class KeptTests(SynchronousTestCase):
    """When a connection serves for another request."""

    def test_reads_share_one(self) -> None:
        servers = Servers(self, reply(1))
        asked = client()
        result_of(asked.get_version())
        usable = Connection.usable

        def looked_at(connection: Connection) -> bool:
            found = usable(connection)
            servers.ends[0].sendall(reply(2))  # not before: it would be something unasked for
            return found

        self.patch(Connection, "usable", looked_at)
        self.assertEqual(result_of(asked.get_version()), 2)
        self.assertEqual(servers.heard(0).count(b"GET"), 2)

    def test_a_write_has_its_own(self) -> None:
        servers = Servers(self, reply(1), reply(12))
        asked = client()
        result_of(asked.get_version())
        result_of(asked.modify_cluster())
        self.assertEqual(len(servers.ends), 2)

    def test_one_that_has_ended_is_not_used(self) -> None:
        servers = Servers(self, [reply(1), None], reply(2))
        asked = client()
        result_of(asked.get_version())
        self.assertEqual(result_of(asked.get_version()), 2)
        self.assertEqual(len(servers.ends), 2)

    def test_one_of_the_parents_is_not_used(self) -> None:
        servers = Servers(self, reply(1), reply(2))
        asked = client()
        result_of(asked.get_version())
        child = os.getpid() + 1
        with patch("os.getpid", lambda: child):
            self.assertEqual(result_of(asked.get_version()), 2)
        self.assertEqual(servers.heard(0).count(b"GET"), 1)

    def test_an_old_one_is_not_used(self) -> None:
        servers = Servers(self, reply(1), reply(2))
        asked = client()
        result_of(asked.get_version())
        with patch("ganeti_rapi.client.sockets.monotonic", lambda: float("inf")):
            result_of(asked.get_version())
        self.assertEqual(len(servers.ends), 2)

    def test_closing(self) -> None:
        servers = Servers(self, reply(1))
        asked = client()
        result_of(asked.get_version())
        result_of(asked.close())
        servers.heard(0)
        self.assertEqual(servers.ends[0].recv(1), b"")


class StreamTests(SynchronousTestCase):
    def events(self, said: Said) -> list[Any]:  # Any: what an event tells
        Servers(self, said)

        async def data(stream: AsyncIterator[Any]) -> list[Any]:
            return [event.data async for event in stream]

        return result_of(data(client().job_events(7)))

    def test_events(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        self.assertEqual(self.events([head + EVENT[:9], EVENT[9:] + EVENT, None]), [{"id": 7}] * 2)

    def test_an_error(self) -> None:
        said = reply({"message": "none"}, 404)
        self.assertRaises(NotFound, self.events, said)

    def test_silence(self) -> None:
        self.patch(events, "SILENCE", 0.01)
        error = self.assertRaises(
            ConnectionBroken, self.events, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        )
        self.assertIn("not sent anything for 0.01 seconds", str(error))


class TimeTests(SynchronousTestCase):
    def test_a_job_that_takes_too_long(self) -> None:
        change = {"job_info": ["running"], "log_entries": []}
        Servers(self, reply(change))
        waiting = client().wait_for_job(7, timeout=0.02)
        self.assertRaises(JobStillRunning, result_of, waiting)

    def test_what_waits_for_a_loop(self) -> None:
        class Never:
            def __await__(self) -> Any:  # Any: what a loop would take
                yield

        async def wait() -> None:
            await Never()

        self.assertRaises(RuntimeError, result_of, wait())


class EachTests(SynchronousTestCase):
    """Several at a time, each in a thread."""

    def test_all(self) -> None:
        done: list[int] = []

        async def work(value: int) -> None:
            done.append(value)

        result_of(client().transport.each(work, range(20), 3))
        self.assertEqual(sorted(done), list(range(20)))

    def test_one_that_fails_ends_the_others(self) -> None:
        Servers(self, *[b""] * 5)
        whole = client(timeout=60)
        asked = whole.once("key")
        ended: list[BaseException] = []

        async def work(value: int) -> None:
            if value == 2:
                raise NotFound(404, "none")
            try:
                await asked.get_info()
            except BaseException as error:
                ended.append(error)
                raise

        self.assertRaises(NotFound, result_of, whole.transport.each(work, range(5), 3))
        self.assertEqual({type(error) for error in ended}, {KeyboardInterrupt})
