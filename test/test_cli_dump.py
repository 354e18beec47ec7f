"""`rapi dump`: what it prints is the same cluster again."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.simulator.build import SeededIdentities
from ganeti_rapi.simulator.clusterfile.building import build
from ganeti_rapi.simulator.clusterfile.text import parse
from ganeti_rapi.simulator.queries.answers import query
from ganeti_rapi.simulator.state import Cluster

from .cli_double import CommandCase

INSTANCE = (
    "name uuid os hypervisor disk_template pnode snodes status beparams hvparams disk.sizes"
    " disk.uuids nic.ips nic.macs nic.networks.names custom_nicparams tags network_port"
)
NODE = "name uuid group pip sip mtotal mnode dtotal role tags"


class DumpTests(CommandCase):
    def dumped(self, line: str) -> Cluster:
        document = parse(self.type(line).stdout, "dump")
        return build(document, 0.0, SeededIdentities())[0]

    def rows(self, cluster: Cluster, kind: str, fields: str) -> Any:  # Any: JSON
        return query(cluster, {}, kind, fields.split(), None)["data"]

    def test_it_is_the_same_cluster(self) -> None:
        original, copy = self.line.simulation.api.daemon.cluster, self.dumped("dump")
        for kind, fields in (
            ("instance", INSTANCE),
            ("node", NODE),
            ("group", "name uuid alloc_policy ipolicy ndparams diskparams"),
            ("network", "name uuid network gateway group_list"),
        ):
            ours, theirs = self.rows(copy, kind, fields), self.rows(original, kind, fields)
            self.assertEqual(ours, theirs)
        self.assertEqual(copy.oses, original.oses)
        self.assertEqual(copy.info["ipolicy"], original.info["ipolicy"])

    def test_anonymous(self) -> None:
        text = self.type("dump --anonymous").stdout
        for secret in ("web1", "db1", "internal", "racks", "debootstrap", "production", "aa:00"):
            self.assertNotIn(secret, text)
        copy, original = self.dumped("dump --anonymous"), self.line.simulation.api.daemon.cluster
        sizes = [sum(len(i.disks) for i in c.instances) for c in (copy, original)]
        self.assertEqual(*sizes)
        self.assertEqual(
            sorted(row[0][1] for row in self.rows(copy, "instance", "status")),
            sorted(row[0][1] for row in self.rows(original, "instance", "status")),
        )

    def test_states_of_nodes(self) -> None:
        cluster = self.line.simulation.api.daemon.cluster
        states = ("offline", "drained", "powered")
        for node, (flag, value) in zip(
            cluster.nodes[1:], zip(states, (True, True, False), strict=True), strict=False
        ):
            setattr(node, flag, value)
            node.master_candidate = flag == "powered"
        copy = self.dumped("dump")
        for flag in states:
            self.assertEqual(
                *([getattr(node, flag) for node in each.nodes] for each in (copy, cluster))
            )
