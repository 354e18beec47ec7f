from __future__ import annotations

from typing import Any

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.units import UNITS
from ganeti_rapi.simulator.units.capacity import headroom

from .simulation import WEB1, Case

CREATE = "OP_INSTANCE_CREATE"


class CreateTests(Case):
    def test_everything_is_there_afterwards(self) -> None:
        result = self.create(
            "New1.example.com",
            pnode="node3",
            disks=[{"size": "1g", "name": "root", "vg": "fast"}, {"size": 5, "mode": "ro"}],
            nics=[{}, {"mac": "AA:00:00:11:22:33", "mode": "routed", "ip": "10.9.8.7"}],
            hvparams={"acpi": False},
            beparams={"memory": "2g", "vcpus": "2"},
            osparams={"dhcp": "yes"},
            osparams_private={"dhcp": "yes"},
            tags=["a", "b"],
        )
        self.assertEqual(["node3.example.com"], result)
        new = self.sim.instance("new1.example.com")
        self.assertEqual(
            [(1024, "rw", "root"), (8, "ro", None)],
            [(disk.size, disk.mode, disk.name) for disk in new.disks],
        )
        self.assertEqual({"vg": "fast"}, new.disks[0].params)
        self.assertTrue(new.nics[0].mac.startswith("aa:00:00:"))
        self.assertEqual("aa:00:00:11:22:33", new.nics[1].mac)
        self.assertEqual({"mode": "routed"}, new.nics[1].nicparams)
        self.assertEqual({"acpi": False}, new.hvparams)
        self.assertEqual({"minmem": 2048, "maxmem": 2048, "vcpus": 2}, new.beparams)
        self.assertEqual(({"dhcp": "yes"}, ["a", "b"]), (new.osparams, new.tags))
        self.assertEqual(("up", True), (new.admin_state, new.running))
        self.assertIsNotNone(new.network_port)

    def test_logs_as_it_goes(self) -> None:
        self.create(pnode="node3")
        for line in (
            "* creating instance disks...",
            "* starting instance...",
            "adding instance new1.example.com to cluster config",
        ):
            self.assertIn(line, self.sim.log)

    def test_not_started(self) -> None:
        self.create(pnode="node3", start=False, beparams={"memory": 32768})
        new = self.sim.instance("new1")
        self.assertEqual(("down", False), (new.admin_state, new.running))

    def test_allocator_takes_the_node_with_most_free_memory(self) -> None:
        room = headroom(self.sim.cluster)
        best = max(
            self.sim.cluster.nodes_of(self.sim.group("default")), key=room.memory.__getitem__
        )
        self.assertEqual([best.name], self.create())
        self.assertEqual(
            [
                f" - INFO: Selected nodes for instance new1.example.com via iallocator"
                f" hail: {best.name}"
            ],
            self.sim.log[:1],
        )

    def test_allocator_stays_in_the_group_asked_for(self) -> None:
        self.assertIn(
            self.create(group_name="racks-b")[0], ["node4.example.com", "node5.example.com"]
        )

    def test_allocator_mirrors_within_one_group(self) -> None:
        nodes = self.create(disk_template="drbd")
        new = self.sim.instance("new1")
        assert new.secondary is not None
        self.assertEqual(nodes, [new.primary.name, new.secondary.name])
        self.assertIs(new.primary.group, new.secondary.group)

    def test_dry_run(self) -> None:
        values = {
            "mode": "create",
            "instance_name": "new1",
            "disk_template": "diskless",
            "os_type": "noop+default",
            "disks": [],
            "nics": [],
            "pnode": "node2",
        }
        before = len(self.sim.cluster.instances)
        self.assertEqual([self.sim.node(2).uuid], self.sim.dry_run(CREATE, **values))
        self.assertEqual(before, len(self.sim.cluster.instances))

    def test_address_from_the_pool(self) -> None:
        self.create(pnode="node1", nics=[{"network": "internal", "ip": "pool"}] * 2)
        new = self.sim.instance("new1")
        self.assertEqual(["203.0.113.3", "203.0.113.4"], [nic.ip for nic in new.nics])
        self.assertEqual("br0", new.nics[0].nicparams["link"])

    def test_default_values_can_be_dropped(self) -> None:
        self.create(pnode="node1", beparams={"vcpus": 1, "memory": 256}, identify_defaults=True)
        self.assertEqual({"minmem": 256, "maxmem": 256}, self.sim.instance("new1").beparams)

    def test_one_of_several_bounds_is_enough(self) -> None:
        (narrow,) = self.sim.cluster.info["ipolicy"]["minmax"]
        wide = {**narrow, "max": {**narrow["max"], "cpu-count": 64}}
        self.sim.cluster.info["ipolicy"]["minmax"] = [wide, narrow]
        self.create(pnode="node1", beparams={"vcpus": 64})

    def test_policy_can_be_ignored(self) -> None:
        self.create(pnode="node1", beparams={"vcpus": 64}, ignore_ipolicy=True)
        self.assertIn("violates policy: cpu-count value 64", "".join(self.sim.log))

    def test_the_node_may_fill_up_meanwhile(self) -> None:
        values = {
            "mode": "create",
            "instance_name": "new1",
            "disk_template": "plain",
            "os_type": "noop+default",
            "disks": [{"size": 1024}],
            "nics": [],
            "pnode": "node1",
        }
        steps = UNITS[CREATE].run(self.sim.task(CREATE, values))
        next(steps)
        self.sim.node(1).storage[0].used = self.sim.node(1).storage[0].size
        error = self.assertRaises(JobDaemonError, list, steps)
        self.assertEqual("insufficient_resources", error.classification)
        self.assertNotIn("new1", [instance.name for instance in self.sim.cluster.instances])


