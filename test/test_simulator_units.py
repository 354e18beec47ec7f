from __future__ import annotations

from typing import Any

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.units import UNITS

from .simulation import BUILD1, WEB1, Case

ALL = """
    OP_BACKUP_EXPORT OP_BACKUP_PREPARE OP_BACKUP_REMOVE
    OP_CLUSTER_ACTIVATE_MASTER_IP OP_CLUSTER_DEACTIVATE_MASTER_IP OP_CLUSTER_REDIST_CONF
    OP_CLUSTER_RENAME OP_CLUSTER_RENEW_CRYPTO OP_CLUSTER_REPAIR_DISK_SIZES OP_CLUSTER_SET_PARAMS
    OP_CLUSTER_VERIFY OP_CLUSTER_VERIFY_CONFIG OP_CLUSTER_VERIFY_DISKS OP_CLUSTER_VERIFY_GROUP
    OP_EXT_STORAGE_DIAGNOSE
    OP_GROUP_ADD OP_GROUP_ASSIGN_NODES OP_GROUP_EVACUATE OP_GROUP_REMOVE OP_GROUP_RENAME
    OP_GROUP_SET_PARAMS OP_GROUP_VERIFY_DISKS
    OP_INSTANCE_ACTIVATE_DISKS OP_INSTANCE_CHANGE_GROUP OP_INSTANCE_CREATE
    OP_INSTANCE_DEACTIVATE_DISKS OP_INSTANCE_FAILOVER OP_INSTANCE_GROW_DISK OP_INSTANCE_MIGRATE
    OP_INSTANCE_MOVE OP_INSTANCE_MULTI_ALLOC
    OP_INSTANCE_QUERY_DATA
    OP_INSTANCE_REBOOT OP_INSTANCE_RECREATE_DISKS OP_INSTANCE_REINSTALL OP_INSTANCE_REMOVE
    OP_INSTANCE_RENAME OP_INSTANCE_REPLACE_DISKS OP_INSTANCE_SET_PARAMS OP_INSTANCE_SHUTDOWN
    OP_INSTANCE_STARTUP
    OP_NETWORK_ADD OP_NETWORK_CONNECT OP_NETWORK_DISCONNECT OP_NETWORK_REMOVE OP_NETWORK_RENAME
    OP_NETWORK_SET_PARAMS
    OP_NODE_EVACUATE OP_NODE_MIGRATE OP_NODE_MODIFY_STORAGE OP_NODE_POWERCYCLE
    OP_NODE_QUERY_STORAGE OP_NODE_QUERYVOLS OP_NODE_REMOVE OP_NODE_SET_PARAMS OP_OOB_COMMAND
    OP_OS_DIAGNOSE OP_REPAIR_NODE_STORAGE OP_RESTRICTED_COMMAND OP_TAGS_DEL OP_TAGS_SEARCH
    OP_TAGS_SET OP_TEST_ALLOCATOR OP_TEST_DELAY
"""


