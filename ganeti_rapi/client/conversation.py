"""HTTP/1.1 with a server over one connection: bytes in, replies out; no I/O.

The transports of asyncio and of threads carry the bytes. h11 reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import h11
from attrs import frozen

from ganeti_rapi.client.transport import Request

BROKEN = h11.RemoteProtocolError
"""What is raised for bytes that are no HTTP, or when they end too early."""


@frozen
class Head:
    """The beginning of a reply; the names of headers are in lower case."""

    code: int
    headers: Mapping[str, str]


def host_of(url: str) -> str:
    """The host and port of a URL, as a request names them."""
    where = url.partition("://")[2]
    return where if where.isascii() else where.encode("idna").decode()


class Conversation:
    """Requests and replies, one after the other. ``host`` is what the server is called."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._http = h11.Connection(h11.CLIENT)

    def ask(self, request: Request) -> bytes:
        """The bytes of a request."""
        headers = [("Host", self._host), *request.headers.items()]
        if request.body is not None:
            headers.append(("Content-Length", str(len(request.body))))
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        data = self._http.send(head) or b""
        if request.body is not None:
            data += self._http.send(h11.Data(data=request.body)) or b""
        return data + (self._http.send(h11.EndOfMessage()) or b"")

    def feed(self, data: bytes) -> None:
        """Take bytes of the server's; none are the end of the connection. Raises `BROKEN`."""
        if not data and self._http.their_state is h11.SEND_RESPONSE:
            raise BROKEN("it was closed by the server")
        self._http.receive_data(data)

    def parts(self) -> Iterator[Head | bytes]:
        """What there is of the reply by now and not told yet: its head, then pieces of its body.

        Raises `BROKEN`.
        """
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                headers = [
                    (name.decode(), value.decode("latin-1")) for name, value in event.headers
                ]
                yield Head(event.status_code, dict(headers))
            elif isinstance(event, h11.Data):
                yield bytes(event.data)
            elif not isinstance(event, h11.InformationalResponse):
                return

    @property
    def ended(self) -> bool:
        """Whether the reply is whole."""
        return self._http.their_state not in (h11.SEND_RESPONSE, h11.SEND_BODY)

    def next(self) -> bool:
        """Whether there may be another request on this connection; it is ready for that then."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True
