from __future__ import annotations

from typing import Any

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.state import Instance
from ganeti_rapi.simulator.units.capacity import headroom
from ganeti_rapi.simulator.units.lookup import nodes_of
from ganeti_rapi.simulator.units.parameters import parse_size

from .simulation import BUILD1, DB1, FILES1, OLD1, ROUTER1, SHARED1, TEST2, WEB1, Case


class PowerTests(Case):
    def _state(self, name: str) -> tuple[str, bool]:
        instance = self.sim.instance(name)
        return instance.admin_state, instance.running

    def test_shutdown_and_startup(self) -> None:
        for _ in range(2):
            self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=WEB1)
            self.assertEqual(("down", False), self._state(WEB1))
        for _ in range(2):
            self.sim.run("OP_INSTANCE_STARTUP", instance_name=WEB1)
            self.assertEqual(("up", True), self._state(WEB1))

    def test_without_remembering(self) -> None:
        self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=WEB1, no_remember=True)
        self.assertEqual(("up", False), self._state(WEB1))
        self.sim.run("OP_INSTANCE_STARTUP", instance_name=BUILD1, no_remember=True)
        self.assertEqual(("down", True), self._state(BUILD1))

    def test_dry_run_changes_nothing(self) -> None:
        self.assertIsNone(self.sim.dry_run("OP_INSTANCE_SHUTDOWN", instance_name=WEB1))
        self.assertEqual(("up", True), self._state(WEB1))

    def test_offline_instances_are_left_alone(self) -> None:
        text = f"Instance '{OLD1}' is marked to be offline"
        for name in ("OP_INSTANCE_STARTUP", "OP_INSTANCE_SHUTDOWN"):
            self.refused(text, "wrong_state", name, instance_name=OLD1)
        self.refused(
            text, "wrong_state", "OP_INSTANCE_REBOOT", instance_name=OLD1, reboot_type="hard"
        )
        self.sim.run("OP_INSTANCE_SHUTDOWN", instance_name=OLD1, force=True)
        self.assertEqual(("offline", False), self._state(OLD1))

    def test_offline_node(self) -> None:
        self.sim.node(1).offline = True
        values = {"instance_name": WEB1}
        self.refused("Can't use offline node", "wrong_state", "OP_INSTANCE_SHUTDOWN", **values)
        self.sim.run("OP_INSTANCE_SHUTDOWN", ignore_offline_nodes=True, **values)
        self.assertEqual(("down", False), self._state(WEB1))

    def test_memory_is_finite(self) -> None:
        self.sim.instance(BUILD1).beparams["maxmem"] = 99999
        text = "Not enough memory on node node4.example.com for starting instance"
        self.refused(text, "insufficient_resources", "OP_INSTANCE_STARTUP", instance_name=BUILD1)
        self.sim.run("OP_INSTANCE_STARTUP", instance_name=BUILD1, beparams={"memory": 512})
        build1 = self.sim.instance(BUILD1)
        self.assertEqual((99999, 512), (build1.beparams["maxmem"], build1.runtime_memory))
        self.assertGreater(headroom(self.sim.cluster).memory[build1.primary], 0)

    def test_reboot(self) -> None:
        values = {"instance_name": TEST2, "reboot_type": "hard"}
        self.sim.run("OP_INSTANCE_REBOOT", **values)
        self.assertEqual(("up", True), self._state(TEST2))
        self.assertIn("was already stopped, starting now", self.sim.log[-1])


