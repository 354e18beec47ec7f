"""One reading of a request, whichever parser is installed: no request is two different ones."""

from __future__ import annotations

import os
from itertools import pairwise
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import ApiError
from ganeti_rapi.http1 import parsers
from ganeti_rapi.http1.head import END, Head, read_head

from .harness import ScriptedServer

EXAMPLES = int(os.environ.get("EXAMPLES", "300"))
"""More in the environment find more."""

SEEDS = (
    b"GET /version HTTP/1.1\r\nHost: rapi\r\nUser-Agent: x\r\n\r\n",
    b"PUT /2/tags?tag=a HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\n"
    b"Content-Type: application/json\r\n\r\n[]",
    b"POST http://a/2/x HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n"
    b"Expect: 100-continue\r\n\r\n2;a=b\r\n[]\r\n0\r\nX: y\r\n\r\n",
    b"OPTIONS * HTTP/1.0\r\nConnection: keep-alive, upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: a\r\nX: \xff \t\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
)
SPICES = (
    *(
        b"\r",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b"\x00",
        b"\x7f",
        b"\xc3\xbc",
        b":",
        b",",
        b";",
        b"0",
        b"1",
    ),
    *(
        b"Content-Length: 2\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Host: b\r\n",
        b"chunked",
        b"HTTP/1.1",
    ),
    *(b"X: y\r\n z\r\n", b"\r\n\r\n", b"#", b"?", b"@", b"%", b'"', b"(", b"=", b"\x0b", b"\x1f"),
)
"""What may make a difference, put in anywhere."""


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A request with something put in, left out or doubled."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        left_out = draw(st.integers(0, 4))
        text = text[:at] + draw(st.sampled_from((b"", *SPICES))) + text[at + left_out :]
    return text


class AgreementTests(SynchronousTestCase):
    if not hasattr(parsers, "parse_by_llhttp"):
        skip = "httptools 0.6 or newer is not installed"

    def heads(self, text: bytes) -> list[Head | None]:
        """The head as each parser reads it, or None where it is refused."""
        heads: list[Head | None] = []
        for parse in (parsers.parse_by_h11, parsers.parse_by_llhttp):
            with mock.patch.object(parsers, "parse", parse):
                try:
                    heads.append(read_head(text))
                except ApiError:
                    heads.append(None)
        return heads

    def answers(self, pieces: list[bytes]) -> list[list[object]]:
        """What the daemon does, with each parser, when these bytes come in these pieces."""
        answers: list[list[object]] = []
        for parse in (parsers.parse_by_h11, parsers.parse_by_llhttp):
            with mock.patch.object(parsers, "parse", parse):
                server = ScriptedServer()
                connection = server.connect()
                for piece in pieces:
                    connection.send(piece)
                statuses = [reply.status for reply in connection.received()]
                answers.append([*statuses, *server.daemon.calls])
                connection.lose()
        return answers

    @settings(max_examples=EXAMPLES)
    @given(spoiled())
    def test_of_a_head(self, text: bytes) -> None:
        whole, end, _ = (text + END).partition(END)
        one, other = self.heads(whole + end)
        self.assertEqual(one, other)

    @settings(max_examples=EXAMPLES // 2)
    @given(spoiled(), st.lists(st.integers(0, 250), max_size=4))
    def test_of_a_connection(self, text: bytes, cuts: list[int]) -> None:
        places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
        pieces = [text[start:end] for start, end in pairwise(places)]
        one, other = self.answers(pieces)
        self.assertEqual(one, other)
