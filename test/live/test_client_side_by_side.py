"""Ganeti's own client and ours do the same, one after the other: what comes back must be the same.

Each is a process of its own. A story is told twice, once through each client; it leaves the cluster
as it was. Compared are results, errors with their texts, and of every job its end, its results, its
log and the opcodes that reached luxid. Left out is what differs from one time to the next.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from ..test_client_blocking import ONLY_OURS
from .daemon import PORT, SKIP, our_api

HERE = os.path.dirname(__file__)
GANETI = ["/usr/bin/python3", "-I", os.path.join(HERE, "ganeti_client_driver.py")]
OURS = [sys.executable, os.path.join(HERE, "our_client_driver.py")]
OS = "noop+default"

PARAMETERS = """
import importlib, inspect, json, sys
kind = importlib.import_module(sys.argv[1]).GanetiRapiClient
def plain(method):
    parameters = inspect.signature(method).parameters.values()
    return [str(p.replace(annotation=p.empty)) for p in parameters]
methods = inspect.getmembers(kind, inspect.isfunction)
print(json.dumps({name: plain(method) for name, method in methods if name[0] != "_"}))
"""
"""A program that tells the parameters, with their defaults, of a client's methods."""

NEWER = {"RenameNetwork"}
"""Methods that the client of Debian 12 does not have yet."""

VOLATILE = frozenset(
    {
        *("mfree", "mnode", "mtotal", "dfree", "dtotal", "cnodes", "cnos", "ctotal", "csockets"),
        *("ctime", "mtime", "serial_no", "run_uuid", "job_id", "id", "end_ts", "start_ts"),
        *("received_ts", "network_port", "oper_ram", "node_list", "watermark", "jobs"),
    }
)
"""Keys whose values differ from one time to the next."""

_CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}"), "MAC"),
    (re.compile(r"\d{4}-\d\d-\d\d[ _T]\d\d[:_]\d\d[:_]\d\d"), "TIME"),
    (re.compile(r"\b(job=|[Jj]ob )\d+"), r"\1ID"),
    (re.compile(r", request [0-9a-f]{8}-[0-9a-f]+$"), ", request ID"),
)


def steady(value: Any) -> Any:  # Any: JSON
    """A value without what differs from one time to the next."""
    if isinstance(value, dict):
        return {
            steady(key): _trail(item) if key in ("reason", "reason_trail") else steady(item)
            for key, item in value.items()
            if key not in VOLATILE
        }
    if isinstance(value, list):
        return [steady(item) for item in value]
    if isinstance(value, str):
        for pattern, word in _CHANGING:
            value = pattern.sub(word, value)
    return value


def told(error: Any) -> Any:  # Any: [code, text], or None
    """An error without what the client itself says, which has no code."""
    return steady(error) if error is None or error[0] is not None else "refused by the client"


def _trail(trail: Any) -> Any:  # Any: JSON
    """A reason trail without its times."""
    return steady([entry[:2] for entry in trail]) if isinstance(trail, list) else trail


def differences(theirs: Any, ours: Any, where: str = "") -> Iterator[str]:  # Any: JSON
    """Where two values differ, and how."""
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, (one, other) in enumerate(zip(theirs, ours)):
            named = number if where else f"{number} {one[0]}"
            yield from differences(one, other, f"{where}/{named}")
    elif isinstance(theirs, dict) and isinstance(ours, dict) and theirs.keys() == ours.keys():
        for key in theirs:
            yield from differences(theirs[key], ours[key], f"{where}/{key}")
    elif theirs != ours:
        yield f"{where}: Ganeti's {theirs!r}, ours {ours!r}"


