from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import ADMIN, PUBLIC
from ganeti_rapi.api.bodies import OneValue, Parameters
from ganeti_rapi.api.cells import Cell, Constant
from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.api.resources import FEATURES, RESOURCES, Resource
from ganeti_rapi.api.submissions import Submit

from .harness import NOW, ApiCase

REQUIRED = """
    / GET
    /version GET
    /2 GET
    /2/info GET
    /2/redistribute-config PUT
    /2/features GET
    /2/modify PUT
    /2/os GET
    /2/tags GET PUT DELETE
    /2/groups GET POST
    /2/groups/{group_name} GET DELETE
    /2/groups/{group_name}/modify PUT
    /2/groups/{group_name}/rename PUT
    /2/groups/{group_name}/assign-nodes PUT
    /2/instances GET POST
    /2/instances/{instance_name} GET DELETE
    /2/instances/{instance_name}/info GET
    /2/instances/{instance_name}/reboot POST
    /2/instances/{instance_name}/shutdown PUT
    /2/instances/{instance_name}/startup PUT
    /2/instances/{instance_name}/reinstall POST
    /2/instances/{instance_name}/replace-disks POST
    /2/instances/{instance_name}/activate-disks PUT
    /2/instances/{instance_name}/deactivate-disks PUT
    /2/instances/{instance_name}/disk/{disk}/grow POST
    /2/instances/{instance_name}/prepare-export PUT
    /2/instances/{instance_name}/export PUT
    /2/instances/{instance_name}/migrate PUT
    /2/instances/{instance_name}/rename PUT
    /2/instances/{instance_name}/modify PUT
    /2/instances/{name}/tags GET PUT DELETE
    /2/jobs GET
    /2/jobs/{job_id} GET DELETE
    /2/jobs/{job_id}/wait GET
    /2/nodes GET
    /2/nodes/{node_name} GET
    /2/nodes/{node_name}/evacuate POST
    /2/nodes/{node_name}/migrate POST
    /2/nodes/{node_name}/role GET PUT
    /2/nodes/{node_name}/storage GET
    /2/nodes/{node_name}/storage/modify PUT
    /2/nodes/{node_name}/storage/repair PUT
    /2/nodes/{name}/tags GET PUT DELETE
"""
"""What the requirements describe."""

ADDED = """
    /2/filters GET POST
    /2/filters/{filter_uuid} GET PUT DELETE
    /2/groups/{name}/tags GET PUT DELETE
    /2/instances-multi-alloc POST
    /2/instances/{instance_name}/console GET
    /2/instances/{instance_name}/export DELETE
    /2/instances/{instance_name}/failover PUT
    /2/instances/{instance_name}/recreate-disks POST
    /2/networks GET POST
    /2/networks/{network_name} GET DELETE
    /2/networks/{network_name}/connect PUT
    /2/networks/{network_name}/disconnect PUT
    /2/networks/{network_name}/modify PUT
    /2/networks/{network_name}/rename PUT
    /2/networks/{name}/tags GET PUT DELETE
    /2/nodes/{node_name}/modify POST
    /2/nodes/{node_name}/powercycle POST
    /2/openapi.json GET
    /2/query/{resource} GET PUT
    /2/query/{resource}/fields GET
"""
"""What later releases of Ganeti added."""

OURS = """
    /2/instances/{instance_name}/console/ticket POST
    /2/instances/{instance_name}/console/websocket GET
    /healthz GET
    /readyz GET
    /metrics GET
    /2/events GET
    /2/jobs/{job_id}/events GET
    /2/jobs/{job_id}/archive POST
    /2/jobs/{job_id}/priority PUT
    /2/jobs-archive POST
    /2/tags-search GET
    /2/queue GET PUT
    /2/watcher GET PUT
    /2/config GET
    /2/ext-storage GET
    /2/capacity GET
    /2/balance GET
    /2/verify POST
    /2/verify/{job_id} GET
    /2/verify-config POST
    /2/verify-disks POST
    /2/repair-disk-sizes POST
    /2/rename PUT
    /2/renew-crypto POST
    /2/master-ip DELETE PUT
    /2/allocator POST
    /2/nodes/{node_name} DELETE
    /2/nodes/{node_name}/volumes GET
    /2/nodes/{node_name}/power GET PUT
    /2/nodes/{node_name}/health GET
    /2/nodes/{node_name}/restricted-command POST
    /2/instances/{instance_name}/move PUT
    /2/instances/{instance_name}/change-group PUT
    /2/groups/{group_name}/evacuate POST
    /2/groups/{group_name}/verify POST
    /2/groups/{group_name}/verify-disks POST
"""
"""What no Ganeti has."""

