from __future__ import annotations

from typing import Any

from .simulation import BUILD1, DB1, ROUTER1, SHARED1, TEST2, WEB1, Case


class NodeParameterTests(Case):
    def _set(self, number: int, **values: Any) -> Any:
        return self.sim.run("OP_NODE_SET_PARAMS", node_name=f"node{number}", **values)

    def _refused(self, text: str, classification: str, number: int, **values: Any) -> None:
        name = f"node{number}"
        self.refused(text, classification, "OP_NODE_SET_PARAMS", node_name=name, **values)

    def test_roles_exclude_each_other(self) -> None:
        self.assertEqual(
            [["master_candidate", "False"], ["drained", "True"]], self._set(3, drained=True)
        )
        self.assertEqual([["drained", "False"], ["offline", "True"]], self._set(3, offline=True))
        self.assertEqual(
            [["master_candidate", "True"], ["offline", "False"]],
            self._set(3, master_candidate=True),
        )

    def test_back_in_service_as_a_candidate(self) -> None:
        self._set(3, offline=True)
        self.assertEqual(
            [["master_candidate", "True"], ["offline", "False"]], self._set(3, offline=False)
        )
        self.assertIn("Auto-promoting node to master candidate", self.sim.log[-1])

    def test_the_regular_role_takes_all_flags_off(self) -> None:
        flags = {"master_candidate": False, "drained": False, "offline": False}
        self.assertEqual([["master_candidate", "False"]], self._set(3, **flags))
        self.assertIn("Ignoring request to unset flag offline", "".join(self.sim.log))
        self.assertEqual([], self._set(3, **flags))

    def test_losing_a_candidate_may_promote_another(self) -> None:
        self.sim.cluster.info["candidate_pool_size"] = 3
        for number in (4, 5):
            self.sim.node(number).master_candidate = False
        self._refused("Not enough master candidates", "wrong_state", 2, drained=True)
        self._set(2, drained=True, auto_promote=True)
        self.assertTrue(self.sim.node(4).master_candidate)
        self.assertFalse(self.sim.node(5).master_candidate)

    def test_the_master_keeps_its_role(self) -> None:
        text = "The master role can be changed only via master-failover"
        for values in ({"offline": True}, {"drained": True}, {"master_candidate": False}):
            self._refused(text, "wrong_input", 1, **values)
        self._refused("Master must remain master capable", "wrong_state", 1, master_capable=False)

    def test_node_parameters(self) -> None:
        self.assertEqual([], self._set(2, ndparams={"spindle_count": 4}))
        self.assertEqual({"spindle_count": 4}, self.sim.node(2).ndparams)
        self._set(2, ndparams={"spindle_count": "default"})
        self.assertEqual({}, self.sim.node(2).ndparams)

    def test_power_needs_a_program(self) -> None:
        self._refused("at least one modification", "wrong_input", 2, powered=False)
        values = {"powered": False, "offline": True}
        self._refused("does not support out-of-band handling", "wrong_state", 2, **values)
        self.sim.node(2).ndparams["oob_program"] = "/bin/true"
        self.assertIn(["powered", "False"], self._set(2, **values))

    def test_secondary_ip(self) -> None:
        self._refused("in use by web2", "wrong_state", 2, secondary_ip="198.51.100.99")
        self.sim.run("OP_INSTANCE_REMOVE", instance_name="web2")
        self.assertEqual(
            [["secondary_ip", "198.51.100.99"]], self._set(2, secondary_ip="198.51.100.99")
        )
        for node in self.sim.cluster.nodes:
            node.secondary_ip = node.primary_ip
        self._refused("single-homed cluster", "wrong_input", 2, secondary_ip="198.51.100.98")

    def test_refuses(self) -> None:
        self._refused("Please pass at least one modification", "wrong_input", 2)
        self._refused("more than one state", "wrong_input", 2, offline=True, drained=True)
        self._refused("hosts instances", "wrong_state", 2, vm_capable=False)

    def test_powercycle(self) -> None:
        before = self.sim.node(2).bootid
        result = self.sim.run("OP_NODE_POWERCYCLE", node_name="node2")
        self.assertIsInstance(result, str)
        self.assertNotEqual(before, self.sim.node(2).bootid)
        router1 = self.sim.instance(ROUTER1)
        self.assertEqual(("up", False), (router1.admin_state, router1.running))
        self.refused(
            "The node is the master", "wrong_input", "OP_NODE_POWERCYCLE", node_name="node1"
        )