@define(eq=False)
class Client:
    """A client in a process of its own. Its methods are those of GanetiRapiClient.

    ``notes`` are what it was told to do and what came of it.
    """

    process: subprocess.Popen[str]
    methods: list[str] = field(factory=list)
    notes: list[Any] = field(factory=list)  # Any: JSON

    @classmethod
    def start(cls, command: Sequence[str], user: str) -> Client:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(process.kill)
        client = cls(process)
        _, client.methods = client._exchange(["127.0.0.1", PORT, *user.split(":")])
        return client

    def stop(self) -> None:
        self.process.communicate()

    def _exchange(self, message: object) -> Any:  # Any: the driver's JSON
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the client ended; see above")
        return json.loads(line)

    def call(self, method: str, *arguments: object, **keywords: object) -> Any:
        # Any: the method's own result
        """Call a method; its result, or None if it raised. Not noted."""
        result, _ = self._exchange([method, arguments, keywords])
        return result

    def note(self, method: str, *arguments: object, **keywords: object) -> Any:
        # Any: as above
        """Call a method and note what came of it."""
        result, error = self._exchange([method, arguments, keywords])
        self.notes.append([method, keywords, steady(result), told(error)])
        return result

    def job(self, method: str, *arguments: object, **keywords: object) -> Any:
        # Any: the job's own
        """Call a method that submits a job, follow it to its end, and note all of it."""
        job_id, error = self._exchange([method, arguments, keywords])
        if error is not None:
            self.notes.append([method, keywords, None, told(error)])
            return None
        well = self._end_of(job_id)
        job = self.call("GetJobStatus", job_id)
        log = [[entry[2:] for entry in entries] for entries in job["oplog"]]
        seen = [well, job["status"], job["ops"], job["opresult"], log]
        self.notes.append([method, keywords, type(job_id).__name__, steady(seen)])
        return job["opresult"][-1]

    @contextmanager
    def holding_jobs(self) -> Iterator[None]:
        """Within this, the cluster starts no job: a job takes more than a second of its time."""
        uuid = self.call("AddFilter", 1, [], "PAUSE")
        try:
            yield
        finally:
            self.call("DeleteFilter", uuid)

    def held(self, method: str, *arguments: object, **keywords: object) -> None:
        """Call a method that submits a job, note what reached luxid, and cancel the job."""
        job_id, error = self._exchange([method, arguments, keywords])
        if error is not None:
            self.notes.append([method, keywords, None, told(error)])
            return
        job = self.call("GetJobStatus", job_id)
        self.call("CancelJob", job_id)
        seen = [job["status"], job["ops"]]
        self.notes.append([method, keywords, type(job_id).__name__, steady(seen)])

    def jobs_of(self, result: Any) -> None:  # Any: the result of an opcode that submits jobs
        for _, job_id in result["jobs"]:
            self._end_of(job_id)

    def _end_of(self, job_id: int) -> bool:
        """Wait for a job's end, then let the client do so. Asking again and again, as Ganeti's
        client does, would take the processors from the job."""
        our_api().request("GET", f"/2/jobs/{job_id}/events", user=os.environ["LAB_WRITE_USER"])
        well: bool = self.call("WaitForJobCompletion", job_id)
        return well


def read(client: Client) -> None:
    node, instance = client.call("GetNodes")[0], client.call("GetInstances")[0]
    group = client.call("GetGroups")[0]
    for method in ("GetVersion", "GetFeatures", "GetOperatingSystems", "GetInfo", "GetClusterTags"):
        client.note(method)
    for kind in ("Instances", "Nodes", "Groups", "Networks", "Filters"):
        client.note(f"Get{kind}")
        client.note(f"Get{kind}", bulk=True)
    client.note("GetInfo", reason="why")
    for kind, name in (("Instance", instance), ("Node", node), ("Group", group)):
        client.note(f"Get{kind}", name, reason="why")
        client.note(f"Get{kind}Tags", name)
    client.note("GetNodeRole", node)
    client.note("GetInstanceConsole", instance)
    client.note("Query", "instance", ["name", "status", "nosuch"])
    client.note("Query", "node", ["name", "role"], ["=", "name", node])
    client.note("QueryFields", "node")
    client.note("QueryFields", "node", ["role"])