class InstanceTests(Case):
    def test_remove(self) -> None:
        self.sim.run("OP_INSTANCE_REMOVE", instance_name=WEB1)
        self.assertNotIn(WEB1, [instance.name for instance in self.sim.cluster.instances])

    def test_rename(self) -> None:
        rename = "OP_INSTANCE_RENAME"
        result = self.sim.run(rename, instance_name=BUILD1, new_name="build9.example.com")
        self.assertEqual("build9.example.com", result)
        build9 = self.sim.instance("build9")
        self.assertEqual(2, build9.serial_no)
        self.refused(
            f"Instance '{WEB1}' is already in the cluster",
            "already_exists",
            rename,
            instance_name="build9",
            new_name=WEB1,
        )
        self.refused(
            "is marked to be up, cannot rename",
            "wrong_state",
            rename,
            instance_name=WEB1,
            new_name="web9",
        )
        self.sim.run(rename, instance_name="build9", new_name="build9.example.com")

    def test_reinstall(self) -> None:
        reinstall = "OP_INSTANCE_REINSTALL"
        self.sim.run(
            reinstall, instance_name=BUILD1, os_type="noop+testing", osparams={"dhcp": "no"}
        )
        build1 = self.sim.instance(BUILD1)
        self.assertEqual(("noop+testing", {"dhcp": "no"}), (build1.os, build1.osparams))
        self.refused(
            "is marked to be up, cannot reinstall", "wrong_state", reinstall, instance_name=WEB1
        )
        self.refused("has no disks", "wrong_input", reinstall, instance_name=ROUTER1)
        self.fails(
            "Directory for OS nope not found", reinstall, instance_name=BUILD1, os_type="nope"
        )

    def test_query_data(self) -> None:
        data = self.sim.run("OP_INSTANCE_QUERY_DATA", instances=["web1", DB1])
        self.assertEqual([WEB1, DB1], list(data))
        web1 = data[WEB1]
        self.assertEqual(
            ("up", "up", "node1.example.com", ["node2.example.com"]),
            (web1["config_state"], web1["run_state"], web1["pnode"], web1["snodes"]),
        )
        (disk,) = web1["disks"]
        self.assertEqual(["plain", "plain"], [child["dev_type"] for child in disk["children"]])
        self.assertEqual("node2.example.com", disk["drbd_info"]["secondary_node"])
        ((*_, network, about),) = web1["nics"]
        self.assertEqual(self.sim.cluster.networks[0].uuid, network)
        self.assertEqual("1", about["reservations"][10])
        self.assertEqual((2048, 2048), (web1["be_instance"]["maxmem"], web1["be_actual"]["maxmem"]))
        self.assertEqual("xenvg", data[DB1]["disks"][1]["logical_id"][0])

    def test_query_data_of_all(self) -> None:
        data = self.sim.run("OP_INSTANCE_QUERY_DATA", static=True)
        self.assertEqual(len(self.sim.cluster.instances), len(data))
        self.assertIsNone(data[WEB1]["run_state"])
        self.assertIsNone(data[WEB1]["disks"][0]["pstatus"])
        self.assertEqual([], self.sim.log)


class MoveTests(Case):
    def _places(self, name: str) -> tuple[str, str | None]:
        instance = self.sim.instance(name)
        labels = [node.name.split(".")[0] for node in nodes_of(instance)]
        return labels[0], labels[1] if len(labels) > 1 else None

    def test_a_mirrored_instance_changes_places(self) -> None:
        self.sim.run("OP_INSTANCE_MIGRATE", instance_name=WEB1)
        self.assertEqual(("node2", "node1"), self._places(WEB1))
        self.sim.run("OP_INSTANCE_FAILOVER", instance_name=WEB1)
        self.assertEqual(("node1", "node2"), self._places(WEB1))
        self.assertTrue(self.sim.instance(WEB1).running)

    def test_a_mirrored_instance_goes_nowhere_else(self) -> None:
        for values in ({"target_node": "node3"}, {"iallocator": "hail"}):
            self.refused(
                "arbitrary nodes",
                "wrong_state",
                "OP_INSTANCE_MIGRATE",
                instance_name=WEB1,
                **values,
            )

    def test_an_allocator_finds_a_place_for_shared_disks(self) -> None:
        self.sim.run("OP_INSTANCE_MIGRATE", instance_name=SHARED1)
        self.assertEqual(("node5", None), self._places(SHARED1))
        self.sim.run("OP_INSTANCE_FAILOVER", instance_name=SHARED1, target_node="node2")
        self.assertEqual(("node2", None), self._places(SHARED1))

    def test_local_disks_stay(self) -> None:
        for name, what in (("MIGRATE", "migrations"), ("FAILOVER", "failovers")):
            text = f"Instance's disk layout 'plain' does not allow {what}"
            self.refused(text, "wrong_state", f"OP_INSTANCE_{name}", instance_name=DB1)

    def test_a_stopped_instance_fails_over(self) -> None:
        migrate = "OP_INSTANCE_MIGRATE"
        self.refused(
            "Can't migrate, please use failover", "wrong_state", migrate, instance_name=TEST2
        )
        self.sim.run(migrate, instance_name=TEST2, allow_failover=True)
        self.assertEqual(("node4", "node5"), self._places(TEST2))
        self.assertFalse(self.sim.instance(TEST2).running)

    def test_the_target_needs_memory(self) -> None:
        self.sim.node(2).memory_total = 0
        for name in ("MIGRATE", "FAILOVER"):
            self.refused(
                "Not enough memory on node node2",
                "insufficient_resources",
                f"OP_INSTANCE_{name}",
                instance_name=WEB1,
            )

    def test_refuses(self) -> None:
        migrate = "OP_INSTANCE_MIGRATE"
        self.refused(
            "to its primary (node2.example.com)",
            "wrong_state",
            migrate,
            instance_name=ROUTER1,
            target_node="node2",
        )
        self.refused(
            "Do not specify both, iallocator and node",
            "wrong_input",
            migrate,
            instance_name=ROUTER1,
            target_node="node1",
            iallocator="hail",
        )
        self.refused(
            "Only one of the 'live' and 'mode'",
            "wrong_input",
            migrate,
            instance_name=WEB1,
            live=True,
            mode="live",
        )
        self.sim.node(2).offline = True
        self.refused("Can't use offline node", "wrong_state", migrate, instance_name=WEB1)

    def test_cleanup_moves_nothing(self) -> None:
        self.sim.run("OP_INSTANCE_MIGRATE", instance_name=WEB1, cleanup=True)
        self.assertEqual(("node1", "node2"), self._places(WEB1))


