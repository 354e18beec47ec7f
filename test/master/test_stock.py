"""What Ganeti's own daemon does on these machines: that the machines are right."""

from __future__ import annotations

from .cases import ClusterCase
from .machines import reboot
from .nodes import Node


class StockTests(ClusterCase):
    def assert_serves(self, node: Node) -> None:
        self.assertIsNotNone(node.pid("ganeti-luxid"))
        self.assertRegex(node.server(), "^Ganeti ")

    def test_starts_and_stops_as_master(self) -> None:
        self.node1.daemon_util("stop-master")
        self.assertEqual(self.node1.server(), "")
        self.node1.daemon_util("start-master")
        self.assert_serves(self.node1)
        # Beside running daemons it fails; start-stop-daemon trusts no pid file but root's.
        done = self.node1.run("/usr/lib/ganeti/daemon-util start-master", check=False)
        self.assertEqual(done.code, 2, done)

    def test_is_not_started_again_after_it_was_killed(self) -> None:
        self.node1.run(f"kill -KILL {self.node1.pid('ganeti-rapi')}")
        done = self.node1.run("/usr/lib/ganeti/daemon-util start ganeti-rapi", check=False)
        self.assertEqual(done.code, 2, done)

    def test_fails_over(self) -> None:
        self.node2.run("gnt-cluster master-failover")
        self.assert_serves(self.node2)
        self.assertEqual(self.node1.server(), "")

    def test_is_there_after_a_reboot(self) -> None:
        reboot(self.cluster.nodes)
        self.node1.wait_for_master_role()
        self.assert_serves(self.node1)
        self.assertEqual(self.node2.server(), "")
