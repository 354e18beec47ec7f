"""The real site in memory: HTTP bytes in, replies out, time by a Clock.

The route tree, the life of a request and the portal are those of the daemon. What is behind them
is up to the test: a `ScriptedDaemon`, or anything else that can do what a `Call` needs.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from attrs import define, field, frozen
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, INegotiated
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from ganeti_rapi.api.access import Rules, grants
from ganeti_rapi.api.call import Htools, Jobs, SharedJobDaemon
from ganeti_rapi.assembly import Settings, make_site
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.client.errors import HttpError
from ganeti_rapi.jobs.changes import JobChanges, JobWaits
from ganeti_rapi.jobs.feed import Feed
from ganeti_rapi.metrics.exposition import Gauge
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.testing import Reply as Response
from ganeti_rapi.web.site import RapiSite

ADMIN, READER, VISITOR = "admin:sesame", "guest:sesame", "visitor:sesame"
"""Who may write, who may read, and who has no option at all."""

USERS = "admin sesame write\nguest sesame read\nvisitor sesame\n"
NOW = 1_700_000_000.5
"""The time of day in every test, in seconds since the epoch."""

PEER = IPv4Address("TCP", "192.0.2.99", 40000)


def parse_responses(data: bytes, methods: Sequence[bytes] = ()) -> Iterator[Response]:
    """The responses in what a server sent, the names of their headers in lower case.

    ``methods`` are those of the requests, for HEAD.
    """
    requests = iter(methods)
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (ln.partition(": ") for ln in lines)}
        bodiless = next(requests, b"").upper() == b"HEAD"
        length = 0 if bodiless else int(headers.get("content-length", 0))
        yield Response(int(status_line.split()[1]), headers, data[:length])
        data = data[length:]


class TcpTransport(StringTransport):
    """What real ones can do as well."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is no delay."""


class Connection:
    """The client's side of one HTTP connection; with ``tls`` its handshake is still to come."""

    def __init__(self, site: RapiSite, tls: bool = False, peer: IAddress = PEER) -> None:
        self.transport = TcpTransport(peerAddress=peer)
        if tls:
            alsoProvides(self.transport, INegotiated)
        self.channel = site.buildProtocol(peer)
        self.channel.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        """Let bytes arrive at the server."""
        self.channel.dataReceived(data)

    def received(self, *methods: bytes) -> list[Response]:
        """The responses so far. ``methods`` are those of the requests, where one is HEAD."""
        return list(parse_responses(self.transport.value(), methods))

    @property
    def closed(self) -> bool:
        """Whether the server closed the connection."""
        return bool(self.transport.disconnecting)

    def lose(self) -> None:
        """Let the server know that the connection is gone."""
        self.channel.connectionLost(Failure(ConnectionDone()))


def basic(user: str) -> str:
    """The Authorization header for ``name:password``."""
    return "Basic " + base64.b64encode(user.encode()).decode()


def encode_request(
    method: bytes, uri: bytes, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of an HTTP/1.1 request."""
    fields = {"Host": "rapi", "User-Agent": "a test", **(headers or {})}
    if body:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{name}: {value}".encode("latin-1") for name, value in fields.items()]
    return b"\r\n".join([method + b" " + uri + b" HTTP/1.1", *lines, b"", body])


def exchange(
    site: RapiSite,
    method: bytes,
    uri: bytes,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    clock: Clock | None = None,
) -> Response:
    """The response to a request that is answered at once, on a connection of its own.

    A long one comes in slices, in turns that the site's ``clock`` gives.
    """
    connection = Connection(site)
    connection.send(encode_request(method, uri, headers, body))
    while clock and any(call.getTime() <= clock.seconds() for call in clock.getDelayedCalls()):
        clock.advance(0)
    responses = connection.received(method)
    connection.lose()
    if len(responses) != 1:
        raise AssertionError(f"{len(responses)} responses to {method!r} {uri!r}")
    return responses[0]


@define
class ScriptedDaemon:
    """A job daemon, and waits for its jobs, that answer as a test says.

    ``answers`` has what each LUXI method answers, and ``changes`` what the waits answer, one after
    the other: a result, an exception to raise, a Deferred of them, or a function from the call's
    arguments to one of them. ``calls`` and ``waits`` are the arguments of what was asked.
    """

    answers: dict[str, object] = field(factory=lambda: {"SubmitJob": 4711})
    changes: list[object] = field(factory=list)
    calls: list[tuple[object, ...]] = field(factory=list)
    waits: list[tuple[object, ...]] = field(factory=list)
    asked_by: str | None = None

    async def call(self, method: str, *args: object) -> Any:  # Any: the method's own result
        """As `JobDaemon.call`."""
        self.calls.append((method, *args))
        if method not in self.answers:
            raise AssertionError(f"the test did not say what {method} answers")
        return await _given(self.answers[method], args)

    def on_behalf_of(self, who: str) -> ScriptedDaemon:
        """As `SharedJobDaemon.on_behalf_of`; ``asked_by`` is whoever asked last."""
        self.asked_by = who
        return self

    async def rows(self, method: str, *args: object) -> Any:  # Any: as above
        """As `JobDaemon.rows`, in one slice."""
        yield await self.call(method, *args)

    async def table(self, *args: object) -> Any:  # Any: as above
        """As `JobDaemon.table`, with all rows in one slice."""
        answer = await self.call("Query", *args)
        yield answer["fields"]
        yield answer["data"]

    async def wait(self, *args: object) -> Any:  # Any: as above
        """As `JobWaits.wait`."""
        self.waits.append(args)
        return await _given(self.changes.pop(0), args)

    @property
    def submitted(self) -> Any:  # Any: opcodes
        """The opcodes of the one job that was submitted."""
        ((_, opcodes),) = [call for call in self.calls if call[0] == "SubmitJob"]
        return opcodes


async def _given(answer: object, args: tuple[object, ...]) -> object:
    if callable(answer):
        answer = answer(*args)
    if isinstance(answer, Deferred):
        answer = await answer
    if isinstance(answer, Exception):
        raise answer
    return answer


def captured_log(case: SynchronousTestCase) -> list[LogEvent]:
    """The events that are logged from now on until the test's end."""
    events: list[LogEvent] = []
    observer = cast(ILogObserver, events.append)
    globalLogPublisher.addObserver(observer)
    case.addCleanup(globalLogPublisher.removeObserver, observer)
    return events


def loaded_with(module: str) -> list[str]:
    """The modules that are there in a new process that imports this one."""
    code = f"import json, sys, {module}; print(json.dumps(list(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-W", "ignore", "-c", code]
    names: list[str] = json.loads(subprocess.check_output(command, env=environment))
    return names


