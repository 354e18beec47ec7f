"""The header lines of a request, read by a well-kept parser: llhttp where it is installed, or h11.

Both are asked for one thing only: a complete head in, its target and header lines out.
What the two read differently is refused by `ganeti_rapi.http1.head` before they see it, or judged
there afterwards; so nothing can be smuggled past one of them. ``test/test_http1_parsers.py`` holds
them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import h11

Line = tuple[bytes, bytes]
"""A header's name and value, as they were sent."""

Parsed = tuple[bytes, Sequence[Line]]
"""The target and the header lines."""

Parse = Callable[[bytes], Parsed]
"""Reads a complete head of a GET request. Raises `NotHttp`."""


_LENGTHS = re.compile(rb"\r\ncontent-length[ \t]*:([^\r]*)", re.IGNORECASE)


class NotHttp(ValueError):
    """The bytes are not the head of a request."""


def parse_by_h11(head: bytes) -> Parsed:
    """As `Parse` says; in pure Python, a dozen times slower than llhttp."""
    lengths = _LENGTHS.findall(head)
    if len(lengths) > 1 or b"," in b"".join(lengths):  # equal ones would be one to h11
        raise NotHttp("there is more than one Content-Length")
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=len(head) + 1)
    connection.receive_data(head)
    try:
        request = connection.next_event()
    except h11.RemoteProtocolError as error:
        raise NotHttp(str(error)) from None
    if not isinstance(request, h11.Request):
        raise NotHttp("the head is not complete")
    return request.target, request.headers.raw_items()


parse: Parse = parse_by_h11

try:
    import httptools
    from httptools import HttpParserError, HttpParserUpgrade

    if tuple(map(int, httptools.__version__.split(".")[:2])) < (0, 6):
        raise ImportError("that was another parser, which is not strict")
except ImportError:  # the extra is not installed
    pass
else:

    class _Collector:
        """What httptools calls with the parts of a head."""

        def __init__(self) -> None:
            self.target = b""
            self.lines: list[Line] = []
            self.complete = False

        def on_url(self, part: bytes) -> None:
            self.target += part

        def on_header(self, name: bytes, value: bytes) -> None:
            self.lines.append((name, value))

        def on_headers_complete(self) -> None:
            self.complete = True

    def parse_by_llhttp(head: bytes) -> Parsed:
        """As `Parse` says; in C, by httptools 0.6 or newer."""
        parts = _Collector()
        parser = httptools.HttpRequestParser(parts)
        try:
            parser.feed_data(head)
        except HttpParserUpgrade:  # offers another protocol, which RFC 9110 allows us to ignore
            pass
        except HttpParserError as error:
            raise NotHttp(str(error)) from None
        if not parts.complete:
            raise NotHttp("the head is not complete")
        return parts.target, parts.lines

    parse = parse_by_llhttp