class TableTests(Case):
    def test_units_are_all_that_rapi_submits(self) -> None:
        self.assertEqual(set(ALL.split()), set(UNITS))
        self.assertEqual(set(OPCODES), set(UNITS))

    def test_unknown_objects_are_unknown_entities(self) -> None:
        by_parameter = {
            "instance_name": "Instance 'nosuch' not known",
            "node_name": "Node 'nosuch' not known",
            "group_name": "Node group 'nosuch' not found",
            "network_name": "Network 'nosuch' not found",
        }
        exempt = {"OP_INSTANCE_CREATE", "OP_BACKUP_REMOVE", "OP_GROUP_ADD", "OP_NETWORK_ADD"}
        for name in sorted(set(UNITS) - exempt):
            required = [p for p in OPCODES[name].params if p.required]
            values = {p.name: _sample(p.name) for p in required}
            if name == "OP_INSTANCE_SET_PARAMS":
                values["offline"] = True
            subjects = [p for p in by_parameter if p in values]
            if not subjects:
                continue
            expected = [by_parameter[subject] for subject in subjects]
            error = self.assertRaises(JobDaemonError, self.sim.run, name, **values)
            self.assertIn(error.text, expected, name)
            self.assertEqual("unknown_entity", error.classification, name)

    def test_locks_name_what_exists(self) -> None:
        web1, node1 = self.sim.instance(WEB1), self.sim.node(1)
        locks = self._locks("OP_INSTANCE_STARTUP", instance_name="web1")
        self.assertEqual(
            {
                "cluster/BGL": False,
                f"instance/{WEB1}": True,
                f"node/{web1.primary.uuid}": False,
                f"node/{self.sim.node(2).uuid}": False,
            },
            locks,
        )
        locks = self._locks("OP_NODE_SET_PARAMS", node_name="node1")
        self.assertEqual({"cluster/BGL": False, f"node/{node1.uuid}": True}, locks)

    def test_queries_take_no_locks(self) -> None:
        self.assertEqual({}, self._locks("OP_OS_DIAGNOSE", output_fields=["name"]))
        self.assertEqual({}, self._locks("OP_INSTANCE_QUERY_DATA"))

    def test_cluster_changes_take_the_big_lock(self) -> None:
        self.assertEqual({"cluster/BGL": True}, self._locks("OP_CLUSTER_SET_PARAMS"))

    def test_allocations_take_turns(self) -> None:
        values = {"instance_name": "new1", "mode": "create", "disks": [], "nics": []}
        self.assertTrue(self._locks("OP_INSTANCE_CREATE", **values)["cluster/NAL"])
        self.assertNotIn("cluster/NAL", self._locks("OP_INSTANCE_CREATE", pnode="node1", **values))

    def _locks(self, name: str, **values: Any) -> dict[str, bool]:
        op = OPCODES[name].with_defaults({"OP_ID": name, **values})
        return dict(UNITS[name].locks(self.sim.cluster, dict(op)))


def _sample(parameter: str) -> Any:
    """A value for a required parameter, of its type."""
    samples: dict[str, Any] = {
        "amount": 1,
        "changes": {},
        "disk": 0,
        "mode": "local",
        "network_mode": "bridged",
        "nodes": [],
        "reboot_type": "hard",
        "storage_type": "lvm-vg",
        "target_node": "node1",
    }
    return samples.get(parameter, "nosuch")


class TagTests(Case):
    def _set(self, *tags: str, kind: str = "instance", name: str | None = BUILD1) -> Any:
        return self.sim.run("OP_TAGS_SET", kind=kind, name=name, tags=list(tags))

    def test_set_and_delete(self) -> None:
        self.assertIsNone(self._set("a", "b:c", "a"))
        self._set("a", "d")
        self.assertEqual(["a", "b:c", "d"], self.sim.instance(BUILD1).tags)
        self.sim.run("OP_TAGS_DEL", kind="instance", name="build1", tags=["a"])
        self.assertEqual(["b:c", "d"], self.sim.instance(BUILD1).tags)

    def test_every_kind(self) -> None:
        cluster = self.sim.cluster
        for kind, entity in {
            "cluster": cluster,
            "node": cluster.nodes[0],
            "nodegroup": cluster.groups[0],
            "network": cluster.networks[0],
        }.items():
            self._set("new", kind=kind, name=entity.name)
            self.assertIn("new", entity.tags)

    def test_bad_tags(self) -> None:
        for tag, text in {
            "": "Tags cannot be empty",
            "a b": "invalid characters",
            "a" * 129: "Tag too long",
        }.items():
            error = self.assertRaises(JobDaemonError, self._set, tag)
            self.assertIn(text, error.text)
            self.assertEqual(("TagError", None), (error.class_name, error.classification))

    def test_missing_tag(self) -> None:
        self.refused(
            "Tag(s) 'x', 'y' not found",
            "unknown_entity",
            "OP_TAGS_DEL",
            kind="instance",
            name=WEB1,
            tags=["web", "y", "x"],
        )

    def test_dry_run_changes_nothing(self) -> None:
        self.sim.dry_run("OP_TAGS_SET", kind="instance", name=BUILD1, tags=["a"])
        self.assertEqual([], self.sim.instance(BUILD1).tags)


