"""Clients for tests: of replies that a test gives, and of the real site in memory.

In both, Twisted's own Agent and HTTP parser run on the client's side, and time is a Clock's. Only
the sockets are missing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import hyperlink
from attrs import frozen
from treq.testing import StringStubbingResource, StubTreq
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from ganeti_rapi.client import RapiClient
from ganeti_rapi.client.connections import make_pool
from ganeti_rapi.client.on_twisted import Http
from ganeti_rapi.testing import SimulatedApi

from .htools import RecordedHtools

URL = "http://rapi.example.com"

Result = TypeVar("Result")


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

    def request(self, method: str, url: hyperlink.URL, **options: Any) -> Deferred[Any]:
        # Any: treq's own options and response
        body = None if options["data"] is None else json.loads(options["data"])
        uri = url.to_text().removeprefix(f"{URL}:5080")
        self.requests.append(Request(method, uri, body, options["headers"]))
        return self._instead() or self._http.request(method, url, **options)


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
        self.api = SimulatedApi(htools=RecordedHtools(), release="3.1")
        self.reactor = self.api.reactor
        self.endpoint = self.api.endpoint
        self.pool = make_pool(self.reactor, 8)
        self.http = RecordingHttp(self.api.treq(self.pool))
        self.client = RapiClient(
            self.reactor,
            URL,
            user,
            user,
            http=self.http,
            connect=lambda _: self.endpoint,
            **options,
        )

    @property
    def requests(self) -> list[Request]:
        """What was sent so far."""
        return self.http.requests

    def start(self, work: Coroutine[Any, Any, Result]) -> Deferred[Result]:
        """Start a coroutine of the client; time has to be passed for it."""
        return Deferred.fromCoroutine(work)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine of the client, as time passes. Raises what it raises."""
        return self.api.run(work)

    def stop(self) -> None:
        """End everything."""
        self.pool.closeCachedConnections()
        self.reactor.advance(0)
        self.api.stop()