class DiskTests(Case):
    def test_activate_and_deactivate(self) -> None:
        activate = "OP_INSTANCE_ACTIVATE_DISKS"
        ((node, name, path),) = self.sim.run(activate, instance_name=BUILD1)
        self.assertEqual(("node4.example.com", "disk/0"), (node, name))
        self.assertTrue(path.startswith("/dev/xenvg/"))
        self.assertTrue(self.sim.instance(BUILD1).disks_active)
        self.sim.run("OP_INSTANCE_DEACTIVATE_DISKS", instance_name=BUILD1)
        self.assertFalse(self.sim.instance(BUILD1).disks_active)
        self.assertEqual([], self.sim.run(activate, instance_name=ROUTER1))
        self.refused(
            "is marked to be up, cannot shutdown disks",
            "wrong_state",
            "OP_INSTANCE_DEACTIVATE_DISKS",
            instance_name=WEB1,
        )

    def test_grow(self) -> None:
        grow, disk = "OP_INSTANCE_GROW_DISK", self.sim.instance(WEB1).disks[0]
        self.sim.run(grow, instance_name=WEB1, disk=0, amount=1024)
        self.assertEqual(11264, disk.size)
        self.assertIn("by 1.0G to 11.0G", self.sim.log[0])
        self.sim.run(grow, instance_name=WEB1, disk=0, amount=20480, absolute=True)
        self.assertEqual(20480, disk.size)
        for values, text, classification in (
            ({"disk": 3, "amount": 1}, "Invalid disk index: 3", "wrong_input"),
            ({"disk": 0, "amount": 10, "absolute": True}, "is smaller than", "wrong_state"),
            ({"disk": 0, "amount": 2**21}, "Growing disk 0 violates policy", "wrong_input"),
            (
                {"disk": 0, "amount": 2**30, "ignore_ipolicy": True},
                "Not enough disk space",
                "insufficient_resources",
            ),
        ):
            self.refused(text, classification, grow, instance_name=WEB1, **values)

    def test_recreate(self) -> None:
        recreate = "OP_INSTANCE_RECREATE_DISKS"
        self.sim.run(recreate, instance_name=BUILD1, disks=[[0, {"mode": "ro"}]], nodes=["node5"])
        build1 = self.sim.instance(BUILD1)
        self.assertEqual(("ro", "node5.example.com"), (build1.disks[0].mode, build1.primary.name))
        for values, text, classification in (
            ({"instance_name": BUILD1, "disks": [7]}, "Invalid disk index '7'", "wrong_input"),
            ({"instance_name": BUILD1, "nodes": ["node1", "node2"]}, "has 1 nodes", "wrong_input"),
            ({"instance_name": ROUTER1}, "has no disks", "wrong_input"),
            ({"instance_name": WEB1}, "cannot recreate disks", "wrong_state"),
        ):
            self.refused(text, classification, recreate, **values)

    def test_replace_the_secondary(self) -> None:
        replace = "OP_INSTANCE_REPLACE_DISKS"
        values = {"instance_name": WEB1, "mode": "replace_new_secondary"}
        self.sim.run(replace, remote_node="node3", **values)
        web1 = self.sim.instance(WEB1)
        self.assertIs(self.sim.node(3), web1.secondary)
        self.sim.run(replace, iallocator="hail", **values)
        self.assertIs(self.sim.node(2), web1.secondary)
        for node, text in (("node1", "is the primary node"), ("node2", "already the secondary")):
            self.refused(text, "wrong_input", replace, remote_node=node, **values)

    def test_replace_in_place(self) -> None:
        replace, on_primary = "OP_INSTANCE_REPLACE_DISKS", {"mode": "replace_on_primary"}
        self.sim.run(replace, instance_name=WEB1, **on_primary)
        self.assertIn("Replacing disk(s) 0", self.sim.log[0])
        self.refused("strange layout", "internal_error", replace, instance_name=DB1, **on_primary)
        self.refused(
            "can only be used when changing the secondary",
            "wrong_input",
            replace,
            instance_name=WEB1,
            remote_node="node3",
            **on_primary,
        )


