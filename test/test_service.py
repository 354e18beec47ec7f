from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from twisted.application.service import IServiceMaker
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import formatEvent
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi import service
from ganeti_rapi.exits import CannotStart
from ganeti_rapi.files.watch import FileWatch
from ganeti_rapi.hangup import OnHangup
from ganeti_rapi.listening import Listeners, wrap
from ganeti_rapi.openfiles import raise_file_limit
from ganeti_rapi.options import Options
from ganeti_rapi.service import (
    Connections,
    Daemon,
    make_daemon,
    makeService,
)
from ganeti_rapi.simulator.playground import Playground, welcome, write_certificate
from ganeti_rapi.systemd import Notifier
from ganeti_rapi.web.limits import SiteLimits
from ganeti_rapi.web.proxies import NO_ADDRESS
from ganeti_rapi.web.site import MIB, Deadlines, RapiSite
from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory

from .harness import basic, captured_log, exchange, loaded_with

TAKEN = CannotListenError("127.0.0.1", 9100, OSError(98, "Address already in use"))


class ServiceCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.pem = self.directory / "server.pem"
        write_certificate(self.pem)
        self.reactor = MemoryReactorClock()

    def options(self, *arguments: str) -> Options:
        """Options that name the files of this test, unless ``arguments`` name others."""
        options = Options()
        users = str(self.directory / "users")
        options.parseOptions(["--ssl-cert", str(self.pem), "--users-file", users, *arguments])
        return options

    def daemon(self, *arguments: str) -> Daemon:
        return make_daemon(self.options(*arguments), self.reactor)

    def listen(self, *arguments: str) -> Daemon:
        """A daemon whose listeners listen, and no more."""
        daemon = self.daemon(*arguments)
        daemon.listeners.open()
        return daemon


class ListeningTests(ServiceCase):
    def test_by_default_on_the_stock_daemons_port_with_tls(self) -> None:
        self.listen()
        ((port, factory, _backlog, interface),) = self.reactor.tcpServers
        self.assertEqual((port, interface), (5080, "127.0.0.1"))
        assert isinstance(factory, TLSMemoryBIOFactory)
        self.assertIsInstance(factory.wrappedFactory, RapiSite)

    def test_without_tls(self) -> None:
        self.listen("--no-ssl", "--port", "80", "--bind", "0.0.0.0")
        ((port, factory, _backlog, interface),) = self.reactor.tcpServers
        self.assertEqual((port, interface), (80, "0.0.0.0"))
        assert isinstance(factory, RapiSite)
        self.assertEqual(exchange(factory, b"GET", b"/version").body, b"2\n")

    def test_on_ipv6(self) -> None:
        for address in ("::", "::1", "2001:db8::5"):
            self.listen("--bind", address)
            self.assertEqual(self.reactor.tcpServers.pop()[3], address)

    def test_on_endpoints_instead(self) -> None:
        socket = str(self.directory / "rapi.sock")
        self.listen("--endpoint", "tcp:1234", "--endpoint", f"unix:{socket}")
        ((port, over_tls, *_),) = self.reactor.tcpServers
        ((path, plain, *_),) = self.reactor.unixServers
        self.assertEqual((port, path), (1234, socket))
        assert isinstance(over_tls, TLSMemoryBIOFactory)
        self.assertIs(over_tls.wrappedFactory, plain)

    def test_what_is_local_or_does_tls_itself_is_not_wrapped(self) -> None:
        tls = ReloadingContextFactory(PemFiles(str(self.pem), str(self.pem)))
        site, _ = self.daemon().sites
        for description, wrapped in (
            *(("tcp:1", True), ("tcp6:1", True), ("systemd:domain=INET:index=0", True)),
            *(("ssl:1", False), ("tls:/x:tcp:1", False), ("unix:/x", False)),
            *(("systemd:domain=UNIX:index=0", False), ("systemd:UNIX:index=0", False)),
        ):
            factory = wrap(site, tls, description)
            self.assertEqual(isinstance(factory, TLSMemoryBIOFactory), wrapped, description)
            self.assertIs(wrap(site, None, description), site)

    def test_metrics_may_have_an_endpoint_of_their_own(self) -> None:
        daemon = self.daemon("--metrics-endpoint", "tcp:9100:interface=127.0.0.1")
        daemon.listeners.open()
        (_, over_tls, *_), (port, plain, *_) = self.reactor.tcpServers
        site, monitoring = daemon.sites
        assert isinstance(over_tls, TLSMemoryBIOFactory)
        self.assertEqual((over_tls.wrappedFactory, port, plain), (site, 9100, monitoring))

    def test_with_workers_it_is_tried_before_they_start(self) -> None:
        for description, error in (("foo:1", UsageError), ("tcp:9100", CannotStart)):
            arguments = ("--workers=2", "--port=0", "--metrics-endpoint", description)
            with mock.patch.object(self.reactor, "listenTCP", side_effect=TAKEN):
                self.assertRaises(error, self.daemon, *arguments)

    def test_endpoints_that_cannot_be_used(self) -> None:
        missing = str(self.directory / "missing")
        for description, reason in (
            ("foo:1", "Unknown endpoint type: 'foo'"),
            ("tcp:x", "invalid literal"),
            ("tcp", "port"),
            ("tcp:1:colour=red", "colour"),
            ("systemd:domain=INET:index=0", "systemd passed no such socket"),
            (f"ssl:1:privateKey={missing}", "No such file or directory"),
        ):
            error = self.assertRaises(UsageError, self.daemon, "--endpoint", description)
            beginning = f"The endpoint {description} can't be used: "
            self.assertEqual(str(error)[: len(beginning)], beginning)
            self.assertIn(reason, str(error))


