"""Clients for tests: of replies that a test gives, and of the real site in memory.

In both, Twisted's own Agent and HTTP parser run on the client's side, and time is a Clock's. Only
the sockets are missing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from attrs import define, frozen
from treq.testing import StringStubbingResource, StubTreq
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from ganeti_rapi.client import RapiClient
from ganeti_rapi.client.connections import make_pool, treq_over
from ganeti_rapi.client.transport import Http

from .in_memory import Pipe, SimulatedApi

URL = "http://rapi.example.com"
PEER = IPv4Address("TCP", "192.0.2.99", 40000)

Result = TypeVar("Result")


@define(eq=False)
class ClientPipe(Pipe):
    """A client's end: it also takes what produces a request's body, which is there at once."""

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        # Any: an IPushProducer
        pass

    def unregisterProducer(self) -> None:
        pass

    def pauseProducing(self) -> None:
        pass

    def resumeProducing(self) -> None:
        pass

    def stopProducing(self) -> None:
        self.loseConnection()


@frozen
class Request:
    """A request as it was handed to treq."""

    method: str
    uri: str
    body: Any  # Any: JSON; None without a body
    headers: Any  # Any: names and values


class RecordingHttp:
    """treq, which notes what it is asked for. ``instead`` may answer instead of it."""

    def __init__(
        self, http: Http, instead: Callable[[], Deferred[Any] | None] = lambda: None
    ) -> None:  # Any: treq's response
        self._http = http
        self._instead = instead
        self.requests: list[Request] = []

    def request(self, method: str, url: str, **options: Any) -> Deferred[Any]:
        # Any: treq's own options and response
        body = None if options["data"] is None else json.loads(options["data"])
        uri = url.removeprefix(f"{URL}:5080")
        self.requests.append(Request(method, uri, body, options["headers"]))
        return self._instead() or self._http.request(method, url, **options)


@implementer(IAgentEndpointFactory, IStreamClientEndpoint)
class MemoryEndpoint:
    """Leads to the site of a simulated API, wherever one wants to connect to.

    ``refusals`` are errors that the next attempts to connect fail with, first to last. ``pipes``
    are the connections that came about.
    """

    def __init__(self, api: SimulatedApi) -> None:
        self._api = api
        self.refusals: list[Exception] = []
        self.pipes: list[ClientPipe] = []

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        return self

    def connect(self, factory: Any) -> Deferred[Any]:  # Any: a protocol factory, its protocol
        if self.refusals:
            return fail(Failure(self.refusals.pop(0)))
        client: Protocol = factory.buildProtocol(PEER)
        server = self._api.site.buildProtocol(PEER)
        near, far = ClientPipe(self._api.reactor, PEER), Pipe(self._api.reactor, PEER)
        near.other, far.other = far, near
        near.protocol, far.protocol = client, server
        server.makeConnection(far)
        client.makeConnection(near)
        self.pipes.append(near)
        return succeed(client)


async def next_of(changes: AsyncIterator[Result]) -> Result:
    """The next of what an asynchronous iterator gives."""
    return await changes.__anext__()


class Script:
    """treq's own double over replies that a test gives, and a `RapiClient` that gets them.

    ``replies`` are taken first to last: a status and JSON (or bytes as they are), or only JSON, or
    an exception that the request fails with. The last one stays.
    """

    def __init__(self, *replies: Any, **options: Any) -> None:
        # Any: as above, and more parameters of RapiClient
        self.clock = Clock()
        self.replies = list(replies)
        stub: Any = StubTreq(StringStubbingResource(self._reply))  # Any: it has no types
        self.http = RecordingHttp(stub, self._fail)
        self.client = RapiClient(self.clock, URL, "admin", "secret", http=self.http, **options)

    def _next(self) -> Any:  # Any: as above
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def _fail(self) -> Deferred[Any] | None:
        if not isinstance(self.replies[0], Exception):
            return None
        return fail(Failure(self._next()))

    def _reply(self, *_: Any) -> tuple[int, dict[bytes, bytes], bytes]:
        # Any: the request, which `RecordingHttp` has noted already
        reply = self._next()
        code, content = reply if isinstance(reply, tuple) else (200, reply)
        return code, {}, content if isinstance(content, bytes) else json.dumps(content).encode()

    def start(self, work: Coroutine[Any, Any, Result]) -> Deferred[Result]:
        """Start a coroutine of the client."""
        return Deferred.fromCoroutine(work)

    @property
    def sent(self) -> list[Any]:  # Any: a body is JSON
        """Method, URI and body of each request so far."""
        return [(request.method, request.uri, request.body) for request in self.http.requests]


class ClientOfSimulation:
    """A `RapiClient` of a simulated cluster, and time that passes when it is waited for."""

    def __init__(self, user: str = "admin", **options: Any) -> None:
        # Any: more parameters of RapiClient
        self.api = SimulatedApi()
        self.reactor = self.api.reactor
        self.endpoint = MemoryEndpoint(self.api)
        self.pool = make_pool(self.reactor, 8)
        agent = Agent.usingEndpointFactory(self.reactor, self.endpoint, self.pool)
        self.http = RecordingHttp(treq_over(agent))
        self.client = RapiClient(self.reactor, URL, user, "secret", http=self.http, **options)

    @property
    def requests(self) -> list[Request]:
        """What was sent so far."""
        return self.http.requests

    def start(self, work: Coroutine[Any, Any, Result]) -> Deferred[Result]:
        """Start a coroutine of the client; time has to be passed for it."""
        return Deferred.fromCoroutine(work)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine of the client, as time passes. Raises what it raises."""
        outcome: list[Any] = []  # Any: the result or a failure
        self.start(work).addBoth(outcome.append)
        self.api.until(lambda: bool(outcome))
        (result,) = outcome
        if isinstance(result, Failure):
            result.raiseException()
        return result  # type: ignore[no-any-return]  # what the coroutine returned

    def stop(self) -> None:
        """End everything."""
        self.pool.closeCachedConnections()
        self.reactor.advance(0)
        self.api.stop()
