"""The blocking client: Ganeti's names and results, over the simulated cluster."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.error import ConnectionRefusedError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi import client as module
from ganeti_rapi.client import blocking, errors
from ganeti_rapi.client.blocking import base, constants
from ganeti_rapi.client.blocking.curl import CurlConfig
from ganeti_rapi.client.blocking.errors import as_api_error

from .client_double import ClientOfSimulation, Script
from .simulation import BUILD1, WEB1

SIGNATURES = """
ActivateInstanceDisks(instance, ignore_size=None, reason=None)
AddClusterTags(tags, dry_run=False, reason=None)
AddFilter(priority, predicates, action, reason_trail=None)
AddGroupTags(group, tags, dry_run=False, reason=None)
AddInstanceTags(instance, tags, dry_run=False, reason=None)
AddNetworkTags(network, tags, dry_run=False, reason=None)
AddNodeTags(node, tags, dry_run=False, reason=None)
AssignGroupNodes(group, nodes, force=False, dry_run=False, reason=None)
CancelJob(job_id, dry_run=False)
ConnectNetwork(network_name, group_name, mode, link, vlan='', dry_run=False, reason=None)
CreateGroup(name, alloc_policy=None, dry_run=False, reason=None)
CreateInstance(mode, name, disk_template, disks, nics, reason=None, **kwargs)
CreateNetwork(network_name, network, gateway=None, network6=None, gateway6=None,
    mac_prefix=None, add_reserved_ips=None, tags=None, dry_run=False, reason=None)
DeactivateInstanceDisks(instance, reason=None, force=False)
DeleteClusterTags(tags, dry_run=False, reason=None)
DeleteFilter(uuid)
DeleteGroup(group, dry_run=False, reason=None)
DeleteGroupTags(group, tags, dry_run=False, reason=None)
DeleteInstance(instance, dry_run=False, reason=None, **kwargs)
DeleteInstanceTags(instance, tags, dry_run=False, reason=None)
DeleteNetwork(network, dry_run=False, reason=None)
DeleteNetworkTags(network, tags, dry_run=False, reason=None)
DeleteNodeTags(node, tags, dry_run=False, reason=None)
DisconnectNetwork(network_name, group_name, dry_run=False, reason=None)
EvacuateNode(node, iallocator=None, remote_node=None, dry_run=False, early_release=None,
    mode=None, accept_old=False, reason=None)
ExportInstance(instance, mode, destination, shutdown=None, remove_instance=None,
    x509_key_name=None, destination_x509_ca=None, compress=None, reason=None)
FailoverInstance(instance, iallocator=None, ignore_consistency=None, target_node=None,
    reason=None)
GetClusterTags(reason=None)
GetFeatures()
GetFilter(filter_uuid)
GetFilters(bulk=False)
GetGroup(group, reason=None)
GetGroupTags(group, reason=None)
GetGroups(bulk=False, reason=None)
GetInfo(reason=None)
GetInstance(instance, reason=None)
GetInstanceConsole(instance, reason=None)
GetInstanceInfo(instance, static=None, reason=None)
GetInstanceTags(instance, reason=None)
GetInstances(bulk=False, reason=None)
GetJobStatus(job_id)
GetJobs(bulk=False)
GetNetwork(network, reason=None)
GetNetworkTags(network, reason=None)
GetNetworks(bulk=False, reason=None)
GetNode(node, reason=None)
GetNodeRole(node, reason=None)
GetNodeStorageUnits(node, storage_type, output_fields, reason=None)
GetNodeTags(node, reason=None)
GetNodes(bulk=False, reason=None)
GetOperatingSystems(reason=None)
GetVersion()
GrowInstanceDisk(instance, disk, amount, wait_for_sync=None, reason=None)
InstanceAllocation(mode, name, disk_template, disks, nics, **kwargs)
InstancesMultiAlloc(instances, reason=None, **kwargs)
MigrateInstance(instance, mode=None, cleanup=None, target_node=None, reason=None)
MigrateNode(node, mode=None, dry_run=False, iallocator=None, target_node=None, reason=None)
ModifyCluster(reason=None, **kwargs)
ModifyGroup(group, reason=None, **kwargs)
ModifyInstance(instance, reason=None, **kwargs)
ModifyNetwork(network, reason=None, **kwargs)
ModifyNode(node, reason=None, **kwargs)
ModifyNodeStorageUnits(node, storage_type, name, allocatable=None, reason=None)
PowercycleNode(node, force=False, reason=None)
PrepareExport(instance, mode, reason=None)
Query(what, fields, qfilter=None, reason=None)
QueryFields(what, fields=None, reason=None)
RebootInstance(instance, reboot_type=None, ignore_secondaries=None, dry_run=False, reason=None,
    **kwargs)
