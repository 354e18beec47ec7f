"""A connection with a peer that is slow, silent, early, late, greedy or gone."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.web.channel import CLOSING, KEPT, LINGER, READ_OVER
from ganeti_rapi.web.site import Deadlines
from ganeti_rapi.web.sliced import SLICE

from .harness import ADMIN, Connection, Response, ScriptedServer, basic, encode_request

VERSION = encode_request(b"GET", b"/version")
INFO = encode_request(b"GET", b"/2/info")
JSON = {"Content-Type": "application/json", "Authorization": basic(ADMIN)}
DEADLINES = Deadlines(handshake=10, head=20, body=20, body_rate=500, reply=30, idle=40)


def put(length: int, **headers: str) -> bytes:
    """The head of a write with a body of that length."""
    fields = {**JSON, "Content-Length": str(length), **headers}
    return encode_request(b"PUT", b"/2/tags", fields)


class ChannelCase(SynchronousTestCase):
    options: dict[str, Any] = {}  # Any: attributes of `Settings`
    tls = False

    def setUp(self) -> None:
        self.server = ScriptedServer(deadlines=DEADLINES, **self.options)
        self.clock = self.server.clock
        self.connection = self.server.connect(self.tls)
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self) -> None:
        """Of a connection that is gone."""
        self.connection.lose()
        site = self.server.site
        self.assertEqual((site.bodies.used, site.replies.used, site.channels), (0, 0, set()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def send(self, data: bytes) -> None:
        self.connection.send(data)

    def statuses(self, connection: Connection | None = None) -> list[int]:
        return [reply.status for reply in (connection or self.connection).received()]

    def last(self) -> Response:
        return self.connection.received()[-1]

    def pass_time(self, seconds: float) -> None:
        self.clock.pump([1.0] * int(seconds))

    def assert_open_for(self, seconds: int) -> None:
        """It is closed, or on its way to be, after these seconds and not before."""
        self.pass_time(seconds - 1)
        self.assertEqual((self.connection.closed, self.connection.received()), (False, []))
        self.pass_time(1)
        self.assertTrue(self.connection.closed or self.connection.received())

    @property
    def aborted(self) -> bool:
        return bool(self.connection.transport.disconnected)


class HeadDeadlineTests(ChannelCase):
    def test_of_one_who_says_nothing(self) -> None:
        self.assert_open_for(20)
        self.assertEqual(self.connection.transport.value(), b"")

    def test_of_one_whose_bytes_drip(self) -> None:
        for letter in VERSION[:20]:
            self.assertEqual(self.connection.received(), [])
            self.send(bytes([letter]))
            self.pass_time(1)
        self.assertEqual(self.last().status, 408)
        self.pass_time(LINGER)
        self.assertTrue(self.connection.closed)

    def test_of_one_whose_lines_drip(self) -> None:
        self.send(VERSION[:-2])
        for _ in range(20):
            self.assertEqual(self.connection.received(), [])
            self.send(b"X: y\r\n")
            self.pass_time(1)
        self.assertEqual(self.last().status, 408)

    def test_of_one_who_sends_empty_lines_only(self) -> None:
        for _ in range(20):
            self.assertFalse(self.connection.closed)
            self.send(b"\r\n")
            self.pass_time(1)
        self.assertTrue(self.connection.closed)

    def test_begins_anew_with_each_request(self) -> None:
        for _ in range(3):
            self.send(VERSION[:10])
            self.pass_time(19)
            self.send(VERSION[10:])
            self.pass_time(39)
        self.assertEqual(self.statuses(), [200] * 3)
        self.assertFalse(self.connection.closed)


class TlsDeadlineTests(ChannelCase):
    """With TLS below, as twisted.protocols.tls is."""

    tls = True

    def test_it_hears_of_handshakes(self) -> None:
        verifyObject(IHandshakeListener, self.connection.channel)

    def test_of_one_who_shakes_no_hands(self) -> None:
        self.pass_time(9)
        self.assertFalse(self.aborted)
        self.pass_time(1)
        self.assertTrue(self.aborted)

    def test_of_one_who_says_nothing_after_that(self) -> None:
        self.pass_time(9)
        self.connection.channel.handshakeCompleted()
        self.assert_open_for(20)


class BodyDeadlineTests(ChannelCase):
    def test_of_one_who_sends_none(self) -> None:
        self.send(put(5))
        self.pass_time(19)
        self.assertEqual(self.connection.received(), [])
        self.pass_time(1)
        self.assertEqual(self.last().status, 408)
        self.assertEqual(self.last().headers["connection"], "close")
        self.assertEqual(self.server.daemon.calls, [])

    def test_of_one_whose_bytes_drip(self) -> None:
        self.send(put(1000))
        for _ in range(21):
            self.assertEqual(self.connection.received(), [])
            self.send(b" ")
            self.pass_time(1)
        self.assertEqual(self.last().status, 408)

    def test_of_one_whose_chunks_drip(self) -> None:
        fields = {**JSON, "Transfer-Encoding": "chunked"}
        self.send(encode_request(b"PUT", b"/2/tags", fields))
        for _ in range(21):
            self.assertEqual(self.connection.received(), [])
            self.send(b"1\r\n \r\n")
            self.pass_time(1)
        self.assertEqual(self.last().status, 408)

    def test_one_who_is_slow_but_steady_has_all_the_time(self) -> None:
        seconds = 120
        body = b'["a"]'.rjust(600 * seconds)
        self.send(put(len(body)))
        for second in range(seconds):
            self.assertEqual(self.connection.received(), [])
            self.pass_time(1)
            self.send(body[600 * second : 600 * (second + 1)])
        self.assertEqual(self.statuses(), [200])
        self.pass_time(39)
        self.assertFalse(self.connection.closed)

    def test_of_one_who_sends_much_and_then_no_more(self) -> None:
        self.send(put(1_000_000))
        self.pass_time(10)
        self.send(b" " * 999_999)
        self.pass_time(19)
        self.assertEqual(self.connection.received(), [])
        self.pass_time(1)
        self.assertEqual(self.last().status, 408)

    def test_of_one_whose_body_is_only_read_over(self) -> None:
        self.send(encode_request(b"PUT", b"/nosuch", {"Content-Length": "5"}))
        self.assertEqual(self.statuses(), [404])
        self.pass_time(20)
        self.assertTrue(self.connection.closed)


class IdleDeadlineTests(ChannelCase):
    def test_counts_from_the_last_reply(self) -> None:
        self.send(VERSION)
        self.pass_time(39)
        self.send(VERSION)
        self.pass_time(39)
        self.assertFalse(self.connection.closed)
        self.pass_time(1)
        self.assertTrue(self.connection.closed)

    def test_one_who_waits_for_a_reply_is_not_idle(self) -> None:
        self.server.daemon.answers["SubmitJob"] = Deferred()
        self.send(put(5) + b'["a"]')
        self.pass_time(3600)
        self.assertFalse(self.connection.closed)

    def test_one_who_does_not_close_is_dropped(self) -> None:
        self.send(VERSION)
        self.pass_time(40 + CLOSING)
        self.assertTrue(self.aborted)


class ReplyDeadlineTests(ChannelCase):
    def setUp(self) -> None:
        super().setUp()
        self.server.daemon.answers["QueryClusterInfo"] = {"name": "x" * 4 * SLICE}

    def clog(self) -> None:
        """The peer does not read any more."""
        cast(Any, self.connection.transport.producer).pauseProducing()

    def unclog(self) -> None:
        cast(Any, self.connection.transport.producer).resumeProducing()

    def test_of_one_who_takes_nothing(self) -> None:
        self.send(INFO)
        self.clog()
        self.pass_time(29)
        self.assertFalse(self.aborted)
        self.pass_time(1)
        self.assertTrue(self.aborted)

    def test_one_who_takes_a_little_gets_it_all(self) -> None:
        self.send(INFO)
        while not self.connection.received()[0].body.endswith(b'"}\n'):
            self.clog()
            self.pass_time(29)
            self.unclog()
            self.pass_time(1)
        self.assertFalse(self.aborted)

    def test_of_one_who_asks_on_and_on_and_reads_nothing(self) -> None:
        self.send(VERSION)
        self.clog()
        self.send(VERSION * KEPT)
        self.assertEqual(self.statuses(), [200])
        self.assertEqual(self.connection.transport.producerState, "paused")
        self.pass_time(40 + CLOSING)
        self.assertTrue(self.aborted)

    def test_one_who_asked_on_and_reads_then_gets_all_replies(self) -> None:
        self.server.daemon.answers["QueryClusterInfo"] = {"name": "x"}
        self.clog()
        self.send(INFO * 10)
        self.unclog()
        self.assertEqual(self.statuses(), [200] * 10)


class UnwantedBodyTests(ChannelCase):
    """Of requests that are answered without their body."""

    def test_nothing_of_it_is_kept(self) -> None:
        self.send(encode_request(b"PUT", b"/2/tags", {"Content-Length": str(2**22)}))
        self.assertEqual(self.statuses(), [401])
        self.assertEqual(self.last().headers["connection"], "close")
        for _ in range(100):
            self.send(b" " * 2**16)
        self.assertEqual(self.server.site.bodies.used, 0)
        self.pass_time(LINGER)
        self.assertTrue(self.connection.closed)

    def test_a_short_one_is_read_over(self) -> None:
        for method, path, status in ((b"PUT", b"/2/tags", 401), (b"PUT", b"/nosuch", 404)):
            before = len(self.statuses())
            body = b"x" * READ_OVER
            request = encode_request(method, path, {"Content-Length": str(len(body))})
            self.send(request + body[:5])
            self.send(body[5:] + VERSION)
            self.assertEqual(self.statuses()[before:], [status, 200])

    def test_one_in_chunks_ends_the_connection(self) -> None:
        self.send(encode_request(b"PUT", b"/2/tags", {"Transfer-Encoding": "chunked"}))
        self.assertEqual(self.statuses(), [401])
        self.assertEqual(self.last().headers["connection"], "close")

    def test_who_waits_for_a_word_is_told_the_reply(self) -> None:
        headers = {"Content-Length": "5", "Expect": "100-continue"}
        self.send(encode_request(b"PUT", b"/2/tags", headers))
        self.assertEqual(self.statuses(), [401])
        self.assertEqual(self.last().headers["connection"], "close")

    def test_one_of_another_type_is_not_read(self) -> None:
        self.send(put(5, **{"Content-Type": "text/plain", "Expect": "100-continue"}))
        self.assertEqual(self.statuses(), [415])


class MemoryTests(ChannelCase):
    options = {"max_bodies": 1000, "max_replies": 3 * SLICE}

    def test_bodies_of_all_are_bounded_as_they_come(self) -> None:
        other = self.server.connect()
        self.send(put(900))
        other.send(put(900))
        self.send(b" " * 600)
        other.send(b" " * 600)
        self.assertEqual((self.statuses(), self.statuses(other)), ([], [503]))
        self.assertEqual(other.received()[0].headers["retry-after"], "1")
        self.send(b'["a"]'.ljust(300))
        self.assertEqual(self.statuses(), [200])
        self.assertEqual(self.server.site.bodies.used, 0)
        other.lose()

    def test_one_for_which_there_is_no_room_is_not_asked_for(self) -> None:
        self.send(put(900) + b" ")
        other = self.server.connect()
        other.send(put(1000, Expect="100-continue"))
        self.assertEqual(self.statuses(other), [503])
        other.lose()

    def test_long_replies_of_all_are_bounded(self) -> None:
        self.server.daemon.answers["QueryClusterInfo"] = lambda: {"name": "x" * 2 * SLICE}
        self.send(INFO)
        other = self.server.connect()
        other.send(INFO)
        self.assertEqual(other.received()[0].status, 503)
        self.assertEqual(other.received()[0].headers["retry-after"], "1")
        other.lose()
        self.pass_time(1)
        self.send(INFO)
        self.pass_time(1)
        self.assertEqual(self.statuses(), [200, 200])

    def test_those_who_share_a_reply_share_its_memory(self) -> None:
        self.server.site.replies.limit = 5 * SLICE
        answer: Deferred[object] = Deferred()
        self.server.daemon.answers["QueryClusterInfo"] = answer
        others = [self.server.connect() for _ in range(5)]
        for connection in (self.connection, *others):
            connection.send(INFO)
        answer.callback({"name": "x" * 2 * SLICE})
        self.pass_time(1)
        for connection in (self.connection, *others):
            self.assertEqual(self.statuses(connection), [200])
        for connection in others:
            connection.lose()


class EagerPeerTests(ChannelCase):
    def test_what_comes_before_the_reply_is_kept_a_little_of_it(self) -> None:
        answer: Deferred[object] = Deferred()
        self.server.daemon.answers["QueryClusterInfo"] = answer
        self.send(INFO)
        self.send(VERSION * (KEPT // len(VERSION)))
        self.assertEqual(self.connection.transport.producerState, "producing")
        self.send(VERSION)
        self.assertEqual(self.connection.transport.producerState, "paused")
        answer.callback({})
        self.assertEqual(set(self.statuses()), {200})
        self.assertEqual(len(self.statuses()), KEPT // len(VERSION) + 2)
        self.assertEqual(self.connection.transport.producerState, "producing")

    def test_one_who_leaves_ends_the_work(self) -> None:
        cancelled: list[object] = []
        self.server.daemon.answers["QueryClusterInfo"] = Deferred(cancelled.append)
        self.send(INFO)
        self.connection.lose()
        self.assertEqual(len(cancelled), 1)

    def test_one_who_leaves_in_the_middle_of_a_body_is_forgotten(self) -> None:
        self.send(put(50) + b"[")
        self.connection.lose()
        self.assertEqual(self.server.daemon.calls, [])

    def test_programs_that_name_no_agent_are_closed(self) -> None:
        """They rely on it: Python's http.client asks again on a connection of its own then."""
        self.send(b"GET /version HTTP/1.1\r\nHost: rapi\r\n\r\n")
        self.assertEqual(self.last().headers["connection"], "close")
        self.assertTrue(self.connection.closed)
