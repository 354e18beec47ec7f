"""The whole daemon in front of the simulated cluster, in memory: no sockets, and time by a clock.

HTTP bytes go through the real site, LUXI bytes through the real pool and the simulator's real
protocol. Only the transports between them are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

from treq.client import HTTPClient
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.iweb import IAgent

from ganeti_rapi.api.call import Htools
from ganeti_rapi.assembly import LuxiBackend, Settings, make_site
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.client.connections import treq_over
from ganeti_rapi.simulator.consoles import ConsoleEndpoint
from ganeti_rapi.simulator.control.mischief import Mischief, TroubledJobs
from ganeti_rapi.simulator.releases import OLDEST
from ganeti_rapi.simulator.service import SimulatedJobDaemon
from ganeti_rapi.simulator.size import Size
from ganeti_rapi.testing.http import Collector, Reply, encode_request, parse_reply
from ganeti_rapi.testing.memory import CLIENT, MemoryEndpoint, MemoryReactor, join

SOCKET, CONSOLES = "/luxi.sock", "/consoles.sock"
STEP = 0.02
"""Seconds that pass at once while something is waited for."""

PATIENCE = 200.0
"""Seconds of simulated time that something may take."""

USERS = "admin admin write\nguest guest read\nvisitor visitor\n"
"""The users: one who may all, one who may read, and one without an option."""

Result = TypeVar("Result")


class SimulatedApi:
    """A daemon over a simulated cluster of its own.

    ``users`` is the text of a users file. Time stands still until something is waited for with
    `request`, `run` or `until`, or ``reactor.advance`` is called. ``daemon`` is the job daemon:
    its ``cluster`` may be looked at and changed, and it may be stopped and started. ``endpoint``
    can refuse and lose the connections of clients. ``htools`` stand in for Ganeti's programs, which
    are other processes and cannot see this cluster. ``release`` is Ganeti's, such as ``3.1``. Call
    `stop` at the end.
    """

    writer = "admin:admin"
    reader = "visitor:visitor"

    def __init__(
        self,
        size: Size | None = None,
        users: str = USERS,
        htools: Htools | None = None,
        release: str = OLDEST,
    ) -> None:
        self.reactor = MemoryReactor()
        self.daemon = SimulatedJobDaemon(
            self.reactor, SOCKET, size or Size(), consoles=CONSOLES, release=release
        )
        self.daemon.startService()
        accounts, _ = parse(users.encode())
        self.backend = LuxiBackend(self.reactor, SOCKET, now=self.reactor.seconds)
        self.backend.htools = htools
        faults, mischief = self.daemon.faults, Mischief(self.daemon.faults)
        faults.serves_http = True
        consoles = partial(ConsoleEndpoint, UNIXClientEndpoint(self.reactor, CONSOLES))
        self.site = make_site(
            self.reactor,
            self.backend,
            UsersFile(accounts),
            Settings(console_endpoint=consoles),
            check_role=mischief.check,
            jobs=TroubledJobs(self.backend.jobs, faults, self.reactor),
            now=self.reactor.seconds,
        )
        mischief.site = self.site
        self.endpoint = MemoryEndpoint(self.reactor, self.site)

    def agent(self, pool: HTTPConnectionPool | None = None) -> IAgent:
        """An agent for the client under test: every URL that it is given leads here."""
        agent: IAgent = Agent.usingEndpointFactory(self.reactor, self.endpoint, pool)
        return agent

    def treq(self, pool: HTTPConnectionPool | None = None) -> HTTPClient:
        """treq over such an agent. Its requests may have bodies, which need no global reactor."""
        return treq_over(self.agent(pool))

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        user: str | None = writer,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request and let time pass until the reply is there. ``body`` is JSON."""
        client = self.connect()
        assert client.transport is not None
        client.transport.write(encode_request(method, path, body, user, headers))
        self.until(lambda: client.closed)
        return parse_reply(client.data)

    def connect(self) -> Collector:
        """A new HTTP connection, for a test that writes its own bytes to its ``transport``."""
        client = Collector()
        join(client, self.site.buildProtocol(CLIENT), self.reactor, CLIENT)
        return client

    def run(self, work: Coroutine[Any, Any, Result] | Deferred[Result]) -> Result:
        # Any: what a coroutine may await
        """The result of a coroutine or Deferred, as time passes. Raises what it raises.

        Raises `AssertionError` when it does not end within `PATIENCE` seconds.
        """
        outcome: list[Any] = []  # Any: the result or a failure
        ensureDeferred(work).addBoth(outcome.append)
        self.until(lambda: bool(outcome))
        (result,) = outcome
        if isinstance(result, Failure):
            result.raiseException()
        return result  # type: ignore[no-any-return]  # what the work returned

    def until(self, done: Callable[[], object], patience: float = PATIENCE) -> None:
        """Let time pass until something is so. Raises `AssertionError` if that takes too long."""
        end = self.reactor.seconds() + patience
        while not done():
            if self.reactor.seconds() > end:
                raise AssertionError(f"nothing came within {patience} s")
            self.reactor.advance(STEP)

    def daemon_calls(self) -> int:
        """How many times the job daemon was asked something so far."""
        return sum(connection.writes for connection in self.reactor.connections)

    def stop(self) -> None:
        """End everything; what is still scheduled then, the program under test left behind."""
        self.backend.close()
        self.daemon.stopService()
        self.reactor.advance(0)
        self.reactor.advance(0)
