"""What attackers do with sockets."""

from __future__ import annotations

import resource
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from .case import HOST

TIMEOUT = 30.0

_AT_ONCE = struct.pack("ii", 1, 0)
"""struct linger: do not linger, that is, send a reset and forget the connection."""

_CONTEXT = ssl._create_unverified_context()


def connect(port: int, *, receive_buffer: int | None = None) -> socket.socket:
    """A connection on which nothing has been said, not even of TLS."""
    peer = socket.socket()
    peer.settimeout(TIMEOUT)
    if receive_buffer is not None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.connect((HOST, port))
    return peer


def secure(plain: socket.socket) -> ssl.SSLSocket:
    """TLS on a connection, unverified. Raises OSError."""
    return _CONTEXT.wrap_socket(plain)


def reset(peer: socket.socket) -> None:
    """Break the connection: what is under way in either direction is lost."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    # An SSLSocket's close says nothing to the peer.
    peer.close()


@contextmanager
def many_files(count: int) -> Iterator[None]:
    """Let this process open so many files meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
