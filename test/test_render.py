"""Finished replies: ETags, gzip and large bodies, through the whole daemon and in detail."""

from __future__ import annotations

import gzip
import json
from functools import partial

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.jsontext import Encoded
from ganeti_rapi.testing import SimulatedApi, Size, encode_request, parse_reply
from ganeti_rapi.web.budget import Budget
from ganeti_rapi.web.render import WORTH_ZIPPING, ReplyBody, accepts_gzip, encode, matches
from ganeti_rapi.web.sliced import AT_A_TIME, SLICE, SlicedBody, Turns

BULK = "/2/instances?bulk=1"
LARGE = Size(nodes=20, instances=400)


class HeaderTests(SynchronousTestCase):
    def test_who_accepts_gzip(self) -> None:
        for header, accepted in (
            (None, False),
            ("", False),
            ("gzip", True),
            ("deflate, GZIP;q=0.5", True),
            ("x-gzip", True),
            ("gzip;q=0", False),
            ("gzip; q=0.000", False),
            ("br", False),
            ("gzippy", False),
        ):
            self.assertEqual(accepts_gzip(header), accepted, header)

    def test_what_matches_an_etag(self) -> None:
        for header, matching in (
            (None, False),
            ('"a"', True),
            ('W/"a"', True),
            ('"b", "a"', True),
            ("*", True),
            ("a", False),
            ('"aa"', False),
            ("", False),
        ):
            self.assertEqual(matches(header, "a"), matching, header)

    @given(st.text())
    def test_no_header_is_too_strange(self, text: str) -> None:
        accepts_gzip(text)
        matches(text, "a")


class BodyTests(SynchronousTestCase):
    def test_an_etag_differs_when_a_byte_does(self) -> None:
        self.assertEqual(ReplyBody("x").etag, ReplyBody("x").etag)
        self.assertEqual(ReplyBody(Encoded(b'"', b'x"')).etag, ReplyBody("x").etag)
        self.assertNotEqual(ReplyBody("x").etag, ReplyBody("y").etag)

    def test_it_is_zipped_once_for_all(self) -> None:
        work: list[Deferred[bytes]] = []

        def in_thread(*_: object) -> Deferred[bytes]:
            work.append(Deferred())
            return work[-1]

        body = ReplyBody("x")
        both = gatherResults([Deferred.fromCoroutine(body.zipped(in_thread)) for _ in range(2)])
        work[0].callback(b"zipped")
        self.assertEqual(self.successResultOf(both), [b"zipped"] * 2)
        self.assertEqual(len(work), 1)

    def test_text_that_is_json_already_is_not_encoded_again(self) -> None:
        self.assertEqual(b"".join(ReplyBody(Encoded(b"[", b"1]")).pieces), b"[1]\n")
        self.assertEqual(b"".join(ReplyBody([1]).pieces), encode([1]))


@define(eq=False)
class Client:
    """A channel whose peer reads when the test says so. It is its own site and flow."""

    turns: Turns
    data: bytes = b""
    paused: bool = False
    producer: SlicedBody | None = None
    finished: bool = False
    awaited: bool = False
    replies: Budget = field(factory=lambda: Budget(10 * SLICE, "replies"))

    @property
    def site(self) -> Client:
        return self

    @property
    def flow(self) -> Client:
        return self

    def write(self, data: bytes) -> None:
        self.data += data

    def await_reader(self) -> None:
        self.awaited = True

    def finish(self) -> None:
        self.finished = True


class SlicedBodyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.client = Client(Turns(self.clock))
        self.body = bytes(range(256)) * (SLICE // 256) * 3 + b"end"
        self.flow = SlicedBody(
            self.client,  # type: ignore[arg-type]
            [self.body],
            self.client.finish,
        )

    def test_slice_by_slice_with_turns_for_others_between(self) -> None:
        self.flow.start()
        self.assertEqual(len(self.client.data), SLICE)
        while not self.client.finished:
            self.assertEqual(len(self.clock.getDelayedCalls()), 1)
            self.clock.advance(0)
        self.assertEqual(self.client.data, self.body)
        self.assertIsNone(self.client.producer)
        self.assertEqual(self.client.replies.used, 0)

    def test_it_counts_as_long_as_it_is_under_way(self) -> None:
        self.flow.start()
        self.assertTrue(self.client.awaited)
        self.assertEqual(self.client.replies.used, len(self.body))
        self.flow.stopProducing()
        self.flow.stopProducing()
        self.assertEqual(self.client.replies.used, 0)

    def test_a_client_who_does_not_keep_up_costs_a_slice(self) -> None:
        self.flow.start()
        self.client.paused = True
        self.clock.advance(1)
        self.assertEqual(len(self.client.data), SLICE)
        self.client.paused = False
        self.flow.resumeProducing()
        self.flow.resumeProducing()
        self.clock.advance(1)
        self.assertEqual(self.client.data, self.body)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_client_who_is_gone_gets_nothing_more(self) -> None:
        self.flow.start()
        self.flow.stopProducing()
        self.clock.advance(1)
        self.assertEqual((len(self.client.data), self.client.finished), (SLICE, False))


class TurnsTests(SynchronousTestCase):
    def test_a_few_at_a_time_in_order_and_all_in_the_end(self) -> None:
        clock, done = Clock(), []
        turns = Turns(clock)
        for number in range(AT_A_TIME * 2 + 1):
            turns.ask(partial(done.append, number))
        for calls in (AT_A_TIME, AT_A_TIME * 2, AT_A_TIME * 2 + 1):
            (call,) = clock.getDelayedCalls()
            give = call.func
            call.cancel()
            give()
            self.assertEqual(done, list(range(calls)))
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_whoever_asks_again_in_its_turn_comes_after_the_others(self) -> None:
        clock, done = Clock(), []
        turns = Turns(clock)

        def send(name: str) -> None:
            done.append(name)
            if len(done) < 6:
                turns.ask(partial(send, name))

        turns.ask(partial(send, "a"))
        turns.ask(partial(send, "b"))
        clock.advance(0)
        self.assertEqual(done[:6], ["a", "b"] * 3)


class ReplyTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi(LARGE)
        self.addCleanup(self.api.stop)

    def ask(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        client = self.api.connect()
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        request = encode_request("GET", path, None, self.api.writer)
        client.transport.write(request.replace(b"Host:", extra.encode() + b"Host:"))
        self.api.until(lambda: client.closed)
        reply = parse_reply(client.data)
        return reply.status, reply.headers, reply.body

    def test_a_large_list_comes_whole(self) -> None:
        _, headers, body = self.ask(BULK)
        self.assertGreater(len(body), SLICE)
        self.assertEqual(int(headers["Content-Length"]), len(body))
        names = [row["name"] for row in json.loads(body)]
        self.assertEqual(len(names), 400)
        self.assertEqual(set(names), {row["id"] for row in json.loads(self.ask("/2/instances")[2])})

    def test_a_list_is_zipped_for_those_who_take_it(self) -> None:
        _, plain_headers, plain = self.ask(BULK)
        _, headers, body = self.ask(BULK, Accept_Encoding="gzip")
        self.assertEqual(
            (headers["Content-Encoding"], headers["Vary"]), ("gzip", "Accept-Encoding")
        )
        self.assertEqual(gzip.decompress(body), plain)
        self.assertNotIn("Content-Encoding", plain_headers)
        self.assertEqual(plain_headers["Vary"], "Accept-Encoding")
        self.assertNotEqual(headers["ETag"], plain_headers["ETag"])

    def test_a_short_reply_is_not_zipped(self) -> None:
        _, headers, body = self.ask("/2/nodes", Accept_Encoding="gzip")
        self.assertLess(len(body), WORTH_ZIPPING)
        self.assertNotIn("Content-Encoding", headers)

    def test_nothing_is_sent_again_that_did_not_change(self) -> None:
        for more in ({}, {"Accept_Encoding": "gzip"}):
            _, headers, _ = self.ask(BULK, **more)
            status, again, body = self.ask(BULK, If_None_Match=headers["ETag"], **more)
            self.assertEqual((status, body, again["ETag"]), (304, b"", headers["ETag"]))
            self.assertNotIn("Content-Length", again)

    def test_a_change_is_sent(self) -> None:
        _, headers, _ = self.ask(BULK)
        name = json.loads(self.ask("/2/instances")[2])[0]["id"]
        self.api.request("PUT", f"/2/instances/{name}/tags?tag=new&return_timeout=60")
        status, again, _ = self.ask(BULK, If_None_Match=headers["ETag"])
        self.assertEqual(status, 200)
        self.assertNotEqual(again["ETag"], headers["ETag"])

    def test_a_client_who_leaves_meanwhile_leaves_nothing_behind(self) -> None:
        client = self.api.connect()
        client.transport.write(encode_request("GET", BULK, None, self.api.writer))
        self.api.until(lambda: client.data)
        client.transport.loseConnection()
        self.api.reactor.pump([0.02] * 50)
        self.assertEqual(self.api.site.channels, set())

    def test_head_tells_the_length_and_sends_nothing(self) -> None:
        client = self.api.connect()
        client.transport.write(encode_request("HEAD", BULK, None, self.api.writer))
        self.api.until(lambda: client.closed)
        reply = parse_reply(client.data)
        self.assertGreater(int(reply.headers["Content-Length"]), SLICE)
        self.assertEqual(reply.body, b"")
