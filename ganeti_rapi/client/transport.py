"""One request to the server and its reply: URLs, JSON, time limits and repeats.

A request that may have been heard is only repeated when it is safe to: when it is a GET that does
not submit a job. One that was certainly not heard, since no connection was made, is always
repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from copy import copy
from typing import Any, Protocol, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

from attrs import frozen
from hyperlink import URL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IResponse

from ganeti_rapi import __version__, jsontext
from ganeti_rapi.client.errors import (
    BadReply,
    ConnectionBroken,
    RapiError,
    RequestTimedOut,
    TlsError,
    Unavailable,
    Unreachable,
    http_error,
)
from ganeti_rapi.client.failures import translated
from ganeti_rapi.jsontext import Json

DEFAULT_PORT = 5080

ONCE = "Idempotency-Key"
"""The header that makes a write count once."""

QueryValue: TypeAlias = bool | int | float | str | Sequence[str] | None
Query: TypeAlias = Mapping[str, QueryValue]

Result = TypeVar("Result")


class Http(Protocol):
    """What sends requests: treq's HTTPClient, or a double of it."""

    @property
    def request(self) -> Callable[..., Deferred[Any]]:  # Any: treq's response
        """As treq's."""


@frozen
class Patience:
    """How long to wait, and how often to try again.

    ``timeout`` is seconds for one request with its reply, or None for any time. ``pauses`` are the
    seconds before each repeat.
    """

    timeout: float | None = 60.0
    pauses: Sequence[float] = (0.25, 0.5, 1.0)


@frozen
class Answer:
    """A reply: its JSON, and its headers by their names in lower case."""

    value: Any  # Any: JSON of the resource's own shape
    headers: Mapping[str, str]


class _AsItIs(URL):
    """A URL that needs no IDNA: hyperlink would refuse addresses of IPv6 and host names with an
    underscore, which resolvers know."""

    def to_uri(self) -> URL:
        return self


def as_it_is(url: str) -> URL | str:
    """A URL for treq, which takes its host as it is where it is ASCII."""
    return _AsItIs.from_text(url) if url.isascii() else url


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