def fail(client: Client) -> None:
    node, instance = client.call("GetNodes")[0], client.call("GetInstances")[0]
    for kind in ("Instance", "Node", "Group", "Network", "Filter"):
        client.note(f"Get{kind}", "nosuch")
        if kind != "Filter":
            client.note(f"Get{kind}Tags", "nosuch")
    client.note("GetJobStatus", 999999999)
    client.note("CancelJob", 999999999)
    client.note("WaitForJobChange", 999999999, ["status"], None, None)
    client.note("WaitForJobChange", 1, "status", None, None)
    client.note("ModifyInstance", instance, nosuch=1)
    client.note("ModifyCluster", compression_tools=["gzip"])
    client.note("SetNodeRole", node, "master")
    client.note("EvacuateNode", node, iallocator="hail", remote_node=node)
    client.note("Query", "nosuch", ["name"])
    client.note("Query", "node", ["name"], ["??"])
    client.note("QueryFields", "nosuch")
    client.note("GrowInstanceDisk", instance, 0, "much")
    client.note("DeleteFilter", "nosuch")
    client.note("CreateInstance", "create", "x", "diskless", "none", [])
    client.job("StartupInstance", "nosuch")


def jobs_and_filters(client: Client) -> None:
    predicates = [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]]
    uuid = client.note("AddFilter", 1, predicates, "PAUSE", [["test", "why", 1]])
    client.note("GetFilter", uuid)
    client.note("GetFilters")
    held = client.call("RedistributeConfig")
    client.note("WaitForJobChange", held, ["status"], None, None)
    client.note("WaitForJobCompletion", held, period=0.05, retries=2)
    (row,) = [row for row in client.call("GetJobs", bulk=True) if row["id"] == held]
    client.notes.append(["GetJobs", steady(row), held in client.call("GetJobs")])
    client.note("CancelJob", held, dry_run=True)
    client.note("CancelJob", held)
    client.note("WaitForJobChange", held, ["status"], ["queued"], None)
    client.note("WaitForJobCompletion", held)
    client.note("GetJobStatus", held)
    client.note("ReplaceFilter", uuid, 2, predicates, "ACCEPT")
    client.note("GetFilter", uuid)
    client.job("RedistributeConfig", reason="why")
    client.note("DeleteFilter", uuid)


def cluster(client: Client) -> None:
    size = client.call("GetInfo")["candidate_pool_size"]
    client.job("ModifyCluster", reason="why", candidate_pool_size=size + 1)
    client.job("ModifyCluster", candidate_pool_size=size)
    client.job("AddClusterTags", ["a", "b"])
    client.job("DeleteClusterTags", ["a", "b"], reason="why")


def instance(client: Client) -> None:
    name, new_name = "instance81", "instance82"
    created = {"os": OS, "ip_check": False, "name_check": False, "beparams": {"memory": 64}}
    made: tuple[object, ...] = ("create", name, "file", [{"size": 16}], [{}])
    client.job("CreateInstance", *made, reason="why", pnode="node2", **created)
    client.note("GetInstance", name)
    client.job("GetInstanceInfo", name, static=True, reason="why")
    client.job("RebootInstance", name, "hard", ignore_secondaries=False, reason="why")
    client.job("ShutdownInstance", name, timeout=5, reason="why")
    client.note("GetInstanceConsole", name)
    client.job("StartupInstance", name, no_remember=True, reason="why")
    client.job("ModifyInstance", name, reason="why", beparams={"vcpus": 3})
    client.job("AddInstanceTags", name, ["a", "b c"])
    client.job("DeleteInstanceTags", name, ["a"], reason="why")
    client.job("GrowInstanceDisk", name, 0, 8, wait_for_sync=True, reason="why")
    client.job("ReinstallInstance", name, os=OS, no_startup=True)
    client.job("ActivateInstanceDisks", name, ignore_size=True)
    client.job("DeactivateInstanceDisks", name, force=True, reason="why")
    client.job("RecreateInstanceDisks", name, disks=[0], nodes=["node2"])
    client.job("PrepareExport", name, "local", reason="why")
    client.job("ExportInstance", name, "local", "node3", shutdown=True, compress="none")
    client.job("RenameInstance", name, new_name, ip_check=False, name_check=False, reason="why")
    client.job("DeleteInstance", new_name, reason="why", shutdown_timeout=5)