class GroupTests(Case):
    def test_add(self) -> None:
        self.sim.run(
            "OP_GROUP_ADD",
            group_name="new",
            alloc_policy="unallocable",
            ndparams={"spindle_count": "2"},
        )
        group = self.sim.group("new")
        self.assertEqual("unallocable", group.alloc_policy)
        self.assertEqual({"spindle_count": 2}, group.ndparams)

    def test_add_refuses(self) -> None:
        add = "OP_GROUP_ADD"
        text = "Desired group name 'default' already exists as a node group"
        self.refused(text, "already_exists", add, group_name="default")
        text = "Invalid keys in ipolicy: foo"
        self.refused(text, "wrong_input", add, group_name="new", ipolicy={"foo": 1})
        error = self.assertRaises(
            JobDaemonError, self.sim.run, add, group_name="new", ndparams={"foo": 1}
        )
        self.assertEqual("TypeEnforcementError", error.class_name)
        self.assertEqual("Unknown parameter 'foo'", error.text)

    def test_remove(self) -> None:
        self.sim.run("OP_GROUP_ADD", group_name="new")
        self.sim.run("OP_GROUP_REMOVE", group_name="new")
        self.assertEqual(2, len(self.sim.cluster.groups))
        self.refused("not empty", "wrong_state", "OP_GROUP_REMOVE", group_name="default")

    def test_the_last_group_stays(self) -> None:
        cluster = self.sim.cluster
        cluster.groups[1:], cluster.nodes[:] = [], []
        text = "is the only group, cannot be removed"
        self.refused(text, "wrong_state", "OP_GROUP_REMOVE", group_name="default")

    def test_rename(self) -> None:
        rename = "OP_GROUP_RENAME"
        self.assertEqual("x", self.sim.run(rename, group_name="racks-b", new_name="x"))
        self.assertEqual("x", self.sim.cluster.groups[1].name)
        text = "Desired new name 'default' clashes with existing node group"
        self.refused(text, "already_exists", rename, group_name="x", new_name="default")

    def test_set_params(self) -> None:
        result = self.sim.run(
            "OP_GROUP_SET_PARAMS",
            group_name="default",
            alloc_policy="last_resort",
            ndparams={"spindle_count": 2},
            diskparams={"plain": {"stripes": 2}},
            ipolicy={"vcpu-ratio": 3.0},
        )
        self.assertEqual(
            [["ndparams", "{'spindle_count': 2}"], ["diskparams", "{'plain': {'stripes': 2}}"]],
            result,
        )
        group = self.sim.group("default")
        self.assertEqual(("last_resort", {"vcpu-ratio": 3.0}), (group.alloc_policy, group.ipolicy))
        self.sim.run(
            "OP_GROUP_SET_PARAMS", group_name="default", ndparams={"spindle_count": "default"}
        )
        self.assertEqual({}, group.ndparams)
        text = "Please pass at least one modification"
        self.refused(text, "wrong_input", "OP_GROUP_SET_PARAMS", group_name="default")

    def test_assign_nodes_does_not_split_mirrors(self) -> None:
        values = {"group_name": "racks-b", "nodes": ["node3"]}
        self.fails("instances get split", "OP_GROUP_ASSIGN_NODES", **values)
        self.sim.run("OP_GROUP_ASSIGN_NODES", force=True, **values)
        self.assertEqual("racks-b", self.sim.node(3).group.name)
        self.assertTrue(any("get split" in line for line in self.sim.log))

    def test_assign_nodes_together(self) -> None:
        nodes = ["node4", "node5"]
        self.sim.run("OP_GROUP_ASSIGN_NODES", group_name="default", nodes=nodes)
        self.assertEqual([], self.sim.cluster.nodes_of(self.sim.group("racks-b")))