class Transport:
    """Sends requests to one server.

    ``clock`` gives the time, ``http`` sends, ``credentials`` are a user name and a password, or a
    token.
    ``refused`` tells the fingerprint of a certificate that was not trusted.
    ``headers`` are sent with each request.
    """

    def __init__(
        self,
        clock: IReactorTime,
        url: str,
        http: Http,
        credentials: tuple[str, str] | str | None = None,
        patience: Patience = Patience(),
        refused: Callable[[], str | None] = lambda: None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.clock = clock
        self.url = base_url(url)
        self._http = http
        self._credentials = credentials
        self._patience = patience
        self._refused = refused
        self._headers = dict(headers or {})

    def with_headers(self, headers: Mapping[str, str]) -> Transport:
        """The same, but that these headers are sent as well."""
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
        send the request twice; without it, a GET is. Raises `RapiError`.
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
        """As `request`, with the headers of the reply. What counts once may be sent twice."""
        safe = (method == "GET" if repeat is None else repeat) or ONCE in self._headers
        for pause in self._patience.pauses:
            try:
                return await self._once(method, path, query, body)
            except RapiError as error:
                if not _worth_repeating(error, safe):
                    raise
            await deferLater(self.clock, pause)
        return await self._once(method, path, query, body)

    async def open(self, method: str, path: str, query: Query | None = None) -> IResponse:
        """The reply to a request, whose body is still to come. Raises `RapiError`."""
        response = await self._in_time(self._send(method, path, query, None))
        if response.code != 200:
            decode(response.code, await self._in_time(self._body(response)))
        return response

    def translated(self, failure: Failure) -> Exception:
        """What a failed exchange with this server means."""
        assert failure.value is not None
        return translated(self.url, failure.value)

    async def _once(self, method: str, path: str, query: Query | None, body: Json) -> Answer:
        return await self._in_time(self._exchange(method, path, query, body))

    async def _in_time(self, work: Coroutine[Any, Any, Result]) -> Result:
        deferred = Deferred.fromCoroutine(work)
        if self._patience.timeout is not None:
            deferred.addTimeout(self._patience.timeout, self.clock, self._timed_out)
        return await deferred

    def _timed_out(self, _: Any, timeout: float) -> None:  # Any: the cancelled request's failure
        raise RequestTimedOut(f"{self.url} did not reply within {timeout:g} seconds")

    async def _exchange(self, method: str, path: str, query: Query | None, body: Json) -> Answer:
        response = await self._send(method, path, query, body)
        value = decode(response.code, await self._body(response))
        raw = response.headers.getAllRawHeaders()
        return Answer(
            value,
            {name.decode("latin-1").lower(): each[-1].decode("latin-1") for name, each in raw},
        )

    async def _send(self, method: str, path: str, query: Query | None, body: Json) -> IResponse:
        url = self.url + path + encode_query(query or {})
        options = self._options(body)
        try:
            response: IResponse = await self._http.request(method, as_it_is(url), **options)
        except Exception as error:
            meaning = translated(self.url, error)
            if isinstance(meaning, TlsError):
                meaning.fingerprint = self._refused()
            raise meaning from error
        return response

    async def _body(self, response: IResponse) -> bytes:
        try:
            return await read_body(response)
        except Exception as error:
            raise translated(self.url, error) from error

    def _options(self, body: Json) -> dict[str, Any]:  # Any: treq's own options
        headers = {
            "Accept": "application/json",
            "User-Agent": f"ganeti-rapi-client/{__version__}",
            **self._headers,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        token = self._credentials if isinstance(self._credentials, str) else None
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return {
            "headers": headers,
            "data": None if body is None else jsontext.dumps(body),
            "auth": None if token is not None else self._credentials,
            "allow_redirects": False,  # they would carry the password elsewhere
            "unbuffered": True,
            "reactor": self.clock,
        }


def encode_query(query: Query) -> str:
    """A query string with its question mark; empty without arguments.

    >>> encode_query({"force": True, "tag": ["a", "b"], "reason": None})
    '?force=1&tag=a&tag=b'
    """
    pairs = [(name, _word(value)) for name, value in query.items() if value is not None]
    return f"?{urlencode(pairs, doseq=True)}" if pairs else ""


def _word(value: QueryValue) -> QueryValue:
    return int(value) if isinstance(value, bool) else value


def decode(code: int, text: bytes) -> Any:  # Any: JSON of the resource's own shape
    """The JSON of a reply. Raises `HttpError` for any status but 200, or `BadReply`."""
    try:
        value = jsontext.loads(text) if text else None
    except ValueError:
        if code == 200:
            raise BadReply("The reply is not JSON; is this the address of a Ganeti RAPI?") from None
        value = None
    if code == 200:
        return value
    if isinstance(value, dict):
        raise http_error(code, str(value.get("message", "")), str(value.get("explain", "")))
    raise http_error(code, "The server gave no reason")


def _worth_repeating(error: RapiError, safe: bool) -> bool:
    return isinstance(error, Unreachable) or (
        safe and isinstance(error, ConnectionBroken | Unavailable)
    )


def complete(reason: Failure) -> bool:
    """Whether a reply's body ended as it should."""
    return reason.check(ResponseDone, PotentialDataLoss) is not None


class _BodyCollector(StreamProtocol):
    """Collects a reply's body."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.whole: Deferred[bytes] = Deferred(self._abort)

    def dataReceived(self, data: bytes) -> None:
        self._pieces.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self.whole.called:
            return
        if complete(reason):
            self.whole.callback(b"".join(self._pieces))
        else:
            self.whole.errback(reason)

    def _abort(self, _: Deferred[bytes]) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


def read_body(response: IResponse) -> Deferred[bytes]:
    """The body of a reply. Cancelling closes the connection; twisted.web's readBody does not."""
    collector = _BodyCollector()
    response.deliverBody(collector)
    return collector.whole
