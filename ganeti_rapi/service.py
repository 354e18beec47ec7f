"""Puts the daemon together: the only module that knows all the others."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from twisted.application.internet import TimerService
from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import AdoptedStreamServerEndpoint, serverFromString
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.filepath import FilePath
from twisted.python.usage import UsageError

from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.auth.realm import make_portal
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.auth.watch import UsersFileWatcher
from ganeti_rapi.luxi.connection import Limits, LuxiPool
from ganeti_rapi.luxi.feed import JobFeed
from ganeti_rapi.luxi.jobs import JobWatches
from ganeti_rapi.options import Options
from ganeti_rapi.web.cycle import Rapi
from ganeti_rapi.web.http import RapiSite
from ganeti_rapi.web.routes import grow_tree
from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory, TlsError
from ganeti_rapi.workers import Workers

__all__ = ["Options", "makeService"]

WATCH_ACQUIRE = 1.0
"""Seconds after which a job that finds no free connection for its wait is read instead."""

CERTIFICATE_CHECK = 10.0
"""Seconds between two looks whether the certificate was replaced."""

WITHOUT_OUR_TLS = ("ssl:", "tls:", "unix:", "systemd:domain=UNIX:", "systemd:UNIX:")
"""How endpoints begin that bring TLS themselves, or that other machines cannot reach."""

AnyFactory = Any  # Any: Factory is generic in newer versions of Twisted only
Reactor = Any  # Any: one object that provides many zope interfaces, which mypy cannot express


class CannotStart(SystemExit, Exception):
    """Ends the program with a plain message.

    Being an `Exception`, twistd cleans up and, in the background, tells the foreground; being a
    `SystemExit`, Python shows no traceback.
    """


class Listener(Service):
    """Listens on an endpoint; ends the program with a plain message when it cannot."""

    log = Logger()

    def __init__(self, endpoint: IStreamServerEndpoint, factory: AnyFactory, name: str) -> None:
        self._endpoint = endpoint
        self._factory = factory
        self._name = name
        self.port: IListeningPort | None = None

    def privilegedStartService(self) -> None:
        """Listen before privileges are dropped, so that ports below 1024 work."""
        problems: list[str] = []
        listening = self._endpoint.listen(self._factory)
        listening.addCallbacks(self._listening, self._failed, errbackArgs=(problems,))
        if problems:  # not in the errback, which would keep the exception to itself
            raise CannotStart(f"ganeti-rapi: {problems[0]}")

    def _listening(self, port: IListeningPort) -> None:
        self.port = port
        self.log.info("Listening on {name}", name=self._name)

    def _failed(self, failure: Any, problems: list[str]) -> None:
        # Any: Failure, generic only in newer Twisted
        reason = getattr(failure.value, "socketError", failure.getErrorMessage())
        problems.append(f"can't listen on {self._name}: {reason}")
        self.log.critical("{problem}", problem=problems[0])

    def stopService(self) -> object:
        super().stopService()
        return self.port.stopListening() if self.port is not None else None


class OnHangup(Service):
    """Calls functions on SIGHUP, in the reactor's thread."""

    def __init__(self, reactor: Reactor, reload: list[Callable[[], None]]) -> None:
        self._reactor = reactor
        self._reload = reload

    def startService(self) -> None:
        super().startService()
        signal.signal(signal.SIGHUP, lambda *_: self._reactor.callFromThread(self._call_all))

    def stopService(self) -> None:
        super().stopService()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def _call_all(self) -> None:
        for function in self._reload:
            function()


class Pools(Service):
    """Closes the connections to the job daemon at the end."""

    def __init__(self, *pools: LuxiPool) -> None:
        self._pools = pools

    def stopService(self) -> None:
        super().stopService()
        for pool in self._pools:
            pool.close()


def makeService(options: Options) -> MultiService:
    """The whole daemon as a service, for twistd. Ends the program when the options cannot work."""
    from twisted.internet import reactor  # not at import: twistd may install another one first

    raise_file_limit()
    try:
        daemon = make_daemon(options, reactor)
    except UsageError as error:  # twistd would show a traceback
        raise CannotStart(f"ganeti-rapi: {error}") from None
    # What is there by now stays: the garbage collector need not look at it again each time, which
    # with a large simulated cluster would stop everything for a tenth of a second.
    gc.collect()
    gc.freeze()
    return daemon


def make_daemon(options: Options, reactor: Reactor) -> MultiService:
    """The whole daemon as a service. Raises `UsageError` when the options cannot work."""
    parent = MultiService()
    if options.simulated_size is not None:
        _simulate(parent, options, reactor)
    together = _employ if options["workers"] > 1 else _assemble
    reload = together(parent, options, reactor)
    OnHangup(reactor, reload).setServiceParent(parent)
    return parent


def _simulate(parent: MultiService, options: Options, reactor: Reactor) -> None:
    from ganeti_rapi.simulator.playground import Playground  # the daemon itself never needs it

    try:
        playground = Playground.make(reactor, options.simulated_size or "")
    except ValueError as error:
        raise UsageError(f"--simulate: {error}") from None
    playground.adjust(options)
    playground.setServiceParent(parent)