class NetworkTests(Case):
    def setUp(self) -> None:
        super().setUp()
        (self.network,) = self.sim.cluster.networks

    def _add(self, **values: Any) -> Any:
        given = {"network_name": "new", "network": "10.0.0.0/28", **values}
        return self.sim.run("OP_NETWORK_ADD", **given)

    def test_add(self) -> None:
        self._add(gateway="10.0.0.1", add_reserved_ips=["10.0.0.5"], tags=["x"])
        network = self.sim.cluster.networks[1]
        self.assertEqual(
            ("10.0.0.1", ["10.0.0.5"], ["x"]), (network.gateway, network.reserved, network.tags)
        )

    def test_add_refuses(self) -> None:
        add = "OP_NETWORK_ADD"
        self.refused(
            "already exists as a network",
            "already_exists",
            add,
            network_name="internal",
            network="10.0.0.0/28",
        )
        self.refused(
            "Invalid MAC address prefix 'zz'",
            "wrong_input",
            add,
            network_name="new",
            network="10.0.0.0/28",
            mac_prefix="zz",
        )
        for network, values, text in (
            ("10.0.0.1/28", {}, "10.0.0.1/28 has host bits set"),
            ("10.0.0.0/31", {}, "only 2 host(s) is too small"),
            ("10.0.0.0/8", {}, "currently not supported"),
            ("10.0.0.0/28", {"gateway": "10.1.0.1"}, "10.0.0.0/28 does not contain 10.1.0.1"),
            ("10.0.0.0/28", {"add_reserved_ips": ["10.1.0.1"]}, "Cannot reserve IP address"),
        ):
            self.fails(text, add, network_name="new", network=network, **values)
        self.assertEqual([self.network], self.sim.cluster.networks)

    def test_remove(self) -> None:
        self.refused(
            "Network still connected", "wrong_state", "OP_NETWORK_REMOVE", network_name="internal"
        )
        self._add()
        self.sim.run("OP_NETWORK_REMOVE", network_name="new")
        self.assertEqual([self.network], self.sim.cluster.networks)

    def test_rename(self) -> None:
        result = self.sim.run("OP_NETWORK_RENAME", network_name="internal", new_name="dmz")
        self.assertEqual(("dmz", "dmz"), (result, self.network.name))
        self._add()
        self.refused(
            "already exists",
            "already_exists",
            "OP_NETWORK_RENAME",
            network_name="dmz",
            new_name="new",
        )

    def test_set_params(self) -> None:
        modify = "OP_NETWORK_SET_PARAMS"
        self.sim.run(
            modify,
            network_name="internal",
            add_reserved_ips=["203.0.113.99"],
            remove_reserved_ips=["203.0.113.2", "203.0.113.77"],
        )
        self.assertEqual(["203.0.113.99"], self.network.reserved)
        self.assertIn("Cannot release IP address 203.0.113.77", self.sim.log[-1])
        self.sim.run(modify, network_name="internal", gateway="none", mac_prefix="aa:bb:cc")
        self.assertEqual((None, "aa:bb:cc"), (self.network.gateway, self.network.mac_prefix))
        self.refused(
            "gateway and reserved ips at once",
            "wrong_input",
            modify,
            network_name="internal",
            gateway="203.0.113.3",
            add_reserved_ips=["203.0.113.4"],
        )
        error = self.assertRaises(
            JobDaemonError, self.sim.run, modify, network_name="internal", gateway="203.0.114.1"
        )
        self.assertEqual("AddressPoolError", error.class_name)

    def test_connect_and_disconnect(self) -> None:
        self._add()
        link = {"network_name": "new", "group_name": "default"}
        self.sim.run("OP_NETWORK_CONNECT", network_mode="bridged", network_link="br7", **link)
        new = self.sim.cluster.networks[1]
        connection = self.sim.group("default").networks[new.uuid]
        self.assertEqual({"mode": "bridged", "link": "br7", "vlan": ""}, connection)
        self.sim.run("OP_NETWORK_CONNECT", network_mode="bridged", network_link="br8", **link)
        self.assertIn("is already mapped to group 'default'", self.sim.log[-1])
        self.sim.run("OP_NETWORK_DISCONNECT", **link)
        self.assertNotIn(new.uuid, self.sim.group("default").networks)
        self.sim.run("OP_NETWORK_DISCONNECT", **link)
        self.assertIn("is not mapped to group 'default'", self.sim.log[-1])

    def test_disconnect_refuses_while_in_use(self) -> None:
        self.refused(
            "Conflicting IP addresses found",
            "wrong_state",
            "OP_NETWORK_DISCONNECT",
            network_name="internal",
            group_name="default",
        )
        self.assertIn(f"{WEB1}: nic0/203.0.113.10", self.sim.log[-1])
