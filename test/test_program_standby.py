from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import chain, count, repeat
from pathlib import Path

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import NotMaster
from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program import standby
from ganeti_rapi.program.pidfile import PidFile
from ganeti_rapi.program.standby import (
    INTERVAL,
    YIELD,
    Role,
    Standby,
    pid_file,
    port_file,
    take_over,
)

from .harness import captured_log
from .virtual_node import VirtualNode


class Reactor(MemoryReactorClock):
    """Calls at once what another thread wants to be called."""

    def callFromThread(self, function: Callable[[], None]) -> None:
        function()


class Listens:
    """Notes what is asked of it; ``problem`` is why it cannot listen."""

    def __init__(self) -> None:
        self.listening = False
        self.problem: str | None = None

    def open(self) -> None:
        if self.problem:
            raise CannotStart(self.problem)
        self.listening = True

    def close(self) -> None:
        self.listening = False


class StandbyCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.virtual = VirtualNode(Path(self.mktemp()), "node2")
        self.run_directory = self.virtual.paths.run
        self.reactor = Reactor()
        self.listens = Listens()
        self.told: list[str] = []
        self.role = Role(self.virtual.node)
        self.standby = Standby(
            self.reactor, self.run_directory, self.role, self.listens, self.told.append
        )
        self.addCleanup(signal.signal, YIELD, signal.getsignal(YIELD))

    def start(self) -> None:
        self.standby.privilegedStartService()
        self.standby.startService()
        self.addCleanup(self.stop)

    def stop(self) -> None:
        if self.standby.running:
            self.successResultOf(self.standby.stopService())

    def daemon(self) -> PidFile:
        """The pid file of a daemon that Ganeti started, held."""
        file = PidFile(pid_file(self.run_directory))
        file.take()
        self.addCleanup(file.drop)
        return file


class RoleTests(StandbyCase):
    def test_a_node_that_is_not_the_master_names_it(self) -> None:
        error = self.assertRaises(NotMaster, self.role.check)
        self.assertEqual(error.code, 503)
        self.assertEqual(error.message, "This node is not the master of the cluster; node1 is")
        self.assertEqual(error.headers, {"Retry-After": "5"})

    def test_the_master_serves(self) -> None:
        self.virtual.set_master("node2")
        self.role.look()
        self.role.check()

    def test_what_cannot_be_read_changes_nothing(self) -> None:
        self.virtual.ssconf("master_node", "")
        self.role.look()
        self.assertEqual(self.role.master, "node1")

    def test_the_system_is_asked_for_the_name_once(self) -> None:
        """It may ask a name server, and so take seconds."""
        asked: list[None] = []
        self.patch(type(self.virtual.node), "name", property(lambda _: asked.append(None)))
        role = Role(self.virtual.node)
        for _ in range(3):
            self.assertFalse(role.is_master)
        self.assertEqual(len(asked), 1)