def _employ(parent: MultiService, options: Options, reactor: Reactor) -> list[Callable[[], None]]:
    """Let workers serve; return what SIGHUP shall call."""
    if not options["no-ssl"]:
        _context_factory(options)  # files that cannot be used are told now and not by each worker
    address, port, count = options["bind"], options["port"], options["workers"]
    try:
        workers = Workers(reactor, address, port, count, options.for_worker())
    except OSError as error:
        raise UsageError(f"can't listen on {address} port {port}: {error.strerror}") from None
    workers.setServiceParent(parent)
    return [workers.reload]


def _assemble(parent: MultiService, options: Options, reactor: Reactor) -> list[Callable[[], None]]:
    """Add all services to the parent; return what SIGHUP shall call."""
    users = UsersFile()
    watcher = UsersFileWatcher(FilePath(options["users-file"]), users, reactor)
    watcher.setServiceParent(parent)
    tls = _tls(parent, options, reactor)
    reloaded = [watcher.reload, *([tls.reload] if tls is not None else [])]
    site = make_site(parent, options, reactor, users)
    if options.adopted is not None:
        endpoint, wrapped = _adopt(reactor, options.adopted), wrap(site, tls, "tcp:")
        Listener(endpoint, wrapped, "the adopted socket").setServiceParent(parent)
        return reloaded
    for description in _endpoints(options):
        wrapped = wrap(site, tls, description)
        endpoint = _endpoint(reactor, description)
        Listener(endpoint, wrapped, description).setServiceParent(parent)
    return reloaded


def _adopt(reactor: Reactor, descriptor: int) -> IStreamServerEndpoint:
    with socket.socket(fileno=os.dup(descriptor)) as inherited:
        family = inherited.family
    return AdoptedStreamServerEndpoint(reactor, descriptor, family)


def make_site(
    parent: MultiService, options: Options, reactor: Reactor, users: UsersFile
) -> RapiSite:
    """The HTTP side over the job daemon's socket."""
    path = options["luxi-socket"]
    requests = LuxiPool(reactor, path, Limits(connections=options["luxi-connections"]))
    waits = LuxiPool(
        reactor, path, Limits(connections=options["wait-connections"], acquire=WATCH_ACQUIRE)
    )
    Pools(requests, waits).setServiceParent(parent)
    rapi = Rapi(
        make_portal(users),
        requests,
        JobWatches(reactor, requests, waits),
        feed=JobFeed(reactor, requests),
        in_thread=partial(_in_thread, reactor),
        require_authentication=bool(options["require-authentication"]),
        clock=reactor,
    )
    return RapiSite(
        grow_tree(RESOURCES, rapi.serve),
        reactor,
        keep_alive=not options["no-keep-alive"],
        timeout=options["idle-timeout"],
        max_body=options["max-body-size"],
        max_clients=options["max-clients"],
        access_log=options["access-log"],
    )


def _in_thread(reactor: Reactor, function: Callable[..., bytes], *args: object) -> Deferred[bytes]:
    return deferToThreadPool(reactor, reactor.getThreadPool(), function, *args)


def _context_factory(options: Options) -> ReloadingContextFactory:
    files = PemFiles(options["ssl-cert"], options["ssl-key"], options["ssl-chain"])
    try:
        return ReloadingContextFactory(files)
    except TlsError as error:
        raise UsageError(str(error)) from None


def _tls(
    parent: MultiService, options: Options, reactor: Reactor
) -> ReloadingContextFactory | None:
    if options["no-ssl"]:
        return None
    tls = _context_factory(options)
    check = TimerService(CERTIFICATE_CHECK, tls.reload_if_changed)
    check.clock = reactor
    check.setServiceParent(parent)
    return tls


def _endpoints(options: Options) -> list[str]:
    if options.endpoints:
        return options.endpoints
    address = options["bind"].replace(":", r"\:")
    kind = "tcp6" if ":" in options["bind"] else "tcp"
    return [f"{kind}:port={options['port']}:interface={address}"]


def _endpoint(reactor: Reactor, description: str) -> IStreamServerEndpoint:
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, description)
    except LookupError:  # of all kinds of endpoint, only systemd's looks something up
        raise UsageError(
            f"The endpoint {description} can't be used: systemd passed no such socket"
        ) from None
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise UsageError(f"The endpoint {description} can't be used: {error}") from None
    return endpoint


def wrap(site: RapiSite, tls: ReloadingContextFactory | None, description: str) -> AnyFactory:
    """The site behind TLS, unless the endpoint does that itself or is local."""
    if tls is None or description.startswith(WITHOUT_OUR_TLS):
        return site
    return TLSMemoryBIOFactory(tls, False, site)


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us: every waiting client holds one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    with suppress(OSError, ValueError):  # a sandbox may forbid it; then what we have must do
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
