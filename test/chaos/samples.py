"""Requests of every kind as bytes, and what is answered to each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO

from attrs import frozen

USER = b"Authorization: Basic YWRtaW46YWRtaW4=\r\n"

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def _request(line: bytes, more: bytes = b"", body: bytes = b"") -> bytes:
    return line + b" HTTP/1.1\r\nHost: localhost\r\nUser-Agent: chaos\r\n" + more + b"\r\n" + body


@frozen
class Sample:
    """A request, and the status that it gets."""

    text: bytes
    status: int


def _with_body(body: bytes, status: int) -> Sample:
    lines = USER + b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return Sample(_request(b"PUT /2/redistribute-config", lines, body), status)


GOOD: Sequence[Sample] = (
    Sample(_request(b"GET /version"), 200),
    Sample(_request(b"GET /2/features"), 200),
    Sample(_request(b"GET /2/nodes"), 200),
    Sample(_request(b"GET /2/tags", USER), 200),
    Sample(_request(b"GET /2/nothing"), 404),
    Sample(_request(b"GET /2/instances/none.example.com"), 404),
    Sample(_request(b"DELETE /version"), 501),
    Sample(_request(b"PUT /2/redistribute-config"), 401),
    Sample(_request(b"GET /2/nodes?bulk=x"), 400),
    _with_body(b'{"no": "such"}', 400),
    _with_body(b"[" * 500, 400),
    Sample(_request(b"GET /version", b"X-Padding: " + b"x" * 2000 + b"\r\n"), 200),
)
"""Requests after which another one may follow on the same connection."""

BAD: Sequence[Sample] = (
    Sample(b"nonsense\r\n\r\n", 400),
    Sample(b"GET /version HTTP/1.1\r\n\r\n", 400),
    Sample(b"GET /version HTTP/3.7\r\nHost: localhost\r\n\r\n", 400),
    Sample(_request(b"GET /version", b"Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
    Sample(_request(b"GET /version", b"X: " + b"x" * 200_000 + b"\r\n"), 400),
    Sample(_request(b"GET /" + b"x" * 200_000), 400),
    Sample(b"\x16\x03\x01\x00\xff" * 100 + b"\r\n\r\n", 400),
)
"""Requests that the connection ends with."""


def read_status(stream: IO[bytes]) -> int:
    """The status of the next reply, which is read to its end. Raises AssertionError."""
    line = stream.readline()
    match = _STATUS.match(line)
    if match is None:
        raise AssertionError(f"no reply but {line!r}")
    length = 0
    while (header := stream.readline()) not in (b"\r\n", b""):
        name, _, value = header.partition(b":")
        if name == b"Content-Length":
            length = int(value)
    stream.read(length)
    return int(match[1])
