from __future__ import annotations

from typing import Any

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.units import UNITS

from .simulation import DB1, Case


class OsTests(Case):
    def _diagnose(self, *fields: str, **values: Any) -> Any:
        return self.sim.run("OP_OS_DIAGNOSE", output_fields=list(fields), **values)

    def test_rows(self) -> None:
        rows = self._diagnose("name", "variants", "valid", "api_versions", "trusted")
        self.assertIn(["noop", ["default", "testing"], True, [20], True], rows)
        self.assertEqual([["image"]], self._diagnose("name", names=["image", "nosuch"]))

    def test_hidden_ones_are_shown_to_who_asks(self) -> None:
        self.sim.run("OP_CLUSTER_SET_PARAMS", hidden_os=[["add", "image"]])
        self.assertNotIn(["image"], self._diagnose("name"))
        self.assertIn(["image", True], self._diagnose("name", "hidden"))
        self.sim.run("OP_CLUSTER_SET_PARAMS", hidden_os=[["remove", "image"]])
        self.assertIn(["image"], self._diagnose("name"))

    def test_status_by_node(self) -> None:
        ((status,),) = self._diagnose("node_status", names=["noop"])
        self.assertEqual({node.uuid for node in self.sim.cluster.nodes}, set(status))

    def test_unknown_field(self) -> None:
        text = "Unknown output fields selected: foo"
        self.refused(text, "wrong_input", "OP_OS_DIAGNOSE", output_fields=["foo"])


class ClusterTests(Case):
    def _set(self, **values: Any) -> Any:
        return self.sim.run("OP_CLUSTER_SET_PARAMS", **values)

    def test_settings(self) -> None:
        self._set(
            candidate_pool_size=3,
            drbd_helper="",
            beparams={"memory": "1g"},
            hvparams={"kvm": {"acpi": False}},
            nicparams={"link": "br9"},
            osparams={"noop+default": {"dhcp": "no"}},
            maintain_node_health=True,
            diskparams={"plain": {"stripes": 4}},
            ndparams={"ssh_port": 2222},
        )
        info = self.sim.cluster.info
        self.assertEqual(3, info["candidate_pool_size"])
        self.assertIsNone(info["drbd_usermode_helper"])
        self.assertEqual(1024, info["beparams"]["default"]["maxmem"])
        self.assertEqual(1, info["beparams"]["default"]["vcpus"])
        self.assertIs(False, info["hvparams"]["kvm"]["acpi"])
        self.assertEqual(
            {"mode": "bridged", "link": "br9", "vlan": ""}, info["nicparams"]["default"]
        )
        self.assertEqual({"noop+default": {"dhcp": "no"}}, info["osparams"])
        self.assertEqual(
            (4, 2222), (info["diskparams"]["plain"]["stripes"], info["ndparams"]["ssh_port"])
        )

    def test_hypervisor_parameters_by_os(self) -> None:
        self._set(os_hvp={"noop": {"kvm": {"acpi": False}}, "image": {"kvm": {"acpi": False}}})
        self._set(os_hvp={"image": {"kvm": None, "xen-pvm": None}})
        self.assertEqual({"noop": {"kvm": {"acpi": False}}}, self.sim.cluster.info["os_hvp"])
        error = self.assertRaises(JobDaemonError, self._set, os_hvp={"image": {"kvm": None}})
        self.assertEqual(
            ("TypeEnforcementError", "Expected dictionary, got 'None'"),
            (error.class_name, error.text),
        )
        error = self.assertRaises(JobDaemonError, self._set, os_hvp={"noop": {"kvm": 3}})
        self.assertEqual(error.class_name, "TypeEnforcementError")
        self.assertEqual(error.text, "Expected dictionary, got '3'")

    def test_every_parameter_reaches_its_setting(self) -> None:
        names = {param.name for param in OPCODES["OP_CLUSTER_SET_PARAMS"].params}
        settings = set(self.sim.cluster.info)
        elsewhere = {
            "force",
            "hv_state",
            "disk_state",
            "vg_name",
            "drbd_helper",
            "add_uids",
            "remove_uids",
            "osparams_private_cluster",
            "modify_etc_hosts",
        }
        self.assertEqual(set(), names - settings - elsewhere)

    def test_uid_pool(self) -> None:
        self._set(add_uids=[[100, 200], [300, 400]])
        self._set(remove_uids=[[100, 200]])
        self.assertEqual([[300, 400]], self.sim.cluster.info["uid_pool"])

    def test_hidden_os(self) -> None:
        self._set(hidden_os=[["add", "x"], ["add", "x"], ["remove", "y"]])
        self.assertEqual(["x"], self.sim.cluster.info["hidden_os"])
        self.assertEqual(
            [
                "OS x already in hidden OS list, ignoring",
                "OS y not found in hidden OS list, ignoring",
            ],
            self.sim.log,
        )

    def test_private_parameters_are_kept_apart(self) -> None:
        self._set(osparams_private_cluster={"noop": {"key": "hunter2"}})
        self.assertNotIn("hunter2", repr(self.sim.cluster.info))

    def test_refuses(self) -> None:
        modify = "OP_CLUSTER_SET_PARAMS"
        self.refused(
            "Invalid default iallocator script", "wrong_input", modify, default_iallocator="nope"
        )
        self.refused("Invalid MAC address prefix", "wrong_input", modify, mac_prefix="zz")
        self.refused("Lower user-id range", "wrong_input", modify, add_uids=[[5, 4]])
        self.refused(
            "Cannot disable disk template", "wrong_state", modify, enabled_disk_templates=["plain"]
        )
        self.refused("Invalid key in new ipolicy: foo", "wrong_input", modify, ipolicy={"foo": 1})
        error = self.assertRaises(JobDaemonError, self._set, nicparams={"mode": "foo"})
        self.assertEqual(
            ("ConfigurationError", "Invalid NIC mode 'foo'"), (error.class_name, error.text)
        )

    def test_a_refusal_changes_nothing(self) -> None:
        self.assertRaises(JobDaemonError, self._set, candidate_pool_size=3, ipolicy={"foo": 1})
        self.assertEqual(10, self.sim.cluster.info["candidate_pool_size"])

    def test_redistribute(self) -> None:
        self.assertIsNone(self.sim.run("OP_CLUSTER_REDIST_CONF"))

    def test_delay(self) -> None:
        task = self.sim.task("OP_TEST_DELAY", {"duration": 1.5, "repeat": 2})
        self.assertEqual([1.5, 1.5], list(UNITS["OP_TEST_DELAY"].run(task)))
        self.assertEqual(" - INFO: Test delay iteration 1/1", self.sim.log[-1])
        task = self.sim.task("OP_TEST_DELAY", {"duration": 1.5})
        self.assertEqual([1.5], list(UNITS["OP_TEST_DELAY"].run(task)))
        text = "Duration must be greater than zero"
        self.refused(text, None, "OP_TEST_DELAY", duration=-1.0)


