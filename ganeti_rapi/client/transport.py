"""One request to the server and its reply: URLs, JSON and repeats, whoever carries the bytes.

A `Transport` carries them: one by Twisted, one by asyncio, and one that blocks. This module knows
none of the three, and neither do the methods of the clients.

A request that may have been heard is only repeated when it is safe to: when it is a GET that does
not submit a job. One that was certainly not heard, since no connection was made, is always
repeated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from copy import copy
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

from attrs import frozen

from ganeti_rapi import __version__, jsontext
from ganeti_rapi.client.errors import (
    BadReply,
    ConnectionBroken,
    RapiError,
    RequestTimedOut,
    Unavailable,
    Unreachable,
    http_error,
)
from ganeti_rapi.jsontext import Json

DEFAULT_PORT = 5080

ONCE: Final = "Idempotency-Key"
"""The header that makes a write count once."""

IDLE: Final = 10
"""Seconds that a connection is kept for the next request; servers keep it longer than that."""

QueryValue: TypeAlias = bool | int | float | str | Sequence[str] | None
Query: TypeAlias = Mapping[str, QueryValue]
Credentials: TypeAlias = tuple[str, str] | str | None
"""A user name and a password, or a token."""

Value = TypeVar("Value")
Result = TypeVar("Result")
Sender = TypeVar("Sender", bound="Transport")


@frozen
class Patience:
    """How long to wait, and how often to try again.

    ``timeout`` is seconds for one request with its reply, or None for any time. ``pauses`` are the
    seconds before each repeat.
    """

    timeout: float | None = 60.0
    pauses: Sequence[float] = (0.25, 0.5, 1.0)

    @classmethod
    def of(cls, timeout: float | None, retries: int) -> Patience:
        """Pauses that double, before so many repeats."""
        return cls(timeout, [0.25 * 2**number for number in range(retries)])


@frozen
class Request:
    """What is sent. ``target`` is path and query; ``safe`` tells that it may be sent twice."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None
    safe: bool


@frozen
class Reply:
    """What comes back; the names of headers are in lower case."""

    code: int
    body: bytes
    headers: Mapping[str, str] = {}


@frozen
class Answer:
    """A reply: its JSON, and its headers by their names in lower case."""

    value: Any  # Any: JSON of the resource's own shape
    headers: Mapping[str, str]


class Transport(ABC):
    """Sends requests to one server."""

    def __init__(self, url: str, credentials: Credentials, patience: Patience) -> None:
        self.url = base_url(url)
        self.patience = patience
        self._headers = {
            "Accept": "application/json",
            "User-Agent": f"ganeti-rapi-client/{__version__}",
            **_authorization(credentials),
        }

    def with_headers(self: Sender, headers: Mapping[str, str]) -> Sender:
        """The same, over the same connections, but that these headers are sent as well."""
        other = copy(self)
        other._headers = {**self._headers, **headers}  # noqa: SLF001  # of the same class
        return other

    async def request(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Json = None,
        *,
        repeat: bool | None = None,
    ) -> Any:  # Any: JSON of the resource's own shape
        """The reply's JSON; None when it has no body.

        Query arguments and bodies that are None are not sent. ``repeat`` says whether it is safe to
        send the request twice; without it, a GET is, and so is what counts once. Raises
        `RapiError`.
        """
        return (await self.answer(method, path, query, body, repeat=repeat)).value

    async def answer(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Json = None,
        *,
        repeat: bool | None = None,
    ) -> Answer:
        """As `request`, with the headers of the reply."""
        request = self.prepared(method, path, query, body, repeat)
        for pause in self.patience.pauses:
            try:
                return await self._once(request)
            except RapiError as error:
                if not _worth_repeating(error, request.safe):
                    raise
            await self.pause(pause)
        return await self._once(request)

    async def _once(self, request: Request) -> Answer:
        reply = await self.send(request)
        return Answer(decode(reply), reply.headers)

    def prepared(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Json = None,
        repeat: bool | None = None,
    ) -> Request:
        """A request as it is sent; the arguments are those of `request`."""
        headers, data = dict(self._headers), None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = jsontext.dumps(body)
        safe = (method == "GET" if repeat is None else repeat) or ONCE in headers
        return Request(method, path + encode_query(query or {}), headers, data, safe)

    @abstractmethod
    async def send(self, request: Request) -> Reply:
        """Send a request once.

        One that is not ``safe`` does not go out on a connection that was kept, since the server may
        be about to end that, and nobody would know then whether the request was heard. Raises
        `RapiError`.
        """

    @abstractmethod
    def stream(self, request: Request, silence: float) -> AsyncGenerator[bytes, None]:
        """A reply's body as it comes. Raises `RapiError`, also after so many seconds of silence."""

    @abstractmethod
    async def pause(self, seconds: float) -> None:
        """Wait so long."""

    @abstractmethod
    async def within(
        self,
        seconds: float | None,
        work: Coroutine[Any, Any, Result],  # Any: what a coroutine waits for
        late: Callable[[], Exception],
    ) -> Result:
        """The result of work. If that takes longer, it is cancelled, and what ``late`` makes is
        raised. None is any time."""

    @abstractmethod
    async def each(
        self, work: Callable[[Value], Coroutine[Any, Any, None]], values: Sequence[Value], most: int
    ) -> None:  # Any: as above
        """Do the work for each value, at most so many at a time. When one fails, the others are
        cancelled, and its error is raised."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connections that are kept open."""

    def timed_out(self) -> RapiError:
        """What is raised when no reply came in time."""
        return RequestTimedOut(f"{self.url} did not reply within {self.patience.timeout:g} seconds")

    def silent(self, seconds: float) -> RapiError:
        """What is raised when a stream says nothing any more."""
        return ConnectionBroken(f"{self.url} has not sent anything for {seconds:g} seconds")