RecreateInstanceDisks(instance, disks=None, nodes=None, reason=None, iallocator=None)
RedistributeConfig(reason=None)
ReinstallInstance(instance, os=None, no_startup=False, osparams=None, reason=None)
RenameGroup(group, new_name, reason=None)
RenameInstance(instance, new_name, ip_check=None, name_check=None, reason=None)
RenameNetwork(network, new_name, reason=None)
RepairNodeStorageUnits(node, storage_type, name, reason=None)
ReplaceFilter(uuid, priority, predicates, action, reason_trail=None)
ReplaceInstanceDisks(instance, disks=None, mode='replace_auto', remote_node=None,
    iallocator=None, reason=None, early_release=None)
SetNodeRole(node, role, force=False, auto_promote=None, reason=None)
ShutdownInstance(instance, dry_run=False, no_remember=False, reason=None, **kwargs)
StartupInstance(instance, dry_run=False, no_remember=False, reason=None)
WaitForJobChange(job_id, fields, prev_job_info, prev_log_serial)
WaitForJobCompletion(job_id, period=5, retries=-1)
"""
"""The methods of Ganeti's own client, with their parameters and defaults."""

ONLY_OURS = {"GetPage", "GetChanges", "Once", "UnlessChanged", "WithCommon"}
"""Those that Ganeti's client does not have."""

NAMES = """
CertificateError Error GanetiApiError GanetiRapiClient GenericCurlConfig UsesRapiClient EpochNano
GANETI_RAPI_PORT GANETI_RAPI_VERSION HTTP_DELETE HTTP_GET HTTP_PUT HTTP_POST HTTP_OK HTTP_NOT_FOUND
HTTP_APP_JSON REPLACE_DISK_PRI REPLACE_DISK_SECONDARY REPLACE_DISK_CHG REPLACE_DISK_AUTO
NODE_EVAC_PRI NODE_EVAC_SEC NODE_EVAC_ALL NODE_ROLE_DRAINED NODE_ROLE_MASTER_CANDIDATE
NODE_ROLE_MASTER NODE_ROLE_OFFLINE NODE_ROLE_REGULAR JOB_STATUS_QUEUED JOB_STATUS_WAITING
JOB_STATUS_CANCELING JOB_STATUS_RUNNING JOB_STATUS_CANCELED JOB_STATUS_SUCCESS JOB_STATUS_ERROR
JOB_STATUS_PENDING JOB_STATUS_FINALIZED JOB_STATUS_ALL JOB_STATUS_WAITLOCK INST_CREATE_REQV1
INST_REINSTALL_REQV1 NODE_MIGRATE_REQV1 NODE_EVAC_RES1 ECODE_RESOLVER ECODE_NORES ECODE_TEMP_NORES
ECODE_INVAL ECODE_STATE ECODE_NOENT ECODE_EXISTS ECODE_NOTUNIQUE ECODE_FAULT ECODE_ENVIRON ECODE_ALL
"""
"""What else scripts take from Ganeti's module."""


def plain_signature(function: Callable[..., Any]) -> str:  # Any: a method's result
    """Parameters and defaults, without ``self`` and annotations."""
    signature = inspect.signature(function)
    parameters = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(inspect.Signature(parameters[1:]))