PERMISSIONS = """
    /2/config GET cluster.config
    /2/ext-storage GET extstorage.list
    /2/capacity GET cluster.capacity
    /2/balance GET cluster.balance
    /2/verify POST cluster.verify
    /2/verify/{job_id} GET cluster.verify
    /2/verify-config POST cluster.verify
    /2/verify-disks POST cluster.verify
    /2/repair-disk-sizes POST cluster.repair_disk_sizes
    /2/rename PUT cluster.rename
    /2/renew-crypto POST cluster.renew_crypto
    /2/master-ip PUT cluster.master_ip
    /2/master-ip DELETE cluster.master_ip
    /2/allocator POST cluster.allocator
    /2/nodes/{node_name} DELETE nodes.remove
    /2/nodes/{node_name}/volumes GET nodes.volumes.query
    /2/nodes/{node_name}/power GET nodes.power.query
    /2/nodes/{node_name}/power PUT nodes.power.modify
    /2/nodes/{node_name}/health GET nodes.health.query
    /2/nodes/{node_name}/restricted-command POST nodes.restricted_command
    /2/instances/{instance_name}/move PUT instances.move
    /2/instances/{instance_name}/change-group PUT instances.change_group
    /2/groups/{group_name}/evacuate POST groups.evacuate
    /2/groups/{group_name}/verify POST groups.verify
    /2/groups/{group_name}/verify-disks POST groups.verify
    / GET public
    /2 GET public
    /version GET public
    /2/features GET public
    /2/info GET cluster.info
    /2/os GET os.list
    /2/redistribute-config PUT cluster.redistribute_config
    /2/modify PUT cluster.modify
    /2/filters GET filter.list
    /2/filters POST filter.create
    /2/filters/{filter_uuid} DELETE filter.remove
    /2/filters/{filter_uuid} GET filter.query
    /2/filters/{filter_uuid} PUT filter.modify
    /2/jobs GET jobs.list
    /2/jobs/{job_id} DELETE jobs.cancel
    /2/jobs/{job_id} GET jobs.query
    /2/jobs/{job_id}/wait GET jobs.wait
    /2/nodes GET nodes.list
    /2/nodes/{node_name} GET nodes.query
    /2/nodes/{node_name}/powercycle POST nodes.powercycle
    /2/nodes/{node_name}/role GET nodes.role.query
    /2/nodes/{node_name}/role PUT nodes.role.modify
    /2/nodes/{node_name}/evacuate POST nodes.evacuate
    /2/nodes/{node_name}/migrate POST nodes.migrate
    /2/nodes/{node_name}/modify POST nodes.modify
    /2/nodes/{node_name}/storage GET nodes.storage.query
    /2/nodes/{node_name}/storage/modify PUT nodes.storage.modify
    /2/nodes/{node_name}/storage/repair PUT nodes.storage.repair
    /2/networks GET networks.list
    /2/networks POST networks.create
    /2/networks/{network_name} DELETE networks.remove
    /2/networks/{network_name} GET networks.query
    /2/networks/{network_name}/connect PUT networks.connect
    /2/networks/{network_name}/disconnect PUT networks.disconnect
    /2/networks/{network_name}/modify PUT networks.modify
    /2/networks/{network_name}/rename PUT networks.rename
    /2/groups GET groups.list
    /2/groups POST groups.create
    /2/groups/{group_name} DELETE groups.delete
    /2/groups/{group_name} GET groups.query
    /2/groups/{group_name}/modify PUT groups.modify
    /2/groups/{group_name}/rename PUT groups.rename
    /2/groups/{group_name}/assign-nodes PUT groups.assign_nodes
    /2/instances GET instances.list
    /2/instances POST instances.create
    /2/instances-multi-alloc POST instances.multi_alloc
    /2/instances/{instance_name} DELETE instances.remove
    /2/instances/{instance_name} GET instances.query
    /2/instances/{instance_name}/info GET instances.info
    /2/instances/{instance_name}/reboot POST instances.reboot
    /2/instances/{instance_name}/startup PUT instances.startup
    /2/instances/{instance_name}/shutdown PUT instances.shutdown
    /2/instances/{instance_name}/reinstall POST instances.reinstall
    /2/instances/{instance_name}/replace-disks POST instances.replace_disks
    /2/instances/{instance_name}/activate-disks PUT instances.activate_disks
    /2/instances/{instance_name}/deactivate-disks PUT instances.deactivate_disks
    /2/instances/{instance_name}/recreate-disks POST instances.recreate_disks
    /2/instances/{instance_name}/prepare-export PUT instances.export.prepare
    /2/instances/{instance_name}/export DELETE instances.export.remove
    /2/instances/{instance_name}/export PUT instances.export.create
    /2/instances/{instance_name}/migrate PUT instances.migrate
    /2/instances/{instance_name}/failover PUT instances.failover
    /2/instances/{instance_name}/rename PUT instances.rename
    /2/instances/{instance_name}/modify PUT instances.modify
    /2/instances/{instance_name}/disk/{disk}/grow POST instances.grow_disk
    /2/instances/{instance_name}/console GET instances.query.console
    /2/query/{resource} GET query.all
    /2/query/{resource} PUT query.all
    /2/query/{resource}/fields GET query.all
    /2/instances/{name}/tags DELETE tags.delete
    /2/instances/{name}/tags GET tags.get
    /2/instances/{name}/tags PUT tags.set
    /2/nodes/{name}/tags DELETE tags.delete
    /2/nodes/{name}/tags GET tags.get
    /2/nodes/{name}/tags PUT tags.set
    /2/groups/{name}/tags DELETE tags.delete
    /2/groups/{name}/tags GET tags.get
    /2/groups/{name}/tags PUT tags.set
    /2/networks/{name}/tags DELETE tags.delete
    /2/networks/{name}/tags GET tags.get
    /2/networks/{name}/tags PUT tags.set
    /2/tags DELETE tags.delete
    /2/tags GET tags.get
    /2/tags PUT tags.set
    /healthz GET public
    /readyz GET public
    /metrics GET metrics.read
    /2/events GET events.read
    /2/jobs/{job_id}/events GET jobs.wait
    /2/jobs/{job_id}/archive POST jobs.archive
    /2/jobs/{job_id}/priority PUT jobs.priority
    /2/jobs-archive POST jobs.archive
    /2/tags-search GET tags.search
    /2/queue GET queue.query
    /2/queue PUT queue.modify
    /2/watcher GET watcher.query
    /2/watcher PUT watcher.modify
    /2/openapi.json GET openapi.read
    /2/instances/{instance_name}/console/ticket POST instances.console
    /2/instances/{instance_name}/console/websocket GET public
"""
"""The permission of each method: Ganeti 3.2's, and what it lacks named in the same way."""

