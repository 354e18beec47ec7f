"""Standbys that an administrator started, and Ganeti beside them."""

from __future__ import annotations

import os
import signal
import subprocess

from .case import PackagedCase
from .nodes import Node, wait_until

SUCCESSION = 5.0
"""Seconds until a standby must have the port of a daemon that ended."""

STANDBY, PORT = "ganeti-rapi-standby.pid", "ganeti-rapi-standby.port"


class StandbyCase(PackagedCase):
    def holder_of_port(self, node: Node) -> int:
        """The standby that listens on the node; 0 if none does."""
        file = node.file(f"/var/run/ganeti/{PORT}")
        return int(file.read_text() or 0) if file.exists() else 0

    def assert_succeeds(self, standby: subprocess.Popen[bytes]) -> None:
        """The standby has the port, and answers."""
        wait_until(
            "the standby has the port",
            lambda: self.holder_of_port(self.node1) == standby.pid,
            SUCCESSION,
        )
        self.assertEqual(self.node1.get("/version").status, 200)

    def stop_role(self, standby: subprocess.Popen[bytes]) -> None:
        """Take the master role from node1, which leaves the port to the standby."""
        self.node1.daemon_util("stop-master")
        self.assert_succeeds(standby)


class NotMasterTests(StandbyCase):
    def test_names_the_master(self) -> None:
        self.start_standby(self.node2)
        reply = self.node2.get("/2/info")
        self.assertEqual((reply.status, reply.headers["Retry-After"]), (503, "5"))
        self.assertIn("node1 is", reply.json()["message"])
        self.assertEqual(self.node2.get("/version").status, 200)
        self.assertEqual(self.node2.running(), [STANDBY, PORT])
        self.assertIsNone(self.node2.pid())

    def test_a_second_one_has_nothing_to_do(self) -> None:
        first = self.start_standby(self.node2)
        for where in ((), ("-f",)):
            done = self.node2.type("--standby", "-b", self.node2.address, *where)
            self.assert_one_sentence(done, 11, f"Already running: process {first.pid}")
        self.assertEqual(self.holder_of_port(self.node2), first.pid)

    def test_leaves_nothing_at_its_end(self) -> None:
        standby = self.start_standby(self.node2)
        standby.terminate()
        self.assertEqual(standby.wait(10), 0)
        self.assertEqual(self.node2.running(), [])

    def test_may_be_what_daemon_util_starts(self) -> None:
        self.addCleanup(self.node2.set_options(f"-b {self.node2.address} --standby"))
        self.node2.daemon_util("start", "ganeti-rapi")
        standby = self.holder_of_port(self.node2)
        self.addCleanup(os.kill, standby, signal.SIGTERM)
        self.assertEqual(self.node2.get("/2/info").status, 503)
        self.assertEqual(self.node2.running(), [STANDBY, PORT])


class MasterTests(StandbyCase):
    def test_gives_way_to_what_ganeti_starts_and_succeeds_it(self) -> None:
        standby = self.start_standby(self.node1)
        self.assertEqual(self.holder_of_port(self.node1), 0)
        self.stop_role(standby)
        self.assertEqual(self.node1.get("/2/info").status, 502)
        self.node1.daemon_util("start-master")
        self.assert_daemon_serves(standby)

    def test_fails_over_and_back(self) -> None:
        standbys = {node: self.start_standby(node) for node in (self.node1, self.node2)}
        for old, new in ((self.node1, self.node2), (self.node2, self.node1)):
            new.run("gnt-cluster", "master-failover")
            self.assert_ours(new)
            self.assertIsNotNone(new.pid("ganeti-luxid"))
            self.assertEqual(self.holder_of_port(new), 0)
            self.assert_names(old, new)
            self.assertEqual(self.holder_of_port(old), standbys[old].pid)

    def test_succeeds_a_daemon_that_was_killed(self) -> None:
        standby = self.start_standby(self.node1)
        process = self.node1.pid()
        assert process is not None
        os.kill(process, signal.SIGKILL)
        self.assert_succeeds(standby)
        self.assertTrue(self.node1.serves())
        self.node1.daemon_util("start", "ganeti-rapi")
        self.assert_daemon_serves(standby)

    def test_one_that_hangs_is_killed(self) -> None:
        standby = self.start_standby(self.node1)
        self.stop_role(standby)
        standby.send_signal(signal.SIGSTOP)
        self.node1.daemon_util("start-master")
        self.assertEqual(standby.wait(1), -signal.SIGKILL)
        self.assertIsNotNone(self.node1.pid("ganeti-luxid"))
        self.assert_ours(self.node1)

    def assert_names(self, old: Node, new: Node) -> None:
        """The old master says who the new one is."""
        wait_until("it says no", lambda: old.get("/2/info").status == 503, SUCCESSION)
        self.assertIn(f"{new.name} is", old.get("/2/info").json()["message"])

    def assert_daemon_serves(self, standby: subprocess.Popen[bytes]) -> None:
        """The one that Ganeti started, while the standby lives on and waits."""
        self.assertIsNotNone(self.node1.pid("ganeti-luxid"))
        self.assertEqual(self.holder_of_port(self.node1), 0)
        self.assert_ours(self.node1)
        self.assertIsNone(standby.poll())
