"""The bodies of requests, in pieces of any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import BadRequest, BodyTooLarge
from ganeti_rapi.http1.bodies import MAX_CHUNK_LINE, Body, ChunkedBody, FixedBody
from ganeti_rapi.http1.head import MAX_HEAD

LIMIT = 100
NEXT = b"GET /next"


def in_chunks(pieces: list[bytes], extension: bytes = b"", trailers: bytes = b"") -> bytes:
    """A body in these chunks."""
    chunks = [b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces if piece]
    return b"".join(chunks) + b"0" + extension + b"\r\n" + trailers + b"\r\n"


def feed(body: Body, data: bytes, size: int) -> bytes:
    """Feed a body with pieces of that size; what it gave back."""
    rest = b""
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        rest += piece if body.complete else body.take(piece)
    return rest


class FixedTests(SynchronousTestCase):
    @given(st.binary(max_size=50), st.integers(1, 60))
    def test_pieces_of_any_size(self, content: bytes, size: int) -> None:
        body = FixedBody(len(content))
        self.assertEqual(feed(body, content + NEXT, size), NEXT)
        self.assertTrue(body.complete)
        self.assertEqual(body.content, content)

    def test_one_that_is_not_complete(self) -> None:
        body = FixedBody(3)
        self.assertEqual((body.take(b"ab"), body.complete), (b"", False))


class ChunkedTests(SynchronousTestCase):
    @given(
        st.lists(st.binary(max_size=20), max_size=4),
        st.sampled_from([b"", b";a=b", b' ;a="\xff"', b";"]),
        st.sampled_from([b"", b"X: y\r\n", b"X: y\r\nZ: " + b"z" * 300 + b"\r\n"]),
        st.integers(1, 200),
    )
    def test_pieces_of_any_size(
        self, pieces: list[bytes], extension: bytes, trailers: bytes, size: int
    ) -> None:
        body = ChunkedBody(LIMIT)
        data = in_chunks(pieces, extension, trailers)
        self.assertEqual(feed(body, data + NEXT, size), NEXT)
        self.assertTrue(body.complete)
        self.assertEqual(body.content, b"".join(pieces))

    def test_sizes(self) -> None:
        for size in (b"a", b"A", b"0a", b"0000000A"):
            body = ChunkedBody(LIMIT)
            self.assertEqual(body.take(size + b"\r\n0123456789\r\n0\r\n\r\n"), b"")
            self.assertEqual((body.complete, body.content), (True, b"0123456789"))

    def assert_refused(self, data: bytes, error: type[Exception] = BadRequest) -> None:
        """However it comes, and at the latest when all of this is there."""
        for size in (1, 2, 3, len(data)):
            with self.assertRaises(error, msg=data):
                feed(ChunkedBody(LIMIT), data, size)

    def test_what_is_no_chunk_is_refused(self) -> None:
        for data in (
            *(
                b"\r\n",
                b"x\r\n",
                b"-1\r\n",
                b"+1\r\n",
                b"0x1\r\n",
                b" 1\r\n",
                b"1 2\r\n",
                b"1_0\r\n",
            ),
            *(b"1 x\r\n", b"1;\x01\r\n", b"000000001\r\n", b";a\r\n", b"1\t\x0b\r\n"),
        ):
            self.assert_refused(data)

    def test_a_line_that_does_not_end_as_it_must_is_refused_at_once(self) -> None:
        for data in (
            *(b"1\n", b"1\ra\r\n", b"1\r\r\n", b"1;a\n", b"1\r\na\n", b"1\r\nab", b"1\r\na\rb"),
            *(b"0\r\n\n", b"0\r\nX: y\n", b"0\r\nX: y\rz\r\n"),
        ):
            self.assert_refused(data)

    def test_too_much_is_refused_before_it_comes(self) -> None:
        self.assert_refused(b"65\r\n", BodyTooLarge)
        self.assert_refused(in_chunks([b"x" * LIMIT])[:-5] + b"1\r\n", BodyTooLarge)
        self.assert_refused(b"ffffffff\r\n", BodyTooLarge)

    def test_too_long_lines_are_refused_before_they_end(self) -> None:
        self.assert_refused(b"1;" + b"x" * MAX_CHUNK_LINE)
        self.assert_refused(b"0\r\nX: " + b"x" * MAX_HEAD)
        self.assert_refused(b"0\r\n" + b"X: y\r\n" * (MAX_HEAD // 6 + 1))
