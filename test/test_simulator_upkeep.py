from __future__ import annotations

import json
from typing import Any

from ganeti_rapi.errors import JobDaemonError

from .simulation import DB1, FILES1, SHARED1, TEST2, WEB1, Case


class RefusalCase(Case):
    def assert_refused(self, words: str, name: str, /, **values: Any) -> None:
        error = self.assertRaises(JobDaemonError, self.sim.run, name, **values)
        self.assertIn(words, error.text)


class VerificationTests(RefusalCase):
    def test_the_whole_cluster(self) -> None:
        self.sim.run("OP_CLUSTER_VERIFY", error_codes=True, skip_checks=["nplusone_mem"])
        config, *groups = (op for (op,) in self.sim.submitted)
        self.assertEqual(config["OP_ID"], "OP_CLUSTER_VERIFY_CONFIG")
        self.assertTrue(config["error_codes"])
        names = {group.uuid for group in self.sim.cluster.groups}
        self.assertEqual({op["group_name"] for op in groups}, names)
        self.assertEqual([op["depends"] for op in groups], [[[-1, []]], [[-2, []]]])
        self.assertEqual(groups[0]["skip_checks"], ["nplusone_mem"])

    def test_one_group(self) -> None:
        self.sim.run("OP_CLUSTER_VERIFY", group_name="racks-b")
        self.sim.run("OP_CLUSTER_VERIFY_DISKS", group_name="racks-b")
        self.assertEqual([len(job) for job in self.sim.submitted], [1, 1])
        self.assert_refused("Node group 'x' not found", "OP_CLUSTER_VERIFY", group_name="x")

    def verify(self, **values: Any) -> Any:
        self.sim.log.clear()
        return self.sim.run("OP_CLUSTER_VERIFY_GROUP", **{"group_name": "default", **values})

    def test_an_instance_that_is_down(self) -> None:
        web1 = self.sim.instance(WEB1)
        web1.running = False
        told = f"instance not running on its primary node {web1.primary.name}"
        self.assertFalse(self.verify(error_codes=True))
        self.assertIn(f"  - ERROR:EINSTANCEDOWN:instance:{WEB1}:{told}", self.sim.log)
        self.assertFalse(self.verify())
        self.assertIn(f"  - ERROR: instance {WEB1}: {told}", self.sim.log)
        self.assertTrue(self.verify(ignore_errors=["EINSTANCEDOWN"], error_codes=True))
        self.assertIn(f"  - WARNING:EINSTANCEDOWN:instance:{WEB1}:{told}", self.sim.log)

    def test_a_node_without_room_for_another_ones_instances(self) -> None:
        mirror = self.sim.instance(WEB1).secondary
        assert mirror is not None
        self.assertTrue(self.verify())
        mirror.memory_total = mirror.memory_own
        self.assertFalse(self.verify(error_codes=True))
        self.assertTrue(any("ENODEN1" in line for line in self.sim.log))
        self.assertTrue(self.verify(skip_checks=["nplusone_mem"]))

    def test_offline_nodes_and_empty_groups(self) -> None:
        self.sim.node(3).offline = True
        self.verify()
        self.assertIn("  - NOTICE: 1 offline node(s) found.", self.sim.log)
        self.sim.run("OP_GROUP_ADD", group_name="empty")
        self.assertTrue(self.verify(group_name="empty"))

    def test_disks(self) -> None:
        self.sim.instance(WEB1).disks_active = False
        result = self.sim.run("OP_GROUP_VERIFY_DISKS", group_name="default")
        self.assertEqual(result, [{}, [WEB1], {}])


class UpkeepTests(RefusalCase):
    def test_another_name(self) -> None:
        self.assertEqual(self.sim.run("OP_CLUSTER_RENAME", name="new"), "new")
        self.assertEqual(self.sim.cluster.name, "new")
        self.assert_refused("has changed", "OP_CLUSTER_RENAME", name="new")

    def test_keys_that_are_too_short(self) -> None:
        self.assertIsNone(self.sim.run("OP_CLUSTER_RENEW_CRYPTO", ssh_key_bits=2048))
        self.assert_refused("rsa with 5 bits", "OP_CLUSTER_RENEW_CRYPTO", ssh_key_bits=5)

    def test_sizes_and_providers(self) -> None:
        self.assertEqual(self.sim.run("OP_CLUSTER_REPAIR_DISK_SIZES", instances=["web1"]), [])
        self.assert_refused("'x' not known", "OP_CLUSTER_REPAIR_DISK_SIZES", instances=["x"])
        self.assertEqual(self.sim.run("OP_EXT_STORAGE_DIAGNOSE", output_fields=["name"]), [])
        fields = ["name", "x"]
        self.assert_refused("selected: x", "OP_EXT_STORAGE_DIAGNOSE", output_fields=fields)