class CreateRefusalTests(Case):
    def _refused(self, text: str, classification: str | None, **values: Any) -> None:
        before = list(self.sim.cluster.instances)
        error = self.assertRaises(JobDaemonError, self.create, **{"pnode": "node1", **values})
        self.assertIn(text, error.text)
        self.assertEqual(
            ("OpPrereqError", classification), (error.class_name, error.classification)
        )
        self.assertEqual(before, self.sim.cluster.instances)

    def test_name(self) -> None:
        error = self.assertRaises(JobDaemonError, self.create, WEB1, pnode="node1")
        self.assertEqual(f"Instance '{WEB1}' is already in the cluster", error.text)
        self.assertEqual("already_exists", error.classification)
        error = self.assertRaises(JobDaemonError, self.create, "a b", pnode="node1")
        self.assertEqual("wrong_input", error.classification)
        error = self.assertRaises(JobDaemonError, self.create, "x.invalid", pnode="node1")
        self.assertEqual("resolver_error", error.classification)
        self.create("x.invalid", pnode="node1", name_check=False, ip_check=False)

    def test_nodes(self) -> None:
        self._refused("Node 'node99' not known", "unknown_entity", pnode="node99")
        self._refused("Do not specify both", "wrong_input", iallocator="hail")
        self._refused("mirror node", "wrong_input", disk_template="drbd")
        self._refused("cannot be the primary", "wrong_input", disk_template="drbd", snode="node1")
        self.sim.node(1).drained = True
        self._refused("Cannot use drained primary node", "wrong_state")
        self.sim.node(1).offline = True
        self._refused("Cannot use offline primary node", "wrong_state")

    def test_settings(self) -> None:
        self._refused("Disk template 'rbd' is not enabled", None, disk_template="rbd")
        self._refused("Selected hypervisor (lxc) not enabled", "wrong_state", hypervisor="lxc")
        self._refused("No guest OS", "wrong_input", os_type=None)
        self._refused("without a name check", "wrong_input", name_check=False)
        self._refused("Missing disk size", "wrong_input", disks=[{}])

    def test_room(self) -> None:
        memory = {"memory": 32768}
        for number in range(2):
            self.create(f"big{number}", pnode="node1", beparams=memory, start=number == 0)
        self._refused(
            "Not enough memory on node node1.example.com for creating instance",
            "insufficient_resources",
            beparams=memory,
        )
        self._refused(
            "memory-size value 40000 is not in range [4, 32768]",
            "wrong_input",
            beparams={"memory": 40000},
        )
        self._refused(
            "Not enough disk space on target node",
            "insufficient_resources",
            disks=[{"size": "1t"}, {"size": "1t"}, {"size": "1t"}],
        )

    def test_allocator(self) -> None:
        self._refused(
            "No valid allocation solutions, failure reasons: FailMem: 3",
            "insufficient_resources",
            pnode=None,
            beparams={"memory": "900g"},
        )
        self.sim.cluster.info["default_iallocator"] = ""
        self._refused("No iallocator or node given", "wrong_input", pnode=None)
        error = self.assertRaises(JobDaemonError, self.create, iallocator="nope")
        self.assertIn("iallocator module 'nope' not found", error.text)
        self.assertEqual("OpExecError", error.class_name)

    def test_nics(self) -> None:
        self._refused("Invalid MAC address 'zz'", "wrong_input", nics=[{"mac": "zz"}])
        taken = self.sim.instance(WEB1).nics[0].mac
        self._refused("already in use in cluster", "resource_not_unique", nics=[{"mac": taken}])
        self._refused("Network 'nosuch' not found", "unknown_entity", nics=[{"network": "nosuch"}])
        self._refused(
            "no mode or link", "wrong_input", nics=[{"network": "internal", "link": "br0"}]
        )
        self._refused("if ip=pool", "wrong_input", nics=[{"ip": "pool"}])
        self._refused("Invalid IP address 'x'", "wrong_input", nics=[{"ip": "x"}])
        for ip in ("203.0.113.10", "203.0.113.2", "203.0.113.1", "10.0.0.1"):
            self._refused(
                "already in use or does not belong",
                "resource_not_unique",
                nics=[{"network": "internal", "ip": ip}],
            )
        self._refused(
            "Probably not connected", "wrong_input", pnode="node4", nics=[{"network": "internal"}]
        )
        self._refused("belongs to network internal", "wrong_state", nics=[{"ip": "203.0.113.77"}])
        self._refused("routed NIC", "wrong_input", nics=[{"mode": "routed"}])

    def test_free_dicts(self) -> None:
        for values, text in (
            ({"beparams": {"foo": 1}}, "Unknown parameter 'foo'"),
            ({"hvparams": {"foo": 1}}, "Unknown parameter 'foo'"),
            ({"disks": [{"size": 1, "foo": 1}]}, "Unknown parameter 'foo'"),
            ({"beparams": {"vcpus": "abc"}}, "'vcpus' (value abc) is not a valid integer"),
            ({"beparams": {"memory": "abc"}}, "(value abc) is not a valid size"),
        ):
            error = self.assertRaises(JobDaemonError, self.create, pnode="node1", **values)
            self.assertEqual("TypeEnforcementError", error.class_name)
            self.assertIn(text, error.text)

    def test_operating_system(self) -> None:
        for os, osparams, text in (
            ("nope", {}, "Directory for OS nope not found"),
            ("noop", {}, "OS name 'noop' must include a variant"),
            ("noop+zzz", {}, "OS 'noop' does not support variant 'zzz'"),
            ("image+x", {}, "does not support variants"),
            ("noop+default", {"foo": "1"}, "not supported by the OS noop: foo"),
        ):
            error = self.assertRaises(
                JobDaemonError, self.create, pnode="node1", os_type=os, osparams=osparams
            )
            self.assertIn(text, error.text)
            self.assertEqual("OpExecError", error.class_name)
        self.create(pnode="node1", os_type="noop+zzz", force_variant=True)