class OursTests(SynchronousTestCase):
    """What Ganeti's client does not have, with a `RapiClient` in the place of the thread."""

    def test_what_they_ask(self) -> None:
        script = Script({"etag": "b", "changed": [], "removed": ["x"]})
        self.patch(base, "result_of", lambda work: self.successResultOf(script.start(work)))
        self.patch(base, "_connect", lambda *_: script.client)
        client = blocking.GanetiRapiClient("rapi")
        self.assertEqual(client.GetChanges("nodes", "a").removed, ["x"])
        client.GetPage("nodes", ["name"], "offline", ["-name"], 5, "here")
        self.assertEqual(
            [uri for _, uri, _ in script.sent],
            [
                "/2/nodes?bulk=1&since=a",
                "/2/nodes?bulk=1&fields=name&filter=offline&sort=-name&limit=5&after=here",
            ],
        )
        script.replies = [5]
        self.assertEqual(client.Once("k").StartupInstance("web1"), 5)
        self.assertEqual(script.http.requests[-1].headers["Idempotency-Key"], "k")
        client.UnlessChanged(17).StartupInstance("web1")
        self.assertEqual(script.http.requests[-1].headers["If-Match"], '"17"')
        client.StartupInstance("web1")
        self.assertNotIn("Idempotency-Key", script.http.requests[-1].headers)
        client.WithCommon(priority=10).StartupInstance("web1")
        self.assertEqual(script.http.requests[-1].body, {"priority": 10})


class NamesTests(SynchronousTestCase):
    def test_methods_and_parameters(self) -> None:
        methods = inspect.getmembers(blocking.GanetiRapiClient, inspect.isfunction)
        ours = {name: plain_signature(method) for name, method in methods if name[0] != "_"}
        text = re.sub(r"\n    ", " ", SIGNATURES).strip()
        theirs = {line.partition("(")[0]: line[line.index("(") :] for line in text.split("\n")}
        self.assertEqual(len(theirs), 82)
        self.assertEqual(ours.keys() - theirs.keys(), ONLY_OURS)
        self.assertEqual({name: ours[name] for name in theirs}, theirs)

    def test_every_method_says_what_it_is_for(self) -> None:
        for name, method in inspect.getmembers(blocking.GanetiRapiClient, inspect.isfunction):
            if not name.startswith("_"):
                self.assertTrue(method.__doc__, name)
                self.assertIsNot(
                    inspect.signature(method).return_annotation, inspect.Signature.empty, name
                )

    def test_constructor(self) -> None:
        self.assertEqual(
            re.sub(r"logger=<.*?>", "logger", plain_signature(blocking.GanetiRapiClient.__init__)),
            "(host, port=5080, username=None, password=None, logger, curl_config_fn=None, "
            "curl_factory=None)",
        )

    def test_names_of_the_module(self) -> None:
        self.assertEqual(set(blocking.__all__), set(NAMES.split()))
        for name in blocking.__all__:
            self.assertIs(getattr(module, name), getattr(blocking, name))
        self.assertRaises(AttributeError, getattr, module, "nosuch")

    def test_states_of_jobs(self) -> None:
        self.assertEqual(
            constants.JOB_STATUS_ALL,
            {"queued", "waiting", "canceling", "running", "canceled", "success", "error"},
        )
        self.assertEqual(constants.JOB_STATUS_FINALIZED, {"canceled", "success", "error"})


def on_simulation(case: SynchronousTestCase, sim: ClientOfSimulation) -> Any:
    # Any: a client, and patched modules
    """A blocking client whose thread is this one, where time passes while it waits."""
    case.patch(base, "result_of", sim.run)
    case.patch(time, "sleep", sim.reactor.advance)
    case.patch(base, "ThreadClient", lambda *_, **__: sim.client)
    return blocking.GanetiRapiClient("cluster.example.com", username="admin", password="secret")


class ResultTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = ClientOfSimulation(retries=0)
        self.addCleanup(self.sim.stop)
        self.client = on_simulation(self, self.sim)

    def test_lists(self) -> None:
        for kind, some in (
            ("Instances", WEB1),
            ("Nodes", "node1.example.com"),
            ("Groups", "default"),
        ):
            names = getattr(self.client, f"Get{kind}")(reason="why")
            self.assertIn(some, names)
            rows = getattr(self.client, f"Get{kind}")(bulk=True)
            self.assertEqual(sorted(row["name"] for row in rows), sorted(names))
        self.assertEqual(self.client.GetJobs(), [row["id"] for row in self.client.GetJobs(True)])

    def test_a_job(self) -> None:
        job_id = self.client.StartupInstance(BUILD1, no_remember=True)
        self.assertTrue(self.client.WaitForJobCompletion(job_id))
        self.assertEqual(self.client.GetJobStatus(job_id)["status"], "success")
        change = self.client.WaitForJobChange(job_id, ["status"], None, None)
        self.assertEqual(change, {"job_info": ["success"], "log_entries": []})
        canceled, text = self.client.CancelJob(job_id)
        self.assertEqual((canceled, type(text)), (False, str))

    def test_waiting_for_a_job_that_fails(self) -> None:
        self.assertFalse(self.client.WaitForJobCompletion(self.client.DeleteGroup("nosuch")))

    def test_waiting_for_so_many_periods(self) -> None:
        rule = [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]]
        self.client.AddFilter(1, rule, "PAUSE")
        job_id = self.client.RedistributeConfig()
        before = self.sim.reactor.seconds()
        self.assertFalse(self.client.WaitForJobCompletion(job_id, period=7, retries=3))
        self.assertEqual(round(self.sim.reactor.seconds() - before), 21)

    def test_the_reason_of_a_filter(self) -> None:
        trail = [["me", "why", 1]]
        uuid = self.client.AddFilter(1, [], "ACCEPT", trail)
        first, second = self.client.GetFilter(uuid)["reason_trail"][:2]
        self.assertEqual((first, second[:2]), (["me", "why", 1], ["gnt:client", ""]))
        self.assertEqual(trail, [["me", "why", 1]])

    def test_an_allocation_is_only_made(self) -> None:
        made = self.client.InstanceAllocation("create", "i", "file", [], [], dry_run=True, os="o")
        self.assertEqual(
            made,
            {
                "mode": "create",
                "name": "i",
                "disk_template": "file",
                "disks": [],
                "nics": [],
                "os": "o",
            },
        )
        self.assertEqual(self.sim.requests, [])

    def test_errors(self) -> None:
        error = self.assertRaises(blocking.GanetiApiError, self.client.GetInstance, "nosuch")
        self.assertEqual(error.code, 404)
        self.assertTrue(str(error).startswith("404 "), str(error))
        self.assertIsInstance(error.__cause__, errors.NotFound)

    def test_either_an_allocator_or_a_node(self) -> None:
        error = self.assertRaises(blocking.GanetiApiError, self.client.EvacuateNode, "n", "a", "m")
        self.assertIsNone(error.code)
        self.assertEqual(self.sim.requests, [])

    def test_nobody_there(self) -> None:
        self.sim.endpoint.refusals = [ConnectionRefusedError(111, "refused")]
        error = self.assertRaises(blocking.GanetiApiError, self.client.GetInfo)
        self.assertEqual(error.code, 7)


class OldServerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.script = Script([], [["7", "i", "m"]])
        self.patch(base, "result_of", lambda work: self.successResultOf(self.script.start(work)))
        self.patch(base, "ThreadClient", lambda *_, **__: self.script.client)
        self.client = blocking.GanetiRapiClient("cluster")

    def test_evacuation_by_who_accepts_the_old_form(self) -> None:
        moves = self.client.EvacuateNode("n", iallocator="hail", accept_old=True)
        self.assertEqual(moves, [[7, "i", "m"]])
        self.assertEqual(self.script.sent[-1][1], "/2/nodes/n/evacuate?iallocator=hail")

    def test_evacuation_of_primary_instances(self) -> None:
        evacuate = self.client.EvacuateNode
        self.assertRaises(
            blocking.GanetiApiError, evacuate, "n", mode="primary-only", accept_old=True
        )


class ErrorTests(SynchronousTestCase):
    def test_codes_without_a_reply_are_curls(self) -> None:
        for error, code in (
            (errors.Unreachable("x"), 7),
            (errors.RequestTimedOut("x"), 28),
            (errors.ConnectionBroken("x"), 56),
            (errors.BadReply("x"), None),
            (errors.FeatureMissing("x"), None),
            (errors.HttpError(503, "why", "what"), 503),
        ):
            told = as_api_error(error)
            self.assertEqual((type(told), told.code), (blocking.GanetiApiError, code))
        told = as_api_error(errors.TlsError("x"))
        self.assertEqual((type(told), told.code), (blocking.CertificateError, 60))


