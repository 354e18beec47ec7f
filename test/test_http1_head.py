"""The heads of requests: what they say, and what is refused."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import ApiError, BadRequest, UriTooLong
from ganeti_rapi.http1 import parsers
from ganeti_rapi.http1.head import MAX_HEAD, MAX_HEADERS, MAX_LINE, Head, check_beginning, read_head

PARSERS = [parsers.parse_by_h11]
if hasattr(parsers, "parse_by_llhttp"):
    PARSERS.append(parsers.parse_by_llhttp)


def head(
    *lines: bytes, target: bytes = b"/version", method: bytes = b"GET", version: bytes = b"1.1"
) -> bytes:
    """The bytes of a head. Lines that name no Host get one."""
    if not any(line.lower().startswith(b"host") for line in lines) and version == b"1.1":
        lines = (b"Host: rapi", *lines)
    first = b"%s %s HTTP/%s" % (method, target, version)
    return b"\r\n".join([first, *lines, b"", b""])


class HeadCase(SynchronousTestCase):
    """What holds whichever parser reads the header lines."""

    def read(self, text: bytes) -> Head:
        """The head, as all parsers read it."""
        heads = []
        for parse in PARSERS:
            self.patch(parsers, "parse", parse)
            heads.append(read_head(text))
        self.assertEqual(heads, heads[:1] * len(heads))
        return heads[0]

    def assert_refused(self, text: bytes, error: type[ApiError] = BadRequest) -> None:
        for parse in PARSERS:
            self.patch(parsers, "parse", parse)
            with self.assertRaises(error, msg=text):
                read_head(text)


class ReadingTests(HeadCase):
    def test_a_request(self) -> None:
        read = self.read(
            b"PUT /2/tags?tag=a%20b&x=/?y HTTP/1.1\r\nHost: rapi:5080\r\nX-A:  one \t\r\n"
            b"x-a:two\r\nContent-Length: 17\r\nUser-Agent: curl\r\n\r\n"
        )
        self.assertEqual(read.method, b"PUT")
        self.assertEqual(read.target, b"/2/tags?tag=a%20b&x=/?y")
        self.assertEqual((read.path, read.query), (b"/2/tags", b"tag=a%20b&x=/?y"))
        self.assertEqual(read.headers[b"x-a"], b"one, two")
        self.assertEqual((read.version, read.length), (b"1.1", 17))

    def test_any_word_is_a_method_in_any_case(self) -> None:
        for method in (b"GET", b"get", b"PROPFIND", b"BREW", b"x-y", b"PRI", b"CONNECT"):
            self.assertEqual(self.read(head(method=method)).method, method.upper())

    def test_an_offer_of_another_protocol_is_ignored(self) -> None:
        read = self.read(head(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"))
        self.assertEqual(read.path, b"/version")

    def test_bytes_of_other_alphabets_may_stand_in_values(self) -> None:
        self.assertEqual(self.read(head(b"X: \xc3\xbc\xff")).headers[b"x"], b"\xc3\xbc\xff")

    def test_an_old_version_needs_no_host(self) -> None:
        self.assertEqual(self.read(head(version=b"1.0")).version, b"1.0")


class BodyTests(HeadCase):
    def test_where_the_body_ends(self) -> None:
        for lines, length in (
            ((), 0),
            ((b"Content-Length: 0",), 0),
            ((b"Content-Length: 007",), 7),
            ((b"Transfer-Encoding: Chunked",), None),
        ):
            read = self.read(head(*lines))
            self.assertEqual((read.length, read.has_body), (length, length != 0), lines)

    def test_what_can_be_read_in_two_ways_is_refused(self) -> None:
        for lines in (
            (b"Content-Length: 3", b"Content-Length: 3"),
            (b"Content-Length: 3", b"content-length: 4"),
            (b"Content-Length: 3, 3",),
            (b"Content-Length: 3", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
            (b"Transfer-Encoding: chunked, chunked",),
            (b"Transfer-Encoding: gzip, chunked",),
            (b"Transfer-Encoding: identity",),
            (b"Transfer-Encoding: xchunked",),
            (b"Transfer-Encoding:",),
            *(
                (b"Content-Length: " + text,)
                for text in (b"", b"-1", b"+1", b"0x1", b"1 1", b"1.0")
            ),
            (b"Content-Length: " + b"1" * 19,),
            (b"Host: a", b"Host: a"),
            (b"Authorization: Basic eA==", b"Authorization: Basic eQ=="),
            (b"Content-Type: text/plain", b"Content-Type: application/json"),
        ):
            self.assert_refused(head(*lines))

    def test_chunks_are_new_in_http_1_1(self) -> None:
        self.assert_refused(head(b"Transfer-Encoding: chunked", version=b"1.0"))

    def test_who_waits_for_a_word(self) -> None:
        for value, waits in ((b"100-continue", True), (b"100-Continue", True), (b"else", False)):
            self.assertEqual(self.read(head(b"Expect: " + value)).expects_continue, waits)


class PersistenceTests(HeadCase):
    def test_who_expects_the_connection_to_stay(self) -> None:
        agent = b"User-Agent: curl"
        for lines, version, stays in (
            ((agent,), b"1.1", True),
            ((agent, b"Connection: keep-alive"), b"1.1", True),
            ((agent, b"Connection: close"), b"1.1", False),
            ((agent, b"Connection: TE , Close"), b"1.1", False),
            ((agent, b"Connection: TE", b"Connection: close"), b"1.1", False),
            ((agent, b"Connection: closed"), b"1.1", True),
            ((), b"1.1", False),  # Python's http.client
            ((b"User-Agent:",), b"1.1", True),
            ((agent,), b"1.0", False),
            ((agent, b"Connection: keep-alive"), b"1.0", False),
        ):
            self.assertIs(self.read(head(*lines, version=version)).persistent, stays, lines)


class HostTests(HeadCase):
    def test_names_and_addresses(self) -> None:
        for host in (
            b"a",
            b"a.example.com:5080",
            b"192.0.2.1:5080",
            b"[2001:db8::1]:5080",
            b"",
            b"a:",
        ):
            self.read(head(b"Host: " + host))

    def test_others(self) -> None:
        for host in (b"a b", b"a/b", b"a@b", b"a:b", b"[::1", b"a,b", b'"a"', b"<a>", b"\xc3\xbc"):
            if host != b"a,b":  # a registered name may hold a comma (RFC 3986)
                self.assert_refused(head(b"Host: " + host))

    def test_none(self) -> None:
        self.assert_refused(b"GET /version HTTP/1.1\r\n\r\n")


class MalformedTests(HeadCase):
    def test_first_lines(self) -> None:
        for line in (
            *(b"", b"GET", b"GET /version", b"GET  /version HTTP/1.1", b"GET /version  HTTP/1.1"),
            *(b"GET /version HTTP/1.1 ", b" GET /version HTTP/1.1", b"GET\t/version HTTP/1.1"),
            *(b"GET /a b HTTP/1.1", b"GET /\xc3\xbc HTTP/1.1", b"GET /\x00 HTTP/1.1"),
            *(b"GET /version HTTP/2.0", b"GET /version HTTP/0.9", b"GET /version HTTP/1.10"),
            *(b"GET /version http/1.1", b"GET /version HTTP/1", b"GET /version HTTP/1.1x"),
            *(b"G@T /version HTTP/1.1", b"GET version HTTP/1.1", b"GET rapi:5080 HTTP/1.1"),
            *(b"GET ftp://a/ HTTP/1.1", b"GET http:///a HTTP/1.1", b"GET http://a@b/ HTTP/1.1"),
            b"x" * 65 + b" /version HTTP/1.1",
        ):
            self.assert_refused(line + b"\r\nHost: rapi\r\n\r\n")

    def test_header_lines(self) -> None:
        for line in (
            *(b"no colon", b": no name", b"Name : x", b" Name: x", b"\tName: x", b"Na me: x"),
            *(b"Na\x00me: x", b"N\xc3me: x", b"(N): x", b"X: \x00", b"X: \x7f", b"X: a\x01b"),
            *(b"X: a\r\n folded", b"X: a\r\n\tfolded", b"X: a\rY: b", b"X: a\nY: b", b"X: \x0b"),
        ):
            self.assert_refused(head(line))
            self.assert_refused(head(line, b"X-After: x"))


class SizeTests(HeadCase):
    def test_a_long_uri(self) -> None:
        fits = MAX_LINE - len(b"GET /? HTTP/1.1")
        self.read(head(target=b"/?" + b"x" * fits))
        self.assert_refused(head(target=b"/?" + b"x" * (fits + 1)), UriTooLong)

    def test_many_bytes_of_headers(self) -> None:
        self.read(head(b"X: " + b"x" * (MAX_HEAD - 100)))
        self.assert_refused(head(b"X: " + b"x" * MAX_HEAD))

    def test_many_headers(self) -> None:
        self.read(head(*[b"X:"] * (MAX_HEADERS - 1)))
        self.assert_refused(head(*[b"X:"] * MAX_HEADERS))

    def test_what_is_too_long_already_is_refused_before_it_ends(self) -> None:
        check_beginning(b"GET /" + b"x" * 1000)
        check_beginning(b"GET / HTTP/1.1\r\nX: y\r")
        for text, error in (
            (b"GET /" + b"x" * MAX_LINE, UriTooLong),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD, BadRequest),
            (b"GET / HTTP/1.1\n", BadRequest),
            (b"GET / HTTP/1.1\r\nX: y\n", BadRequest),
        ):
            with self.assertRaises(error):
                check_beginning(text)
