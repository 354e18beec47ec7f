from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.channel import LINGER, READ_OVER

from .harness import ADMIN, Connection, Response, ScriptedServer, basic, encode_request, exchange

VERSION = encode_request(b"GET", b"/version")
LIMIT = 100
"""The largest body in these tests."""

JSON = {"Content-Type": "application/json", "Authorization": basic(ADMIN)}


class HttpCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.server = ScriptedServer(max_body=LIMIT)

    def connect(self) -> Connection:
        return self.server.connect()

    def one(self, connection: Connection) -> Response:
        (response,) = connection.received()
        return response

    def assert_error(self, response: Response, code: int, words: str = "") -> None:
        error = response.json()
        self.assertEqual((response.status, error["code"]), (code, code))
        self.assertEqual(set(error), {"code", "message", "explain"})
        self.assertIn(words, error["message"])
        self.assertEqual(response.headers["content-type"], "application/json")
        self.assertTrue(response.headers["server"].startswith("ganeti-rapi/"))

    def assert_closes(self, connection: Connection) -> None:
        """The reply says so, the peer may still send what it will, and then it is closed."""
        self.assertEqual(self.one(connection).headers["connection"], "close")
        connection.send(VERSION * 1000)
        self.one(connection)
        self.assertFalse(connection.closed)
        self.server.clock.advance(LINGER)
        self.assertTrue(connection.closed)
        connection.lose()
        self.assertEqual(self.server.clock.getDelayedCalls(), [])
        self.assertEqual(self.server.daemon.calls, [])


class ReplyTests(HttpCase):
    def test_a_reply_is_json_and_ends_with_a_newline(self) -> None:
        response = exchange(self.server.site, b"GET", b"/version")
        self.assertEqual((response.status, response.body), (200, b"2\n"))
        self.assertEqual(response.headers["content-type"], "application/json")
        self.assertEqual(response.headers["content-length"], "2")
        self.assertTrue(response.headers["server"].startswith("ganeti-rapi/"))
        self.assertIn("date", response.headers)

    def test_an_error_is_json_and_ends_with_a_newline(self) -> None:
        response = exchange(self.server.site, b"GET", b"/nosuch")
        self.assert_error(response, 404)
        self.assertTrue(response.body.endswith(b"}\n"))

    def test_head_has_the_length_but_no_body(self) -> None:
        for method in (b"HEAD", b"head"):
            response = exchange(self.server.site, method, b"/version")
            self.assertEqual((response.status, response.body), (200, b""))
            self.assertEqual(response.headers["content-length"], "2")

    def test_no_content_has_neither_length_nor_type(self) -> None:
        response = exchange(self.server.site, b"OPTIONS", b"/version")
        self.assertEqual((response.status, response.body), (204, b""))
        self.assertFalse({"content-length", "content-type"} & set(response.headers))

    def test_alpn_offers_http_1(self) -> None:
        verifyObject(IProtocolNegotiationFactory, self.server.site)
        self.assertEqual(self.server.site.acceptableProtocols(), [b"http/1.1"])


class PersistenceTests(HttpCase):
    def test_a_connection_serves_request_after_request(self) -> None:
        connection = self.connect()
        for count in (1, 2, 3):
            connection.send(VERSION)
            self.assertEqual([r.status for r in connection.received()], [200] * count)
        self.assertFalse(connection.closed)

    def test_it_is_closed_when_the_client_asks_for_that(self) -> None:
        connection = self.connect()
        connection.send(encode_request(b"GET", b"/version", {"Connection": "close"}))
        self.assertEqual(self.one(connection).headers["connection"], "close")
        self.assertTrue(connection.closed)

    def test_it_is_closed_for_http_1_0(self) -> None:
        connection = self.connect()
        connection.send(b"GET /version HTTP/1.0\r\n\r\n")
        self.assertEqual(self.one(connection).body, b"2\n")
        self.assertTrue(connection.closed)

    def test_it_is_closed_always_without_keep_alive(self) -> None:
        connection = ScriptedServer(keep_alive=False).connect()
        connection.send(VERSION)
        self.assertEqual(self.one(connection).headers["connection"], "close")
        self.assertTrue(connection.closed)

    def test_pipelined_requests_are_answered_in_order(self) -> None:
        self.server.daemon.answers["QueryClusterInfo"] = slow = Deferred[object]()
        connection = self.connect()
        connection.send(encode_request(b"GET", b"/2/info") + VERSION + VERSION)
        self.assertEqual(connection.received(), [])
        slow.callback({})
        self.assertEqual([r.body for r in connection.received()], [b"{}\n", b"2\n", b"2\n"])

    def test_what_follows_a_close_is_not_answered(self) -> None:
        connection = self.connect()
        connection.send(encode_request(b"GET", b"/version", {"Connection": "close"}) + VERSION)
        self.one(connection)


