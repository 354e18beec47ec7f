"""What the simulated cluster refuses, and how it counts changes, as a real luxid was seen to do."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.errors import JobDaemonError

from .simulation import BUILD1, DB1, FILES1, ROUTER1, SHARED1, WEB1, Case

CREATE, MODIFY = "OP_INSTANCE_CREATE", "OP_INSTANCE_SET_PARAMS"
CLUSTER, GROUP = "OP_CLUSTER_SET_PARAMS", "OP_GROUP_SET_PARAMS"


class InstanceTests(Case):
    def create_fails(self, kind: str, text: str, classification: str | None, **values: Any) -> None:
        error = self.assertRaises(JobDaemonError, self.create, pnode="node3", **values)
        self.assertIn(text, error.text)
        self.assertEqual((kind, classification), (error.class_name, error.classification))

    def test_creation(self) -> None:
        prerequisite = "OpPrereqError"
        for kind, text, classification, values in (
            (
                *(prerequisite, "on destination node 'node3.example.com': Missing bridges nosuch"),
                *("environment_error", {"nics": [{"link": "nosuch"}]}),
            ),
            (
                *(prerequisite, "Opportunistic locking is only", "wrong_input"),
                {"opportunistic_locking": True},
            ),
            ("OpExecError", "are not supported by the OS", None, {"osparams": {"nosuch": "1"}}),
            (
                *("TypeEnforcementError", "Unknown parameter 'nosuch'", None),
                {"disks": [{"size": 16, "nosuch": 1}]},
            ),
            (
                *(prerequisite, "Spindles in instance disks cannot be", "wrong_input"),
                {"disks": [{"size": 16, "spindles": 1}]},
            ),
            (
                *("HypervisorError", "Parameter 'boot_order' fails syntax check: The value", None),
                {"hvparams": {"boot_order": "q"}},
            ),
            (
                *("HypervisorError", "must be an absolute normalized path", None),
                {"hvparams": {"kernel_path": "vmlinuz"}},
            ),
        ):
            self.create_fails(kind, text, classification, **values)

    def test_names_that_do_not_resolve(self) -> None:
        name = "new1.example.net"
        error = self.assertRaises(JobDaemonError, self.create, name, pnode="node3")
        self.assertEqual("resolver_error", error.classification)
        self.refused(
            *("(new1.example.net) does not resolve", "resolver_error", "OP_INSTANCE_RENAME"),
            instance_name=BUILD1,
            new_name=name,
            name_check=True,
        )
        self.sim.cluster.hosts.append(name)
        self.create(name, pnode="node3")
        self.assertEqual(name, self.sim.instance(name).name)

    def test_a_name_that_resolves_is_complete(self) -> None:
        self.create("new1", pnode="node3")
        self.assertEqual("new1.example.com", self.sim.instance("new1").name)

    def test_what_is_ignored_and_taken(self) -> None:
        self.create(
            "new1",
            pnode="node3",
            snode="nosuch",
            disk_template="file",
            file_driver="blktap",
            file_storage_dir="sub",
        )
        self.assertIn(
            " - WARNING: Secondary node will be ignored on non-mirrored disk template",
            self.sim.log,
        )

    def test_modification(self) -> None:
        for text, classification, values in (
            (
                "Error checking bridges on node 'node4.example.com': Missing bridges nosuch",
                *("environment_error", {"nics": [["modify", 0, {"link": "nosuch"}]]}),
            ),
        ):
            self.refused(text, classification, MODIFY, instance_name=BUILD1, **values)
        text = "are not supported by the OS"
        self.fails(text, MODIFY, instance_name=BUILD1, osparams={"nosuch": "x"})

    def test_unknown_keys_of_a_disk(self) -> None:
        changes = [["modify", 0, {"nosuch": "x"}]]
        values = {"instance_name": BUILD1, "disks": changes}
        error = self.assertRaises(JobDaemonError, self.sim.run, MODIFY, **values)
        self.assertEqual("TypeEnforcementError", error.class_name)

    def test_hotplug_needs_a_hypervisor_that_can(self) -> None:
        router = self.sim.instance(ROUTER1)
        self.sim.run(MODIFY, instance_name=ROUTER1, nics=[["add", {}]], hotplug=True)
        router.hypervisor = "fake"
        values = {"instance_name": ROUTER1, "nics": [["add", {}]]}
        self.refused("Hotplug is not possible", "wrong_state", MODIFY, hotplug=True, **values)
        self.sim.run(MODIFY, hotplug_if_possible=True, **values)

    def test_disks_that_are_there(self) -> None:
        recreate = "OP_INSTANCE_RECREATE_DISKS"
        self.fails("Can't create block device: it exists", recreate, instance_name=BUILD1)
        self.sim.run(recreate, instance_name=BUILD1, nodes=["node5"])

    def test_replacement_needs_a_node(self) -> None:
        self.sim.cluster.info["default_iallocator"] = ""
        self.refused(
            *("either an iallocator script must be used", "wrong_input"),
            "OP_INSTANCE_REPLACE_DISKS",
            instance_name=WEB1,
            mode="replace_new_secondary",
        )

    def test_files_cannot_be_snapshotted(self) -> None:
        values = {"instance_name": FILES1, "target_node": "node2"}
        self.fails("Not all disks could be snapshotted", "OP_BACKUP_EXPORT", **values)
        files = self.sim.instance(FILES1)
        self.assertEqual(("up", False), (files.admin_state, files.running))
        self.sim.run("OP_BACKUP_EXPORT", **values)

    def test_memory_of_a_running_instance_stays(self) -> None:
        self.sim.run(MODIFY, instance_name=DB1, beparams={"maxmem": 9000})
        self.assertEqual(8192, self.sim.instance(DB1).runtime_memory)
        self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=DB1)
        self.sim.run("OP_INSTANCE_STARTUP", instance_name=DB1)
        self.assertIsNone(self.sim.instance(DB1).runtime_memory)

    def test_too_many_cpus(self) -> None:
        self.sim.cluster.info["ipolicy"]["minmax"][0]["max"]["cpu-count"] = 500
        error = self.assertRaises(JobDaemonError, self.create, beparams={"vcpus": 144})
        self.assertIn("failure reasons: FailCPU: 3", error.text)


class SerialTests(Case):
    def rises(self, count: int, op_id: str, /, name: str = BUILD1, **values: Any) -> None:
        before = self.sim.instance(name).serial_no
        self.sim.run(op_id, instance_name=name, **values)
        self.assertEqual(before + count, self.sim.instance(name).serial_no, op_id)

    def test_of_instances(self) -> None:
        for count, op_id, values in (
            (1, "OP_INSTANCE_STARTUP", {}),
            (0, "OP_INSTANCE_STARTUP", {}),
            (0, "OP_INSTANCE_REBOOT", {}),
            (2, "OP_INSTANCE_SHUTDOWN", {}),
            (0, "OP_INSTANCE_SHUTDOWN", {}),
            (1, MODIFY, {"beparams": {"maxmem": 2048}}),
            (1, MODIFY, {"nics": [["add", {}]]}),
            (2, MODIFY, {"disks": [["add", {"size": 16}]]}),
            (1, MODIFY, {"disks": [["modify", 0, {"mode": "ro"}]]}),
            (2, MODIFY, {"disks": [["remove", 1, {}]]}),
            (2, MODIFY, {"offline": True}),
            (2, MODIFY, {"offline": False}),
            (1, "OP_INSTANCE_GROW_DISK", {"disk": 0, "amount": 16}),
            (1, "OP_INSTANCE_ACTIVATE_DISKS", {}),
            (0, "OP_INSTANCE_ACTIVATE_DISKS", {}),
            (1, "OP_INSTANCE_DEACTIVATE_DISKS", {}),
        ):
            self.rises(count, op_id, **values)

    def test_of_an_instance_on_files(self) -> None:
        self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=SHARED1)
        before = self.sim.instance(SHARED1).serial_no
        rename = {"new_name": "shared2.example.com"}
        self.sim.run("OP_INSTANCE_RENAME", instance_name=SHARED1, **rename)
        self.assertEqual(before + 2, self.sim.instance("shared2").serial_no)

    def test_of_moves(self) -> None:
        self.rises(0, "OP_INSTANCE_MIGRATE", WEB1)
        self.rises(2, "OP_INSTANCE_FAILOVER", WEB1)
        self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=WEB1)
        self.rises(0, "OP_INSTANCE_FAILOVER", WEB1)

    def test_of_a_node(self) -> None:
        node = self.sim.node(2)
        values = {"drained": False, "offline": False, "master_candidate": False}
        for flags, rise, is_candidate in (
            ({"drained": True}, 2, False),
            (values, 2, True),
            (values, 2, False),
            ({"ndparams": {"spindle_count": 2}}, 1, False),
            ({"master_capable": False}, 1, False),
            ({"master_capable": True}, 2, True),
        ):
            before = node.serial_no
            self.sim.run("OP_NODE_SET_PARAMS", node_name="node2", auto_promote=True, **flags)
            self.assertEqual((before + rise, is_candidate), (node.serial_no, node.master_candidate))


class SettingsTests(Case):
    def test_the_first_hypervisor_is_the_default(self) -> None:
        self.sim.run(CLUSTER, enabled_hypervisors=["fake", "kvm"])
        self.assertEqual("fake", self.sim.cluster.info["default_hypervisor"])
        self.sim.run(CLUSTER, enabled_hypervisors=[], enabled_disk_templates=[])
        self.assertEqual(["fake", "kvm"], self.sim.cluster.info["enabled_hypervisors"])

    def test_hypervisors_that_nodes_lack(self) -> None:
        self.fails(
            "Parameter 'kernel_path' fails validation: not found",
            CLUSTER,
            enabled_hypervisors=["xen-pvm"],
        )

    def test_of_the_cluster(self) -> None:
        info = self.sim.cluster.info
        for text, values in (
            ("allowed by the ipolicy, but not enabled", {"ipolicy": {"disk-templates": ["rbd"]}}),
            ("Can't unset ipolicy attribute 'minmax'", {"ipolicy": {"minmax": []}}),
            ("Invalid std specifications", {"ipolicy": {"std": {"memory-size": 999999}}}),
            ("Missing instance specification: max", {"ipolicy": {"minmax": [{"min": {}}]}}),
            ("Invalid value for attribute 'vcpu-ratio'", {"ipolicy": {"vcpu-ratio": "x"}}),
            ("CIDR netmask (99) not valid", {"master_netmask": 99}),
            ("Cannot unset volume group", {"vg_name": ""}),
            ("Unsetting the 'file' storage directory", {"file_storage_dir": ""}),
        ):
            self.refused(text, "wrong_input", CLUSTER, **values)
        self.refused("volume group 'x' missing", "environment_error", CLUSTER, vg_name="x")
        self.fails("must include a variant", CLUSTER, osparams={"noop": {"dhcp": "no"}})
        info["volume_group_name"] = None
        templates = info["enabled_disk_templates"]
        values = {"enabled_disk_templates": templates}
        self.refused("Please specify a volume group", "wrong_input", CLUSTER, **values)

    def test_of_other_classes(self) -> None:
        for kind, values in (
            ("TypeEnforcementError", {"ipolicy": {"std": {"nosuch": 1}}}),
            ("HypervisorError", {"hvparams": {"nosuch": {"x": 1}}}),
            ("HypervisorError", {"hvparams": {"fake": {"migration_mode": "x"}}}),
            ("HypervisorError", {"hvparams": {"kvm": {"kernel_path": "relative"}}}),
        ):
            error = self.assertRaises(JobDaemonError, self.sim.run, CLUSTER, **values)
            self.assertEqual(kind, error.class_name)

    def test_of_groups(self) -> None:
        for text, policy in (
            ("std cannot appear in group instance specs", {"std": {"memory-size": 128}}),
            ("but not enabled on the cluster: rbd", {"disk-templates": ["rbd"]}),
            ("Missing instance specification: min", {"minmax": [{"max": {}}]}),
        ):
            self.refused(text, "wrong_input", GROUP, group_name="default", ipolicy=policy)
        self.sim.run(GROUP, group_name="default", ipolicy={"vcpu-ratio": 2.5})
        self.sim.run(GROUP, group_name="default", ipolicy={"vcpu-ratio": "default"})
        self.assertEqual({}, self.sim.group("default").ipolicy)
