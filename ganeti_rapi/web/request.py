"""A request as `Rapi.answer` sees it: its head, its body when that is wanted, and its reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.errors import ApiError
from ganeti_rapi.http1.head import Head
from ganeti_rapi.http1.replies import LAST_CHUNK, Header, chunk
from ganeti_rapi.web.render import encode
from ganeti_rapi.web.sliced import SLICE, SlicedBody

if TYPE_CHECKING:  # each of the two has the other
    from ganeti_rapi.web.channel import RapiChannel
    from ganeti_rapi.web.tunnel import Tunnel

JSON_TYPE = b"application/json"

CLOSE: Header = (b"Connection", b"close")

READS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
"""The methods that change nothing."""

_GIVEN_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,64}")
"""Ids of requests that are taken from a trusted proxy."""

_TICKET = re.compile(rb"([?&]ticket=)[^&]*")

_WITHOUT_BODY = frozenset({204, 304})


class RapiRequest:
    """One request. It is served when its head is complete; its body is read when that is wanted.

    ``uri`` is as the client wrote it. ``items`` are the path's variable parts, in order, as the
    route tree found them; ``prepath`` and ``postpath`` are twisted.web's, for the tree.
    ``query_string`` is what follows the question mark. ``resource`` and ``call`` are what it asks
    for, once that is known; ``user_name`` is its user, once the credentials are checked, ``auth``
    how they were given, and ``claimed_name`` whose password was wrong, empty if nobody has the
    name. ``tunnel`` is the console that it
    opened. ``gone`` says that the client has left. ``code`` and ``sent`` are the
    reply's status and the bytes of its body, and ``is_last`` says that the connection closes then.
    """

    def __init__(self, head: Head, channel: RapiChannel) -> None:
        self.head = head
        self.channel = channel
        self.method = head.method
        self.uri = head.target
        self.path = path = head.path
        self.query_string = head.query
        self.postpath = path.removeprefix(b"/").split(b"/")
        if b"%" in path:
            self.postpath = list(map(unquote_to_bytes, self.postpath))
        self.prepath: list[bytes] = []
        self.items: list[str] = []
        self.resource: Resource | None = None
        self.call: Call | None = None
        self.user_name: str | None = None
        self.claimed_name: str | None = None
        self.tunnel: Tunnel | None = None
        self.auth: str | None = None
        self.gone = False
        self.body_is_read = not head.has_body
        self.is_last = False
        self.code = 0
        self.sent = 0
        self._chunked = False
        self._when_gone: Callable[[], None] | None = None
        self._began = channel.site.clock.seconds()
        self._id: str | None = None

    @property
    def id(self) -> str:
        """What logs, the job's reason trail and the reply know it by."""
        if self._id is None:
            self._id = self._given_id() or self.channel.site.next_id()
        return self._id

    def _given_id(self) -> str | None:
        given = self.head.headers.get(b"x-request-id")
        if given is None or not self.channel.site.proxies.trusts(self.channel.peer_address):
            return None
        return given.decode("ascii") if _GIVEN_ID.fullmatch(given) else None

    @property
    def seconds(self) -> float:
        """How long ago its head was complete."""
        return self.channel.site.clock.seconds() - self._began

    @property
    def client_address(self) -> str:
        """The address that the request came from; a dash where there is none."""
        forwarded_for = self.head.headers.get(b"x-forwarded-for")
        return self.channel.site.proxies.client(self.channel.peer_address, forwarded_for)

    def header(self, name: bytes) -> str | None:
        """The value of a header. Its name is given in lower case."""
        value = self.head.headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def read_body(self) -> bytes:
        """The whole body, empty where there is none. Raises `ApiError`."""
        return b"" if self.body_is_read else await self.channel.read_body(self)

    @property
    def shown_uri(self) -> bytes:
        """The URI as logs have it: without a ticket that might still be good."""
        return _TICKET.sub(rb"\1...", self.uri) if b"ticket=" in self.uri else self.uri

    @property
    def has_unread_body(self) -> bool:
        """Whether nobody has read the body to its end."""
        return not self.body_is_read

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Call this if the client leaves before the reply is finished."""
        self._when_gone = callback

    def lost(self) -> None:
        """The client has left."""
        self.gone = True
        if self._when_gone is not None:
            self._when_gone()

    def send(
        self,
        code: int,
        pieces: Sequence[bytes],
        headers: Mapping[str, str] | None = None,
        content_type: bytes = JSON_TYPE,
    ) -> None:
        """Send the whole reply. Raises `Unavailable` when there is no memory for a long one."""
        length = sum(map(len, pieces))
        lines: list[Header] = []
        if code not in _WITHOUT_BODY:
            lines.append((b"Content-Type", content_type))
            lines.append((b"Content-Length", b"%d" % length))
        if headers:
            lines += encoded(headers)
        if self.method == b"HEAD":
            length, pieces = 0, ()
        if length <= SLICE:
            self.sent = length
            self.channel.write(b"".join((self._begin(code, lines), *pieces)))
            self.channel.request_done(self)
            return
        replies = self.channel.site.replies
        if not replies.holds(pieces):
            replies.check(length)
        self.sent = length
        self.channel.write(self._begin(code, lines))
        SlicedBody(self.channel, pieces, self.finish).start()

    def send_error(self, error: ApiError) -> None:
        """Send an error with its headers."""
        self.send(error.code, [encode(error.body())], error.headers)

    def start_stream(self, content_type: bytes, headers: Mapping[str, str]) -> None:
        """Send the head of a reply whose pieces follow one by one, until `finish`."""
        lines = [(b"Content-Type", content_type), *encoded(headers)]
        if self.head.version == b"1.1":
            self._chunked = self.method != b"HEAD"
            lines.append((b"Transfer-Encoding", b"chunked"))
        self.channel.write(self._begin(200, lines))

    def write(self, data: bytes) -> None:
        """Send a piece of a stream."""
        if not (self.gone or self.method == b"HEAD"):
            self.sent += len(data)
            self.channel.write(chunk(data) if self._chunked else data)

    def finish(self) -> None:
        """End a stream, or what another protocol was spoken for."""
        if not self.gone:
            if self._chunked:
                self.channel.write(LAST_CHUNK)
            self.channel.request_done(self)

    def switch(self, headers: Mapping[str, str]) -> None:
        """Send the head of the reply after which the connection speaks another protocol."""
        self.is_last = True
        self.channel.write(self._begin(101, encoded(headers)))

    def _begin(self, code: int, lines: list[Header]) -> bytes:
        self.code = code
        if code != 101 and not self.channel.stays_open(self):
            self.is_last = True
            lines.append(CLOSE)
        lines.append((b"X-Request-Id", self.id.encode("ascii")))
        site = self.channel.site
        return site.heads.encode(code, lines, site.now())


def encoded(headers: Mapping[str, str]) -> list[Header]:
    """Headers as they are sent; what Latin-1 does not have becomes a question mark."""
    return [
        (name.encode("ascii"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
    ]