class MoveTests(Case):
    def _evacuate(self, number: int, mode: str, **values: Any) -> Any:
        return self.sim.run("OP_NODE_EVACUATE", node_name=f"node{number}", mode=mode, **values)

    def _submitted(self) -> list[tuple[str, str]]:
        return [(op["OP_ID"], op["instance_name"]) for (op,) in self.sim.submitted]

    def test_evacuate_secondaries(self) -> None:
        result = self._evacuate(2, "secondary-only", remote_node="node3", early_release=True)
        self.assertEqual({"jobs": [(True, 100)]}, result)
        ((op,),) = self.sim.submitted
        self.assertEqual([("OP_INSTANCE_REPLACE_DISKS", WEB1)], self._submitted())
        self.assertEqual(
            ("replace_new_secondary", "node3.example.com", True),
            (op["mode"], op["remote_node"], op["early_release"]),
        )

    def test_what_is_submitted_can_be_executed(self) -> None:
        self._evacuate(2, "secondary-only")
        ((op,),) = self.sim.submitted
        self.sim.run(op["OP_ID"], **{key: op[key] for key in op if key != "OP_ID"})
        self.assertIs(self.sim.node(3), self.sim.instance(WEB1).secondary)

    def test_evacuate_primaries(self) -> None:
        for name in ("db2", "test1"):
            self.sim.run("OP_INSTANCE_REMOVE", instance_name=name)
        self._evacuate(5, "primary-only")
        self.assertEqual([("OP_INSTANCE_FAILOVER", TEST2)], self._submitted())

    def test_evacuate_running_primaries(self) -> None:
        self._evacuate(2, "primary-only")
        self.assertEqual(
            [("OP_INSTANCE_MIGRATE", "web2.example.com"), ("OP_INSTANCE_MIGRATE", ROUTER1)],
            self._submitted(),
        )

    def test_nothing_to_evacuate(self) -> None:
        self.sim.cluster.instances.clear()
        self.assertEqual({"jobs": []}, self._evacuate(2, "secondary-only"))
        self.assertEqual(
            [" - INFO: No instances to evacuate from node 'node2.example.com'"], self.sim.log
        )

    def test_local_disks_cannot_be_evacuated(self) -> None:
        self.fails(
            f"Unable to evacuate instances {DB1}",
            "OP_NODE_EVACUATE",
            node_name="node3",
            mode="primary-only",
        )
        self.assertEqual([], self.sim.submitted)

    def test_dry_run_submits_nothing(self) -> None:
        self.assertIsNone(
            self.sim.dry_run("OP_NODE_EVACUATE", node_name="node2", mode="secondary-only")
        )
        self.assertEqual([], self.sim.submitted)

    def test_evacuate_refuses(self) -> None:
        for values, text in (
            ({"mode": "all"}, "not possible to evacuate all"),
            ({"mode": "primary-only", "remote_node": "node3"}, "only secondary instances"),
            ({"mode": "secondary-only", "remote_node": "node2"}, "Can not use evacuated node"),
            (
                {"mode": "secondary-only", "remote_node": "node3", "iallocator": "hail"},
                "Do not specify both",
            ),
        ):
            self.refused(text, "wrong_input", "OP_NODE_EVACUATE", node_name="node2", **values)
        self.refused(
            "Node 'node99' not known",
            "unknown_entity",
            "OP_NODE_EVACUATE",
            node_name="node2",
            mode="secondary-only",
            remote_node="node99",
        )

    def test_migrate(self) -> None:
        result = self.sim.run("OP_NODE_MIGRATE", node_name="node4", mode="live")
        names = ["web3.example.com", SHARED1, BUILD1]
        self.assertEqual([("OP_INSTANCE_MIGRATE", name) for name in names], self._submitted())
        self.assertEqual(3, len(result["jobs"]))
        self.assertEqual("live", self.sim.submitted[0][0]["mode"])
        self.refused(
            "Only one of the 'live' and 'mode'",
            "wrong_input",
            "OP_NODE_MIGRATE",
            node_name="node4",
            mode="live",
            live=True,
        )