class SplittingTests(HttpCase):
    REQUEST = encode_request(b"PUT", b"/2/tags", JSON, b'["a", "b"]')
    CHUNKED = (
        encode_request(b"PUT", b"/2/tags", {**JSON, "Transfer-Encoding": "chunked"})
        + b'4\r\n["a"\r\n6\r\n, "b"]\r\n0\r\n\r\n'
    )

    def assert_both_tags(self, connection: Connection) -> None:
        self.assertEqual(self.one(connection).body, b"4711\n")
        self.assertEqual(self.server.daemon.submitted[0]["tags"], ["a", "b"])
        self.server.daemon.calls.clear()

    def test_a_request_may_be_split_anywhere(self) -> None:
        for request in (self.REQUEST, self.CHUNKED):
            for at in range(len(request) + 1):
                connection = self.connect()
                connection.send(request[:at])
                connection.send(request[at:])
                self.assert_both_tags(connection)

    def test_a_request_may_come_byte_by_byte(self) -> None:
        connection = self.connect()
        for at in range(len(self.REQUEST)):
            connection.send(self.REQUEST[at : at + 1])
        self.assert_both_tags(connection)


class MalformedTests(HttpCase):
    def assert_refused(self, data: bytes, code: int = 400, words: str = "") -> None:
        connection = self.connect()
        connection.send(data)
        self.assert_error(self.one(connection), code, words)
        self.assert_closes(connection)

    def test_what_is_no_http_is_refused(self) -> None:
        for data in (
            b"nonsense\r\n\r\n",
            b"GET /version\r\n\r\n",
            b"GET /version HTTP/1.1\r\n\r\n",
            b"GET /version HTTP/1.1\nHost: x\n",
        ):
            self.assert_refused(data, words="HTTP")

    def test_chunks_that_are_none_are_refused(self) -> None:
        head = encode_request(b"PUT", b"/2/tags", {**JSON, "Transfer-Encoding": "chunked"})
        self.assert_refused(head + b"xyz\r\n", words="HTTP")
        self.assertEqual(self.server.site.bodies.used, 0)

    def test_nothing_after_what_is_refused_is_obeyed(self) -> None:
        evil = encode_request(b"PUT", b"/2/tags?tag=evil", JSON)
        for head in (b"nonsense\r\n", b"GET /version HTTP/1.1\r\nno colon\r\n\r\n"):
            self.assert_refused(head + evil)

    def test_too_long_lines_are_refused(self) -> None:
        long = b"x" * 17_000
        self.assert_refused(b"GET /" + long + b" HTTP/1.1\r\n\r\n", 414, "16384 bytes")
        self.assert_refused(b"GET /" + long, 414, "16384 bytes")
        self.assert_refused(
            b"GET /version HTTP/1.1\r\nHost: x\r\nX-Long: " + long + b"\r\n\r\n", 400, "16384 bytes"
        )

    def test_too_many_headers_are_refused(self) -> None:
        for count, size in ((600, 1), (400, 100)):
            lines = b"".join(b"X-%d: %s\r\n" % (at, b"x" * size) for at in range(count))
            self.assert_refused(
                b"GET /version HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n", 400, "headers"
            )

    @given(st.binary(max_size=200))
    def test_any_bytes_get_json_or_nothing(self, data: bytes) -> None:
        connection = self.connect()
        connection.send(data)
        connection.send(b"\r\n\r\n")
        for response in connection.received():
            self.assertIn(response.status, (200, 400, 404, 501))
            response.json()
        connection.lose()


