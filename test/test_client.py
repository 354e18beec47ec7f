"""The client over the real site and the simulated cluster: every resource, every method."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.cells import Text, WebSocket
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.client import (
    BadRequest,
    Changed,
    Forbidden,
    Gone,
    HttpError,
    NotFound,
    RapiClient,
    Unauthorized,
    Unavailable,
    allocation,
    base,
    transport,
)

from .client_double import ClientOfSimulation, next_of
from .simulation import BUILD1, DB1, FILES1, ROUTER1, SHARED1, WEB1

NODE, NODE2, GROUP = "node1.example.com", "node2.example.com", "racks-b"
NET, OS, UUID = "internal", "noop+default", "8f8a9d8e-0000-4000-8000-000000000001"
HOLD_UP: Any = (1, [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]], "PAUSE")  # Any: JSON
RULE: Any = (1, [["jobid", [">", "id", "watermark"]]], "ACCEPT")  # Any: JSON


async def ext_storage(client: Any) -> Any:  # Any: as below, and JSON
    return [await client.list_ext_storage(), await client.get_ext_storage()]


async def verification(client: Any) -> Any:  # Any: as below, and JSON
    return await client.get_verification(await client.verify_config())


CALLS: dict[tuple[str, str], Callable[[Any], Any]] = {
    # Any: a RapiClient, whose methods are noted, and a coroutine
    ("GET", "/"): lambda c: c.list_versions(),
    ("GET", "/2"): lambda c: c.list_resources(),
    ("GET", "/version"): lambda c: c.get_version(),
    ("GET", "/healthz"): lambda c: c.get_health(),
    ("GET", "/readyz"): lambda c: c.get_readiness(),
    ("GET", "/2/openapi.json"): lambda c: c.get_openapi(),
    ("GET", "/2/info"): lambda c: c.get_info(),
    ("GET", "/2/features"): lambda c: c.get_features(),
    ("GET", "/2/os"): lambda c: c.get_operating_systems(reason="why"),
    ("PUT", "/2/redistribute-config"): lambda c: c.redistribute_config(),
    ("PUT", "/2/modify"): lambda c: c.modify_cluster(candidate_pool_size=3),
    ("GET", "/2/tags"): lambda c: c.get_cluster_tags(),
    ("PUT", "/2/tags"): lambda c: c.add_cluster_tags(["a b", "c"]),
    ("DELETE", "/2/tags"): lambda c: c.delete_cluster_tags(["c"]),
    ("GET", "/2/filters"): lambda c: c.get_filters(),
    ("POST", "/2/filters"): lambda c: c.add_filter(*RULE),
    ("PUT", "/2/filters/{filter_uuid}"): lambda c: c.replace_filter(UUID, *RULE, reason=[]),
    ("GET", "/2/filters/{filter_uuid}"): lambda c: c.get_filter(UUID),
    ("DELETE", "/2/filters/{filter_uuid}"): lambda c: c.delete_filter(UUID),
    ("GET", "/2/jobs"): lambda c: c.get_jobs(),
    ("GET", "/2/jobs/{job_id}"): lambda c: c.get_job(1),
    ("DELETE", "/2/jobs/{job_id}"): lambda c: c.cancel_job(1),
    ("GET", "/2/jobs/{job_id}/wait"): lambda c: c.wait_for_job_change(1, ["status"]),
    ("GET", "/2/jobs/{job_id}/events"): lambda c: next_of(c.job_events(1)),
    ("GET", "/2/events"): lambda c: next_of(c.all_events(kinds=["job"], tags=["a"])),
    ("POST", "/2/jobs/{job_id}/archive"): lambda c: c.archive_job(1),
    ("POST", "/2/jobs-archive"): lambda c: c.archive_jobs(3600, timeout=5),
    ("PUT", "/2/jobs/{job_id}/priority"): lambda c: c.change_job_priority(1, -5),
    ("GET", "/2/tags-search"): lambda c: c.search_tags("^team-"),
    ("GET", "/2/queue"): lambda c: c.get_queue(),
    ("PUT", "/2/queue"): lambda c: c.modify_queue(False),
    ("GET", "/2/watcher"): lambda c: c.get_watcher(),
    ("PUT", "/2/watcher"): lambda c: c.modify_watcher(None),
    ("GET", "/2/config"): lambda c: c.get_config(),
    ("GET", "/2/ext-storage"): lambda c: ext_storage(c),
    ("GET", "/2/capacity"): lambda c: c.get_capacity("drbd", memory=1024, disk=2048, vcpus=1),
    ("GET", "/2/balance"): lambda c: c.get_balance("default", max_moves=3, no_disk_moves=True),
    ("POST", "/2/verify"): lambda c: c.verify_cluster(GROUP, skip_checks=["nplusone_mem"]),
    ("GET", "/2/verify/{job_id}"): lambda c: verification(c),
    ("POST", "/2/verify-config"): lambda c: c.verify_config(),
    ("POST", "/2/verify-disks"): lambda c: c.verify_disks(GROUP),
    ("POST", "/2/repair-disk-sizes"): lambda c: c.repair_disk_sizes([WEB1]),
    ("PUT", "/2/rename"): lambda c: c.rename_cluster("new.example.com"),
    ("POST", "/2/renew-crypto"): lambda c: c.renew_crypto(renew_ssh_keys=True),
    ("PUT", "/2/master-ip"): lambda c: c.activate_master_ip(),
    ("DELETE", "/2/master-ip"): lambda c: c.deactivate_master_ip(),
    ("POST", "/2/allocator"): lambda c: c.ask_allocator("new1", memory=128, vcpus=1),
    ("DELETE", "/2/nodes/{node_name}"): lambda c: c.remove_node(NODE2),
    ("GET", "/2/nodes/{node_name}/volumes"): lambda c: c.query_node_volumes(NODE, ["name"]),
    ("GET", "/2/nodes/{node_name}/power"): lambda c: c.query_node_power(NODE),
    ("PUT", "/2/nodes/{node_name}/power"): lambda c: c.set_node_power(NODE2, "power-on"),
    ("GET", "/2/nodes/{node_name}/health"): lambda c: c.query_node_health(NODE),
    ("POST", "/2/nodes/{node_name}/restricted-command"): lambda c: c.run_restricted_command(
        NODE, "look"
    ),
    ("PUT", "/2/instances/{instance_name}/move"): lambda c: c.move_instance(BUILD1, NODE),
    ("PUT", "/2/instances/{instance_name}/change-group"): lambda c: c.change_instance_group(
        WEB1, target_groups=[GROUP], iallocator="hail"
    ),
    ("POST", "/2/groups/{group_name}/evacuate"): lambda c: c.evacuate_group(
        GROUP, target_groups=["default"], iallocator="hail"
    ),
    ("POST", "/2/groups/{group_name}/verify"): lambda c: c.verify_group(GROUP),
    ("POST", "/2/groups/{group_name}/verify-disks"): lambda c: c.verify_group_disks(GROUP),
    ("GET", "/2/nodes"): lambda c: c.get_nodes(),
    ("GET", "/2/nodes/{node_name}"): lambda c: c.get_node(NODE),
    ("POST", "/2/nodes/{node_name}/powercycle"): lambda c: c.powercycle_node(NODE2),
    ("GET", "/2/nodes/{node_name}/role"): lambda c: c.get_node_role(NODE),
    ("PUT", "/2/nodes/{node_name}/role"): lambda c: c.set_node_role(
        NODE2, "regular", force=True, auto_promote=False
    ),
    ("POST", "/2/nodes/{node_name}/evacuate"): lambda c: c.evacuate_node(
        NODE, "secondary-only", iallocator="hail", early_release=True
    ),
    ("POST", "/2/nodes/{node_name}/migrate"): lambda c: c.migrate_node(
        NODE, mode="live", iallocator="hail", dry_run=True
    ),
    ("POST", "/2/nodes/{node_name}/modify"): lambda c: c.modify_node(NODE, vm_capable=True),
    ("GET", "/2/nodes/{node_name}/storage"): lambda c: c.query_node_storage(
        NODE, "lvm-vg", ["name", "free"]
    ),
    ("PUT", "/2/nodes/{node_name}/storage/modify"): lambda c: c.modify_node_storage(
        NODE, "lvm-pv", "/dev/sda", allocatable=False
    ),
    ("PUT", "/2/nodes/{node_name}/storage/repair"): lambda c: c.repair_node_storage(
        NODE, "lvm-vg", "xenvg"
    ),
    ("GET", "/2/nodes/{name}/tags"): lambda c: c.get_node_tags(NODE),
    ("PUT", "/2/nodes/{name}/tags"): lambda c: c.add_node_tags(NODE, ["a"]),
    ("DELETE", "/2/nodes/{name}/tags"): lambda c: c.delete_node_tags(NODE, ["a"]),
    ("GET", "/2/instances"): lambda c: c.get_instances(),
    ("POST", "/2/instances"): lambda c: c.create_instance(
        "new1.example.com",
        disk_template="diskless",
        disks=[],
        nics=[{}],
        os=OS,
        pnode=NODE2,
        reason="why",
    ),
    ("POST", "/2/instances-multi-alloc"): lambda c: c.create_instances(
        [allocation("create", "new2.example.com", "diskless", [], [{}], os=OS)],
        iallocator="hail",
    ),
    ("GET", "/2/instances/{instance_name}"): lambda c: c.get_instance(WEB1),
    ("DELETE", "/2/instances/{instance_name}"): lambda c: c.delete_instance(
        ROUTER1, shutdown_timeout=5
    ),
    ("GET", "/2/instances/{instance_name}/info"): lambda c: c.query_instance_info(
        WEB1, static=True
    ),
    ("POST", "/2/instances/{instance_name}/reboot"): lambda c: c.reboot_instance(
        WEB1, reboot_type="soft", ignore_secondaries=True
    ),
    ("PUT", "/2/instances/{instance_name}/shutdown"): lambda c: c.stop_instance(
        DB1, timeout=5, no_remember=True
    ),
    ("PUT", "/2/instances/{instance_name}/startup"): lambda c: c.start_instance(
        BUILD1, force=True, no_remember=True
    ),
    ("POST", "/2/instances/{instance_name}/reinstall"): lambda c: c.reinstall_instance(
        FILES1, os=OS, start=False, osparams={"dhcp": "no"}
    ),
    ("POST", "/2/instances/{instance_name}/replace-disks"): lambda c: c.replace_disks(
        WEB1, "replace_on_primary", disks=[0]
    ),
    ("PUT", "/2/instances/{instance_name}/activate-disks"): lambda c: c.activate_disks(
        BUILD1, ignore_size=True
    ),
    ("PUT", "/2/instances/{instance_name}/deactivate-disks"): lambda c: c.deactivate_disks(
        BUILD1, force=True
    ),
    ("POST", "/2/instances/{instance_name}/recreate-disks"): lambda c: c.recreate_disks(
        BUILD1, disks=[[0, {"size": 8}]], nodes=[NODE2]
    ),
    ("PUT", "/2/instances/{instance_name}/prepare-export"): lambda c: c.prepare_export(
        DB1, "local"
    ),
    ("PUT", "/2/instances/{instance_name}/export"): lambda c: c.export_instance(
        DB1, NODE2, shutdown=True, compress="none"
    ),
    ("DELETE", "/2/instances/{instance_name}/export"): lambda c: c.delete_export(DB1),
    ("PUT", "/2/instances/{instance_name}/migrate"): lambda c: c.migrate_instance(
        WEB1, mode="live", cleanup=False
    ),
    ("PUT", "/2/instances/{instance_name}/failover"): lambda c: c.failover_instance(
        SHARED1, target_node=NODE2, ignore_consistency=True
    ),
    ("PUT", "/2/instances/{instance_name}/rename"): lambda c: c.rename_instance(
        BUILD1, "new3.example.com", ip_check=False, name_check=False
    ),
    ("PUT", "/2/instances/{instance_name}/modify"): lambda c: c.modify_instance(
        WEB1, beparams={"vcpus": 2}
    ),
    ("POST", "/2/instances/{instance_name}/disk/{disk}/grow"): lambda c: c.grow_disk(
        DB1, 0, 8, wait_for_sync=True, absolute=False
    ),
    ("GET", "/2/instances/{instance_name}/console"): lambda c: c.get_console(WEB1),
    ("POST", "/2/instances/{instance_name}/console/ticket"): lambda c: c.console_ticket(WEB1),
    ("GET", "/2/instances/{name}/tags"): lambda c: c.get_instance_tags(WEB1),
    ("PUT", "/2/instances/{name}/tags"): lambda c: c.add_instance_tags(WEB1, ["a"]),
    ("DELETE", "/2/instances/{name}/tags"): lambda c: c.delete_instance_tags(WEB1, ["a"]),
    ("GET", "/2/groups"): lambda c: c.get_groups(),
    ("POST", "/2/groups"): lambda c: c.create_group("new", alloc_policy="preferred"),
    ("GET", "/2/groups/{group_name}"): lambda c: c.get_group(GROUP),
    ("DELETE", "/2/groups/{group_name}"): lambda c: c.delete_group(GROUP, dry_run=True),
    ("PUT", "/2/groups/{group_name}/modify"): lambda c: c.modify_group(
        GROUP, alloc_policy="preferred"
    ),
    ("PUT", "/2/groups/{group_name}/rename"): lambda c: c.rename_group(
        GROUP, "other", dry_run=True
    ),
    ("PUT", "/2/groups/{group_name}/assign-nodes"): lambda c: c.assign_nodes(
        GROUP, [NODE2], force=True, dry_run=True
    ),
    ("GET", "/2/groups/{name}/tags"): lambda c: c.get_group_tags(GROUP),
    ("PUT", "/2/groups/{name}/tags"): lambda c: c.add_group_tags(GROUP, ["a"]),
    ("DELETE", "/2/groups/{name}/tags"): lambda c: c.delete_group_tags(GROUP, ["a"]),
    ("GET", "/2/networks"): lambda c: c.get_networks(),
    ("POST", "/2/networks"): lambda c: c.create_network(
        "new", "198.51.100.0/28", gateway="198.51.100.1", tags=["a"], conflicts_check=False
    ),
    ("GET", "/2/networks/{network_name}"): lambda c: c.get_network(NET),
    ("DELETE", "/2/networks/{network_name}"): lambda c: c.delete_network(NET, dry_run=True),
    ("PUT", "/2/networks/{network_name}/connect"): lambda c: c.connect_network(
        NET, GROUP, "bridged", "br0", vlan="", conflicts_check=False
    ),
    ("PUT", "/2/networks/{network_name}/disconnect"): lambda c: c.disconnect_network(NET, GROUP),
    ("PUT", "/2/networks/{network_name}/modify"): lambda c: c.modify_network(
        NET, mac_prefix="aa:bb:cc"
    ),
    ("PUT", "/2/networks/{network_name}/rename"): lambda c: c.rename_network(NET, "other"),
    ("GET", "/2/networks/{name}/tags"): lambda c: c.get_network_tags(NET),
    ("PUT", "/2/networks/{name}/tags"): lambda c: c.add_network_tags(NET, ["a"]),
    ("DELETE", "/2/networks/{name}/tags"): lambda c: c.delete_network_tags(NET, ["a"]),
    ("GET", "/2/query/{resource}"): lambda c: c.query("node", ["name", "role"]),
    ("PUT", "/2/query/{resource}"): lambda c: c.query("node", ["name"], ["=", "name", NODE]),
    ("GET", "/2/query/{resource}/fields"): lambda c: c.query_fields("node", ["name"]),
}
"""For each cell of the table, the method that asks it."""

ASK_THE_SAME = {
    *(f"list_{kind}" for kind in ("instances", "nodes", "groups", "networks", "filters", "jobs")),
    *("list_operating_systems", "evacuate_secondaries", "has_feature", "close"),
    *("wait_for_job", "watch_job", "submit_and_wait", "open_console"),
    *("get_page", "get_rows", "get_changes", "once", "unless_changed", "with_common"),
}
"""The other methods; they ask resources that one in `CALLS` asks, too."""

NO_JOB = {
    *("/2/jobs/{job_id}", "/2/jobs/{job_id}/archive", "/2/jobs/{job_id}/priority"),
    *("/2/jobs-archive", "/2/queue", "/2/watcher"),
    "/2/instances/{instance_name}/console/ticket",
    *("/2/filters", "/2/filters/{filter_uuid}", "/2/query/{resource}"),
}
"""What is written without a job."""


class Noting:
    """A client that notes which of its methods are asked for."""

    def __init__(self, client: RapiClient) -> None:
        self._client = client
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:  # Any: a method
        self.names.add(name)
        return getattr(self._client, name)


def pattern(template: str) -> str:
    return re.sub(r"\{\w+\}", "[^/]+", template) + r"(\?.*)?"


class EveryResourceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = ClientOfSimulation(timeout=None)
        self.addCleanup(self.sim.stop)

    def test_the_table_is_complete(self) -> None:
        cells = {
            (method, row.uri)
            for row in RESOURCES
            for method, cell in row.cells.items()
            if not isinstance(cell, Text | WebSocket)  # which are for programs of another kind
        }
        self.assertEqual(set(CALLS), cells)

    def test_every_resource_is_asked_by_a_method(self) -> None:
        client = Noting(self.sim.client)
        for (method, template), call in CALLS.items():
            reply = self.sim.run(call(client))
            request = self.sim.requests[-1]
            self.assertEqual(request.method, method, template)
            self.assertRegex(request.uri, f"^{pattern(template)}$")
            if method != "GET" and template not in NO_JOB:
                self.assertIsInstance(reply, int, template)
        public = {name for name in vars_of(RapiClient) if not name.startswith("_")}
        self.assertEqual(public - client.names, ASK_THE_SAME)

    def test_every_job_may_have_the_parameters_that_all_opcodes_take(self) -> None:
        for (method, template), call in CALLS.items():
            if method != "GET" and template not in NO_JOB:
                job_id = self.sim.run(call(self.sim.client.with_common(priority=10)))
                asked = self.sim.client.query("job", ["oppriority"], ["=", "id", job_id])
                ((cell,),) = self.sim.run(asked)["data"]
                self.assertEqual((template, set(cell[1])), (template, {10}))

    def test_every_method_says_what_it_is_for(self) -> None:
        for name, method in vars_of(RapiClient).items():
            if not name.startswith("_"):
                self.assertTrue(inspect.getdoc(method), name)
                hints = dict(inspect.signature(method).parameters)
                hints.pop("self")
                untyped = [key for key, value in hints.items() if value.annotation is value.empty]
                self.assertEqual(untyped, [], name)


def vars_of(kind: type) -> dict[str, Any]:  # Any: a method
    return {
        name: value
        for parent in reversed(kind.__mro__[:-1])
        for name, value in vars(parent).items()
        if callable(value)
    }


class ResultTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = ClientOfSimulation()
        self.addCleanup(self.sim.stop)
        self.run_, self.client = self.sim.run, self.sim.client

    def test_lists_are_names(self) -> None:
        self.assertIn(WEB1, self.run_(self.client.list_instances()))
        self.assertIn(NODE, self.run_(self.client.list_nodes()))
        self.assertIn(GROUP, self.run_(self.client.list_groups()))
        self.assertEqual(self.run_(self.client.list_networks()), [NET])
        self.assertIn(1, self.run_(self.client.list_jobs()))
        self.assertIn(OS, self.run_(self.client.list_operating_systems()))
        uuid = self.run_(self.client.add_filter(*RULE))
        self.assertEqual(self.run_(self.client.list_filters()), [uuid])

    def test_pages(self) -> None:
        asked = {"fields": ["name", "os"], "filter": "os = noop+default", "sort": ["-name"]}
        first = self.run_(self.client.get_page("instances", limit=1, **asked))
        self.assertEqual([set(row) for row in first.rows], [{"name", "os"}])
        second = self.run_(self.client.get_page("instances", limit=99, after=first.after, **asked))
        self.assertIsNone(second.after)
        names = [row["name"] for row in (*first.rows, *second.rows)]
        self.assertEqual(names, sorted(names, reverse=True))
        whole = self.run_(self.client.get_page("instances", filter=["=", "os", "noop+default"]))
        self.assertEqual({row["name"] for row in whole.rows}, set(names))
        self.assertIn("beparams", whole.rows[0])

    def test_all_pages(self) -> None:
        async def all_rows() -> list[Any]:
            return [row["id"] async for row in self.client.get_rows("jobs", limit=2)]

        self.assertEqual(self.run_(all_rows()), self.run_(self.client.list_jobs()))

    def test_changes(self) -> None:
        first = self.run_(self.client.get_changes("instances", fields=["name", "tags"]))
        self.assertTrue(first.whole)
        self.sim.api.daemon.cluster.instances[0].tags.append("new")
        gone = self.sim.api.daemon.cluster.instances.pop()
        news = self.run_(self.client.get_changes("instances", first.etag, fields=["name", "tags"]))
        self.assertEqual((len(news.changed), news.removed, news.whole), (1, [gone.name], False))
        again = self.run_(self.client.get_changes("instances", news.etag, filter="name =* web*"))
        self.assertTrue(again.whole)
        self.assertRaises(Gone, self.run_, self.client.transport.request("GET", "/2/jobs?since=0"))

    def test_what_counts_once(self) -> None:
        jobs = {self.run_(self.client.once("k").stop_instance(WEB1)) for _ in range(3)}
        self.assertEqual(len(jobs), 1)
        self.assertNotIn(self.run_(self.client.stop_instance(WEB1)), jobs)
        other = self.client.once("k").start_instance(WEB1)
        error = self.assertRaises(HttpError, self.run_, other)
        self.assertEqual(error.code, 422)
        self.endpoint_breaks_once()
        self.assertIsInstance(self.run_(self.client.once("x").start_instance(WEB1)), int)

    def test_a_job_that_waits_for_another(self) -> None:
        first = self.run_(self.client.stop_instance(WEB1))
        self.run_(self.client.with_common(depends=[(first, ["success"])]).start_instance(WEB1))
        self.assertEqual(self.sim.requests[-1].body, {"depends": [[first, ["success"]]]})

    def test_what_changed_meanwhile(self) -> None:
        serial = self.run_(self.client.get_instance(WEB1))["serial_no"]
        careful = self.client.unless_changed(serial)
        self.run_(careful.submit_and_wait(careful.modify_instance(WEB1, beparams={"vcpus": 3})))
        late = careful.modify_instance(WEB1, beparams={"vcpus": 4})
        self.assertRaises(Changed, self.run_, late)

    def endpoint_breaks_once(self) -> None:
        """The next reply is lost, and with it every connection."""
        connect = self.sim.endpoint.connect

        def lose_one(*arguments: Any) -> Any:
            self.sim.endpoint.connect = connect  # type: ignore[method-assign]
            connecting = connect(*arguments)
            connecting.addCallback(lambda it: self.sim.reactor.callLater(0, self.cut, it) and it)
            return connecting

        self.sim.pool.closeCachedConnections()
        self.sim.endpoint.connect = lose_one  # type: ignore[method-assign]

    def cut(self, protocol: Any) -> None:
        protocol.transport.loseConnection()

    def test_details(self) -> None:
        names = [row["name"] for row in self.run_(self.client.get_instances())]
        self.assertEqual(sorted(names), self.run_(self.client.list_instances()))
        self.assertEqual(self.run_(self.client.get_node(NODE))["name"], NODE)
        self.assertEqual(self.run_(self.client.get_job(1))["id"], 1)

    def test_moves_of_an_evacuation(self) -> None:
        moves = self.run_(
            self.client.evacuate_secondaries(NODE2, iallocator="hail", early_release=True)
        )
        self.assertIn(WEB1, [move.instance for move in moves])
        self.assertIsInstance(moves[0].job_id, int)
        moves = self.run_(self.client.evacuate_secondaries(NODE, remote_node=NODE2, dry_run=True))
        self.assertEqual({move.job_id for move in moves}, {None} if moves else set())

    def test_errors(self) -> None:
        for error, work in (
            (NotFound, self.client.get_instance("nosuch")),
            (NotFound, self.client.get_job(999999)),
            (NotFound, self.client.get_instance("../nodes")),
            (NotFound, self.client.get_instance("web1/tags")),
            (BadRequest, self.client.set_node_role(NODE, "master")),
            (Forbidden, self.client.modify_cluster(compression_tools=["gzip"])),
            (Unavailable, self.client.get_console(BUILD1)),
        ):
            self.assertRaises(error, self.run_, work)

    def test_an_error_tells_what_is_wrong(self) -> None:
        error = self.assertRaises(
            BadRequest, self.run_, self.client.modify_instance(WEB1, nosuch=1)
        )
        self.assertEqual(error.code, 400)
        self.assertIn("nosuch", error.message)
        self.assertEqual(str(error), f"400 {error.message}: {error.explain}")

    def test_a_connection_serves_many_requests(self) -> None:
        for _ in range(3):
            self.run_(self.client.get_version())
        self.run_(self.client.redistribute_config())
        self.assertEqual(len(self.sim.endpoint.pipes), 1)

    def test_an_idle_connection_is_closed(self) -> None:
        self.run_(self.client.get_version())
        self.sim.reactor.advance(11)
        self.sim.reactor.advance(0)
        self.assertFalse(self.sim.endpoint.pipes[0].connected)
        self.assertEqual(self.run_(self.client.get_version()), 2)

    def test_cancelling_ends_the_request(self) -> None:
        self.run_(self.client.add_filter(*HOLD_UP))
        job_id = self.run_(self.client.redistribute_config())
        waiting = self.sim.start(self.client.wait_for_job(job_id))
        self.sim.reactor.advance(1)
        self.assertNoResult(waiting)
        waiting.cancel()
        self.sim.reactor.advance(0)
        self.failureResultOf(waiting, CancelledError)
        self.assertFalse(self.sim.endpoint.pipes[0].connected)

    def test_leaving_a_stream_ends_it(self) -> None:
        job_id = self.run_(self.client.redistribute_config())
        event = self.run_(next_of(self.client.job_events(job_id)))
        self.assertEqual(event.data["id"], job_id)
        self.sim.reactor.advance(0)
        self.sim.reactor.advance(0)
        self.assertFalse(self.sim.endpoint.pipes[-1].connected)


class OtherUsersTests(SynchronousTestCase):
    def test_wrong_credentials(self) -> None:
        sim = ClientOfSimulation("stranger")
        self.addCleanup(sim.stop)
        self.assertRaises(Unauthorized, sim.run, sim.client.get_info())

    def test_a_user_who_may_not_write(self) -> None:
        sim = ClientOfSimulation("visitor")
        self.addCleanup(sim.stop)
        self.assertRaises(Forbidden, sim.run, sim.client.redistribute_config())


class ExampleTests(SynchronousTestCase):
    def test_the_examples_in_docstrings(self) -> None:
        for module in (base, transport):
            self.assertEqual(doctest.testmod(module).failed, 0)
            self.assertGreater(doctest.testmod(module).attempted, 0)