def moves(client: Client) -> None:
    name = "instance83"
    created = {"os": OS, "ip_check": False, "name_check": False, "pnode": "node2"}
    client.job("CreateInstance", "create", name, "sharedfile", [{"size": 4}], [{}], **created)
    client.job("MigrateInstance", name, mode="live", target_node="node3", reason="why")
    client.job("FailoverInstance", name, target_node="node2", ignore_consistency=True)
    client.job("DeleteInstance", name)


def several(client: Client) -> None:
    names = ["instance84", "instance85"]
    definitions = [
        client.note(
            "InstanceAllocation",
            *("create", name, "diskless", [], [{}]),
            os_type=OS,
            pnode="node2",
            hypervisor="fake",
            ip_check=False,
            name_check=False,
        )
        for name in names
    ]
    result = client.job("InstancesMultiAlloc", definitions, reason="why")
    client.jobs_of(result)
    for name in names:
        client.job("DeleteInstance", name)


def nodes(client: Client) -> None:
    node = "node3"
    client.job("ModifyNode", node, reason="why", ndparams={"spindle_count": 5})
    client.job("ModifyNode", node, ndparams={"spindle_count": "default"})
    client.job("AddNodeTags", node, ["a", "b"], reason="why")
    client.job("DeleteNodeTags", node, ["a", "b"])
    before = client.note("GetNodeRole", node)
    client.job("SetNodeRole", node, "regular", force=True, auto_promote=False, reason="why")
    client.job("SetNodeRole", node, before, force=True)
    # Of no node that there is: the lab's hypervisor would cycle the power of the machine that it
    # runs on.
    client.job("PowercycleNode", "nosuch", force=True, reason="why")
    (unit,) = client.job("GetNodeStorageUnits", node, "file", "name,allocatable")[:1] or [[""]]
    client.job("ModifyNodeStorageUnits", node, "file", unit[0], allocatable=False)
    client.job("RepairNodeStorageUnits", node, "file", unit[0], reason="why")
    client.note("GetNodeStorageUnits", node, "nosuch", "name")


def emptied_node(client: Client) -> None:
    full = client.call("GetInstance", os.environ["LAB_SHAREDFILE_INSTANCE"])["pnode"]
    client.job("EvacuateNode", full, remote_node=full, mode="nosuch")
    client.jobs_of(client.job("EvacuateNode", full, iallocator="hail", mode="secondary-only"))
    client.note("EvacuateNode", full, iallocator="hail")


