"""The master role: stopped, started, and given to another node."""

from __future__ import annotations

from .case import PackagedCase
from .nodes import Node


class MasterRoleTests(PackagedCase):
    def test_stops_and_starts(self) -> None:
        self.node1.daemon_util("stop-master")
        self.assertEqual(self.node1.server(), "")
        self.assertEqual(self.node1.running(), [])
        self.node1.daemon_util("start-master")
        self.assertIsNotNone(self.node1.pid("ganeti-luxid"))
        self.assert_ours(self.node1)

    def test_fails_over_and_back(self) -> None:
        for old, new in ((self.node1, self.node2), (self.node2, self.node1)):
            new.run("gnt-cluster", "master-failover")
            self.assert_has_role(new)
            self.assertIsNone(old.pid("ganeti-luxid"))
            self.assertEqual(old.server(), "")
            self.assertEqual(old.running(), [])

    def assert_has_role(self, node: Node) -> None:
        self.assertIsNotNone(node.pid("ganeti-luxid"))
        self.assert_ours(node)
        self.assertEqual(node.get("/2/info").json()["master"], node.name)