class SetParamsTests(Case):
    def _set(self, name: str = BUILD1, **values: Any) -> Any:
        return self.sim.run("OP_INSTANCE_SET_PARAMS", instance_name=name, **values)

    def _refused(self, text: str, classification: str, name: str = BUILD1, **values: Any) -> None:
        self.refused(text, classification, "OP_INSTANCE_SET_PARAMS", instance_name=name, **values)

    def _build1(self) -> Instance:
        return self.sim.instance(BUILD1)

    def test_parameters(self) -> None:
        result = self._set(
            beparams={"memory": 512, "vcpus": 2},
            hvparams={"acpi": False},
            os_name="noop+default",
            osparams={"dhcp": "x"},
        )
        self.assertEqual(
            [["hv/acpi", False], ["be/memory", 512], ["be/vcpus", 2], ["os/dhcp", "x"]], result
        )
        build1 = self._build1()
        self.assertEqual({"minmem": 512, "maxmem": 512, "vcpus": 2}, build1.beparams)
        self.assertEqual(
            ("noop+default", {"dhcp": "x"}, {"acpi": False}),
            (build1.os, build1.osparams, build1.hvparams),
        )
        self.assertEqual([["be/vcpus", "default"]], self._set(beparams={"vcpus": "default"}))
        self.assertNotIn("vcpus", build1.beparams)

    def test_nics(self) -> None:
        ((name, told),) = self._set(nics=[["add", -1, {"ip": "10.0.0.1"}]])
        nic = self._build1().nics[1]
        self.assertEqual("nic.1", name)
        self.assertEqual(f"add:mac={nic.mac},ip=10.0.0.1,mode=bridged,link=br0,network=None", told)
        result = self._set(nics=[["modify", 1, {"ip": "none", "link": "br1"}]])
        self.assertEqual(
            [
                ["nic.ip/1", None],
                ["nic.link/1", "br1"],
                ["nic.mode/1", "bridged"],
                ["nic.vlan/1", ""],
            ],
            result,
        )
        self.assertEqual([["NIC/1", "remove"]], self._set(nics=[["remove", {}]]))
        self.assertEqual(1, len(self._build1().nics))

    def test_an_added_nic_gets_an_address(self) -> None:
        ((_, told),) = self._set(WEB1, nics=[["add", {"network": "internal", "ip": "pool"}]])
        self.assertIn("ip=203.0.113.3,", told)
        self.assertEqual("203.0.113.3", self.sim.instance(WEB1).nics[1].ip)

    def test_disks(self) -> None:
        self.assertEqual(
            [["disk/1", "add:size=32,mode=rw"]], self._set(disks=[["add", -1, {"size": 32}]])
        )
        self.assertIn("* disk 1, size 32M", self.sim.log)
        self.assertEqual(
            [["disk.mode/0", "ro"], ["disk.name/0", "root"]],
            self._set(disks=[[0, {"mode": "ro", "name": "root"}]]),
        )
        self.assertEqual([["disk/0", "detach"]], self._set(disks=[["detach", "root", {}]]))
        (detached,) = self.sim.cluster.detached_disks
        self.assertEqual(
            [["disk/1", "attach:size=10240,mode=ro"]],
            self._set(disks=[["attach", -1, {"uuid": detached.uuid}]]),
        )
        self.assertEqual([], self.sim.cluster.detached_disks)
        self.assertEqual([["disk/1", "remove"]], self._set(disks=[["remove", -1, {}]]))
        self.assertEqual([32], [disk.size for disk in self._build1().disks])

    def test_offline(self) -> None:
        self.assertEqual([["admin_state", "offline"]], self._set(offline=True))
        self.assertEqual("offline", self._build1().admin_state)
        self.assertEqual([["admin_state", "down"]], self._set(offline=False))
        self._refused(
            "can't change to offline without being down", "wrong_state", WEB1, offline=True
        )

    def test_disk_template(self) -> None:
        self.assertEqual(
            [["disk_template", "drbd"]], self._set(disk_template="drbd", remote_node="node5")
        )
        self.assertIs(self.sim.node(5), self._build1().secondary)
        self._set(disk_template="file")
        self.assertIsNone(self._build1().secondary)
        self._refused("already has disk template file", "wrong_input", disk_template="file")
        self._refused("to the 'diskless' disk template", "wrong_input", disk_template="diskless")
        self._refused("is not enabled", "wrong_state", disk_template="rbd")
        self._refused("requires specifying a secondary", "wrong_input", disk_template="drbd")
        self._refused("cannot change disk template", "wrong_state", DB1, disk_template="file")

    def test_runtime_memory(self) -> None:
        self._set(WEB1, beparams={"minmem": 1024})
        self.assertEqual([["runtime_memory", 1536]], self._set(WEB1, runtime_mem=1536))
        self._refused("between 1024 and 2048", "wrong_input", WEB1, runtime_mem=9999)

    def test_primary_node(self) -> None:
        self._set(pnode="node5")
        self.assertIs(self.sim.node(5), self._build1().primary)
        self._refused("Instance is still running on node1", "wrong_state", WEB1, pnode="node3")

    def test_refuses(self) -> None:
        self._refused("No changes submitted", "wrong_input")
        self._refused("are global", "wrong_input", hvparams={"migration_mode": "live"})
        self._refused("'size' missing", "wrong_input", disks=[["add", -1, {}]])
        self._refused("use grow-disk", "wrong_input", disks=[["modify", 0, {"size": 9}]])
        self._refused("identifier nope", "unknown_entity", nics=[["remove", "nope", {}]])
        self._refused("not in range", "wrong_input", beparams={"vcpus": 99})
        self._refused("cannot remove disks", "wrong_state", DB1, disks=[["remove", 1, {}]])
        self._refused(
            "Not enough disk space",
            "insufficient_resources",
            disks=[["add", -1, {"size": "1t"}]] * 3,
        )
        self.fails(
            "Got NIC index 7, but there are only 1",
            "OP_INSTANCE_SET_PARAMS",
            instance_name=BUILD1,
            nics=[["modify", 7, {}]],
        )

    def test_a_refusal_changes_nothing(self) -> None:
        self._refused(
            "not in range",
            "wrong_input",
            nics=[["modify", 0, {"link": "br1"}]],
            disks=[["modify", 0, {"mode": "ro"}]],
            beparams={"vcpus": 99},
        )
        build1 = self._build1()
        self.assertEqual(("rw", {}), (build1.disks[0].mode, build1.nics[0].nicparams))

    def test_a_running_instance_cannot_outgrow_its_node(self) -> None:
        self.sim.node(1).memory_total = 8192
        self._refused(
            "Not enough memory on node node1",
            "insufficient_resources",
            WEB1,
            beparams={"memory": 16384},
        )
        self._set(FILES1, beparams={"memory": 2048})


class SizeTests(Case):
    def test_parse_size(self) -> None:
        for text, size in {"512": 512, "1g": 1024, "1.5GiB": 1536, " 2 t ": 2097152, 5: 8}.items():
            self.assertEqual(size, parse_size("size", text))
        for text in ("abc", "-4", "1x", ""):
            self.assertRaises(JobDaemonError, parse_size, "size", text)