def held(client: Client) -> None:
    """Jobs that need not run to show what is asked for, such as most dry runs."""
    instance, node, group = "instance1", "node3", client.call("GetGroups")[0]
    made: tuple[object, ...] = ("create", "instance81", "file", [{"size": 16}], [{}])
    with client.holding_jobs():
        client.held("AddClusterTags", ["a", "b"], dry_run=True, reason="why")
        client.held("CreateInstance", *made, dry_run=True, pnode=node, os=OS, tags=["a"])
        client.held("RebootInstance", instance, shutdown_timeout=5, dry_run=True)
        client.held("RebootInstance", instance, "soft", ignore_secondaries=True)
        client.held("ShutdownInstance", instance, dry_run=True, no_remember=True)
        client.held("ReinstallInstance", instance, osparams={"dhcp": "no"}, reason="why")
        client.held("AddInstanceTags", instance, ["a", "b"], dry_run=True, reason="why")
        client.held("DeleteInstanceTags", instance, ["a"], dry_run=True)
        client.held("ReplaceInstanceDisks", instance, [0], "replace_on_primary", reason="why")
        client.held("ReplaceInstanceDisks", instance, [0, 1], iallocator="hail")
        client.held("ReplaceInstanceDisks", instance, None, "replace_new_secondary", node)
        client.held("RecreateInstanceDisks", instance, [[0, {"size": 8}]], iallocator="hail")
        client.held("MigrateInstance", instance, cleanup=True, target_node=node)
        client.held("FailoverInstance", instance, iallocator="hail", reason="why")
        client.held("ExportInstance", instance, "remote", [["a", 1, "b"]], x509_key_name=["a", "b"])
        client.held("PrepareExport", instance, "remote")
        client.held("DeleteInstance", instance, dry_run=True)
        client.held("MigrateNode", node, mode="live", target_node="node2")
        client.held("MigrateNode", node, reason="why")
        client.held("EvacuateNode", node, remote_node="node2", mode="all", early_release=True)
        client.held("EvacuateNode", node, iallocator="hail", mode="primary-only", dry_run=True)
        client.held("EvacuateNode", node, "hail", mode="all", accept_old=True, reason="why")
        client.held("DeleteNodeTags", node, ["a"], dry_run=True)
        client.held("SetNodeRole", node, "drained", auto_promote=True)
        client.held("CreateGroup", "side-a", dry_run=True)
        client.held("AssignGroupNodes", group, [node], force=True, dry_run=True)
        client.held("DeleteGroup", group, dry_run=True)
        client.held("CreateNetwork", "side-net", "198.51.100.0/28", dry_run=True, tags="a")
        client.held(
            "CreateNetwork", "side-net", "198.51.100.0/28", network6="2001:db8::/64", tags="a"
        )
        client.held("ConnectNetwork", "side-net", group, "openvswitch", "br0", "5", dry_run=True)
        client.held("DisconnectNetwork", "side-net", group, dry_run=True)
        client.held("DeleteNetwork", "side-net", dry_run=True)


def group(client: Client) -> None:
    name, new_name, home = "side-a", "side-b", client.call("GetGroups")[0]
    client.job("CreateGroup", name, alloc_policy="last_resort", reason="why")
    client.job("ModifyGroup", name, reason="why", alloc_policy="unallocable")
    client.note("GetGroup", name)
    client.job("AddGroupTags", name, ["x", "y"])
    client.job("DeleteGroupTags", name, ["x"])
    client.note("GetGroupTags", name)
    client.job("RenameGroup", name, new_name, reason="why")
    client.job("AssignGroupNodes", new_name, ["node3"], force=True, reason="why")
    client.job("AssignGroupNodes", home, ["node3"], force=True)
    client.job("DeleteGroup", new_name)


def network(client: Client) -> None:
    name, home = "side-net", client.call("GetGroups")[0]
    made: dict[str, object] = {"gateway": "198.51.100.1", "mac_prefix": "aa:bb:cc", "tags": "x,y"}
    reserved = "198.51.100.2,198.51.100.3"
    client.job("CreateNetwork", name, "198.51.100.0/28", add_reserved_ips=reserved, **made)
    client.note("GetNetwork", name)
    client.job("ModifyNetwork", name, mac_prefix="aa:bb:cd")
    client.job("AddNetworkTags", name, ["z"])
    client.job("DeleteNetworkTags", name, ["x", "y"], reason="why")
    client.note("GetNetworkTags", name)
    client.job("ConnectNetwork", name, home, "bridged", "br0", reason="why")
    client.job("DisconnectNetwork", name, home)
    client.job("DeleteNetwork", name, reason="why")


@functools.cache
def both() -> tuple[Client, Client]:
    """Ganeti's client and ours, for all tests: to start them takes seconds."""
    user = os.environ["LAB_WRITE_USER"]
    return Client.start(GANETI, user), Client.start(OURS, user)


