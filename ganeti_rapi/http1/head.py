"""The head of a request: from bytes to what the daemon needs to judge it. Source: RFC 9112.

The reading is strict. Where two programs on the way could read a head differently (a bare line
feed, a folded line, two lengths), it is refused: that difference is what requests are smuggled
through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from attrs import define

from ganeti_rapi.errors import BadRequest, UriTooLong
from ganeti_rapi.http1 import parsers
from ganeti_rapi.http1.parsers import Line, NotHttp

MAX_LINE = 16 * 1024
"""Bytes of the longest request line."""

MAX_HEAD = 16 * 1024
"""Bytes of all header lines together."""

MAX_HEADERS = 500

END = b"\r\n\r\n"

_REQUEST_LINE = re.compile(
    rb"(?P<method>[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}) (?P<target>[\x21-\x7e]+) "
    rb"HTTP/(?P<version>1\.[01])\r\n"
)
_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/?#@]+)(?P<rest>(?:[/?].*)?)", re.IGNORECASE)
_TEXT = bytes([*b"\t\r\n", *range(0x20, 0x7F), *range(0x80, 0x100)])
"""All bytes that may stand in a head: no other control characters."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._~%!$&'()*+,;=-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_LENGTH = re.compile(rb"[0-9]{1,18}")

_SINGLE = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"expect"}
)
"""Headers that mean nothing certain when they come twice."""

NOT_HTTP = "This is not an HTTP request that can be understood: "


@define  # frozen ones take several times as long to make
class Head:
    """What stands before a request's body.

    ``method`` is in upper case, ``target`` as it was sent; ``path`` and ``query`` are its parts.
    The names of ``headers`` are in lower case; several lines with one name are joined by a comma.
    ``length`` is the number of bytes of the body, or None when it comes in chunks. ``persistent``
    says whether the client expects the connection to stay open.
    """

    method: bytes
    target: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    version: bytes
    length: int | None
    persistent: bool

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body."""
        return self.headers.get(b"expect", b"").lower() == b"100-continue"

    @property
    def has_body(self) -> bool:
        """Whether a body follows, perhaps an empty one."""
        return self.length != 0


def check_beginning(text: bytes | bytearray) -> None:
    """Judge a head of which the end is missing. Raises `BadRequest` or `UriTooLong`."""
    if text.count(b"\n") != text.count(b"\r\n"):
        raise BadRequest(f"{NOT_HTTP}a line ends without a carriage return")
    _check_size(text)


def _check_size(text: bytes | bytearray) -> None:
    end = text.find(b"\r\n", 0, MAX_LINE + 2)
    if end < 0 and len(text) > MAX_LINE:
        raise UriTooLong(f"The URI is over the limit of {MAX_LINE} bytes")
    if len(text) - end > MAX_HEAD:
        raise BadRequest(f"The headers are over the limit of {MAX_HEAD} bytes")


def read_head(text: bytes) -> Head:
    """The head in its bytes, the empty line included. Raises `BadRequest` or `UriTooLong`."""
    if len(text) > MAX_LINE:
        _check_size(text)
    line = _REQUEST_LINE.match(text)
    if line is None:
        raise BadRequest(f"{NOT_HTTP}{_why_no_request_line(text)}")
    _check_text(text)
    method, target, version = line.groups()
    try:
        # llhttp knows some methods only; which ones exist is a question for the API.
        parsed, pairs = parsers.parse(b"GET" + text[len(method) :])
    except NotHttp as error:
        raise BadRequest(f"{NOT_HTTP}{error}") from None
    if parsed != target:
        raise BadRequest(f"{NOT_HTTP}its URI is not clear")
    if len(pairs) > MAX_HEADERS:
        raise BadRequest(f"The headers are over the limit of {MAX_HEADERS} lines")
    headers = _by_name(pairs)
    path, query = _resource(target)
    _check_host(headers, version)
    return Head(
        method=method.upper(),
        target=target,
        path=path,
        query=query,
        headers=headers,
        version=version,
        length=_length(headers, version),
        persistent=_is_persistent(headers, version),
    )


def _check_text(text: bytes) -> None:
    """Refuse what programs on the way may read in another way: see above."""
    lines = text.count(b"\r\n")
    if text.count(b"\n") != lines or text.count(b"\r") != lines:
        raise BadRequest(f"{NOT_HTTP}a line ends without a carriage return and a line feed")
    if b"\r\n " in text or b"\r\n\t" in text or text.translate(None, _TEXT):
        raise BadRequest(f"{NOT_HTTP}its headers hold control characters or folded lines")


def _why_no_request_line(text: bytes) -> str:
    line = text[: text.find(b"\r\n")]
    if re.search(rb"[^\x00-\x7f]", line):
        return "bytes of the URI that are not ASCII must be percent-encoded"
    return "the first line must be a method, a URI and HTTP/1.1, with one space between them"


def _by_name(pairs: Iterable[Line]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for sent, text in pairs:
        name, value = sent.lower(), text.strip(b" \t")
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise BadRequest(f"{NOT_HTTP}the header {name.decode('ascii')} came twice")
        else:
            headers[name] += b", " + value
    return headers


def _resource(target: bytes) -> tuple[bytes, bytes]:
    """The path and the query of a target (RFC 9112, section 3.2)."""
    if not target.startswith(b"/"):
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is not None and _HOST.fullmatch(absolute["authority"]):
            rest = absolute["rest"]
            target = rest if rest.startswith(b"/") else b"/" + rest
        elif target != b"*":
            raise BadRequest(f"{NOT_HTTP}the URI must begin with a slash, http:// or https://")
    path, _, query = target.partition(b"?")
    return path, query


def _check_host(headers: Mapping[bytes, bytes], version: bytes) -> None:
    host = headers.get(b"host")
    if host is None:
        if version == b"1.1":
            raise BadRequest(f"{NOT_HTTP}HTTP/1.1 needs the header Host")
    elif _HOST.fullmatch(host) is None:
        raise BadRequest(f"{NOT_HTTP}the header Host must be a name or an address")


def _length(headers: dict[bytes, bytes], version: bytes) -> int | None:
    """Where the body ends (RFC 9112, section 6). Takes out the coding, which says no more."""
    coding, length = headers.pop(b"transfer-encoding", None), headers.get(b"content-length")
    if coding is not None:
        if coding.lower() != b"chunked" or length is not None or version != b"1.1":
            raise BadRequest(
                f"{NOT_HTTP}a body in another transfer coding than chunked, or with a length too"
            )
        return None
    if length is None:
        return 0
    if _LENGTH.fullmatch(length) is None:
        raise BadRequest(f"{NOT_HTTP}the header Content-Length must be a number of bytes")
    return int(length)


def _is_persistent(headers: Mapping[bytes, bytes], version: bytes) -> bool:
    """Whether the connection stays open (RFC 9112, section 9.3).

    Programs on Python's http.client name no User-Agent. Many of them leave replies unread, and rely
    on what the stock daemon does after each of them: it closes the connection.
    """
    if version != b"1.1" or b"user-agent" not in headers:
        return False
    connection = headers.get(b"connection")
    if connection is None:
        return True
    return b"close" not in (option.strip().lower() for option in connection.split(b","))
