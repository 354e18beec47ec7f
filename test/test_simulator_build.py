from __future__ import annotations

from typing import Any

import attrs
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.simulator.build import SeededIdentities, sized, small
from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Cluster, Entity, Instance
from ganeti_rapi.simulator.units.capacity import headroom
from ganeti_rapi.simulator.units.lookup import nodes_of
from ganeti_rapi.simulator.units.policy import measures, violations

NOW = 1_700_000_000.0


def uuids(cluster: Cluster) -> list[str]:
    entities: list[Entity] = [
        cluster,
        *cluster.groups,
        *cluster.nodes,
        *cluster.instances,
        *cluster.networks,
    ]
    disks = [disk.uuid for instance in cluster.instances for disk in instance.disks]
    nics = [nic.uuid for instance in cluster.instances for nic in instance.nics]
    return [*(entity.uuid for entity in entities), *disks, *nics]


def macs(cluster: Cluster) -> list[str]:
    return [nic.mac for instance in cluster.instances for nic in instance.nics]


class Invariants:
    """What holds for every cluster; mixed into a case that has a ``cluster``."""

    cluster: Cluster

    # What trial's TestCase brings.
    assertEqual: Any
    assertGreaterEqual: Any
    assertIsNot: Any
    assertLessEqual: Any

    def test_no_node_is_over_committed(self) -> None:
        room = headroom(self.cluster)
        self.assertGreaterEqual(min(room.memory.values()), 0)
        self.assertGreaterEqual(min(room.storage.values()), 0)

    def test_every_instance_is_on_nodes_of_the_cluster(self) -> None:
        for instance in self.cluster.instances:
            self.assertLessEqual(set(nodes_of(instance)), set(self.cluster.nodes))
            self.assertIsNot(instance.primary, instance.secondary)
            self.assertEqual(instance.disk_template == "drbd", instance.secondary is not None)

    def test_mirrors_stay_in_their_group(self) -> None:
        for instance in self.cluster.instances:
            self.assertEqual(1, len({id(node.group) for node in nodes_of(instance)}))

    def test_identities_are_unique(self) -> None:
        for values in (uuids(self.cluster), macs(self.cluster)):
            self.assertEqual(len(values), len(set(values)))

    def test_addresses_and_names_are_unique(self) -> None:
        nodes = self.cluster.nodes
        ips = [ip for node in nodes for ip in (node.primary_ip, node.secondary_ip)]
        names = [item.name for item in (*nodes, *self.cluster.instances)]
        ports = [instance.network_port for instance in self.cluster.instances]
        for values in (ips, names, ports):
            self.assertEqual(len(values), len(set(values)))

    def test_instances_fit_the_policy(self) -> None:
        context = Context(self.cluster, {})
        for instance in self.cluster.instances:
            checked = list(measures(context, instance))
            self.assertEqual([], violations(context, instance.primary.group, checked))

    def test_storage_adds_up(self) -> None:
        for node in self.cluster.nodes:
            sizes = {unit.type: unit.size for unit in node.storage}
            self.assertEqual(node.disk_total, sizes["lvm-vg"] + sizes["file"])


class SmallTests(Invariants, SynchronousTestCase):
    def setUp(self) -> None:
        self.cluster = small(NOW, SeededIdentities(1))

    def _named(self, name: str) -> Instance:
        (found,) = [i for i in self.cluster.instances if i.name == f"{name}.example.com"]
        return found

    def test_has_something_of_everything(self) -> None:
        instances = self.cluster.instances
        self.assertEqual(["default", "racks-b"], [group.name for group in self.cluster.groups])
        self.assertEqual(5, len(self.cluster.nodes))
        self.assertEqual("node1.example.com", self.cluster.master.name)
        self.assertEqual(
            set(self.cluster.info["enabled_disk_templates"]), {i.disk_template for i in instances}
        )
        self.assertEqual({"up", "down", "offline"}, {i.admin_state for i in instances})
        self.assertEqual("up", self._named("test2").admin_state)
        self.assertFalse(self._named("test2").running)

    def test_network_is_connected(self) -> None:
        (network,) = self.cluster.networks
        self.assertIn(network.uuid, self.cluster.groups[0].networks)
        self.assertEqual(network.uuid, self._named("web1").nics[0].network)

    def test_settings_are_its_own(self) -> None:
        self.cluster.info["hvparams"]["kvm"]["acpi"] = False
        self.assertTrue(small(NOW, SeededIdentities(1)).info["hvparams"]["kvm"]["acpi"])


class SizedTests(Invariants, SynchronousTestCase):
    def setUp(self) -> None:
        self.cluster = sized(nodes=120, instances=600, seed=3, now=NOW)

    def test_has_the_size(self) -> None:
        self.assertEqual(120, len(self.cluster.nodes))
        self.assertEqual(600, len(self.cluster.instances))
        self.assertEqual(3, len(self.cluster.groups))


class CrowdedTests(Invariants, SynchronousTestCase):
    def setUp(self) -> None:
        self.cluster = sized(nodes=2, instances=500, seed=3, now=NOW)


class LonelyNodeTests(Invariants, SynchronousTestCase):
    def setUp(self) -> None:
        self.cluster = sized(nodes=1, instances=20, seed=3, now=NOW)


class DeterminismTests(SynchronousTestCase):
    def test_same_seed_same_cluster(self) -> None:
        one, other = (sized(10, 50, seed=5, now=NOW) for _ in range(2))
        self.assertEqual(attrs.asdict(one), attrs.asdict(other))
        self.assertEqual(
            attrs.asdict(small(NOW, SeededIdentities(5))),
            attrs.asdict(small(NOW, SeededIdentities(5))),
        )

    def test_other_seed_other_cluster(self) -> None:
        one, other = (sized(10, 50, seed=seed, now=NOW) for seed in (5, 6))
        self.assertFalse(set(uuids(one)) & set(uuids(other)))

    def test_new_objects_do_not_repeat_those_of_the_cluster(self) -> None:
        cluster, identities = sized(3, 10, seed=5, now=NOW), SeededIdentities(5)
        self.assertNotIn(identities.uuid(), uuids(cluster))
        self.assertNotIn(identities.mac("aa:00:00"), macs(cluster))

    def test_mac_is_new_and_begins_with_the_prefix(self) -> None:
        identities = SeededIdentities(5)
        made = [identities.mac("AA:01:02") for _ in range(200)]
        self.assertEqual(200, len(set(made)))
        self.assertTrue(all(mac.startswith("aa:01:02:") and len(mac) == 17 for mac in made))