GETS_THAT_TAKE_A_USER = {
    ("/metrics", "GET"),
    ("/2/events", "GET"),
    *((f"/2/{name}", "GET") for name in ("config", "ext-storage", "capacity", "balance")),
    *((f"/2/nodes/{{node_name}}/{what}", "GET") for what in ("volumes", "power", "health")),
    ("/2/verify/{job_id}", "GET"),
    ("/2/queue", "GET"),
    ("/2/tags-search", "GET"),
    ("/2/watcher", "GET"),
    ("/2/instances/{instance_name}/console", "GET"),
    ("/2/jobs/{job_id}/events", "GET"),
    ("/2/jobs/{job_id}/wait", "GET"),
    ("/2/nodes/{node_name}/storage", "GET"),
    ("/2/query/{resource}", "GET"),
}
"""In Ganeti 3.0, as everything that is no GET."""


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """URI and method, of lines that hold a URI and its methods."""
    for line in text.split("\n"):
        uri, *methods = line.split() or [""]
        yield from ((uri, method) for method in methods)


def cells() -> Iterator[tuple[Resource, str, Cell]]:
    for row in RESOURCES:
        for method, cell in row.cells.items():
            yield row, method, cell


class ResourcesTests(SynchronousTestCase):
    def test_everything_is_there_and_nothing_else(self) -> None:
        expected = [*pairs(REQUIRED), *pairs(ADDED), *pairs(OURS)]
        self.assertEqual(len(expected), len(set(expected)))
        self.assertEqual({(row.uri, method) for row, method, _ in cells()}, set(expected))

    def test_no_two_rows_are_the_same(self) -> None:
        for values in ([row.name for row in RESOURCES], [row.uri for row in RESOURCES]):
            self.assertEqual([value for value, count in Counter(values).items() if count > 1], [])

    def test_every_row_has_a_cell(self) -> None:
        self.assertEqual([row.uri for row in RESOURCES if not row.cells], [])

    def test_every_method_has_the_permission_of_ganeti(self) -> None:
        expected = {
            (uri, method): permission
            for uri, method, permission in map(str.split, PERMISSIONS.strip().split("\n"))
        }
        self.assertEqual({(row.uri, method): c.permission for row, method, c in cells()}, expected)

    def test_there_is_no_permission_that_nothing_takes(self) -> None:
        self.assertEqual({cell.permission for *_, cell in cells()}, {*ADMIN, PUBLIC})

    def test_what_is_open_in_ganeti_3_0(self) -> None:
        for row, method, cell in cells():
            expected = method == "GET" and (row.uri, method) not in GETS_THAT_TAKE_A_USER
            self.assertEqual(cell.open, expected, (row.uri, method))

    def test_only_reads_that_are_the_same_for_everybody_are_shared(self) -> None:
        for row, method, cell in cells():
            if cell.shared:
                reads = method == "GET" or (row.name, method) == ("query", "PUT")
                self.assertTrue(reads and not isinstance(cell, Submit), row.uri)

    def test_segments_and_items(self) -> None:
        for uri, segments, items in (
            ("/", [], []),
            ("/2/info", ["2", "info"], []),
            ("/2/a/{x}/b/{y}", ["2", "a", "{x}", "b", "{y}"], ["x", "y"]),
        ):
            row = Resource("name", uri, "Doc.")
            self.assertEqual((list(row.segments), list(row.items)), (segments, items))