class AllocatorTests(RefusalCase):
    REQUEST: dict[str, Any] = {
        "mode": "allocate",
        "name": "new1",
        "iallocator": "hail",
        "direction": "out",
        "memory": 128,
        "vcpus": 1,
        "disks": [{"size": 16, "mode": "rw"}],
        "nics": [{}],
        "os": "noop",
        "disk_template": "plain",
    }

    def ask(self, **values: Any) -> Any:
        return json.loads(self.sim.run("OP_TEST_ALLOCATOR", **{**self.REQUEST, **values}))

    def test_where_an_instance_would_go(self) -> None:
        self.assertEqual((self.ask()["success"], len(self.ask()["result"])), (True, 1))
        self.assertEqual(len(self.ask(disk_template="drbd")["result"]), 2)
        answer = self.ask(memory=10**9)
        self.assertEqual((answer["success"], answer["result"]), (False, []))
        self.assertIn("FailMem", answer["info"])

    def test_several_at_once_count_on_each_other(self) -> None:
        found, failed = self.ask(mode="multi-allocate", count=500, memory=8192)["result"]
        self.assertEqual(len(found) + len(failed), 500)
        self.assertTrue(found)
        self.assertTrue(failed)

    def test_what_is_refused(self) -> None:
        for words, values in (
            ("already in the cluster", {"name": WEB1}),
            ("Missing allocator name", {"iallocator": None}),
            ("'nosuch' not found in the search path", {"iallocator": "nosuch"}),
            ("'disks' parameter", {"disks": [{"size": 16}]}),
            ("'disks' parameter", {"disks": [["size", 16]]}),
            ("'memory' has invalid type", {"memory": None}),
            ("simulated allocator knows the modes", {"mode": "relocate"}),
        ):
            self.assert_refused(words, "OP_TEST_ALLOCATOR", **{**self.REQUEST, **values})


class NodeCommandTests(RefusalCase):
    def oob(self, command: str, *names: str, **values: Any) -> Any:
        return self.sim.run("OP_OOB_COMMAND", command=command, node_names=[*names], **values)

    def test_without_a_program(self) -> None:
        answer = self.oob("power-status", "node2")
        self.assertEqual(answer, [[[0, "node2.example.com"], [3, None]]])
        self.assertEqual(len(self.oob("health")), len(self.sim.cluster.nodes))
        self.assertEqual(len(self.oob("power-cycle")), len(self.sim.cluster.nodes) - 1)

    def test_with_one(self) -> None:
        self.sim.cluster.info["ndparams"]["oob_program"] = "/bin/oob"
        node = self.sim.node(2)
        node.offline = True
        self.oob("power-off", "node2")
        self.assertFalse(node.powered)
        ((_, (status, value)),) = self.oob("power-status", "node2")
        self.assertEqual((status, value), (0, {"powered": False}))
        self.oob("power-on", "node2")
        self.assertTrue(node.powered)
        ((_, (status, value)),) = self.oob("health", "node2")
        self.assertEqual((status, value[0]), (0, ["PSU0", "OK"]))

    def test_what_is_refused(self) -> None:
        for words, command, name in (
            ("not marked offline", "power-off", "node2"),
            ("does not support out-of-band operations", "power-off", "node1"),
            ("'x' not known", "health", "x"),
        ):
            self.assert_refused(words, "OP_OOB_COMMAND", command=command, node_names=[name])
        self.sim.cluster.info["ndparams"]["oob_program"] = "/bin/oob"
        values = {"command": "power-cycle", "node_names": ["node1"]}
        self.assert_refused("run '/bin/oob power-cycle", "OP_OOB_COMMAND", **values)

    def test_a_program_that_nobody_has_put_there(self) -> None:
        ((well, words),) = self.sim.run("OP_RESTRICTED_COMMAND", command="x", nodes=["node2"])
        self.assertFalse(well)
        self.assertIn("on node 'node2.example.com' failed", words)

    def test_volumes(self) -> None:
        fields = ["instance", "size", "name", "vg", "node", "phys"]
        rows = self.sim.run("OP_NODE_QUERYVOLS", output_fields=fields, nodes=["node1"])
        mine = [row for row in rows if row[0] == WEB1]
        disks = len(self.sim.instance(WEB1).disks)
        self.assertEqual(len(mine), 2 * disks, "DRBD has a volume beside each disk")
        self.assertTrue(all(row[4] == "node1.example.com" for row in rows))
        everywhere = self.sim.run("OP_NODE_QUERYVOLS", output_fields=["instance"])
        self.assertIn([DB1], everywhere)
        self.assert_refused("selected: x", "OP_NODE_QUERYVOLS", output_fields=["x"])

    def test_taking_a_node_away(self) -> None:
        self.assert_refused("is the master node", "OP_NODE_REMOVE", node_name="node1")
        self.assert_refused("remove first", "OP_NODE_REMOVE", node_name="node2")
        node, cluster = self.sim.node(3), self.sim.cluster
        cluster.instances[:] = [
            each for each in cluster.instances if node not in (each.primary, each.secondary)
        ]
        self.sim.run("OP_NODE_REMOVE", node_name="node3")
        self.assertNotIn(node, cluster.nodes)