class MultiAllocTests(Case):
    def _nested(self, *names: str, **values: Any) -> list[dict[str, Any]]:
        common = {
            "mode": "create",
            "disk_template": "diskless",
            "os_type": "noop+default",
            "disks": [],
            "nics": [],
            **values,
        }
        return [{"instance_name": name, **common} for name in names]

    def test_submits_a_job_for_each(self) -> None:
        result = self.sim.run("OP_INSTANCE_MULTI_ALLOC", instances=self._nested("a", "b"))
        self.assertEqual(
            {"jobs": [(True, 100), (True, 101)], "allocatable": ["a", "b"], "failed": []}, result
        )
        for (op,), name in zip(self.sim.submitted, ("a", "b"), strict=True):
            self.assertEqual((CREATE, name), (op["OP_ID"], op["instance_name"]))
            self.assertTrue(op["pnode"])
            self.assertEqual([p for p in OPCODES[CREATE].parameters if p not in op], [])

    def test_allocations_count_on_each_other(self) -> None:
        instances = self._nested(*"abcde", beparams={"memory": 32768})
        self.sim.run("OP_INSTANCE_MULTI_ALLOC", instances=instances)
        nodes = [op["pnode"] for (op,) in self.sim.submitted]
        self.assertEqual(5, len(nodes))
        self.assertGreater(len(set(nodes)), 2)

    def test_dry_run(self) -> None:
        result = self.sim.dry_run("OP_INSTANCE_MULTI_ALLOC", instances=self._nested("a"))
        self.assertEqual({"jobs": [], "allocatable": ["a"], "failed": []}, result)
        self.assertEqual([], self.sim.submitted)

    def test_refuses(self) -> None:
        name = "OP_INSTANCE_MULTI_ALLOC"
        both = [*self._nested("a"), *self._nested("b", pnode="node1")]
        for instances, text, classification in (
            (both, "providing pnode/snode while others do not", "wrong_input"),
            ([], "providing pnode/snode while others do not", "wrong_input"),
            (self._nested("a", "a"), "duplicate instance names: a", "wrong_input"),
            (self._nested("a", iallocator="hail"), "not allowed to be set", "wrong_input"),
            (
                self._nested("a", beparams={"memory": "900g"}),
                "No valid allocation solutions",
                "insufficient_resources",
            ),
        ):
            self.refused(text, classification, name, instances=instances)