class DescriptionTests(SynchronousTestCase):
    """The reference and the OpenAPI document are made of these texts."""

    def assert_sentence(self, text: str, where: object) -> None:
        self.assertRegex(text, r"\A[A-Z`\d/].*\.\Z", where)
        self.assertNotIn("  ", text)

    def test_every_row_cell_and_argument_is_described(self) -> None:
        for row, method, cell in cells():
            where = (row.uri, method)
            self.assert_sentence(row.doc, where)
            self.assert_sentence(cell.doc, where)
            if cell.reply != "null":
                self.assert_sentence(cell.reply, where)
            for arg in cell.arguments:
                self.assert_sentence(arg.doc, (*where, arg.name))

    def test_no_argument_is_there_twice(self) -> None:
        for row, method, cell in cells():
            names = [arg.name for arg in cell.arguments]
            self.assertEqual(len(names), len(set(names)), (row.uri, method))


class SubmitRowTests(SynchronousTestCase):
    """What a row says of an opcode is true of the opcode."""

    def setUp(self) -> None:
        self.submits = [
            (row, method, cell) for row, method, cell in cells() if isinstance(cell, Submit)
        ]

    def test_all_names_are_parameters_of_the_opcode(self) -> None:
        for row, method, cell in self.submits:
            items = {cell.as_list.get(item, item) for item in row.items}
            names = {
                *items,
                *cell.fixed,
                *(cell.body.renames.values() if isinstance(cell.body, Parameters) else ()),
                *cell.forbidden,
            }
            known = set(OPCODES[cell.opcode].parameters)
            self.assertEqual(names - known, set(), (row.uri, method))

    def test_old_names_are_no_parameters(self) -> None:
        for row, method, cell in self.submits:
            known = set(OPCODES[cell.opcode].parameters)
            renames = cell.body.renames if isinstance(cell.body, Parameters) else {}
            self.assertEqual(set(renames) & known, set(), (row.uri, method))

    def test_each_takes_a_reason(self) -> None:
        for row, method, cell in self.submits:
            self.assertIn("reason", [arg.name for arg in cell.query], (row.uri, method))


class IndexTests(SynchronousTestCase):
    def value(self, uri: str) -> object:
        (row,) = [row for row in RESOURCES if row.uri == uri]
        cell = row.cells["GET"]
        assert isinstance(cell, Constant)
        return cell.value

    def test_the_root_lists_what_is_under_it(self) -> None:
        self.assertEqual(
            self.value("/"),
            [{"name": "2", "uri": "/2"}, {"name": "version", "uri": "/version"}],
        )

    def test_the_api_lists_what_is_under_it(self) -> None:
        names = [
            *("allocator", "balance", "capacity", "config", "events", "ext-storage", "features"),
            *("filters", "groups", "info", "instances", "instances-multi-alloc", "jobs"),
            *("jobs-archive", "master-ip", "modify", "networks", "nodes", "openapi.json", "os"),
            *("queue", "redistribute-config", "rename", "renew-crypto", "repair-disk-sizes"),
            *("tags", "tags-search", "verify", "verify-config", "verify-disks", "watcher"),
        ]
        self.assertEqual(self.value("/2"), [{"name": name, "uri": f"/2/{name}"} for name in names])

    def test_features(self) -> None:
        self.assertEqual(self.value("/2/features"), FEATURES)
        self.assertLessEqual({"instance-create-reqv1", "instance-reinstall-reqv1"}, set(FEATURES))


