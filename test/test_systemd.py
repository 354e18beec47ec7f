from __future__ import annotations

import os
import shutil
import socket
import tempfile

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.systemd import Notifier, passed_sockets


class NotifierTests(SynchronousTestCase):
    def setUp(self) -> None:
        directory = tempfile.mkdtemp()  # a socket's path must be short
        self.addCleanup(shutil.rmtree, directory)
        self.systemd = self.listen(f"{directory}/notify")
        self.environment = {"NOTIFY_SOCKET": f"{directory}/notify"}
        self.reactor = MemoryReactorClock()

    def listen(self, address: str) -> socket.socket:
        systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(systemd.close)
        systemd.bind(address)
        systemd.setblocking(False)
        return systemd

    def heard(self) -> list[str]:
        messages: list[str] = []
        while True:
            try:
                messages.append(self.systemd.recv(1000).decode())
            except BlockingIOError:
                return messages

    def started(self, **environment: str) -> Notifier:
        notifier = Notifier(self.reactor, {**self.environment, **environment})
        notifier.startService()
        return notifier

    def test_ready_once_the_reactor_runs(self) -> None:
        self.started()
        self.assertEqual(self.heard(), [])
        for function, arguments, keywords in self.reactor.whenRunningHooks:
            function(*arguments, **keywords)
        self.assertEqual(self.heard(), ["READY=1\nSTATUS=serving"])

    def test_a_reload_begins_and_ends(self) -> None:
        notifier = self.started()
        notifier.reloading()
        notifier.ready()
        began, ended = self.heard()
        self.assertRegex(began, r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(ended, "READY=1\nSTATUS=serving")

    def test_the_watchdog_hears_of_a_reactor_that_turns(self) -> None:
        notifier = self.started(WATCHDOG_USEC="10000000", WATCHDOG_PID=str(os.getpid()))
        self.reactor.advance(5)
        self.reactor.advance(5)
        self.assertEqual(self.heard(), ["WATCHDOG=1"] * 2)
        notifier.stopping()
        notifier.stopService()
        self.assertEqual(self.heard(), ["STOPPING=1"])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_no_watchdog_where_systemd_wants_none(self) -> None:
        for environment in (
            {},
            {"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"},
            {"WATCHDOG_USEC": "soon"},
        ):
            self.started(**environment)
            self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_status_is_shown_and_kept(self) -> None:
        notifier = self.started()
        notifier.tell("waiting")
        notifier.ready()
        self.assertEqual(self.heard(), ["STATUS=waiting", "READY=1\nSTATUS=waiting"])

    def test_an_abstract_socket(self) -> None:
        name = f"ganeti-rapi-test-{os.getpid()}"
        self.systemd = self.listen(f"\0{name}")
        self.started(NOTIFY_SOCKET=f"@{name}").tell("here")
        self.assertEqual(self.heard(), ["STATUS=here"])

    def test_without_systemd_and_without_its_socket_nothing_happens(self) -> None:
        for address in ("", "/nowhere/notify"):
            notifier = self.started(NOTIFY_SOCKET=address)
            notifier.ready()
            notifier.stopService()
        self.assertEqual(self.heard(), [])


class PassedSocketsTests(SynchronousTestCase):
    def test_none_for_this_process(self) -> None:
        for environment in (
            {},
            {"LISTEN_FDS": "1"},
            {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
            {"LISTEN_FDS": "0", "LISTEN_PID": str(os.getpid())},
        ):
            self.assertEqual(passed_sockets(environment), [])