class StandbyTests(StandbyCase):
    def test_it_has_the_port_where_there_is_no_daemon(self) -> None:
        self.start()
        self.assertTrue(self.listens.listening)
        self.assertEqual(self.virtual.running(), ["ganeti-rapi-standby.port"])
        self.assertEqual(self.told, ["answering that node1 is the master"])

    def test_it_serves_when_the_node_becomes_the_master(self) -> None:
        self.start()
        self.virtual.set_master("node2")
        self.reactor.advance(INTERVAL)
        self.role.check()
        self.assertEqual(self.told[1:], ["serving, as this node is the master"])

    def test_it_waits_beside_a_daemon_and_succeeds_it(self) -> None:
        daemon = self.daemon()
        self.start()
        self.assertFalse(self.listens.listening)
        self.reactor.advance(INTERVAL)
        self.assertFalse(self.listens.listening)
        daemon.drop()
        self.reactor.advance(INTERVAL)
        self.assertTrue(self.listens.listening)
        waiting = "waiting while the daemon that Ganeti started has the port"
        self.assertEqual(self.told, [waiting, "answering that node1 is the master"])

    def test_it_gives_way_to_a_daemon_that_asks(self) -> None:
        self.start()
        daemon = self.daemon()
        take_over(self.run_directory)
        self.assertFalse(self.listens.listening)
        self.assertEqual(self.virtual.running(), ["ganeti-rapi.pid"])
        self.reactor.advance(INTERVAL)
        self.assertFalse(self.listens.listening)
        daemon.drop()
        self.reactor.advance(INTERVAL)
        self.assertTrue(self.listens.listening)

    def test_the_pid_file_of_a_daemon_that_was_killed_goes(self) -> None:
        """Beside it start-stop-daemon would start none, and so no luxid either."""
        Path(pid_file(self.run_directory)).write_text("99999999\n")
        self.start()
        self.assertTrue(self.listens.listening)
        self.assertEqual(self.virtual.running(), ["ganeti-rapi-standby.port"])

    def test_a_daemon_that_asked_and_failed_leaves_the_port_to_it(self) -> None:
        self.start()
        os.kill(os.getpid(), YIELD)
        self.assertFalse(self.listens.listening)
        self.reactor.advance(INTERVAL)
        self.assertTrue(self.listens.listening)

    def test_a_port_that_is_taken_ends_it_at_the_start(self) -> None:
        self.listens.problem = "Can't listen"
        self.assertRaises(CannotStart, self.standby.privilegedStartService)
        self.assertEqual(self.virtual.running(), [])

    def test_a_port_that_is_taken_later_is_said_and_tried_again(self) -> None:
        events = captured_log(self)
        daemon = self.daemon()
        self.start()
        daemon.drop()
        self.listens.problem = "Can't listen."
        self.reactor.advance(INTERVAL)
        self.assertIn("Can't listen.", [event.get("error") for event in events])
        self.listens.problem = None
        self.reactor.advance(INTERVAL)
        self.assertTrue(self.listens.listening)

    def test_nothing_is_left_at_the_end(self) -> None:
        self.start()
        self.stop()
        self.assertFalse(self.listens.listening)
        self.assertEqual(self.virtual.running(), [])
        self.assertEqual(self.reactor.getDelayedCalls(), [])
        self.assertEqual(signal.getsignal(YIELD), signal.SIG_IGN)


HOLD = """
import signal, sys
from ganeti_rapi.program.pidfile import PidFile
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
PidFile(sys.argv[1]).take()
print(flush=True)
sys.stdin.read()
"""


class TakeOverTests(StandbyCase):
    def test_where_nobody_stands_by(self) -> None:
        take_over(self.run_directory)

    def test_a_standby_that_does_not_listen_to_reason_is_killed(self) -> None:
        """luxid is started after the daemon, and must not wait for ever."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", HOLD, port_file(self.run_directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            late = chain([0.0], repeat(standby.PATIENCE + 0.1))
            self.patch(standby.time, "monotonic", lambda: next(late))
            take_over(self.run_directory)
            self.assertEqual(process.wait(), -signal.SIGKILL)

    def test_one_of_another_user(self) -> None:
        def kill(_process: int, _number: int) -> None:
            raise PermissionError

        self.start()
        self.patch(os, "kill", kill)
        error = self.assertRaises(CannotStart, take_over, self.run_directory)
        self.assertIn("is another user's; stop it first", error.text)

    def test_one_that_cannot_be_killed_is_not_waited_for_for_ever(self) -> None:
        self.start()
        seconds = count()
        self.patch(os, "kill", lambda *_: None)
        self.patch(standby.time, "sleep", lambda _seconds: None)
        self.patch(standby.time, "monotonic", lambda: float(next(seconds)))
        error = self.assertRaises(CannotStart, take_over, self.run_directory)
        self.assertIn("does not let go", error.text)