CREATE = {"mode": "create", "disks": [], "nics": []}
INSTANCE = {"instance_name": "web"}
CODES = {"error_codes": True}
NODE = {"node_name": "n1"}
GROUP = {"group_name": "g"}
NETWORK = {"network_name": "lan"}
STORAGE = {"storage_type": "lvm-vg", "name": "xenvg"}
STORAGE_QUERY = "storage_type=lvm-vg&name=xenvg"
NO_CHANGE = {"master_candidate": None, "offline": None, "drained": None}


def tag_rows(name: str, uri: str, kind: str, object_name: str | None) -> list[tuple[Any, ...]]:
    fixed = {"kind": kind, "name": object_name, "tags": ["t"], "dry_run": False}
    return [
        (name, "PUT", f"{uri}?tag=t", None, "OP_TAGS_SET", fixed),
        (name, "DELETE", f"{uri}?tag=t&dry-run=1", None, "OP_TAGS_DEL", {**fixed, "dry_run": True}),
    ]


SUBMISSIONS: list[tuple[Any, ...]] = [
    # name of the resource, method, URI, body, OP_ID, parameters without the reason
    ("redist_config", "PUT", "/2/redistribute-config", None, "OP_CLUSTER_REDIST_CONF", {}),
    (
        *("cluster_modify", "PUT", "/2/modify", {"candidate_pool_size": 5}),
        *("OP_CLUSTER_SET_PARAMS", {"candidate_pool_size": 5}),
    ),
    (
        *("verify", "POST", "/2/verify", {"group_name": "g"}),
        *("OP_CLUSTER_VERIFY", {"group_name": "g", "error_codes": True}),
    ),
    *(
        (f"verify_{what}", "POST", f"/2/verify-{what}", None, f"OP_CLUSTER_VERIFY_{word}", values)
        for what, word, values in (("config", "CONFIG", CODES), ("disks", "DISKS", {}))
    ),
    (
        *("groups_name_verify", "POST", "/2/groups/g/verify", None),
        *("OP_CLUSTER_VERIFY_GROUP", {**GROUP, **CODES}),
    ),
    *(
        (f"groups_name_{name}", "POST", f"/2/groups/g/{path}", None, op_id, {**GROUP, **values})
        for name, path, op_id, values in (
            ("verify_disks", "verify-disks", "OP_GROUP_VERIFY_DISKS", {}),
            ("evacuate", "evacuate", "OP_GROUP_EVACUATE", {"dry_run": False}),
        )
    ),
    *(
        (name, method, uri, body, f"OP_CLUSTER_{op_id}", body or {})
        for name, method, uri, body, op_id in (
            ("repair_disk_sizes", "POST", "/2/repair-disk-sizes", None, "REPAIR_DISK_SIZES"),
            ("renew_crypto", "POST", "/2/renew-crypto", {"debug": True}, "RENEW_CRYPTO"),
            ("master_ip", "PUT", "/2/master-ip", None, "ACTIVATE_MASTER_IP"),
            ("master_ip", "DELETE", "/2/master-ip", None, "DEACTIVATE_MASTER_IP"),
        )
    ),
    (
        *("cluster_rename", "PUT", "/2/rename?dry-run=1", {"name": "new"}),
        *("OP_CLUSTER_RENAME", {"name": "new", "dry_run": True}),
    ),
    (
        *("allocator", "POST", "/2/allocator", {"mode": "allocate", "name": "new"}),
        *("OP_TEST_ALLOCATOR", {"mode": "allocate", "name": "new", "direction": "out"}),
    ),
    (
        *("nodes_name", "DELETE", "/2/nodes/n1", None),
        *("OP_NODE_REMOVE", {**NODE, "dry_run": False}),
    ),
    (
        *("nodes_name_volumes", "GET", "/2/nodes/n1/volumes?output_fields=name,size", None),
        *("OP_NODE_QUERYVOLS", {"nodes": ["n1"], "output_fields": ["name", "size"]}),
    ),
    *(
        (
            f"nodes_name_{name}",
            method,
            f"/2/nodes/n1/{name}",
            body,
            "OP_OOB_COMMAND",
            {"node_names": ["n1"], "command": command},
        )
        for name, method, body, command in (
            ("power", "GET", None, "power-status"),
            ("power", "PUT", {"command": "power-off"}, "power-off"),
            ("health", "GET", None, "health"),
        )
    ),
    (
        *("nodes_name_restricted_command", "POST", "/2/nodes/n1/restricted-command"),
        *({"command": "look"}, "OP_RESTRICTED_COMMAND", {"nodes": ["n1"], "command": "look"}),
    ),
    (
        *("instances_name_move", "PUT", "/2/instances/web/move", {"target_node": "n2"}),
        *("OP_INSTANCE_MOVE", {**INSTANCE, "target_node": "n2"}),
    ),
    (
        *("instances_name_change_group", "PUT", "/2/instances/web/change-group", None),
        *("OP_INSTANCE_CHANGE_GROUP", INSTANCE),
    ),
    *tag_rows("tags", "/2/tags", "cluster", None),
    *tag_rows("nodes_name_tags", "/2/nodes/n1/tags", "node", "n1"),
    *tag_rows("instances_name_tags", "/2/instances/web/tags", "instance", "web"),
    *tag_rows("groups_name_tags", "/2/groups/g/tags", "nodegroup", "g"),
    *tag_rows("networks_name_tags", "/2/networks/lan/tags", "network", "lan"),
    (
        *("nodes_name_powercycle", "POST", "/2/nodes/n1/powercycle", None),
        *("OP_NODE_POWERCYCLE", {**NODE, "force": False}),
    ),
    (
        *("nodes_name_powercycle", "POST", "/2/nodes/n1/powercycle?force=1", None),
        *("OP_NODE_POWERCYCLE", {**NODE, "force": True}),
    ),
    (
        *("nodes_name_role", "PUT", "/2/nodes/n1/role?force=1&auto-promote=1", "drained"),
        "OP_NODE_SET_PARAMS",
        {**NODE, **NO_CHANGE, "drained": True, "force": True, "auto_promote": True},
    ),
    ("nodes_name_migrate", "POST", "/2/nodes/n1/migrate", None, "OP_NODE_MIGRATE", NODE),
    (
        *("nodes_name_modify", "POST", "/2/nodes/n1/modify", {"vm_capable": True}),
        *("OP_NODE_SET_PARAMS", {**NODE, "vm_capable": True}),
    ),
    (
        *("nodes_name_storage", "GET"),
        "/2/nodes/n1/storage?storage_type=lvm-vg&output_fields=name,+size",
        *(None, "OP_NODE_QUERY_STORAGE"),
        {"nodes": ["n1"], "storage_type": "lvm-vg", "output_fields": ["name", "size"]},
    ),
    (
        *("nodes_name_storage_modify", "PUT"),
        f"/2/nodes/n1/storage/modify?{STORAGE_QUERY}&allocatable=0",
        *(None, "OP_NODE_MODIFY_STORAGE"),
        {**NODE, **STORAGE, "changes": {"allocatable": False}},
    ),
    (
        *("nodes_name_storage_repair", "PUT", f"/2/nodes/n1/storage/repair?{STORAGE_QUERY}", None),
        *("OP_REPAIR_NODE_STORAGE", {**NODE, **STORAGE}),
    ),
    (
        *("instances", "POST", "/2/instances"),
        {"__version__": 1, "name": "web", "os": "debian", **CREATE},
        "OP_INSTANCE_CREATE",
        {**INSTANCE, "os_type": "debian", "dry_run": False, **CREATE},
    ),
    (
        *("instances_multi_alloc", "POST", "/2/instances-multi-alloc"),
        {"instances": [], "iallocator": "hail"},
        "OP_INSTANCE_MULTI_ALLOC",
        {"instances": [], "iallocator": "hail", "dry_run": False},
    ),
    (
        *("instances_name", "DELETE", "/2/instances/web", {"shutdown_timeout": 0}),
        "OP_INSTANCE_REMOVE",
        {**INSTANCE, "ignore_failures": False, "dry_run": False, "shutdown_timeout": 0},
    ),
    (
        *("instances_name_info", "GET", "/2/instances/web/info", None),
        *("OP_INSTANCE_QUERY_DATA", {"instances": ["web"], "static": False}),
    ),
    (
        *("instances_name_reboot", "POST", "/2/instances/web/reboot", None),
        "OP_INSTANCE_REBOOT",
        {**INSTANCE, "reboot_type": "hard", "ignore_secondaries": False, "dry_run": False},
    ),
    (
        *("instances_name_reboot", "POST"),
        "/2/instances/web/reboot?type=soft&ignore_secondaries=1&dry-run=1",
        *({"shutdown_timeout": 9}, "OP_INSTANCE_REBOOT"),
        {
            **INSTANCE,
            "reboot_type": "soft",
            "ignore_secondaries": True,
            "dry_run": True,
            "shutdown_timeout": 9,
        },
    ),
    (
        *("instances_name_shutdown", "PUT", "/2/instances/web/shutdown", {"timeout": 5}),
        "OP_INSTANCE_SHUTDOWN",
        {**INSTANCE, "no_remember": False, "dry_run": False, "timeout": 5},
    ),
    (
        *("instances_name_startup", "PUT", "/2/instances/web/startup?force=1", None),
        "OP_INSTANCE_STARTUP",
        {**INSTANCE, "force": True, "no_remember": False, "dry_run": False},
    ),
    (
        *("instances_name_replace_disks", "POST", "/2/instances/web/replace-disks"),
        {"mode": "replace_auto"},
        *("OP_INSTANCE_REPLACE_DISKS", {**INSTANCE, "mode": "replace_auto"}),
    ),
    (
        *("instances_name_activate_disks", "PUT"),
        "/2/instances/web/activate-disks?ignore_size=1",
        *(None, "OP_INSTANCE_ACTIVATE_DISKS", {**INSTANCE, "ignore_size": True}),
    ),
    (
        *("instances_name_deactivate_disks", "PUT", "/2/instances/web/deactivate-disks", None),
        *("OP_INSTANCE_DEACTIVATE_DISKS", {**INSTANCE, "force": False}),
    ),
    (
        *("instances_name_recreate_disks", "POST", "/2/instances/web/recreate-disks"),
        *({"nodes": ["n1"]}, "OP_INSTANCE_RECREATE_DISKS", {**INSTANCE, "nodes": ["n1"]}),
    ),
    (
        *("instances_name_prepare_export", "PUT", "/2/instances/web/prepare-export?mode=remote"),
        *(None, "OP_BACKUP_PREPARE", {**INSTANCE, "mode": "remote"}),
    ),
    (
        *("instances_name_export", "PUT", "/2/instances/web/export"),
        {"destination": "n2", "shutdown": 1},
        *("OP_BACKUP_EXPORT", {**INSTANCE, "target_node": "n2", "shutdown": True}),
    ),
    (
        *("instances_name_export", "DELETE", "/2/instances/web/export", None),
        *("OP_BACKUP_REMOVE", INSTANCE),
    ),
    (
        *("instances_name_migrate", "PUT", "/2/instances/web/migrate"),
        {"mode": "live", "cleanup": 0},
        *("OP_INSTANCE_MIGRATE", {**INSTANCE, "mode": "live", "cleanup": False}),
    ),
    (
        *("instances_name_failover", "PUT", "/2/instances/web/failover"),
        {"ignore_consistency": True},
        *("OP_INSTANCE_FAILOVER", {**INSTANCE, "ignore_consistency": True}),
    ),
    (
        *("instances_name_rename", "PUT", "/2/instances/web/rename", {"new_name": "www"}),
        *("OP_INSTANCE_RENAME", {**INSTANCE, "new_name": "www"}),
    ),
    (
        *("instances_name_modify", "PUT", "/2/instances/web/modify"),
        {"custom_beparams": {"vcpus": 2}, "hvparams": {}},
        "OP_INSTANCE_SET_PARAMS",
        {**INSTANCE, "beparams": {"vcpus": 2}, "hvparams": {}},
    ),
    (
        *("instances_name_disk_grow", "POST", "/2/instances/web/disk/03/grow", {"amount": 5}),
        *("OP_INSTANCE_GROW_DISK", {**INSTANCE, "disk": 3, "amount": 5}),
    ),
    (
        *("groups", "POST", "/2/groups?dry-run=1", {"name": "g"}),
        *("OP_GROUP_ADD", {**GROUP, "dry_run": True}),
    ),
    (
        *("groups_name", "DELETE", "/2/groups/g", None),
        *("OP_GROUP_REMOVE", {**GROUP, "dry_run": False}),
    ),
    (
        *("groups_name_modify", "PUT", "/2/groups/g/modify"),
        {"alloc_policy": "preferred", "custom_ndparams": {}},
        *("OP_GROUP_SET_PARAMS", {**GROUP, "alloc_policy": "preferred", "ndparams": {}}),
    ),
    (
        *("groups_name_rename", "PUT", "/2/groups/g/rename", {"new_name": "h"}),
        *("OP_GROUP_RENAME", {**GROUP, "new_name": "h", "dry_run": False}),
    ),
    (
        *("groups_name_assign_nodes", "PUT", "/2/groups/g/assign-nodes?force=1"),
        {"nodes": ["n1", "n2"]},
        "OP_GROUP_ASSIGN_NODES",
        {**GROUP, "nodes": ["n1", "n2"], "dry_run": False, "force": True},
    ),
    (
        *("networks", "POST", "/2/networks", {"name": "lan", "network": "192.0.2.0/24"}),
        *("OP_NETWORK_ADD", {**NETWORK, "network": "192.0.2.0/24", "dry_run": False}),
    ),
    (
        *("networks_name", "DELETE", "/2/networks/lan", {"force": True}),
        *("OP_NETWORK_REMOVE", {**NETWORK, "force": True, "dry_run": False}),
    ),
    (
        *("networks_name_connect", "PUT", "/2/networks/lan/connect"),
        {"group_name": "g", "network_mode": "bridged", "network_link": "br0"},
        "OP_NETWORK_CONNECT",
        {
            **NETWORK,
            **GROUP,
            "dry_run": False,
            "network_mode": "bridged",
            "network_link": "br0",
        },
    ),
    (
        *("networks_name_disconnect", "PUT", "/2/networks/lan/disconnect", GROUP),
        *("OP_NETWORK_DISCONNECT", {**NETWORK, **GROUP, "dry_run": False}),
    ),
    (
        *("networks_name_modify", "PUT", "/2/networks/lan/modify", {"gateway": "192.0.2.1"}),
        *("OP_NETWORK_SET_PARAMS", {**NETWORK, "gateway": "192.0.2.1"}),
    ),
    (
        *("networks_name_rename", "PUT", "/2/networks/lan/rename", {"new_name": "wan"}),
        *("OP_NETWORK_RENAME", {**NETWORK, "new_name": "wan", "dry_run": False}),
    ),
]