class BackupTests(Case):
    def test_prepare(self) -> None:
        prepare = "OP_BACKUP_PREPARE"
        self.assertIsNone(self.sim.run(prepare, instance_name=DB1, mode="local"))
        result = self.sim.run(prepare, instance_name=DB1, mode="remote")
        self.assertEqual({"handshake", "x509_key_name", "x509_ca"}, set(result))

    def test_export_and_remove(self) -> None:
        values = {"instance_name": DB1, "target_node": "node2"}
        self.assertEqual([True, [True, True]], self.sim.run("OP_BACKUP_EXPORT", **values))
        self.assertEqual({"node2.example.com": [DB1]}, self.sim.cluster.exports)
        self.assertTrue(self.sim.instance(DB1).running)
        self.sim.run("OP_BACKUP_REMOVE", instance_name=DB1)
        self.assertEqual({"node2.example.com": []}, self.sim.cluster.exports)
        self.sim.run("OP_BACKUP_REMOVE", instance_name=DB1)
        self.assertIn("Export not found", self.sim.log[-1])

    def test_export_again_moves_it(self) -> None:
        for node in ("node2", "node3"):
            self.sim.run("OP_BACKUP_EXPORT", instance_name=DB1, target_node=node)
        exports = self.sim.cluster.exports
        self.assertEqual({"node2.example.com": [], "node3.example.com": [DB1]}, exports)

    def test_export_can_remove_the_instance(self) -> None:
        values = {"instance_name": DB1, "target_node": "node2", "remove_instance": True}
        self.refused(
            "without shutting it down", "wrong_state", "OP_BACKUP_EXPORT", shutdown=False, **values
        )
        self.sim.run("OP_BACKUP_EXPORT", **values)
        self.assertNotIn(DB1, [instance.name for instance in self.sim.cluster.instances])

    def test_import(self) -> None:
        self.fails(
            "No export found for relative path",
            "OP_INSTANCE_CREATE",
            mode="import",
            instance_name="copy1",
            disks=[],
            nics=[],
            os_type="image",
        )
        self.sim.run("OP_BACKUP_EXPORT", instance_name=DB1, target_node="node2")
        self.create("copy1", mode="import", src_path=DB1, src_node="node2.example.com")
        self.assertTrue(self.sim.instance("copy1").running)