class BodyLimitTests(HttpCase):
    def test_the_limit_itself_is_allowed(self) -> None:
        body = b"[]".ljust(LIMIT)
        response = exchange(self.server.site, b"PUT", b"/2/tags", JSON, body)
        self.assertEqual(response.status, 200)

    def test_a_longer_body_is_refused_before_it_comes(self) -> None:
        connection = self.connect()
        headers = {**JSON, "Content-Length": str(READ_OVER + 1)}
        connection.send(encode_request(b"PUT", b"/2/tags", headers))
        self.assert_error(self.one(connection), 413, "limit of 100 bytes")
        self.assert_closes(connection)

    def test_no_continue_is_sent_for_it(self) -> None:
        headers = {**JSON, "Content-Length": str(LIMIT + 1), "Expect": "100-continue"}
        connection = self.connect()
        connection.send(encode_request(b"PUT", b"/2/tags", headers))
        self.assert_error(self.one(connection), 413)

    def test_continue_is_sent_for_others(self) -> None:
        headers = {**JSON, "Content-Length": "2", "Expect": "100-continue"}
        connection = self.connect()
        connection.send(encode_request(b"PUT", b"/2/tags", headers))
        self.assertEqual(connection.transport.value(), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.send(b"[]")
        self.assertEqual([r.status for r in connection.received()], [100, 200])

    def test_chunks_over_the_limit_are_refused(self) -> None:
        connection = self.connect()
        headers = {**JSON, "Transfer-Encoding": "chunked"}
        connection.send(encode_request(b"PUT", b"/2/tags", headers))
        connection.send(b"64\r\n" + b" " * 100 + b"\r\n")
        self.assertEqual(connection.received(), [])
        connection.send(b"1\r\n \r\n0\r\n\r\n" + VERSION)
        self.assert_error(self.one(connection), 413, "limit of 100 bytes")
        self.assert_closes(connection)

    def test_a_client_that_reads_the_reply_and_leaves_is_forgotten(self) -> None:
        connection = self.connect()
        connection.send(b"nonsense\r\n")
        connection.lose()
        self.assertEqual(self.server.clock.getDelayedCalls(), [])


class DrainTests(HttpCase):
    """The daemon is about to end."""

    def answer(self) -> Deferred[object]:
        """What the job daemon answers, in the test's hand."""
        answer: Deferred[object] = Deferred()
        self.server.daemon.answers["QueryClusterInfo"] = answer
        return answer

    def asking(self) -> Connection:
        connection = self.connect()
        connection.send(encode_request(b"GET", b"/2/info"))
        return connection

    def test_where_nobody_is_connected(self) -> None:
        self.successResultOf(self.server.site.drain())
        self.assertEqual(self.server.clock.getDelayedCalls(), [])

    def test_idle_connections_are_closed_at_once(self) -> None:
        connection = self.connect()
        connection.send(VERSION)
        drained = self.server.site.drain()
        self.assertTrue(connection.closed)
        self.assertNoResult(drained)
        connection.lose()
        self.successResultOf(drained)

    def test_a_request_under_way_is_answered_and_is_the_last(self) -> None:
        answer = self.answer()
        connection = self.asking()
        drained = self.server.site.drain()
        self.assertFalse(connection.closed)
        answer.callback({})
        self.assertEqual(self.one(connection).status, 200)
        self.assertTrue(connection.closed)
        connection.lose()
        self.successResultOf(drained)

    def test_a_connection_that_just_came_gets_its_answer(self) -> None:
        connection = self.connect()
        drained = self.server.site.drain()
        self.assertFalse(connection.closed)
        connection.send(VERSION)
        self.assertEqual(self.one(connection).headers["connection"], "close")
        connection.lose()
        self.successResultOf(drained)

    def test_a_connection_that_asks_for_nothing_is_closed_soon(self) -> None:
        connection = self.connect()
        drained = self.server.site.drain()
        self.server.clock.advance(1)
        self.assertTrue(connection.closed)
        self.successResultOf(drained)
        connection.lose()

    def test_it_does_not_take_for_ever(self) -> None:
        self.answer()
        connection = self.asking()
        drained = self.server.site.drain()
        self.server.clock.pump([1.0] * 24)
        self.assertNoResult(drained)
        self.server.clock.advance(1)
        self.successResultOf(drained)
        connection.lose()


class AccessLogTests(SynchronousTestCase):
    def test_a_line_per_request_in_the_combined_format(self) -> None:
        path = self.mktemp()
        server = ScriptedServer(access_log=LogFile(path))
        exchange(server.site, b"GET", b"/version", {"User-Agent": "curl"})
        with open(path, encoding="utf-8") as log:
            line = log.read()
        self.assertRegex(
            line,
            r'^"192\.0\.2\.99" - - \[.*\] "GET /version HTTP/1\.1" 200 2 "-" "curl" [0-9a-f-]+\n$',
        )

    def test_what_is_no_request_has_a_line_too(self) -> None:
        path = self.mktemp()
        connection = ScriptedServer(access_log=LogFile(path)).connect()
        connection.send(b"nonsense\r\n\r\n")
        with open(path, encoding="utf-8") as log:
            self.assertRegex(
                log.read(), r'^"192\.0\.2\.99" - - \[.*\] "-" 400 [1-9]\d+ "-" "-" -\n$'
            )

    def test_a_client_can_neither_end_its_quotes_nor_fill_the_line(self) -> None:
        path = self.mktemp()
        server = ScriptedServer(access_log=LogFile(path))
        for agent in ("a\\", 'a"b', "a\xe9b", "a" * 9000):
            exchange(server.site, b"GET", b"/version", {"User-Agent": agent})
        with open(path, encoding="utf-8") as log:
            *short, long = log.read().splitlines()
        shown = [line.split(" 200 2 ")[1].rpartition(" ")[0] for line in short]
        self.assertEqual(shown, [r'"-" "a\\"', r'"-" "a\"b"', r'"-" "a\xe9b"'])
        self.assertLess(len(long), 700)
        self.assertIn('a…" ', long[-30:])

    def test_none_without_a_file(self) -> None:
        server = ScriptedServer()
        self.assertEqual(exchange(server.site, b"GET", b"/version").status, 200)
        server.site.reopen_log()

    def test_a_log_that_was_moved_is_opened_anew(self) -> None:
        path = self.mktemp()
        server = ScriptedServer(access_log=LogFile(path))
        exchange(server.site, b"GET", b"/version")
        os.rename(path, f"{path}.1")
        server.site.reopen_log()
        exchange(server.site, b"GET", b"/nowhere")
        for name, uri in ((path, "/nowhere"), (f"{path}.1", "/version")):
            with open(name, encoding="utf-8") as log:
                self.assertIn(f"GET {uri} ", log.read())