NANOSECONDS = int(NOW * 1_000_000_000)


class SubmissionTests(ApiCase):
    def test_every_submission(self) -> None:
        for name, method, path, body, op_id, parameters in SUBMISSIONS:
            opcode = self.submit(method, path, body)
            self.assertEqual(opcode, {"OP_ID": op_id, **parameters}, (method, path))
            (entry,) = self.daemon.submitted[0]["reason"]
            self.assertEqual((entry[0], entry[2]), (f"gnt:library:rlib2:{name}", NANOSECONDS))
            self.assertRegex(entry[1], "^admin, request [0-9a-f]{8}-[0-9a-f]+$")

    def test_the_users_reason_comes_first(self) -> None:
        for name, method, path, body, *_ in SUBMISSIONS:
            self.submit(method, f"{path}{'&' if '?' in path else '?'}reason=disk+full", body)
            first, second = self.daemon.submitted[0]["reason"]
            self.assertEqual(first, ["gnt:user", "disk full", NANOSECONDS])
            self.assertEqual(second[0], f"gnt:library:rlib2:{name}")

    def test_no_cell_is_missing_above(self) -> None:
        submits = {(row.name, method) for row, method, cell in cells() if isinstance(cell, Submit)}
        self.assertEqual({(name, method) for name, method, *_ in SUBMISSIONS}, submits)

    def test_every_submission_takes_what_every_opcode_has(self) -> None:
        by_name = {(row.name, method): cell for row, method, cell in cells()}
        more = {"priority": -10, "depends": [[7, ["success"]]]}
        for name, method, path, body, *_ in SUBMISSIONS:
            form = by_name[name, method].body
            if form.instead and "?" in path:  # the arguments stand in for the body
                continue
            if isinstance(form, OneValue):
                sent = more if body is None else {form.key: body, **more}
            else:
                sent = {**(body or {}), **more}
            opcode = self.submit(method, path, sent)
            self.assertEqual({key: opcode.get(key) for key in more}, more, (method, path))

    def test_parameters_that_every_opcode_has(self) -> None:
        body = {"priority": -10, "depends": [[7, ["success"]]], "comment": "c", "dry_run": 1}
        opcode = self.submit("PUT", "/2/instances/web/migrate", body)
        self.assertEqual({**opcode, **body, "dry_run": True}, opcode)