class MoveTests(RefusalCase):
    def test_a_move_copies_the_disks(self) -> None:
        self.sim.run("OP_INSTANCE_MOVE", instance_name=DB1, target_node="node1")
        moved = self.sim.instance(DB1)
        self.assertEqual((moved.primary, moved.running), (self.sim.node(1), True))
        self.assertIn("Removing the disks on the original node", self.sim.log[1])

    def test_moves_that_are_refused(self) -> None:
        here = self.sim.instance(DB1).primary.name
        for words, name, target in (
            ("disk type drbd", WEB1, "node3"),
            ("already on the node", DB1, here),
            ("'x' not known", DB1, "x"),
        ):
            values = {"instance_name": name, "target_node": target}
            self.assert_refused(words, "OP_INSTANCE_MOVE", **values)
        self.sim.node(1).memory_total = 0
        values = {"instance_name": DB1, "target_node": "node1"}
        self.assert_refused("Not enough memory", "OP_INSTANCE_MOVE", **values)

    def change_group(self, name: str, *groups: str) -> Any:
        values: dict[str, Any] = {"iallocator": "hail", "target_groups": [*groups] or None}
        return self.sim.run("OP_INSTANCE_CHANGE_GROUP", instance_name=name, **values)

    def test_into_another_group(self) -> None:
        self.change_group(WEB1)
        (job,) = self.sim.submitted
        new, move, beside = job
        self.assertEqual(move["OP_ID"], "OP_INSTANCE_MIGRATE")
        there = {node.name for node in self.sim.cluster.nodes_of(self.sim.group("racks-b"))}
        self.assertEqual({new["remote_node"], beside["remote_node"]}, there)
        self.change_group(SHARED1)
        self.assertIn("target_node", self.sim.submitted[1][0])

    def test_changes_of_group_that_are_refused(self) -> None:
        own = self.sim.instance(WEB1).primary.group.name
        for words, name, groups in (
            ("they are used by the instance", WEB1, [own]),
            ("not found", WEB1, ["x"]),
            ("disks stay on their node", FILES1, None),
        ):
            values = {"instance_name": name, "target_groups": groups, "iallocator": "hail"}
            self.assert_refused(words, "OP_INSTANCE_CHANGE_GROUP", **values)

    def test_a_whole_group(self) -> None:
        values: dict[str, Any] = {"group_name": "racks-b", "iallocator": "hail"}
        self.assert_refused("disks stay on their node", "OP_GROUP_EVACUATE", **values)
        self.sim.cluster.instances[:] = [
            each
            for each in self.sim.cluster.instances
            if each.disk_template in ("drbd", "sharedfile")
        ]
        self.sim.instance(TEST2).running = False
        self.sim.run("OP_GROUP_EVACUATE", **values, sequential=True)
        first, *others = self.sim.submitted
        self.assertIsNone(first[0]["depends"])
        self.assertTrue(all(job[0]["depends"] == [[-1, ["error", "success"]]] for job in others))
        opcodes = {op["OP_ID"] for job in self.sim.submitted for op in job}
        self.assertIn("OP_INSTANCE_FAILOVER", opcodes)
        self.assert_refused(
            "can not be used as a target", "OP_GROUP_EVACUATE", **values, target_groups=["racks-b"]
        )