class SideBySideTests(SynchronousTestCase):
    skip = SKIP
    maxDiff = None
    told: dict[str, set[str]] = {}
    """The stories that were told so far, and the methods that each of them called."""

    def setUp(self) -> None:
        our_api()
        self.ganeti, self.ours = both()

    def same(self, story: Callable[[Client], None]) -> None:
        """Tell a story through both, unless another test has done so; it takes its time."""
        if story.__name__ in self.told:
            return
        clients = (self.ganeti, self.ours)
        for client in clients:
            client.notes.clear()
        with ThreadPoolExecutor(len(clients) if story in CHANGE_NOTHING else 1) as pool:
            list(pool.map(story, clients))
        self.assertEqual(len(self.ganeti.notes), len(self.ours.notes))
        self.assertEqual(list(differences(self.ganeti.notes, self.ours.notes)), [])
        self.told[story.__name__] = {str(note[0]) for note in self.ours.notes}

    def test_reading(self) -> None:
        self.same(read)

    def test_errors(self) -> None:
        self.same(fail)

    def test_jobs_and_filters(self) -> None:
        self.same(jobs_and_filters)

    def test_cluster(self) -> None:
        self.same(cluster)

    def test_instance(self) -> None:
        self.same(instance)

    def test_moves(self) -> None:
        self.same(moves)

    def test_several_instances_at_once(self) -> None:
        self.same(several)

    def test_nodes(self) -> None:
        self.same(nodes)

    def test_emptied_node(self) -> None:
        self.same(emptied_node)

    def test_held(self) -> None:
        self.same(held)

    def test_group(self) -> None:
        self.same(group)

    def test_network(self) -> None:
        self.same(network)

    def test_every_method_has_its_part(self) -> None:
        """In whatever order the tests run: stories that were not told yet are told here."""
        for story in STORIES:
            self.same(story)
        called = set().union(*self.told.values())
        self.assertEqual(set(self.ganeti.methods) - called, set())

    def test_where_ours_is_meant_to_differ(self) -> None:
        """Ganeti's client asks for a dry run in a way that the server does not see.

        It creates networks without tags, which the stock daemon refuses it.
        """
        seen = []
        for client in (self.ganeti, self.ours):
            client.notes.clear()
            with client.holding_jobs():
                client.held("MigrateNode", "node3", dry_run=True)
                client.held("CreateNetwork", "side-net", "198.51.100.0/28")
            (*_, migration), (*_, creation) = client.notes
            seen.append((migration[1][0].get("dry_run"), creation[0]))
        self.assertEqual(seen, [(None, "queued"), (True, "queued")])

    def test_ours_has_all_methods(self) -> None:
        self.assertEqual(set(self.ours.methods) - set(self.ganeti.methods), ONLY_OURS | NEWER)
        self.assertEqual(set(self.ganeti.methods) - set(self.ours.methods), set())

    def test_parameters(self) -> None:
        theirs, ours = (
            json.loads(subprocess.check_output([*python, "-c", PARAMETERS, module], text=True))
            for python, module in (
                (GANETI[:2], "ganeti.rapi.client"),
                (OURS[:1], "ganeti_rapi.client"),
            )
        )
        self.assertEqual({name: ours[name] for name in theirs}, theirs)

    def test_wrong_credentials(self) -> None:
        for command, notes in ((GANETI, self.ganeti.notes), (OURS, self.ours.notes)):
            notes.clear()
            for user in ("autocreator:wrong", os.environ["LAB_READ_USER"]):
                client = Client.start(command, user)
                self.addCleanup(client.stop)
                client.note("RedistributeConfig")
                notes += client.notes
        self.assertEqual(self.ganeti.notes, self.ours.notes)
        self.assertEqual([note[-1][0] for note in self.ours.notes], [401, 403])


CHANGE_NOTHING = {read, fail, held}
"""Stories that both may tell at the same time."""

STORIES = (
    *(read, fail, jobs_and_filters, cluster, instance, moves, several),
    *(nodes, emptied_node, held, group, network),
)