class AssemblyTests(ServiceCase):
    def site(self, *arguments: str) -> RapiSite:
        site, _ = self.daemon(*arguments).sites
        return site

    def test_options_reach_the_site(self) -> None:
        site = self.site(
            *("--max-clients=3", "--address-connections=2", "--user-requests=1"),
            *("--trusted-proxy=unix", "--max-body-size=5", "--no-keep-alive"),
            *("--max-bodies=6", "--max-replies=7", "--handshake-timeout=8", "--head-timeout=9"),
            *("--body-timeout=10", "--body-rate=11", "--reply-timeout=12", "--reply-rate=13"),
            "--idle-timeout=14",
            *("--access-log", str(self.directory / "access.log")),
        )
        self.assertEqual((site.limits, site.max_body), (SiteLimits(3, 2, 1), 5))
        self.assertTrue(site.proxies.trusts(NO_ADDRESS))
        self.assertEqual((site.bodies.limit, site.replies.limit), (6 * MIB, 7 * MIB))
        self.assertEqual(site.deadlines, Deadlines(8, 9, 10, 11, 12, 13, 14))
        self.assertFalse(site.keep_alive)
        assert site.access_log is not None
        self.assertEqual(site.access_log.path, str(self.directory / "access.log"))

    def test_connections_leave_files_for_what_is_asked_of_luxid(self) -> None:
        for files, most in ((65536, 32660), (100, 25), (-1, 0)):
            self.patch(resource, "getrlimit", lambda _, files=files: (files, files))
            self.assertEqual(self.site().limits.connections, most)
        self.assertEqual(self.site("--max-clients=3").limits.connections, 3)

    def test_without_options(self) -> None:
        self.patch(resource, "getrlimit", lambda _: (-1, -1))
        site = self.site()
        self.assertEqual((site.limits, site.max_body), (SiteLimits(0, 0, 10_000), 10_485_760))
        self.assertFalse(site.proxies.trusts(NO_ADDRESS))
        self.assertEqual((site.bodies.limit, site.replies.limit), (64 * MIB, 512 * MIB))
        self.assertEqual(site.deadlines, Deadlines(10, 20, 20, 500, 30, 500, 30))
        self.assertTrue(site.keep_alive)
        self.assertIsNone(site.access_log)

    def test_authentication_may_be_required(self) -> None:
        for arguments, status in (((), 200), (("--require-authentication",), 401)):
            response = exchange(self.site(*arguments), b"GET", b"/version")
            self.assertEqual(response.status, status)

    def test_failed_logins_make_one_wait_unless_turned_off(self) -> None:
        wrong = {"Authorization": basic("nobody:x")}
        for arguments, last in (((), 429), (("--login-delay=0",), 401)):
            site = self.site(*arguments)
            replies = [exchange(site, b"GET", b"/version", wrong) for _ in range(10)]
            self.assertEqual([reply.status for reply in replies][-1], last)

    def test_a_certificate_that_cannot_be_used(self) -> None:
        missing = str(self.directory / "missing.pem")
        error = self.assertRaises(UsageError, self.daemon, "--ssl-cert", missing)
        self.assertEqual(
            str(error),
            f"Can't read {missing}: No such file or directory. "
            "Name your files with --ssl-cert and --ssl-key, or turn TLS off with --no-ssl",
        )
        self.daemon("--ssl-cert", missing, "--no-ssl")

    def test_what_can_never_be_a_file_is_refused_without_waiting_for_it(self) -> None:
        fifo = str(self.directory / "fifo")
        os.mkfifo(fifo)
        for workers in ("1", "2"):
            for path, kind in ((fifo, "a FIFO"), (str(self.directory), "a directory")):
                arguments = ("--ssl-cert", path, "--workers", workers)
                error = self.assertRaises(UsageError, self.daemon, *arguments)
                refusal = (
                    f"Can't read {path}: it is {kind} and not a regular file. "
                    "Name your files with --ssl-cert and --ssl-key, "
                )
                self.assertEqual(str(error)[: len(refusal)], refusal)

    def test_what_can_never_be_a_users_file_lets_nobody_in(self) -> None:
        """As with the stock daemon: after a daemon that ends, luxid is not started."""
        fifo = str(self.directory / "fifo")
        os.mkfifo(fifo)
        for path, kind in ((fifo, "a FIFO"), (str(self.directory), "a directory")):
            daemon, events = self.daemon("--no-ssl", "--users-file", path), captured_log(self)
            daemon.startService()
            self.assertIn(
                f"Can't read {path}: it is {kind} and not a regular file. The 0 users read before "
                "stay valid. Make the users file one that this process can read, or empty it to "
                "let nobody in.",
                map(formatEvent, events),
            )
            self.successResultOf(daemon.stopService())

    def test_a_users_file_that_may_come_later_is_no_reason_not_to_start(self) -> None:
        users = self.directory / "users"
        users.symlink_to("nowhere")
        daemon, events = self.daemon("--no-ssl"), captured_log(self)
        daemon.startService()
        self.assertIn(
            f"Can't read {users}: it is a link to nowhere, which does not exist. "
            "Nobody can log in until there is a users file; it is read within a second.",
            map(formatEvent, events),
        )
        self.successResultOf(daemon.stopService())

    def test_users_and_certificate_are_read_again_on_a_hangup(self) -> None:
        reloaded: list[object] = []
        self.patch(FileWatch, "reload", lambda reloading: reloaded.append(reloading))
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        self.reactor.callFromThread = lambda function: function()  # type: ignore[attr-defined]
        for arguments, number in ((), 2), (("--no-ssl",), 1):
            daemon = self.daemon(*arguments)
            (hangup,) = [part for part in daemon if isinstance(part, OnHangup)]
            hangup.startService()
            signal.raise_signal(signal.SIGHUP)
            watches = [part for part in daemon if isinstance(part, FileWatch)]
            self.assertEqual((len(watches), reloaded), (number, watches))
            reloaded.clear()

    def test_everything_starts_and_stops(self) -> None:
        (self.directory / "users").write_text("admin sesame write\n")
        daemon = self.daemon("--no-ssl")
        daemon.privilegedStartService()
        daemon.startService()
        ((_port, site, *_),) = self.reactor.tcpServers
        assert isinstance(site, RapiSite)
        credentials = {"Authorization": "Basic YWRtaW46c2VzYW1l"}
        self.assertEqual(exchange(site, b"GET", b"/version", credentials).status, 200)
        self.successResultOf(daemon.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class SimulateTests(ServiceCase):
    def test_the_daemon_uses_what_the_playground_made(self) -> None:
        options = Options()
        options.parseOptions(["--simulate", "nodes=3"])
        daemon = make_daemon(options, self.reactor)
        (playground,) = [part for part in daemon if isinstance(part, Playground)]
        self.addCleanup(playground.stopService)
        for name in ("ssl-cert", "ssl-key", "users-file", "luxi-socket"):
            self.assertEqual(Path(options[name]).parent, playground.directory)

    def test_what_to_try_first_works(self) -> None:
        """Where nobody may read without a user, one is named."""
        for more, user in (((), ""), (("--as", "3.2"), "-u guest:guest ")):
            options = Options()
            options.parseOptions(["--simulate", *more])
            daemon = make_daemon(options, self.reactor)
            (playground,) = [part for part in daemon if isinstance(part, Playground)]
            self.addCleanup(playground.stopService)
            text = welcome(playground.directory, options, 4711, None)
            self.assertIn(f" {user}https://127.0.0.1:4711/2/instances\n", text)

    def test_what_is_given_counts(self) -> None:
        options = self.options("--simulate", "nodes=3")
        daemon = make_daemon(options, self.reactor)
        (playground,) = [part for part in daemon if isinstance(part, Playground)]
        self.addCleanup(playground.stopService)
        for name in ("ssl-cert", "ssl-key", "users-file"):
            self.assertEqual(Path(options[name]).parent, self.directory)
        text = welcome(playground.directory, options, 4711, None)
        self.assertIn(f"those of {options['users-file']}", text)
        self.assertIn("https://127.0.0.1:4711", text)

    def test_what_does_not_go_together(self) -> None:
        for arguments, words in (
            (("--luxi-socket", "/x"), "has a job daemon of its own"),
            (("--console-socket", "/x"), "has consoles of its own"),
            (("--ssl-key", "/x"), "needs the certificate that it belongs to"),
        ):
            options = Options()
            simulated = ["--simulate", *arguments]
            error = self.assertRaises(UsageError, options.parseOptions, simulated)
            self.assertIn(words, str(error))

    def test_a_file(self) -> None:
        path = self.directory / "c.yaml"
        path.write_text("nodes: [{nme: a}]")
        error = self.assertRaises(UsageError, self.daemon, "--simulate", str(path))
        self.assertIn("line 1: nodes[0].nme", str(error))

    def test_the_port_that_the_system_chose(self) -> None:
        daemon = self.listen("--no-ssl", "--port", "0")
        self.assertEqual(daemon.listeners.tcp_port, 0)  # as the memory reactor has it

    def test_a_size_that_is_none(self) -> None:
        error = self.assertRaises(UsageError, self.daemon, "--simulate", "nodes=many")
        self.assertTrue(str(error).startswith("--simulate: "))


class MakeServiceTests(ServiceCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(service, "raise_file_limit", lambda: None)

    def test_the_plugin_names_what_twistd_needs(self) -> None:
        from twisted.plugins import ganeti_rapi_plugin

        maker = ganeti_rapi_plugin.ganeti_rapi
        verifyObject(IServiceMaker, maker)
        self.assertEqual(maker.tapname, "ganeti-rapi")
        self.assertIs(maker.options, Options)
        self.assertIs(maker.makeService, makeService)

    def test_a_service_is_made(self) -> None:
        made = makeService(self.options())
        kinds = {type(part) for part in made}
        self.assertLessEqual({Listeners, Notifier, OnHangup, FileWatch, Connections}, kinds)

    def test_what_cannot_work_ends_the_program_with_a_plain_message(self) -> None:
        error = self.assertRaises(CannotStart, makeService, self.options("--endpoint", "foo:1"))
        self.assertEqual(
            error.code,
            "ganeti-rapi: The endpoint foo:1 can't be used: Unknown endpoint type: 'foo'",
        )

    def test_the_import_chooses_no_reactor_and_no_simulator(self) -> None:
        """twistd imports this before it installs the reactor that its user wants."""
        loaded = loaded_with("ganeti_rapi.service")
        self.assertIn("ganeti_rapi.service", loaded)
        self.assertNotIn("twisted.internet.reactor", loaded)
        simulator = [name for name in loaded if name.startswith("ganeti_rapi.simulator")]
        self.assertEqual(simulator, [])


class HangupTests(SynchronousTestCase):
    def hung_up(self, first: Callable[[], None]) -> tuple[list[Callable[[], None]], list[str]]:
        """What a reactor is given to call, and what was called, of a service with two functions."""
        queued: list[Callable[[], None]] = []
        called: list[str] = []

        reactor = MemoryReactorClock()
        reactor.callFromThread = queued.append
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        self.hangup = OnHangup(reactor, [first, lambda: called.append("last")])
        self.hangup.startService()
        return queued, called

    def test_functions_are_called_in_the_reactors_thread(self) -> None:
        queued, called = self.hung_up(lambda: called.append("first"))
        signal.raise_signal(signal.SIGHUP)
        self.assertEqual(called, [])
        (call,) = queued
        call()
        self.assertEqual(called, ["first", "last"])
        self.hangup.stopService()
        self.assertEqual(signal.getsignal(signal.SIGHUP), signal.SIG_IGN)

    def test_many_signals_are_one_until_it_was_heeded(self) -> None:
        queued, called = self.hung_up(lambda: None)
        for _ in range(2000):
            signal.raise_signal(signal.SIGHUP)
        (call,) = queued
        call()
        self.assertEqual(len(called), 1)
        signal.raise_signal(signal.SIGHUP)
        self.assertEqual(len(queued), 2)

    def test_one_that_fails_keeps_none_from_its_work(self) -> None:
        def fail() -> None:
            raise PermissionError(13, "Permission denied", "/a/log")

        events = captured_log(self)
        queued, called = self.hung_up(fail)
        signal.raise_signal(signal.SIGHUP)
        queued[0]()
        self.assertEqual(called, ["last"])
        self.assertIn("/a/log", str(events[0]["error"]))

    def test_a_storm_of_signals_is_few_reloads(self) -> None:
        reactor = MemoryReactorClock()
        reactor.callFromThread = lambda function: reactor.callLater(0, function)
        reloads: list[float] = []
        hangup = OnHangup(reactor, [lambda: reloads.append(reactor.seconds())])
        hangup.startService()
        self.addCleanup(signal.signal, signal.SIGHUP, signal.getsignal(signal.SIGHUP))
        for _ in range(2000):
            signal.raise_signal(signal.SIGHUP)
            reactor.advance(0.001)
        reactor.advance(10)
        self.assertLessEqual(len(reloads), 6)
        self.assertGreaterEqual(reloads[-1], 2.0)  # the last signal has had its effect
        signal.raise_signal(signal.SIGHUP)
        reactor.advance(0)
        self.assertEqual(reloads[-1], reactor.seconds())
        hangup.stopService()
        self.assertEqual(reactor.getDelayedCalls(), [])


class FileLimitTests(SynchronousTestCase):
    def limits_set(self, soft: int, hard: int, refusal: Exception | None = None) -> list[Any]:
        # Any: arguments of setrlimit
        calls: list[Any] = []

        def setrlimit(*arguments: object) -> None:
            calls.append(arguments)
            if refusal is not None:
                raise refusal

        self.patch(resource, "getrlimit", lambda _: (soft, hard))
        self.patch(resource, "setrlimit", setrlimit)
        raise_file_limit()
        return calls

    def test_the_limit_is_raised_as_far_as_it_goes(self) -> None:
        self.assertEqual(self.limits_set(1024, 65536), [(resource.RLIMIT_NOFILE, (65536, 65536))])
        self.assertEqual(self.limits_set(65536, 65536), [])

    def test_a_refusal_is_no_matter(self) -> None:
        for refusal in (OSError(1, "not permitted"), ValueError("not allowed")):
            self.assertEqual(len(self.limits_set(1, 2, refusal)), 1)
