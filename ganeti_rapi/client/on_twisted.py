"""The transport of Twisted programs: treq's requests, and time by a reactor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from typing import Any, NoReturn, Protocol, TypeVar

from hyperlink import URL
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredQueue,
    DeferredSemaphore,
    FirstError,
    gatherResults,
)
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IResponse

from ganeti_rapi.client.errors import TlsError
from ganeti_rapi.client.failures import translated
from ganeti_rapi.client.transport import (
    Credentials,
    Patience,
    Reply,
    Request,
    Transport,
    decode,
)

Value = TypeVar("Value")
Result = TypeVar("Result")


class Http(Protocol):
    """What sends requests: treq's HTTPClient, or a double of it."""

    @property
    def request(self) -> Callable[..., Deferred[Any]]:  # Any: treq's response
        """As treq's."""


class _AsItIs(URL):
    """A URL that needs no IDNA: hyperlink would refuse addresses of IPv6 and host names with an
    underscore, which resolvers know."""

    def to_uri(self) -> URL:
        return self


def as_it_is(url: str) -> URL | str:
    """A URL for treq, which takes its host as it is where it is ASCII."""
    return _AsItIs.from_text(url) if url.isascii() else url


class TwistedTransport(Transport):
    """Sends requests by what `use` gives it; ``clock`` gives the time."""

    def __init__(
        self,
        clock: IReactorTime,
        url: str,
        credentials: Credentials,
        patience: Patience,
    ) -> None:
        super().__init__(url, credentials, patience)
        self.clock = clock

    def use(
        self,
        reads: Http,
        others: Http,
        pool: HTTPConnectionPool | None = None,
        refused: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Send ``reads`` by one HTTP client, and what may not be sent twice by another.

        ``pool`` is closed at the end; ``refused`` tells the fingerprint of a certificate that was
        not trusted.
        """
        self._reads, self._others, self._pool, self._refused = reads, others, pool, refused

    async def send(self, request: Request) -> Reply:
        return await self.within(self.patience.timeout, self._exchange(request), self.timed_out)

    async def _exchange(self, request: Request) -> Reply:
        return await self._whole(await self._begin(request))

    async def _begin(self, request: Request) -> IResponse:
        http = self._reads if request.safe else self._others
        try:
            response: IResponse = await http.request(
                request.method,
                as_it_is(self.url + request.target),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,  # they would carry the password elsewhere
                unbuffered=True,
                reactor=self.clock,
            )
        except Exception as error:
            meaning = translated(self.url, error)
            if isinstance(meaning, TlsError):
                meaning.fingerprint = self._refused()
            raise meaning from error
        return response

    async def _whole(self, response: IResponse) -> Reply:
        try:
            body = await read_body(response)
        except Exception as error:
            raise translated(self.url, error) from error
        raw = response.headers.getAllRawHeaders()
        headers = {name.decode().lower(): each[-1].decode("latin-1") for name, each in raw}
        return Reply(response.code, body, headers)

    def translated(self, error: BaseException) -> Exception:
        """What a failed exchange with this server means."""
        return translated(self.url, error)

    async def stream(self, request: Request, silence: float) -> AsyncGenerator[bytes, None]:
        response = await self.within(self.patience.timeout, self._begin(request), self.timed_out)
        if response.code != 200:
            timeout = self.patience.timeout
            decode(await self.within(timeout, self._whole(response), self.timed_out))
        stream = _Stream()
        response.deliverBody(stream)

        def silent(_: Any, seconds: float) -> NoReturn:  # Any: the cancelled wait's failure
            raise self.silent(seconds)

        try:
            while (data := await stream.next(silence, self.clock, silent)) is not None:
                yield data
        finally:
            stream.close()
        if not complete(stream.reason):
            assert stream.reason.value is not None
            raise translated(self.url, stream.reason.value)

    async def pause(self, seconds: float) -> None:
        await deferLater(self.clock, seconds)

    async def within(
        self,
        seconds: float | None,
        work: Coroutine[Any, Any, Result],  # Any: what a coroutine waits for
        late: Callable[[], Exception],
    ) -> Result:
        def raise_late(*_: object) -> NoReturn:
            raise late()

        deferred = Deferred.fromCoroutine(work)
        if seconds is not None:
            deferred.addTimeout(seconds, self.clock, raise_late)
        return await deferred

    async def each(
        self, work: Callable[[Value], Coroutine[Any, Any, None]], values: Sequence[Value], most: int
    ) -> None:  # Any: as above
        ended = False

        async def one(value: Value) -> None:
            nonlocal ended
            if ended:  # the end of one makes room for the next
                raise CancelledError
            try:
                await work(value)
            except BaseException:
                ended = True
                raise

        slots = DeferredSemaphore(most)
        works = [slots.run(Deferred.fromCoroutine, one(value)) for value in values]
        try:
            await gatherResults(works, consumeErrors=True)
        except FirstError as first:
            for each in works:
                each.cancel()
            first.subFailure.raiseException()

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.closeCachedConnections()


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


class _Stream(StreamProtocol):
    """A reply's body that does not end for long; None in ``arrived`` is its end."""

    def __init__(self) -> None:
        self.arrived: DeferredQueue[bytes | None] = DeferredQueue()
        self.reason: Failure = connectionDone

    def next(
        self, silence: float, clock: IReactorTime, silent: Callable[[Any, float], NoReturn]
    ) -> Deferred[bytes | None]:  # Any: the cancelled wait's failure
        """What comes next, but no later than after so many seconds."""
        return self.arrived.get().addTimeout(silence, clock, silent)

    def dataReceived(self, data: bytes) -> None:
        self.arrived.put(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.reason = reason
        self.arrived.put(None)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()
