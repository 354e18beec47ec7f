"""Ganeti's own Python client against our daemon: every method of it, with real effect.

Needs Debian's python3-ganeti-rapi.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from .daemon import HOST, PORT, SKIP, our_api

DRIVER = os.path.join(os.path.dirname(__file__), "ganeti_client_driver.py")
OS = "noop+default"


class ClientError(Exception):
    """The client raised GanetiApiError."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """Ganeti's client in a process of its own. Its methods are those of GanetiRapiClient.

    ``called`` are the names of the methods that were called so far.
    """

    def __init__(self, user: str, host: str = HOST) -> None:
        self.called: set[str] = set()
        self._process = subprocess.Popen(
            ["/usr/bin/python3", "-I", DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.kill)
        self.module, self.methods = self._exchange([host, PORT, *user.split(":")])

    def _exchange(self, message: object) -> Any:  # Any: the driver's JSON
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the client ended; is python3-ganeti-rapi installed? See above")
        return json.loads(line)

    def __getattr__(self, name: str) -> Callable[..., Any]:  # Any: each method's own result
        def call(*arguments: object, **keywords: object) -> Any:
            self.called.add(name)
            result, error = self._exchange([name, arguments, keywords])
            if error is not None:
                raise ClientError(*error)
            return result

        return call


@functools.cache
def the_client() -> Client:
    """One client for all tests, so that in the end it knows all that was called."""
    our_api()
    return Client(os.environ["LAB_WRITE_USER"])


class GanetiClientTests(SynchronousTestCase):
    skip = SKIP
    done: set[str] = set()
    """The tests that have begun."""

    def setUp(self) -> None:
        self.client = the_client()
        self.done.add(self._testMethodName)

    # -- helpers -------------------------------------------------------------------------------

    def run_job(self, job_id: int) -> Any:  # Any: the job's own
        """Follow a job by the client's means; expect success; the result of its last opcode."""
        ended_well = self.client.WaitForJobCompletion(job_id, period=0.1, retries=600)
        job = self.client.GetJobStatus(job_id)
        self.assertTrue(ended_well, job)
        return job["opresult"][-1]

    def fail_job(self, job_id: int) -> Any:  # Any: what Ganeti says of the error
        """Follow a job, expect that it fails; Ganeti's classification of the error."""
        self.assertFalse(self.client.WaitForJobCompletion(job_id, period=0.1, retries=600))
        (result,) = self.client.GetJobStatus(job_id)["opresult"]
        return result[1][1]

    def run_all(self, result: Any) -> None:  # Any: the result of an opcode that submits jobs
        for accepted, job_id in result["jobs"]:
            self.assertTrue(accepted, job_id)
            self.run_job(job_id)

    def assert_refused(
        self, status: int, method: Callable[..., object], *arguments: object, **keywords: object
    ) -> str:
        error = self.assertRaises(ClientError, method, *arguments, **keywords)
        self.assertEqual(error.status, status, str(error))
        return str(error)

    def master(self) -> str:
        return str(self.client.GetInfo()["master"])

    def node(self) -> str:
        """A node that is not the master."""
        return str(next(name for name in self.client.GetNodes() if name != self.master()))

    def group(self) -> str:
        return str(self.client.GetGroups()[0])

    def create(self, name: str, template: str, *sizes: int, node: str | None = None) -> None:
        """Create an instance, and remove it at the test's end."""
        self.addCleanup(self.remove, name)
        disks = [{"size": size} for size in sizes]
        job = self.client.CreateInstance(
            *("create", name, template, disks, [{}]),
            reason="test",
            os=OS,
            pnode=node or self.node(),
            ip_check=False,
            name_check=False,
            beparams={"memory": 64},
        )
        self.run_job(job)

    def remove(self, name: str) -> None:
        if name in self.client.GetInstances():
            self.run_job(self.client.DeleteInstance(name))

    def state(self, name: str) -> str:
        return str(self.client.GetInstance(name)["status"])

    # -- the client itself ---------------------------------------------------------------------

    def test_it_is_debians_client_and_not_ours(self) -> None:
        self.assertEqual(self.client.module, "/usr/lib/python3/dist-packages/ganeti/rapi/client.py")

    def test_every_method_is_called(self) -> None:
        """In whatever order the tests run: those that have not begun are run from here."""
        names = {name for name in dir(self) if name.startswith("test_")}
        for name in sorted(names - self.done):
            self.done.add(name)
            getattr(self, name)()
        self.assertGreater(len(self.client.methods), 80)
        self.assertEqual(set(self.client.methods) - self.client.called, set())

    # -- the cluster ---------------------------------------------------------------------------

    def test_cluster(self) -> None:
        client = self.client
        self.assertEqual(client.GetVersion(), 2)
        self.assertIn("instance-create-reqv1", client.GetFeatures())
        self.assertIn(OS, client.GetOperatingSystems(reason="test"))
        size = client.GetInfo()["candidate_pool_size"]
        self.addCleanup(lambda: self.run_job(client.ModifyCluster(candidate_pool_size=size)))
        self.run_job(client.ModifyCluster(reason="test", candidate_pool_size=size + 1))
        self.assertEqual(client.GetInfo()["candidate_pool_size"], size + 1)
        self.run_job(client.RedistributeConfig())
        self.run_job(client.AddClusterTags(["client:a", "client:b"]))
        self.assertTrue({"client:a", "client:b"} <= set(client.GetClusterTags()))
        self.run_job(client.DeleteClusterTags(["client:a", "client:b"]))
        self.assertFalse({"client:a", "client:b"} & set(client.GetClusterTags()))

    def test_queries(self) -> None:
        client = self.client
        name = client.GetNodes()[0]
        answer = client.Query("node", ["name", "role"], ["=", "name", name])
        self.assertEqual([row[0] for row in answer["data"]], [[0, name]])
        self.assertEqual(len(client.Query("node", ["name"])["data"]), len(client.GetNodes()))
        (field,) = client.QueryFields("node", ["role"])["fields"]
        self.assertEqual((field["name"], field["kind"]), ("role", "text"))
        self.assertGreater(len(client.QueryFields("node")["fields"]), 10)

    def test_errors(self) -> None:
        client = self.client
        for method in (client.GetInstance, client.GetNode, client.GetGroup, client.GetNetwork):
            text = self.assert_refused(404, method, "nosuch")
            self.assertTrue(text.startswith("404 "), text)
        self.assert_refused(404, client.GetFilter, "nosuch")
        self.assert_refused(404, client.GetJobStatus, 999999999)
        text = self.assert_refused(400, client.ModifyInstance, client.GetInstances()[0], nosuch=1)
        self.assertIn("nosuch", text)
        self.assert_refused(401, Client("autocreator:wrong").GetInfo)
        reader = Client(os.environ["LAB_READ_USER"])
        self.assertEqual(reader.GetVersion(), 2)
        self.assert_refused(403, reader.RedistributeConfig)

    # -- jobs and filters ----------------------------------------------------------------------

    def test_jobs_held_back_by_a_filter(self) -> None:
        client = self.client
        this_opcode = [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]]
        uuid = client.AddFilter(1, this_opcode, "PAUSE", [["test", "why", 1]])
        self.addCleanup(self._delete_filter, uuid)
        self.assertIn(uuid, client.GetFilters())
        (shown,) = [rule for rule in client.GetFilters(bulk=True) if rule["uuid"] == uuid]
        self.assertEqual(shown, client.GetFilter(uuid))
        self.assertEqual((shown["priority"], shown["action"]), (1, "PAUSE"))
        self.assertEqual([entry[0] for entry in shown["reason_trail"][:1]], ["test"])

        held = client.RedistributeConfig()
        change = client.WaitForJobChange(held, ["status"], None, None)
        self.assertEqual(change, {"job_info": ["queued"], "log_entries": []})
        self.assertFalse(client.WaitForJobCompletion(held, period=0.1, retries=2))
        canceled, _ = client.CancelJob(held)
        self.assertTrue(canceled)
        change = client.WaitForJobChange(held, ["status", "id"], ["queued", held], None)
        self.assertEqual(change["job_info"], ["canceled", held])
        self.assertIn(held, client.GetJobs())
        (job,) = [job for job in client.GetJobs(bulk=True) if job["id"] == held]
        self.assertEqual(job["status"], "canceled")

        self.assertEqual(client.ReplaceFilter(uuid, 2, this_opcode, "ACCEPT"), uuid)
        self.assertEqual(client.GetFilter(uuid)["priority"], 2)
        self.run_job(client.RedistributeConfig())
        self.assertIsNone(client.DeleteFilter(uuid))
        self.assertNotIn(uuid, client.GetFilters())

    def _delete_filter(self, uuid: str) -> None:
        if uuid in self.client.GetFilters():
            self.client.DeleteFilter(uuid)

    # -- instances -----------------------------------------------------------------------------

    def test_the_life_of_an_instance(self) -> None:
        client, name, new_name = self.client, "instance71", "instance72"
        self.addCleanup(self.remove, new_name)
        self.create(name, "diskless")
        self.assertEqual(self.state(name), "running")
        self.assertEqual(client.GetInstanceConsole(name)["instance"], name)
        self.run_job(client.RebootInstance(name, "hard", ignore_secondaries=False))
        self.run_job(client.ShutdownInstance(name, dry_run=True))
        self.assertEqual(self.state(name), "running")
        self.run_job(client.ShutdownInstance(name, timeout=5))
        self.assertEqual(self.state(name), "ADMIN_down")
        self.assert_refused(503, client.GetInstanceConsole, name)
        self.run_job(client.StartupInstance(name))
        self.assertEqual(self.state(name), "running")
        self.run_job(client.ModifyInstance(name, beparams={"vcpus": 3}))
        self.assertEqual(client.GetInstance(name)["beparams"]["vcpus"], 3)
        details = self.run_job(client.GetInstanceInfo(name, static=True))
        self.assertEqual(details[name]["be_actual"]["vcpus"], 3)
        self.run_job(client.AddInstanceTags(name, ["a", "b"]))
        self.run_job(client.DeleteInstanceTags(name, ["a"]))
        self.assertEqual(client.GetInstanceTags(name), ["b"])
        self.run_job(client.ShutdownInstance(name))
        renamed = client.RenameInstance(name, new_name, ip_check=False, name_check=False)
        self.assertEqual(self.run_job(renamed), new_name)
        self.assertIn(new_name, [row["name"] for row in client.GetInstances(bulk=True)])
        self.run_job(client.DeleteInstance(new_name, shutdown_timeout=5))
        self.assertNotIn(new_name, client.GetInstances())

    def test_disks(self) -> None:
        client, name = self.client, "instance73"
        self.create(name, "file", 16)
        self.run_job(client.GrowInstanceDisk(name, 0, 8, wait_for_sync=True))
        self.assertEqual(client.GetInstance(name)["disk.sizes"], [24])
        self.run_job(client.ReinstallInstance(name, os=OS, no_startup=True))
        self.assertEqual(self.state(name), "ADMIN_down")
        (disk,) = self.run_job(client.ActivateInstanceDisks(name, ignore_size=True))
        self.assertEqual(disk[1], "disk/0")
        self.run_job(client.DeactivateInstanceDisks(name, force=True))
        # Only DRBD has disks to replace; the lab has none.
        replaced = client.ReplaceInstanceDisks(name, disks=[0], mode="replace_on_primary")
        self.assertIn(self.fail_job(replaced), ("internal_error", "wrong_input"))
        path = self._file_of_disk(name)
        os.remove(path)
        self.run_job(client.RecreateInstanceDisks(name, disks=[0]))
        self.assertTrue(os.path.exists(path))

    def _file_of_disk(self, name: str) -> str:
        details = self.run_job(self.client.GetInstanceInfo(name, static=True))
        path = str(details[name]["disks"][0]["logical_id"][1])
        self.assertTrue(path.startswith(os.environ["LAB_ROOT"] + "/"), path)
        return path

    def test_exports(self) -> None:
        client, name = self.client, "instance74"
        self.create(name, "file", 4)
        self.run_job(client.PrepareExport(name, "local"))
        # Ganeti cannot take snapshots of files, and the client cannot allow it to do without.
        job_id = client.ExportInstance(name, "local", self.node(), shutdown=True)
        self.assertFalse(client.WaitForJobCompletion(job_id, period=0.1, retries=600))
        job = client.GetJobStatus(job_id)
        self.assertIn("snapshotted", job["opresult"][0][1][0])
        self.assertEqual(job["ops"][0]["target_node"], self.node())

    def test_moves(self) -> None:
        client, name = self.client, "instance75"
        first, second = [node for node in client.GetNodes() if node != self.master()][:2]
        self.create(name, "sharedfile", 4, node=first)
        self.run_job(client.MigrateInstance(name, mode="live", target_node=second))
        self.assertEqual(client.GetInstance(name)["pnode"], second)
        self.run_job(client.FailoverInstance(name, target_node=first))
        self.assertEqual(client.GetInstance(name)["pnode"], first)

    def test_several_at_once(self) -> None:
        client, names = self.client, ["instance76", "instance77"]
        for name in names:
            self.addCleanup(self.remove, name)
        definitions = [
            client.InstanceAllocation(
                *("create", name, "diskless", [], [{}]),
                os_type=OS,
                hypervisor="fake",
                ip_check=False,
                name_check=False,
            )
            for name in names
        ]
        result = self.run_job(client.InstancesMultiAlloc(definitions, iallocator="hail"))
        self.run_all(result)
        self.assertTrue(set(names) <= set(client.GetInstances()))

    # -- nodes ---------------------------------------------------------------------------------

    def test_nodes(self) -> None:
        client, node = self.client, self.node()
        self.assertIn(node, [row["name"] for row in client.GetNodes(bulk=True)])
        count = client.GetNode(node)["ndparams"]["spindle_count"]
        self.addCleanup(
            lambda: self.run_job(client.ModifyNode(node, ndparams={"spindle_count": "default"}))
        )
        self.run_job(client.ModifyNode(node, ndparams={"spindle_count": count + 1}))
        self.assertEqual(client.GetNode(node)["ndparams"]["spindle_count"], count + 1)
        self.run_job(client.AddNodeTags(node, ["client:a", "client:b"]))
        self.assertTrue({"client:a", "client:b"} <= set(client.GetNodeTags(node)))
        self.run_job(client.DeleteNodeTags(node, ["client:a", "client:b"]))
        self.assertFalse({"client:a", "client:b"} & set(client.GetNodeTags(node)))

    def test_the_role_of_a_node(self) -> None:
        client, node = self.client, self.node()
        self.assertEqual(client.GetNodeRole(self.master()), "master")
        before = client.GetNodeRole(node)
        self.addCleanup(lambda: self.run_job(client.SetNodeRole(node, before, force=True)))
        self.run_job(client.SetNodeRole(node, "regular", force=True, auto_promote=False))
        self.assertEqual(client.GetNodeRole(node), "regular")
        self.assert_refused(400, client.SetNodeRole, node, "master")

    def test_the_power_of_a_node(self) -> None:
        # Only ever the master's and never by force: Ganeti refuses that before it asks the node.
        # The lab's hypervisor would cycle the power of the machine that the lab runs on.
        client = self.client
        self.assertEqual(self.fail_job(client.PowercycleNode(self.master())), "wrong_input")

    def test_storage_units(self) -> None:
        client, node = self.client, self.node()
        (unit,) = self.run_job(client.GetNodeStorageUnits(node, "file", "name,allocatable"))[:1]
        self.assertEqual((len(unit), unit[1]), (2, True))
        modified = client.ModifyNodeStorageUnits(node, "file", unit[0], allocatable=False)
        self.assertEqual(self.fail_job(modified), "wrong_input")
        repaired = client.RepairNodeStorageUnits(node, "file", unit[0])
        self.assertEqual(self.fail_job(repaired), "wrong_input")

    def test_emptying_a_node(self) -> None:
        client = self.client
        name = os.environ["LAB_SHAREDFILE_INSTANCE"]
        full = client.GetInstance(name)["pnode"]
        here = client.GetNode(full)["pinst_list"]
        target = next(node for node in client.GetNodes() if node != full)
        self.addCleanup(self._move_home, here, full)
        self.run_all(self.run_job(client.MigrateNode(full, mode="live", target_node=target)))
        self.assertEqual({client.GetInstance(name)["pnode"] for name in here}, {target})
        self._move_home(here, full)
        evacuated = client.EvacuateNode(full, iallocator="hail", mode="primary-only")
        self.run_all(self.run_job(evacuated))
        self.assertEqual(client.GetNode(full)["pinst_list"], [])

    def _move_home(self, names: list[str], node: str) -> None:
        for name in names:
            if self.client.GetInstance(name)["pnode"] != node:
                self.run_job(self.client.MigrateInstance(name, target_node=node))

    # -- groups and networks -------------------------------------------------------------------

    def test_the_life_of_a_group(self) -> None:
        client, node, home = self.client, self.node(), self.group()
        for name in ("client-a", "client-b"):
            self.addCleanup(self._remove_group, name)
        self.run_job(client.CreateGroup("client-a", alloc_policy="last_resort"))
        self.run_job(client.ModifyGroup("client-a", alloc_policy="unallocable"))
        self.assertEqual(client.GetGroup("client-a")["alloc_policy"], "unallocable")
        self.run_job(client.AddGroupTags("client-a", ["x", "y"]))
        self.run_job(client.DeleteGroupTags("client-a", ["x"]))
        self.assertEqual(client.GetGroupTags("client-a"), ["y"])
        self.assertEqual(self.run_job(client.RenameGroup("client-a", "client-b")), "client-b")
        self.addCleanup(self._assign, home, node)
        self.run_job(client.AssignGroupNodes("client-b", [node], force=True))
        groups = {row["name"]: row["node_list"] for row in client.GetGroups(bulk=True)}
        self.assertEqual(groups["client-b"], [node])
        self._assign(home, node)
        self.run_job(client.DeleteGroup("client-b"))
        self.assertNotIn("client-b", client.GetGroups())

    def _assign(self, group: str, node: str) -> None:
        if node not in self.client.GetGroup(group)["node_list"]:
            self.run_job(self.client.AssignGroupNodes(group, [node], force=True))

    def _remove_group(self, name: str) -> None:
        if name in self.client.GetGroups():
            self.run_job(self.client.DeleteGroup(name))

    def test_the_life_of_a_network(self) -> None:
        client, name = self.client, "client-net"
        self.addCleanup(self._remove_network, name)
        created = client.CreateNetwork(
            name, "198.51.100.0/28", gateway="198.51.100.1", tags="x,y", reason="test"
        )
        self.run_job(created)
        self.assertIn(name, client.GetNetworks())
        self.assertIn(name, [row["name"] for row in client.GetNetworks(bulk=True)])
        self.run_job(client.ModifyNetwork(name, mac_prefix="aa:bb:cc"))
        network = client.GetNetwork(name)
        self.assertEqual((network["gateway"], network["mac_prefix"]), ("198.51.100.1", "aa:bb:cc"))
        self.run_job(client.AddNetworkTags(name, ["z"]))
        self.run_job(client.DeleteNetworkTags(name, ["x", "y"]))
        self.assertEqual(client.GetNetworkTags(name), ["z"])
        self.run_job(client.ConnectNetwork(name, self.group(), "bridged", "br0"))
        self.assertEqual([row[0] for row in client.GetNetwork(name)["group_list"]], [self.group()])
        self.run_job(client.DisconnectNetwork(name, self.group()))
        self.run_job(client.DeleteNetwork(name))
        self.assertNotIn(name, client.GetNetworks())

    def test_a_network_without_tags(self) -> None:
        """The client sends null for the tags that were not given, which stock refuses."""
        self.addCleanup(self._remove_network, "client-net2")
        self.run_job(self.client.CreateNetwork("client-net2", "198.51.100.16/28"))
        self.assertIn("client-net2", self.client.GetNetworks())

    def _remove_network(self, name: str) -> None:
        if name in self.client.GetNetworks():
            self.run_job(self.client.DeleteNetwork(name))
