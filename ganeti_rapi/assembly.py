"""Puts the site together; the daemon, the tests and the contract suite get theirs from here."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from attrs import field, frozen
from twisted.internet.endpoints import HostnameEndpoint

from ganeti_rapi.api.access import Rules
from ganeti_rapi.api.call import Htools, Jobs, SharedJobDaemon
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.api.resources.health import WITHOUT_USER
from ganeti_rapi.api.resources.instance_changes import CONSOLE_SOCKET
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.pam import Pam
from ganeti_rapi.auth.sessions import Sessions, key_of
from ganeti_rapi.auth.tokens import TokensFile
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.htools import LuxiHtools
from ganeti_rapi.jobs.changes import JobChanges
from ganeti_rapi.jobs.feed import Feed
from ganeti_rapi.jobs.journal import Journal
from ganeti_rapi.jobs.locks import Hold, alone
from ganeti_rapi.jobs.once import MarkedRequests
from ganeti_rapi.jobs.wakeups import Polls, QueueDirectory
from ganeti_rapi.jobs.watches import JobWatches
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.luxi.daemon import LuxiDaemon
from ganeti_rapi.luxi.pool import Limits, LuxiPool
from ganeti_rapi.metrics.cluster import ClusterFigures
from ganeti_rapi.metrics.exposition import Exposition
from ganeti_rapi.metrics.samples import Gauge
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.tickets import Box, KeptHere, Tickets
from ganeti_rapi.web.accesslog import Entry, combined
from ganeti_rapi.web.audit import AuditLog
from ganeti_rapi.web.console import grow_console
from ganeti_rapi.web.consoles import Consoles, EndpointFor
from ganeti_rapi.web.cycle import Rapi
from ganeti_rapi.web.heads import CHECKS
from ganeti_rapi.web.health import Health
from ganeti_rapi.web.limits import LIMITS, SiteLimits
from ganeti_rapi.web.notes import Notes
from ganeti_rapi.web.proxies import TrustedProxies
from ganeti_rapi.web.render import InThread, at_once
from ganeti_rapi.web.routes import RouteNode, grow_tree
from ganeti_rapi.web.session import SessionDesk, open_permissions
from ganeti_rapi.web.site import DEADLINES, MIB, Deadlines, RapiSite

CONTESTED_SHARE = 2
"""Connections that one user may hold while others ask: luxid's work for each of them takes a
processor, of which a master may have two."""

SMALLEST_SHARE = 4
"""Connections that one user may hold at least: with fewer, one alone would feel it."""

WATCH_ACQUIRE = 1.0
"""Seconds after which a job that finds no free connection for its wait is read instead."""


class Backend(Protocol):
    """The job daemon that requests are answered from.

    ``tally`` counts its calls; ``htools`` run on its cluster, where they can.
    """

    tally: Tally
    htools: Htools | None

    def gauges(self) -> Sequence[Gauge]:
        """What else is to be told of it."""

    @property
    def daemon(self) -> SharedJobDaemon:
        """Ganeti's job daemon."""

    @property
    def jobs(self) -> Jobs:
        """The one way to see its jobs change."""