class ConstructorTests(SynchronousTestCase):
    def client(self, *arguments: Any, **keywords: Any) -> blocking.GanetiRapiClient:
        # Any: as the constructor has them
        return blocking.GanetiRapiClient(*arguments, **keywords)

    def test_addresses(self) -> None:
        connected: list[str] = []
        self.patch(base, "ThreadClient", lambda url, *__, **___: connected.append(url))
        for host, url in (
            ("cluster", "https://cluster:5080"),
            ("192.0.2.1", "https://192.0.2.1:5080"),
            ("2001:db8::1", "https://[2001:db8::1]:5080"),
        ):
            self.client(host)
            self.assertEqual(connected.pop(), url)

    def test_half_of_the_credentials(self) -> None:
        self.assertRaises(blocking.Error, self.client, "cluster", username="admin")
        self.assertRaises(blocking.Error, self.client, "cluster", password="secret")

    def test_what_would_configure_curl(self) -> None:
        for wrong in ({"curl_config_fn": print}, {"curl_factory": print}):
            self.assertRaises(blocking.Error, self.client, "cluster", **wrong)

    def test_a_file_that_cannot_be_used(self) -> None:
        config = blocking.GenericCurlConfig(cafile=self.mktemp())
        error = self.assertRaises(
            blocking.CertificateError, self.client, "cluster", curl_config_fn=config
        )
        self.assertIn("Can't read", str(error))


class CurlTests(SynchronousTestCase):
    def setUp(self) -> None:
        for name in ("policy", "trusting"):
            self.patch(sys.modules[CurlConfig.__module__], name, self._choose(name))

    def _choose(self, name: str) -> Callable[..., object]:
        return lambda *_, **keywords: (name, keywords)

    def test_nobody_is_checked_unless_authorities_are_named(self) -> None:
        for config in (
            CurlConfig(),
            blocking.GenericCurlConfig(verify_hostname=True, proxy="", verbose=True),
        ):
            self.assertEqual(config.trust(), ("policy", {"insecure": True}))

    def test_authorities_without_the_name(self) -> None:
        config = blocking.GenericCurlConfig(use_curl_cabundle=True)
        self.assertEqual(config.trust(), ("trusting", {"names": False}))

    def test_authorities_with_the_name(self) -> None:
        config = blocking.GenericCurlConfig(use_curl_cabundle=True, verify_hostname=True)
        self.assertEqual(config.trust(), ("trusting", {"names": True}))

    def test_a_directory_of_authorities(self) -> None:
        read: list[str] = []
        self.patch(
            sys.modules[CurlConfig.__module__], "authorities", lambda *paths: read.extend(paths)
        )
        directory = Path(tempfile.mkdtemp(dir="."))
        for name in ("b.pem", "a.pem"):
            (directory / name).touch()
        config = blocking.GenericCurlConfig(cafile="c.pem", capath=str(directory))
        self.assertEqual(config.trust(), ("trusting", {"names": False}))
        self.assertEqual([os.path.basename(path) for path in read], ["c.pem", "a.pem", "b.pem"])

    def test_what_cannot_be(self) -> None:
        for wrong in ({"use_curl_cabundle": True, "cafile": "x"}, {"proxy": "http://proxy"}):
            self.assertRaises(blocking.Error, blocking.GenericCurlConfig, **wrong)

    def test_times(self) -> None:
        config = blocking.GenericCurlConfig(timeout=30, connect_timeout=5)
        self.assertEqual((config.timeout, config.connect_timeout), (30, 5))

    def test_a_decorated_function_stays_the_same(self) -> None:
        self.assertIs(blocking.UsesRapiClient(print), print)


THREADS = """
import functools, os, sys, threading
import ganeti_rapi.client
from ganeti_rapi.client import GanetiRapiClient, GanetiApiError
assert not {"twisted", "treq", "asyncio"} & set(sys.modules)

def ask(client):
    try:
        client.GetVersion()
    except GanetiApiError as error:
        print(error.code, flush=True)

from ganeti_rapi.client.blocking import base
base.ThreadClient = functools.partial(base.ThreadClient, retries=0)
client = GanetiRapiClient("127.0.0.1", 1)
ask(client)
other = threading.Thread(target=ask, args=[client])
other.start()
other.join()
if os.fork() == 0:
    ask(client)
    os._exit(0)
os.wait()
assert not {"twisted", "treq", "asyncio"} & set(sys.modules)
"""


class ThreadTests(SynchronousTestCase):
    def test_it_works_from_any_thread_and_process(self) -> None:
        """And without an event loop, which a script has no use for."""
        script = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", THREADS]
        root = Path(__file__).parent.parent
        done = subprocess.run(script, capture_output=True, text=True, timeout=60, cwd=root)
        self.assertEqual((done.stdout, done.returncode), ("7\n7\n7\n", 0), done.stderr)