@frozen
class ScriptedBackend:
    """A job daemon, and the changes of its jobs, as a test wants them."""

    daemon: SharedJobDaemon
    jobs: Jobs
    tally: Tally = field(factory=Tally)
    htools: Htools | None = None

    def gauges(self) -> Sequence[Gauge]:
        """As `Backend.gauges`."""
        return ()

    @classmethod
    def make(cls, clock: Clock, daemon: SharedJobDaemon, waits: JobWaits) -> ScriptedBackend:
        """The daemon's real view of jobs, over these waits."""
        return cls(daemon, JobChanges(clock, waits, Feed(clock, daemon, lambda: NOW)))


def granted(*options: str) -> frozenset[str]:
    """The permissions that these options of a users file grant by default."""
    return grants(options, Rules.GANETI_3_0).permissions


def users_file(text: str, rules: Rules = Rules.GANETI_3_0) -> UsersFile:
    """The users that a users file's text makes."""
    accounts, _ = parse(text.encode(), rules)
    return UsersFile(accounts)


class Server:
    """The real site. ``options`` are the attributes of `Settings`."""

    def __init__(
        self,
        daemon: SharedJobDaemon,
        waits: JobWaits,
        users: UsersFile | None = None,
        check_role: Callable[[], None] = lambda: None,
        **options: Any,  # Any: handed through
    ) -> None:
        self.clock = Clock()
        self.site = make_site(
            self.clock,
            ScriptedBackend.make(self.clock, daemon, waits),
            users or users_file(USERS),
            Settings(**options),
            check_role=check_role,
            now=lambda: NOW,
        )

    def connect(self, tls: bool = False, peer: IAddress = PEER) -> Connection:
        """A new connection."""
        return Connection(self.site, tls, peer)

    def ask(
        self,
        method: str,
        uri: str,
        body: object = None,
        user: str | None = ADMIN,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The response to a request with a JSON body, unless it is None."""
        fields = dict(headers or {})
        if user is not None:
            fields["Authorization"] = basic(user)
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            fields.setdefault("Content-Type", "application/json")
        return exchange(self.site, method.encode(), uri.encode(), fields, content, self.clock)


class ScriptedServer(Server):
    """The real site over a `ScriptedDaemon`."""

    def __init__(self, **options: Any) -> None:  # Any: handed through
        self.daemon = ScriptedDaemon()
        super().__init__(self.daemon, self.daemon, **options)


def reason_of(error: Any) -> str:  # Any: JSON
    """What is wrong, wherever an error says it: of what is not there the explanation does."""
    return HttpError(error["code"], error["message"], error["explain"]).reason


class ApiCase(SynchronousTestCase):
    """A test case that asks the API as a user who may all."""

    def setUp(self) -> None:
        self.server = ScriptedServer()
        self.daemon = self.server.daemon

    def ask(self, method: str, path: str, body: object = None) -> Response:
        """The response; what the job daemon was asked before is forgotten."""
        self.daemon.calls.clear()
        self.daemon.waits.clear()
        return self.server.ask(method, path, body)

    def submit(self, method: str, path: str, body: object = None) -> Any:  # Any: an opcode
        """The one opcode that a request submits, without its reason."""
        response = self.ask(method, path, body)
        self.assertEqual((response.status, response.body), (200, b"4711\n"), path)
        (opcode,) = self.daemon.submitted
        return {name: value for name, value in opcode.items() if name != "reason"}

    def assert_error(
        self, method: str, path: str, body: object, message: str, status: int = 400
    ) -> None:
        """The request fails so."""
        response = self.ask(method, path, body)
        self.assertEqual((response.status, reason_of(response.json())), (status, message))

    def assert_refused(
        self, method: str, path: str, body: object, message: str, status: int = 400
    ) -> None:
        """The request fails so, and the job daemon never hears of it."""
        self.assert_error(method, path, body, message, status)
        self.assertEqual((self.daemon.calls, self.daemon.waits), ([], []))


class FollowCase(ApiCase):
    """For handlers that submit a job and wait for its end."""

    def job_ends(self, *results: object, status: str = "success", **queries: Any) -> None:
        # Any: answers of QueryJobs, by field
        """Let the job end so. ``queries`` are more answers of QueryJobs, by their only field."""
        self.daemon.changes = [(["running", []], []), None, ([status, []], [])]
        job = {
            "status": status,
            "opstatus": [status for _ in results],
            "opresult": list(results),
        }
        self.daemon.answers["QueryJobs"] = lambda _ids, fields: (
            [[job[field] for field in fields]] if fields[0] in job else queries[fields[0]]
        )
