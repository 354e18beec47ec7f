"""Sockets whose other end is the test: what the server says is there before it is asked."""

from __future__ import annotations

import json
import socket
from typing import Any, TypeAlias
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.on_threads import ThreadClient

URL = "http://rapi.example.com"


def reply(value: object, code: int = 200, *headers: str) -> bytes:
    """A reply as bytes; ``value`` is JSON, or bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    lines = [f"HTTP/1.1 {code} So", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


Said: TypeAlias = bytes | Exception | list[bytes | None]


class Servers:
    """What `socket.create_connection` leads to: one end of a pair of sockets for each attempt.

    ``script`` has for each connection the bytes that it says, or the exception that it fails with;
    after None, it closes. ``ends`` are the servers' ends.
    """

    def __init__(self, case: SynchronousTestCase, *script: Said) -> None:
        self._script = list(script)
        self.ends: list[socket.socket] = []
        patched = patch("socket.create_connection", self._connect)
        patched.start()
        case.addCleanup(patched.stop)
        case.addCleanup(self._close)

    def _connect(self, _: object, timeout: float) -> Near:
        said = self._script.pop(0)
        if isinstance(said, Exception):
            raise said
        near, far = socket.socketpair()
        self.ends.append(far)
        pieces = said if isinstance(said, list) else [said]
        for piece in pieces:
            if piece is None:
                far.shutdown(socket.SHUT_WR)
            else:
                far.sendall(piece)
        return Near(fileno=near.detach())

    def heard(self, number: int) -> bytes:
        """What a server was sent."""
        end = self.ends[number]
        end.setblocking(False)
        try:
            return end.recv(1 << 16)
        except BlockingIOError:
            return b""

    def _close(self) -> None:
        for end in self.ends:
            end.close()


class Near(socket.socket):
    """A client's end, which takes TCP's options as well."""

    def setsockopt(self, *_: Any) -> None:  # Any: as the socket's own
        """It is no TCP."""


def client(**options: Any) -> ThreadClient:  # Any: more parameters of the client
    return ThreadClient(URL, "admin", "secret", **{"retries": 0, **options})