class StorageTests(Case):
    def _rows(self, kind: str | None, *fields: str) -> Any:
        return self.sim.run(
            "OP_NODE_QUERY_STORAGE", nodes=["node4"], storage_type=kind, output_fields=list(fields)
        )

    def test_rows(self) -> None:
        row = self._rows("lvm-vg", "node", "type", "name", "allocatable")
        self.assertEqual([["node4.example.com", "lvm-vg", "xenvg", True]], row)
        ((size, used, free),) = self._rows("lvm-pv", "size", "used", "free")
        # web3, build1 and the mirror of test2, with the metadata of the mirrored ones.
        self.assertEqual(3 * 10240 + 2 * 128, used)
        self.assertEqual(size, used + free)

    def test_a_new_disk_shows(self) -> None:
        ((before,),) = self._rows("lvm-vg", "free")
        self.create(pnode="node4")
        self.assertEqual([[before - 1024]], self._rows("lvm-vg", "free"))

    def test_all_nodes_and_the_default_type(self) -> None:
        rows = self.sim.run("OP_NODE_QUERY_STORAGE", output_fields=["node", "type"])
        self.assertEqual([[node.name, "lvm-vg"] for node in self.sim.cluster.nodes], rows)

    def test_an_offline_node_is_left_out(self) -> None:
        self.sim.node(4).offline = True
        self.assertEqual([], self._rows("file", "name"))
        self.assertIn("Can't get storage data from node node4", self.sim.log[0])

    def test_query_refuses(self) -> None:
        query = "OP_NODE_QUERY_STORAGE"
        self.refused(
            "Unknown output fields selected: foo", "wrong_input", query, output_fields=["foo"]
        )
        self.refused(
            "No disk template of storage type 'rados'",
            None,
            query,
            output_fields=["name"],
            storage_type="rados",
        )

    def test_modify(self) -> None:
        modify, unit = "OP_NODE_MODIFY_STORAGE", {"node_name": "node4", "storage_type": "lvm-pv"}
        self.sim.run(modify, name="/dev/sda3", changes={"allocatable": False}, **unit)
        self.assertEqual([[False]], self._rows("lvm-pv", "allocatable"))
        self.fails(
            "Failed to modify storage unit '/dev/x'",
            modify,
            name="/dev/x",
            changes={"allocatable": False},
            **unit,
        )
        self.refused(
            "fields can not be modified",
            "wrong_input",
            modify,
            name="/dev/sda3",
            changes={"foo": 1},
            **unit,
        )
        self.refused(
            "of type 'file' can not be modified",
            "wrong_input",
            modify,
            node_name="node4",
            storage_type="file",
            changes={},
        )

    def test_repair(self) -> None:
        repair = "OP_REPAIR_NODE_STORAGE"
        self.sim.run(repair, node_name="node4", storage_type="lvm-vg", name="xenvg")
        self.assertIn("Repairing storage unit 'xenvg'", self.sim.log[0])
        self.fails(
            "Failed to repair storage unit 'x'",
            repair,
            node_name="node4",
            storage_type="lvm-vg",
            name="x",
        )
        self.refused(
            "of type 'lvm-pv' can not be repaired",
            "wrong_input",
            repair,
            node_name="node4",
            storage_type="lvm-pv",
            name="/dev/sda3",
        )
