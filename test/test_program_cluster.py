from __future__ import annotations

import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program.cluster import Node, Paths

from .virtual_node import VirtualNode


class PathsTests(SynchronousTestCase):
    def test_they_are_ganetis(self) -> None:
        paths = Paths.of({})
        self.assertEqual(
            (paths.certificate, paths.users, paths.luxi_socket, paths.run, paths.log),
            (
                "/var/lib/ganeti/rapi.pem",
                "/var/lib/ganeti/rapi/users",
                "/var/run/ganeti/socket/ganeti-query",
                "/var/run/ganeti",
                "/var/log/ganeti",
            ),
        )

    def test_a_virtual_cluster_has_its_own(self) -> None:
        paths = Paths.of({"GANETI_ROOTDIR": "/srv//lab/node1/"})
        self.assertEqual(paths.certificate, "/srv/lab/node1/var/lib/ganeti/rapi.pem")

    def test_a_relative_root_is_refused(self) -> None:
        error = self.assertRaises(CannotStart, Paths.of, {"GANETI_ROOTDIR": "lab"})
        self.assertEqual(error.text, "GANETI_ROOTDIR must be an absolute path, not lab")


class NodeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.virtual = VirtualNode(Path(self.mktemp()))
        self.node = self.virtual.node

    def test_its_name_is_the_environments_or_the_systems(self) -> None:
        self.assertEqual(Node.of(self.virtual.environment).name, "node1")
        self.patch(socket, "getfqdn", lambda: "Node3.Example.com.")
        self.assertEqual(Node.of({}).name, "node3.example.com")

    def test_a_virtual_node_has_both_a_name_and_a_root(self) -> None:
        for name in self.virtual.environment:
            half = {name: self.virtual.environment[name]}
            error = self.assertRaises(CannotStart, Node.of, half)
            self.assertEqual(error.status, 1)
            self.assertIn("go together; set both or none", error.text)

    def test_the_master(self) -> None:
        self.virtual.set_master("node2")
        self.assertEqual(self.node.master(), "node2")

    def assert_no_master(self, status: int, words: str) -> None:
        error = self.assertRaises(CannotStart, self.node.master)
        self.assertEqual(error.status, status)
        self.assertIn(words, error.text)

    def test_no_cluster(self) -> None:
        (Path(self.node.paths.data) / "ssconf_master_node").unlink()
        self.assert_no_master(5, "This node is in no cluster: ")

    def test_a_cluster_that_cannot_be_understood(self) -> None:
        self.virtual.ssconf("master_node", "\n")
        self.assert_no_master(12, "is empty; gnt-cluster redist-conf")
        path = Path(self.node.paths.data) / "ssconf_master_node"
        path.write_bytes(b"\xff")
        self.assert_no_master(12, "Can't read ")
        path.unlink()
        path.mkdir()
        self.assert_no_master(12, "Is a directory")

    def test_where_it_listens_follows_the_clusters_ip_family(self) -> None:
        self.assertEqual(self.node.wildcard, "0.0.0.0")
        for family, wildcard in (("2", "0.0.0.0"), ("10", "::"), ("", "0.0.0.0")):
            self.virtual.ssconf("primary_ip_family", f"{family}\n")
            self.assertEqual(self.node.wildcard, wildcard)