class LuxiBackend:
    """The job daemon behind a Unix socket, with connections for requests and others for waits.

    ``reactor`` provides IReactorUNIX and IReactorTime. ``user_connections`` are those for requests
    that one user may hold; 0 means a quarter of them, but `SMALLEST_SHARE` at least, and beside
    other users `CONTESTED_SHARE`.
    ``luxi_timeout`` is the most seconds that a read may take, and ``now`` gives the seconds since
    the epoch. ``queue_directory`` is where luxid keeps the jobs, if that can be watched, and events
    are kept in ``events_directory``.
    """

    def __init__(
        self,
        reactor: Any,  # Any: one object that provides two zope interfaces
        path: str,
        luxi_connections: int = 16,
        wait_connections: int = 100,
        luxi_timeout: float = 30,
        user_connections: int = 0,
        now: Callable[[], float] = time.time,
        queue_directory: str | None = None,
        events_directory: str | None = None,
    ) -> None:
        share = user_connections or max(SMALLEST_SHARE, luxi_connections // 4)
        contested = 0 if user_connections else CONTESTED_SHARE
        limits = Limits(luxi_connections, share, contested, read=luxi_timeout, acquire=luxi_timeout)
        waits = Limits(connections=wait_connections, acquire=WATCH_ACQUIRE)
        self.tally = Tally()
        self.htools: Htools | None = LuxiHtools(reactor, path)
        requests = LuxiPool(reactor, path, limits, self.tally.call)
        self._pools = requests, LuxiPool(reactor, path, waits)
        self.daemon, waiting = map(LuxiDaemon, self._pools)
        self.watches = JobWatches(reactor, self.daemon, waiting, luxi_timeout)
        wakeups = QueueDirectory(reactor, queue_directory) if queue_directory else Polls(reactor)
        journal = Journal(events_directory, now) if events_directory else None
        self.feed = Feed(reactor, self.daemon, now, wakeups, journal)
        self.jobs = JobChanges(reactor, self.watches, self.feed)

    def gauges(self) -> Sequence[Gauge]:
        """What is to be told of the connections and of who waits for jobs."""

        def each(number: Callable[[LuxiPool], int]) -> Callable[[], Mapping[str, float]]:
            return lambda: dict(zip(("requests", "waits"), map(number, self._pools)))

        kept, used = each(lambda pool: pool.open), each(lambda pool: pool.taken)
        waiting = each(lambda pool: pool.waiting)
        return (
            Gauge("luxi_connections", "Connections to luxid.", kept, "pool"),
            Gauge("luxi_in_use", "Those that are in use.", used, "pool"),
            Gauge("luxi_waiting", "Calls that wait for one.", waiting, "pool"),
            Gauge("job_waits", "Requests that wait for a job.", lambda: self.watches.waiters),
        )

    def drain(self) -> None:
        """Answer those who wait for jobs."""
        self.jobs.drain()

    def close(self) -> None:
        """Drop the idle connections and keep none from now on."""
        for pool in self._pools:
            pool.close()


_OF_THIS_PROCESS = secrets.token_bytes(32)


@frozen
class Settings:
    """The settings of a site: see `RapiSite`, and `Rapi` for ``require_authentication``.

    ``login_delay`` is the longest delay after failed logins: see `Guesses`. ``tickets`` are where
    they are kept, if not here, and ``console_endpoint`` says how to get to a host's port, if not by
    the network. ``console`` serves the console and its logins, which what ``session_secret`` gives
    makes hard to forge.
    """

    require_authentication: bool = False
    access_rules: Rules = Rules.GANETI_3_0
    keep_alive: bool = True
    luxi_timeout: float = 30
    deadlines: Deadlines = DEADLINES
    max_body: int = 10 * MIB
    max_bodies: int = 64 * MIB
    max_replies: int = 512 * MIB
    limits: SiteLimits = LIMITS
    proxies: TrustedProxies = field(factory=TrustedProxies)
    drain_timeout: float = 25
    access_log: LogFile | None = None
    log_line: Callable[[Entry, float], str] = combined
    audit: AuditLog | None = None
    tokens: TokensFile | None = None
    pam: Pam | None = None
    certificate_end: Callable[[], float | None] = lambda: None
    metrics_interval: float = 60
    login_delay: float = 60
    tickets: Tickets | None = None
    console_endpoint: EndpointFor | None = None
    console: bool = True
    session_secret: Callable[[], bytes] = lambda: _OF_THIS_PROCESS


DEFAULTS = Settings()


def make_site(
    reactor: Any,  # Any: as above
    backend: Backend,
    users: UsersFile,
    settings: Settings = DEFAULTS,
    **options: Any,  # Any: handed through
) -> RapiSite:
    """The API as an HTTP site: the first one that `make_sites` makes."""
    return make_sites(reactor, backend, users, settings, **options)[0]


def make_sites(
    reactor: Any,  # Any: as above
    backend: Backend,
    users: UsersFile,
    settings: Settings = DEFAULTS,
    *,
    check_role: Callable[[], None] = lambda: None,
    jobs: Jobs | None = None,
    in_thread: InThread = at_once,
    now: Callable[[], float] = time.time,
    hold: Hold = alone,
) -> tuple[RapiSite, RapiSite]:
    """The API as an HTTP site, and another one with the metrics and health alone, without a user.

    ``check_role``, ``in_thread`` and ``now`` are those of `Rapi`, ``hold`` is that of
    `MarkedRequests`, and ``jobs`` are the backend's unless others are given.
    """
    backend.tally.gauges.extend(backend.gauges())
    cluster = ClusterFigures(backend.daemon, reactor, settings.metrics_interval)
    logins = Logins(
        *(users, reactor, settings.login_delay, settings.tokens, now, in_thread, settings.pam)
    )
    sessions = Sessions(users, lambda: key_of(settings.session_secret()), now)
    make_rapi = partial(
        Rapi,
        logins,
        backend.daemon,
        jobs or backend.jobs,
        in_thread=in_thread,
        now=now,
        clock=reactor,
        patience=settings.luxi_timeout,
        notes=Notes(settings.audit),
        tally=backend.tally,
        htools=backend.htools,
        metrics=Exposition(backend.tally, _gauges(users, settings), cluster, reactor.seconds),
        once=MarkedRequests(backend.daemon, reactor.seconds, hold),
        health=Health(backend.daemon, reactor, check_role, settings.certificate_end, now),
    )
    rapi = make_rapi(
        require_authentication=settings.require_authentication,
        rules=settings.access_rules,
        check_role=check_role,
        user_requests=settings.limits.user_requests,
        unasked=[*CHECKS, CONSOLE_SOCKET],
        consoles=_consoles(reactor, settings),
        sessions=sessions if settings.console else None,
    )
    tree = grow_tree(RESOURCES, rapi.serve)
    if settings.console:
        desk = SessionDesk(logins, sessions, open_permissions(RESOURCES, settings.access_rules))
        _add_console(tree, rapi, desk)
    monitoring = make_rapi(unasked=[resource.uri for resource in WITHOUT_USER])
    make_rapi_site = partial(
        RapiSite,
        reactor=reactor,
        deadlines=settings.deadlines,
        drain_timeout=settings.drain_timeout,
        tally=backend.tally,
        now=now,
    )
    site = make_rapi_site(
        tree,
        keep_alive=settings.keep_alive,
        max_body=settings.max_body,
        max_bodies=settings.max_bodies,
        max_replies=settings.max_replies,
        limits=settings.limits,
        proxies=settings.proxies,
        access_log=settings.access_log,
        log_line=settings.log_line,
    )
    return site, make_rapi_site(grow_tree(WITHOUT_USER, monitoring.serve), max_body=0)


def _consoles(reactor: Any, settings: Settings) -> Consoles:  # Any: as above
    tickets = settings.tickets or KeptHere(Box(reactor.seconds))
    endpoint = settings.console_endpoint or partial(HostnameEndpoint, reactor)
    return Consoles(tickets, endpoint, settings.limits.user_consoles)


def _add_console(tree: RouteNode, rapi: Rapi, desk: SessionDesk) -> None:
    """Let the tree serve what is there for browsers, beside the table."""
    session = RouteNode(rapi.answering(partial(rapi.answer_session, desk)))
    tree.grow("2").putChild(b"session", session)
    grow_console(tree, rapi.answering)


def _gauges(users: UsersFile, settings: Settings) -> Sequence[Gauge]:
    end = settings.certificate_end
    return (
        Gauge("users", "Users in the users file.", lambda: len(users.accounts)),
        Gauge("certificate_end_timestamp_seconds", "When the certificate expires.", end),
    )
