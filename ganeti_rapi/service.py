"""Puts the daemon together: the only module that knows all the others."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.threads import deferToThreadPool
from twisted.python.usage import UsageError

from ganeti_rapi.api.access import Rules
from ganeti_rapi.api.call import Jobs
from ganeti_rapi.assembly import LuxiBackend, Settings, make_sites
from ganeti_rapi.auth.loading import tokens_loader, users_loader
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.exits import CannotStart
from ganeti_rapi.files.noted import Noted
from ganeti_rapi.files.watch import FileWatch, Holder
from ganeti_rapi.hangup import OnHangup
from ganeti_rapi.jobs.locks import SharedLocks, alone
from ganeti_rapi.listening import Listener, Listeners, Reactor, adopted, endpoint, tcp, wrap
from ganeti_rapi.openfiles import raise_file_limit
from ganeti_rapi.options import Options
from ganeti_rapi.parent import Parent
from ganeti_rapi.settings import (
    SECRET,
    context_factory,
    events_directory,
    queue_directory,
    settings_of,
)
from ganeti_rapi.steady import keep_steady
from ganeti_rapi.systemd import Notifier
from ganeti_rapi.tickets import KeptByParent
from ganeti_rapi.web.consoles import EndpointFor
from ganeti_rapi.web.site import RapiSite
from ganeti_rapi.workers import LOCKS, Workers

if TYPE_CHECKING:
    from ganeti_rapi.simulator.playground import Playground

__all__ = ["Options", "makeService"]

WORKER_MARGIN = 2.0
"""Seconds that a worker has to end when its requests have."""

T = TypeVar("T")


class Connections(Service):
    """Closes the connections to the job daemon at the end."""

    def __init__(self, backend: LuxiBackend) -> None:
        self._backend = backend

    def stopService(self) -> None:
        super().stopService()
        self._backend.close()


class Daemon(MultiService):
    """The whole daemon. It has ``sites`` and listens, unless workers do that.

    The first site is the API, the second one the metrics alone.
    """

    sites: Sequence[RapiSite] = ()
    drain: Callable[[], None] = staticmethod(lambda: None)  # answers those who wait for jobs

    def __init__(self, notifier: Notifier) -> None:
        super().__init__()
        self.listeners = Listeners()
        self.notifier = notifier

    async def _stop(self) -> None:
        self.notifier.stopping()
        await self.listeners.close()
        drained = gatherResults([site.drain() for site in self.sites])
        self.drain()
        await drained
        await super().stopService()

    def stopService(self) -> Deferred[None]:
        """Take no more connections, then let requests end, and only then stop what serves them."""
        return Deferred.fromCoroutine(self._stop())


def makeService(options: Options) -> Daemon:
    """The whole daemon as a service, for twistd. Ends the program when the options cannot work."""
    from twisted.internet import reactor  # not at import: twistd may install another one first

    return ready_daemon(options, reactor)


def ready_daemon(
    options: Options,
    reactor: Reactor,
    reload: Sequence[Callable[[], None]] = (),
    check_role: Callable[[], None] = lambda: None,
) -> Daemon:
    """What `make_daemon` makes, in a process that is set up for it. Raises `CannotStart`."""
    keep_steady(reactor)
    raise_file_limit()
    try:
        daemon = make_daemon(options, reactor, reload, check_role)
    except UsageError as error:  # twistd would show a traceback
        raise CannotStart(str(error)) from None
    # What is there by now stays: the garbage collector need not look at it again each time, which
    # with a large simulated cluster would stop everything for a tenth of a second.
    gc.collect()
    gc.freeze()
    return daemon


def make_daemon(
    options: Options,
    reactor: Reactor,
    reload: Sequence[Callable[[], None]] = (),
    check_role: Callable[[], None] = lambda: None,
) -> Daemon:
    """The whole daemon as a service. Raises `UsageError` when the options cannot work.

    On SIGHUP it calls the functions of ``reload`` first. ``check_role`` is that of `Rapi`.
    """
    # A worker's parent speaks for it.
    daemon = Daemon(Notifier(reactor, os.environ if options.adopted is None else {}))
    playground = None
    if options.simulated_size is not None:
        playground = _simulate(daemon, options, reactor)
    together = (
        _employ
        if options["workers"] > 1
        else partial(_assemble, check_role=check_role, playground=playground)
    )
    reload = [*reload, *together(daemon, options, reactor)]
    daemon.notifier.setServiceParent(daemon)
    reload = [daemon.notifier.reloading, *reload, daemon.notifier.ready]
    OnHangup(reactor, reload).setServiceParent(daemon)
    return daemon


def _simulate(parent: Daemon, options: Options, reactor: Reactor) -> Playground:
    # The daemon itself never needs it.
    from ganeti_rapi.simulator.playground import Playground
    from ganeti_rapi.simulator.releases import OLDEST

    try:
        playground = Playground.make(
            reactor, options.simulated_size or "", options["state"], options["as"] or OLDEST
        )
    except (ValueError, OSError) as error:
        raise UsageError(f"--simulate: {error}") from None
    playground.adjust(options, lambda: parent.listeners.tcp_port)
    if options["control"]:
        playground.control_at(endpoint(reactor, options["control"]))
    playground.setServiceParent(parent)
    return playground


def _employ(parent: MultiService, options: Options, reactor: Reactor) -> list[Callable[[], None]]:
    """Let workers serve; return what SIGHUP shall call."""
    if not options["no-ssl"]:
        context_factory(options)  # files that cannot be used are told now and not by each worker
    if description := options["metrics-endpoint"]:  # so is where the first one cannot listen
        Listener(endpoint(reactor, description), Factory(), description).probe()
    os.environ.setdefault(SECRET, secrets.token_hex(32))
    address, port, count = options["bind"], options["port"], options["workers"]
    try:
        patience = options["drain-timeout"] + WORKER_MARGIN
        all_have, first_has = options.for_worker(), options.for_first_worker()
        workers = Workers(reactor, address, port, count, all_have, patience, first_has)
    except OSError as error:
        raise UsageError(f"can't listen on {address} port {port}: {error.strerror}") from None
    workers.setServiceParent(parent)
    return [workers.reload]


def _assemble(
    daemon: Daemon,
    options: Options,
    reactor: Reactor,
    check_role: Callable[[], None],
    playground: Playground | None,
) -> list[Callable[[], None]]:
    """Add all services to the daemon; return what SIGHUP shall call."""
    users = UsersFile()
    tls = None if options["no-ssl"] else context_factory(options)
    rules = Rules(options["access-rules"])
    tickets = KeptByParent(reactor) if options.adopted is not None else None
    settings = settings_of(
        options, tls, tickets, _console_endpoint(options["console-socket"], reactor)
    )
    open_to_all = rules is Rules.GANETI_3_0 and not options["require-authentication"]
    path = os.path.abspath(options["users-file"])
    by_pam = settings.pam is not None
    holders: dict[str, Holder] = {"users": users_loader(path, users, rules, open_to_all, by_pam)}
    if settings.tokens is not None:
        path = os.path.abspath(options["tokens-file"])
        holders["tokens"] = tokens_loader(path, settings.tokens, rules, open_to_all)
    if tls is not None:
        holders["certificates"] = tls
    backend = _backend(daemon, options, reactor)
    if options["webhooks-file"]:
        holders["webhooks"] = _webhooks(daemon, options, reactor, backend)
    jobs: Jobs = backend.jobs
    if playground is not None:
        mischief, trouble = playground.trouble(reactor, options["chaos"])
        check_role, jobs = mischief.check, trouble(jobs)
    site = _site(daemon, options, reactor, backend, users, settings, check_role, jobs)
    if playground is not None:
        mischief.site = site
    notes = [site.tally.reload, *([settings.audit.reload] if settings.audit is not None else [])]
    reloaded = [_watch(daemon, Noted(what, each, notes), reactor) for what, each in holders.items()]
    daemon.listeners.setServiceParent(daemon)
    if options.adopted is not None and tickets is not None:
        Parent(reactor, site.tally, tickets).setServiceParent(daemon)
        wrapped = wrap(site, tls, "tcp:")
        daemon.listeners.add(adopted(reactor, options.adopted), wrapped, "the adopted socket")
    else:
        for description in options.endpoints or [tcp(options["bind"], options["port"])]:
            wrapped = wrap(site, tls, description)
            daemon.listeners.add(endpoint(reactor, description), wrapped, description)
    if description := options["metrics-endpoint"]:
        metrics = endpoint(reactor, description)
        daemon.listeners.add(metrics, daemon.sites[1], f"{description}, for metrics alone")
    logs = [site.reopen_log, *([settings.audit.reopen] if settings.audit is not None else [])]
    return [*reloaded, *logs]


def _backend(daemon: Daemon, options: Options, reactor: Reactor) -> LuxiBackend:
    backend = LuxiBackend(
        reactor,
        options["luxi-socket"],
        options["luxi-connections"],
        options["wait-connections"],
        options["luxi-timeout"],
        options["user-connections"],
        queue_directory=queue_directory(options),
        events_directory=events_directory(options),
    )
    Connections(backend).setServiceParent(daemon)
    daemon.drain = backend.drain
    return backend


def _webhooks(daemon: Daemon, options: Options, reactor: Reactor, backend: LuxiBackend) -> Holder:
    """Deliver events to the webhooks of the file, which what is returned reads."""
    from ganeti_rapi.webhooks.loading import webhooks_loader  # few have any
    from ganeti_rapi.webhooks.service import make_webhooks

    directory = events_directory(options)
    if not directory:
        raise UsageError("--webhooks-file needs an --events-directory, where events wait")
    webhooks = make_webhooks(reactor, backend.jobs, directory, backend.tally)
    webhooks.setServiceParent(daemon)
    return webhooks_loader(os.path.abspath(options["webhooks-file"]), webhooks.file)


def _site(
    daemon: Daemon,
    options: Options,
    reactor: Reactor,
    backend: LuxiBackend,
    users: UsersFile,
    settings: Settings,
    check_role: Callable[[], None],
    jobs: Jobs,
) -> RapiSite:
    in_thread = partial(_in_thread, reactor)
    daemon.sites = make_sites(
        reactor,
        backend,
        users,
        settings,
        check_role=check_role,
        jobs=jobs,
        in_thread=in_thread,
        hold=alone if options.adopted is None else SharedLocks(reactor, LOCKS).hold,
    )
    return daemon.sites[0]


def _in_thread(reactor: Reactor, function: Callable[..., T], *args: object) -> Deferred[T]:
    return deferToThreadPool(reactor, reactor.getThreadPool(), function, *args)


def _console_endpoint(path: str | None, reactor: Reactor) -> EndpointFor | None:
    if path is None:
        return None
    from ganeti_rapi.simulator.consoles import ConsoleEndpoint  # the daemon itself never needs it

    return partial(ConsoleEndpoint, UNIXClientEndpoint(reactor, path))


def _watch(parent: MultiService, holder: Holder, reactor: Reactor) -> Callable[[], None]:
    """Let the holder follow its files; return what makes it read them again."""
    watch = FileWatch(holder, reactor, partial(_in_thread, reactor))
    watch.setServiceParent(parent)
    return watch.reload
