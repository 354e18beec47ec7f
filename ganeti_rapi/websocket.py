"""WebSockets as bytes, for the server and for the client: the handshake, and frames by wsproto.

No I/O. Source: RFC 6455. wsproto is a parser as h11 is one, and by the same people; it is an extra,
so it is imported when the first WebSocket is wanted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from ganeti_rapi.errors import BadRequest, UpgradeRequired

if TYPE_CHECKING:
    from wsproto.events import Event

MISSING: Final = (
    "There are no WebSockets without Python's wsproto: install ganeti-rapi's extra 'console', or "
    "Debian's package python3-wsproto"
)

SUBPROTOCOL: Final = "binary"
"""What clients such as noVNC may ask for by name; it says that the messages are bytes."""

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_VERSION: Final = "13"
_OFFERS: Final = {"Upgrade": "websocket", "Sec-WebSocket-Version": _VERSION}

# Status codes of a connection's end (RFC 6455, section 7.4.1).
NORMAL: Final = 1000
GOING_AWAY: Final = 1001
UNSUPPORTED: Final = 1003
POLICY: Final = 1008
FAILED: Final = 1011


def is_installed() -> bool:
    """Whether wsproto is there."""
    try:
        import wsproto  # noqa: F401  # looked for
    except ImportError:
        return False
    return True


def accepted(
    method: bytes, headers: Mapping[bytes, bytes], version: bytes = b"1.1"
) -> dict[str, str]:
    """The headers that accept a request's handshake; the names of ``headers`` are in lower case.

    Raises `UpgradeRequired` where the request asks for no WebSocket, and `BadRequest` where it does
    so wrongly (section 4.2.1).
    """
    # In HTTP/1.0 there are no upgrades (RFC 9110, section 7.8).
    upgrades = version == b"1.1" and b"websocket" in _words(headers.get(b"upgrade", b""))
    if (
        method != b"GET"
        or not upgrades
        or b"upgrade" not in _words(headers.get(b"connection", b""))
    ):
        raise UpgradeRequired("This is a WebSocket: connect to it as one", _OFFERS)
    if headers.get(b"sec-websocket-version") != _VERSION.encode("ascii"):
        raise UpgradeRequired(f"WebSockets are of version {_VERSION} here", _OFFERS)
    key = headers.get(b"sec-websocket-key", b"")
    if not _is_key(key):
        raise BadRequest("The header Sec-WebSocket-Key must be 16 bytes in base64")
    answer = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": proof_of(key),
    }
    if SUBPROTOCOL.encode("ascii") in _words(headers.get(b"sec-websocket-protocol", b"")):
        answer["Sec-WebSocket-Protocol"] = SUBPROTOCOL
    return answer


def _words(value: bytes) -> list[bytes]:
    return [word.strip().lower() for word in value.split(b",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False


def new_key() -> bytes:
    """A client's part of the handshake."""
    return base64.b64encode(secrets.token_bytes(16))


def proof_of(key: bytes) -> str:
    """What shows that the server has read the client's key."""
    return base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode("ascii")


def _head_of(length: int) -> bytes:
    """What stands before a server's message of so many bytes, in one frame (section 5.2).

    wsproto would copy the message three times, which is a seventh of all that a console costs.
    """
    if length < 126:
        return bytes([_BINARY, length])
    if length < 1 << 16:
        return struct.pack("!BBH", _BINARY, 126, length)
    return struct.pack("!BBQ", _BINARY, 127, length)


_BINARY = 0x82


class Frames:
    """One end of an open WebSocket: bytes to payloads and back.

    ``replies`` are bytes that the peer must get for what it sent. ``closed_by_peer`` says that it
    has ended the connection, by a closing frame or by breaking the protocol, and ``complaint``
    why we have to. Raises ImportError where wsproto is missing.
    """

    def __init__(self, *, client: bool = False) -> None:
        from wsproto.connection import CLIENT, SERVER, Connection

        self._connection = Connection(CLIENT if client else SERVER)
        self.replies = b""
        self.complaint = ""
        self.closed_by_peer = False
        self._closing = False

    def payloads(self, data: bytes) -> Iterator[bytes]:
        """The payloads in what came, as far as they came: messages have no ends here.

        After the last one, look at ``replies`` and ``closed_by_peer``.
        """
        if self.closed_by_peer:
            return
        from wsproto.events import BytesMessage

        self._connection.receive_data(data)
        for event in self._connection.events():
            if isinstance(event, BytesMessage):
                if event.data:
                    yield bytes(event.data)
            else:
                self._take_other(event)
                if self.closed_by_peer:
                    return

    def _take_other(self, event: Event) -> None:
        from wsproto.events import CloseConnection, Ping, TextMessage

        if isinstance(event, CloseConnection):
            self._end(int(event.code), event.reason or "")
        elif isinstance(event, TextMessage):
            self._end(UNSUPPORTED, "messages are binary here")
        elif isinstance(event, Ping) and not self._closing:
            self.replies += self._connection.send(event.response())

    def _end(self, code: int, reason: str) -> None:
        self.closed_by_peer = True
        self.complaint = "" if code in (NORMAL, GOING_AWAY, 1005) else f"{code} {reason}".rstrip()
        self.replies += self.close(code, reason)

    def take_replies(self) -> bytes:
        """The ``replies`` so far, which are none then."""
        replies, self.replies = self.replies, b""
        return replies

    def message(self, payload: bytes) -> bytes:
        """A message with this payload; nothing once the connection is closing."""
        if self._closing:
            return b""
        if not self._connection.client:
            return _head_of(len(payload)) + payload
        from wsproto.events import BytesMessage

        return self._connection.send(BytesMessage(data=payload))

    def ping(self) -> bytes:
        """A question whether the peer is there; nothing once the connection is closing."""
        from wsproto.events import Ping

        return b"" if self._closing else self._connection.send(Ping())

    def close(self, code: int = NORMAL, reason: str = "") -> bytes:
        """The frame that ends the connection; nothing once that is sent."""
        from wsproto.events import CloseConnection

        if self._closing:
            return b""
        self._closing = True
        return self._connection.send(CloseConnection(code=code, reason=reason or None))
