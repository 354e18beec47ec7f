"""A standby on both nodes: clients find somebody on either, through a failover and a reboot."""

from __future__ import annotations

from .cases import ClusterCase
from .commands import wait_until
from .machines import reboot
from .nodes import Node
from .states import installed, remove

FAILOVER_PATIENCE = 5.0
"""Seconds after a failover until the right node must serve, and the other refuse."""


class StandbyTests(ClusterCase):
    state = staticmethod(installed)

    def setUp(self) -> None:
        super().setUp()
        for node in self.cluster.nodes:
            node.run("systemctl enable --now ganeti-rapi-standby")

    def assert_stands_by(self, node: Node, master: Node) -> None:
        """Requests are refused, and the master named; the version is told as always."""
        reply = node.request("/2/info")
        self.assertEqual(reply.status, 503, reply)
        self.assertGreater(int(reply.headers["retry-after"]), 0)
        self.assertIn(f"{master.name}.example.com", reply.json()["message"])
        self.assertEqual(node.request("/version").status, 200)

    def fail_over(self, old: Node, new: Node) -> None:
        """Both answer as they should soon after Ganeti is done."""
        new.run("gnt-cluster master-failover")
        for node, status in ((new, 200), (old, 503)):
            self.wait_for_status(node, status)
        self.assert_stands_by(old, new)
        new.wait_for_master_role()
        self.assert_ours(new)

    def wait_for_status(self, node: Node, status: int) -> None:
        """Wait as long as a failover may take."""
        wait_until(
            f"{node.name} answers with {status}",
            lambda: node.request("/2/info").status == status,
            FAILOVER_PATIENCE,
        )

    def test_the_master_serves_and_the_other_names_it(self) -> None:
        self.assert_ours(self.node1)
        self.assert_stands_by(self.node2, self.node1)

    def test_a_failover_changes_the_roles(self) -> None:
        self.fail_over(self.node1, self.node2)
        self.fail_over(self.node2, self.node1)

    def test_is_not_in_the_way_of_ganeti(self) -> None:
        self.node1.daemon_util("stop-master")
        wait_until("the standby has the port", lambda: self.node1.server() != "", 5)
        self.node1.daemon_util("start-master")
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)

    def test_is_there_after_a_reboot(self) -> None:
        reboot(self.cluster.nodes)
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)
        self.assert_stands_by(self.node2, self.node1)

    def test_its_log_is_rotated(self) -> None:
        self.node2.run("logrotate -f /etc/logrotate.d/ganeti")
        process = self.standby(self.node2)
        files = f"readlink /proc/{process}/fd/*"
        followed = lambda: ".log.1" not in self.node2.run(files).output  # noqa: E731
        wait_until("it writes the new log", followed, 5)
        self.assertIn("rapi-daemon.log\n", self.node2.run(files).output)

    def test_an_upgrade_restarts_it(self) -> None:
        before = self.standby(self.node2)
        self.node2.run("apt install --reinstall ./ganeti-rapi-twisted_*.deb")
        self.assertNotIn(self.standby(self.node2), ("0", before))
        self.assert_stands_by(self.node2, self.node1)

    def test_it_goes_with_the_package(self) -> None:
        for node in self.cluster.nodes:
            remove(node)
            self.assertEqual(self.standby(node), "0")
        self.assertEqual(self.node2.server(), "")
        self.assert_stock(self.node1)

    def standby(self, node: Node) -> str:
        """The standby's process; 0 for none."""
        return node.run("systemctl show -P MainPID ganeti-rapi-standby").output.strip()

    def test_the_watcher_is_content(self) -> None:
        before = self.node1.pid("ganeti-rapi")
        for _ in range(2):
            self.node1.run("ganeti-watcher")
        self.assertNotIn("ERROR", self.node1.log("watcher.log"))
        self.assertEqual(self.node1.pid("ganeti-rapi"), before)