def credentials_of(username: str | None, password: str | None, token: str | None) -> Credentials:
    """What clients are given, as one. Raises ValueError unless it is a user, a token or nothing."""
    if username is None and password is None:
        return token
    if token is not None:
        raise ValueError("Give a token, or a user name and a password")
    if username is None or password is None:
        raise ValueError("Give both a user name and a password, or neither")
    return username, password


def _authorization(credentials: Credentials) -> dict[str, str]:
    """Source: RFC 7617, RFC 6750."""
    if credentials is None:
        return {}
    if isinstance(credentials, str):
        return {"Authorization": f"Bearer {credentials}"}
    return {"Authorization": f"Basic {b64encode(':'.join(credentials).encode()).decode()}"}


def base_url(url: str) -> str:
    """The scheme, host and port of a server's URL. Raises ValueError.

    >>> base_url("https://cluster.example.com/")
    'https://cluster.example.com:5080'
    """
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"Not a server's URL: {url!r}; give one such as https://cluster:5080")
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("A server's URL is a scheme, a host and a port, such as https://host:5080")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise ValueError(f"Not a server's URL: {url!r}; ports are from 1 to 65535") from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def encode_query(query: Query) -> str:
    """A query string with its question mark; empty without arguments.

    >>> encode_query({"force": True, "tag": ["a", "b"], "reason": None})
    '?force=1&tag=a&tag=b'
    """
    pairs = [(name, _word(value)) for name, value in query.items() if value is not None]
    return f"?{urlencode(pairs, doseq=True)}" if pairs else ""


def _word(value: QueryValue) -> QueryValue:
    return int(value) if isinstance(value, bool) else value


def decode(reply: Reply) -> Any:  # Any: JSON of the resource's own shape
    """The JSON of a reply. Raises `HttpError` for any status but 200, or `BadReply`."""
    try:
        value = jsontext.loads(reply.body) if reply.body else None
    except ValueError:
        if reply.code == 200:
            raise BadReply("The reply is not JSON; is this the address of a Ganeti RAPI?") from None
        value = None
    if reply.code == 200:
        return value
    if isinstance(value, dict):
        raise http_error(reply.code, str(value.get("message", "")), str(value.get("explain", "")))
    raise http_error(reply.code, _of_another_kind(reply))


def _of_another_kind(reply: Reply) -> str:
    """What to say of an error that no Ganeti server gives: a proxy's page, or a redirect."""
    if (location := reply.headers.get("location")) is not None:
        return f"The server redirects to {location}; give the URL of the RAPI itself"
    if not reply.body:
        return f"The server gave no reason for its status {reply.code}"
    return f"The server answered status {reply.code} with a page that is not Ganeti's"


def _worth_repeating(error: RapiError, safe: bool) -> bool:
    return isinstance(error, Unreachable) or (
        safe and isinstance(error, ConnectionBroken | Unavailable)
    )
