"""Requests as bytes and replies out of bytes, for tests that speak HTTP themselves."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from attrs import frozen
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure


@frozen
class Reply:
    """A reply to a request."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # Any: JSON
        return json.loads(self.body)


class Collector(Protocol):
    """The client's end of an HTTP connection: keeps what comes."""

    def __init__(self) -> None:
        self.data = b""
        self.closed = False

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.closed = True


def encode_request(
    method: str,
    path: str,
    body: object,
    user: str | None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """An HTTP request that asks for the connection to be closed after the reply.

    ``body`` is JSON, or None for a request without one; ``user`` is ``name:password``.
    """
    lines = [f"{method} {path} HTTP/1.1", "Host: rapi", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if user is not None:
        lines.append("Authorization: Basic " + base64.b64encode(user.encode()).decode())
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def parse_reply(data: bytes) -> Reply:
    """The reply in what came before the connection was closed."""
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *header_lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in header_lines)
    return Reply(int(status_line.split()[1]), headers, body)
