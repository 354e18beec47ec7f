from __future__ import annotations

from typing import Any

from ganeti_rapi.api.kinds import (
    FILTER_FIELDS,
    GROUP_FIELDS,
    INSTANCE_FIELDS,
    JOB_LIST_FIELDS,
    NETWORK_FIELDS,
    NODE_FIELDS,
)
from ganeti_rapi.errors import JobDaemonError

from .harness import ApiCase, reason_of

CREATE: dict[str, Any] = {"mode": "create", "disks": [], "nics": []}
"""The least that a new instance needs beside its name."""

GROUP = {"group_name": "g"}
STORAGE_QUERY = "storage_type=lvm-vg&name=xenvg"


class BodyTests(ApiCase):
    def test_a_body_that_is_read_if_it_is_an_object(self) -> None:
        for method, path in (
            ("GET", "/2/instances/web/info"),
            ("PUT", "/2/instances/web/startup"),
            ("PUT", f"/2/nodes/n1/storage/repair?{STORAGE_QUERY}"),
            ("DELETE", "/2/groups/g"),
            ("DELETE", "/2/tags?tag=a"),
        ):
            for body in ([1], "text", 0, None, {}):
                self.assertNotIn("depends", self.submit(method, path, body))
            body = {"depends": [[7, ["success"]]], "priority": 10}
            opcode = self.submit(method, path, body)
            self.assertEqual({name: opcode[name] for name in body}, body)
            message = self.ask(method, path, {"priorty": 10}).json()["message"]
            self.assertIn("did you mean 'priority'?", message)

    def test_a_body_that_must_be_there(self) -> None:
        needed = "Missing request body: expected an object"
        for method, path in (
            ("PUT", "/2/modify"),
            ("PUT", "/2/instances/web/modify"),
            ("POST", "/2/instances"),
            ("POST", "/2/instances-multi-alloc"),
        ):
            self.assert_refused(method, path, None, needed)
        self.submit("PUT", "/2/modify", {})

    def test_a_body_that_is_no_object(self) -> None:
        for body in ([], ["x"], "text", 1, False):
            for method, path in (
                *(("PUT", "/2/modify"), ("POST", "/2/instances"), ("POST", "/2/groups")),
                *(("DELETE", "/2/instances/web"), ("PUT", "/2/instances/web/migrate")),
            ):
                response = self.ask(method, path, body)
                message = response.json()["message"]
                self.assertEqual(response.status, 400)
                self.assertIn("Invalid request body: expected an object, got a", message)

    def test_what_the_uri_says_cannot_be_said_again(self) -> None:
        for method, path, body, names in (
            (
                "PUT",
                "/2/instances/web/rename",
                {"instance_name": "x", "new_name": "y"},
                "instance_name",
            ),
            ("PUT", "/2/groups/g/modify", {"group_name": "x", "reason": []}, "group_name, reason"),
            ("POST", "/2/groups", {"name": "x", "dry_run": True}, "dry_run"),
            ("DELETE", "/2/instances/web", {"ignore_failures": True}, "ignore_failures"),
            ("POST", "/2/instances/web/disk/0/grow", {"amount": 1, "disk": 1}, "disk"),
            ("POST", "/2/instances/web/reboot", {"reboot_type": "soft"}, "reboot_type"),
            ("PUT", "/2/modify", {"reason": []}, "reason"),
        ):
            message = f"The request body must not set {names}: that follows from the URI"
            self.assert_refused(method, path, body, message)

    def test_old_names_of_parameters(self) -> None:
        for method, path, old, new, more in (
            *(
                ("POST", "/2/instances", old, new, {"__version__": 1, **CREATE})
                for old, new in (("os", "os_type"), ("name", "instance_name"))
            ),
            ("POST", "/2/groups", "name", "group_name", {}),
            ("POST", "/2/networks", "name", "network_name", {"network": "192.0.2.0/24"}),
            ("PUT", "/2/instances/web/export", "destination", "target_node", {}),
            ("PUT", "/2/instances/web/modify", "custom_beparams", "beparams", {}),
            ("PUT", "/2/instances/web/modify", "custom_hvparams", "hvparams", {}),
            ("PUT", "/2/groups/g/modify", "custom_ndparams", "ndparams", {}),
            ("PUT", "/2/groups/g/modify", "custom_ipolicy", "ipolicy", {}),
            ("PUT", "/2/groups/g/modify", "custom_diskparams", "diskparams", {}),
        ):
            value: object = {} if old.startswith("custom") else "x"
            if old == "os":
                more = {**more, "name": "web"}
            for name in (old, new):
                self.assertEqual(self.submit(method, path, {**more, name: value})[new], value)
            self.assert_refused(
                *(method, path, {**more, old: value, new: value}),
                f"The parameters '{old}' and '{new}' mean the same; give one",
            )

    def test_unknown_parameters_are_refused_with_a_hint(self) -> None:
        unknown = "OP_INSTANCE_MIGRATE has no parameter"
        path = "/2/instances/web/migrate"
        self.assert_refused("PUT", path, {"mod": 1}, f"{unknown} 'mod'; did you mean 'mode'?")
        self.assert_refused("PUT", path, {"xyzzy": 1}, f"{unknown} 'xyzzy'")
        self.assert_refused("PUT", path, {"OP_ID": "x"}, f"{unknown} 'OP_ID'")

    def test_wrong_and_missing_parameters_are_named(self) -> None:
        for method, path, body, message in (
            (
                *("POST", "/2/instances/web/disk/0/grow", {"amount": "1G"}),
                "Invalid parameter OP_INSTANCE_GROW_DISK.amount: "
                "expected an integer of at least 0, got a string",
            ),
            (
                *("POST", "/2/instances/web/disk/16/grow", {"amount": 1}),
                "Invalid parameter OP_INSTANCE_GROW_DISK.disk: "
                "expected an integer from 0 to 15, got one outside that range",
            ),
            (
                *("PUT", "/2/groups/g/rename", None),
                "Missing parameter OP_GROUP_RENAME.new_name: expected a non-empty string",
            ),
            (
                *("POST", "/2/instances/web/reboot?type=cold", None),
                "Invalid parameter OP_INSTANCE_REBOOT.reboot_type: "
                "expected one of full, hard, soft, got another string",
            ),
        ):
            self.assert_refused(method, path, body, message)

    def test_forbidden_parameters(self) -> None:
        message = "The parameter compression_tools cannot be set via RAPI"
        for query, body in (
            ("", {"compression_tools": ["gzip"]}),
            ("?compression_tools=gzip", {}),
            ("?compression_tools=gzip", None),
        ):
            self.assert_refused("PUT", f"/2/modify{query}", body, message, 403)
        self.submit("PUT", "/2/modify?compression_tools=", {})


class QueryArgumentTests(ApiCase):
    def test_required_arguments(self) -> None:
        for method, path, name in (
            ("GET", "/2/nodes/n/storage?output_fields=name", "storage_type"),
            ("GET", "/2/nodes/n/storage?storage_type=file", "output_fields"),
            ("GET", "/2/nodes/n/storage?storage_type=file&output_fields=", "output_fields"),
            ("PUT", "/2/nodes/n/storage/modify?storage_type=file", "name"),
            ("PUT", "/2/nodes/n/storage/modify?name=x", "storage_type"),
            ("PUT", "/2/nodes/n/storage/repair?storage_type=file", "name"),
            ("PUT", "/2/nodes/n/storage/repair?name=x", "storage_type"),
            ("PUT", "/2/instances/web/prepare-export", "mode"),
        ):
            response = self.ask(method, path)
            message = response.json()["message"]
            self.assertEqual(response.status, 400)
            self.assertTrue(message.startswith(f"Missing argument {name}: expected "), message)

    def test_flags_are_numbers(self) -> None:
        for name, what, method, path in (
            ("dry-run", "parameter OP_GROUP_REMOVE.dry_run", "DELETE", "/2/groups/g"),
            ("force", "parameter OP_NODE_POWERCYCLE.force", "POST", "/2/nodes/n/powercycle"),
            (
                *("auto-promote", "parameter OP_NODE_SET_PARAMS.auto_promote"),
                *("PUT", "/2/nodes/n/role"),
            ),
            (
                *("allocatable", "argument allocatable"),
                *("PUT", f"/2/nodes/n/storage/modify?{STORAGE_QUERY}"),
            ),
        ):
            self.assert_refused(
                *(method, f"{path}{'&' if '?' in path else '?'}{name}=true"),
                "offline" if name == "auto-promote" else None,
                f"Invalid {what}: expected 1 or 0, got another string",
            )

    def test_unknown_arguments_are_ignored(self) -> None:
        opcode = self.submit("DELETE", "/2/groups/g?force=1&nosuch=1&group_name=x")
        self.assertEqual(opcode, {"OP_ID": "OP_GROUP_REMOVE", **GROUP, "dry_run": False})


class UnreadableTests(ApiCase):
    """What passes our checks, and luxid still cannot read, is the client's error."""

    def test_the_parameter_is_named_and_nothing_is_quoted(self) -> None:
        for text, what in (
            ("Can't parse value for 'depends': hunter2", "value of 'depends'"),
            ("hunter2", "opcode"),
        ):
            self.daemon.answers["SubmitJob"] = JobDaemonError("", text)
            response = self.ask("PUT", "/2/tags")
            self.assertEqual(response.status, 400)
            self.assertEqual(response.json()["message"], f"The job daemon cannot read the {what}")


LISTS = (
    # URI, the key of an entry, LUXI method, the first arguments, fields, the last arguments
    ("/2/nodes", "id", "QueryNodes", "name", NODE_FIELDS, (), (False,)),
    ("/2/instances", "id", "QueryInstances", "name", INSTANCE_FIELDS, (), (False,)),
    ("/2/groups", "name", "QueryGroups", "name", GROUP_FIELDS, (), (False,)),
    ("/2/networks", "name", "QueryNetworks", "name", NETWORK_FIELDS, (), (False,)),
    ("/2/filters", "uuid", "QueryFilters", "uuid", FILTER_FIELDS, None, ()),
    ("/2/jobs", "id", "QueryJobs", "id", JOB_LIST_FIELDS, None, ()),
)


class ListingTests(ApiCase):
    def test_names_and_uris_in_order(self) -> None:
        for uri, key, method, identity, _fields, every, lock in LISTS:
            names: list[Any] = [10, 9, 100] if uri == "/2/jobs" else ["b", "c", "a"]
            self.daemon.answers[method] = [[name] for name in names]
            self.assertEqual(
                self.ask("GET", uri).json(),
                [{key: name, "uri": f"{uri}/{name}"} for name in sorted(names)],
            )
            self.assertEqual(self.daemon.calls, [(method, every, [identity], *lock)])

    def test_details_in_the_daemons_order(self) -> None:
        for uri, _key, method, _identity, fields, every, lock in LISTS:
            self.daemon.answers[method] = [
                [f"{row}:{field}" for field in fields] for row in ("b", "a")
            ]
            self.assertEqual(
                self.ask("GET", f"{uri}?bulk=1").json(),
                [{field: f"{row}:{field}" for field in fields} for row in ("b", "a")],
            )
            self.assertEqual(self.daemon.calls, [(method, every, list(fields), *lock)])

    def test_no_objects(self) -> None:
        for uri, _key, method, *_ in LISTS:
            self.daemon.answers[method] = []
            for query in ("", "?bulk=1", "?bulk=0", "?bulk="):
                self.assertEqual(self.ask("GET", uri + query).body, b"[]\n")

    def test_bulk_is_a_flag(self) -> None:
        for uri, *_ in LISTS:
            message = "Invalid argument bulk: expected 1 or 0, got another string"
            self.assert_refused("GET", f"{uri}?bulk=true", None, message)

    def test_only_instances_can_be_asked_for_with_a_lock(self) -> None:
        for uri, _key, method, *_ in LISTS:
            self.daemon.answers[method] = []
            self.ask("GET", f"{uri}?lock=1")
            self.assertEqual(self.daemon.calls[0][-1] is True, uri == "/2/instances")


class ItemTests(ApiCase):
    ITEMS = (
        ("/2/nodes/x", "QueryNodes", NODE_FIELDS, "There is no node 'x'"),
        ("/2/instances/x", "QueryInstances", INSTANCE_FIELDS, "There is no instance 'x'"),
        ("/2/groups/x", "QueryGroups", GROUP_FIELDS, "There is no group 'x'"),
        ("/2/networks/x", "QueryNetworks", NETWORK_FIELDS, "There is no network 'x'"),
        ("/2/filters/x", "QueryFilters", FILTER_FIELDS, "There is no filter 'x'"),
    )

    def test_the_details(self) -> None:
        for uri, method, fields, _missing in self.ITEMS:
            self.daemon.answers[method] = [list(fields)]
            shown = self.ask("GET", uri).json()
            self.assertEqual({**shown, **{field: field for field in fields}}, shown)
            lock = () if method == "QueryFilters" else (False,)
            self.assertEqual(self.daemon.calls, [(method, ["x"], list(fields), *lock)])

    def test_a_lock(self) -> None:
        refusal = JobDaemonError("OpPrereqError", "Sync queries are not allowed", "wrong_input")
        for uri, method, *_ in self.ITEMS:
            if method != "QueryFilters":
                self.daemon.answers[method] = refusal
                self.assertEqual(self.ask("GET", f"{uri}?lock=1").status, 400)
                self.assertIs(self.daemon.calls[0][-1], True)

    def test_what_is_not_there(self) -> None:
        for uri, method, _fields, missing in self.ITEMS:
            for answer in ([], [None]):
                self.daemon.answers[method] = answer
                response = self.ask("GET", uri)
                self.assertEqual((response.status, reason_of(response.json())), (404, missing))

    def test_the_memory_of_an_instance_under_its_old_name(self) -> None:
        row: list[Any] = [None] * len(INSTANCE_FIELDS)
        row[INSTANCE_FIELDS.index("beparams")] = {"maxmem": 512, "minmem": 128}
        self.daemon.answers["QueryInstances"] = [row]
        single = self.ask("GET", "/2/instances/x").json()
        (listed,) = self.ask("GET", "/2/instances?bulk=1").json()
        for shown in (single, listed):
            self.assertEqual(shown["beparams"]["memory"], 512)

    def test_the_secondary_ip_of_a_single_node(self) -> None:
        row: list[Any] = [None] * len(NODE_FIELDS)
        row[NODE_FIELDS.index("sip")] = "192.0.2.7"
        self.daemon.answers["QueryNodes"] = [row]
        self.assertEqual(self.ask("GET", "/2/nodes/x").json()["secondary_ip"], "192.0.2.7")
        (listed,) = self.ask("GET", "/2/nodes?bulk=1").json()
        self.assertNotIn("secondary_ip", listed)


class TagsTests(ApiCase):
    def test_tags_of_everything(self) -> None:
        self.daemon.answers["QueryTags"] = ["a", "b"]
        for uri, kind, name in (
            ("/2/tags", "cluster", ""),
            ("/2/nodes/x/tags", "node", "x"),
            ("/2/instances/x/tags", "instance", "x"),
            ("/2/groups/x/tags", "nodegroup", "x"),
            ("/2/networks/x/tags", "network", "x"),
        ):
            self.assertEqual(self.ask("GET", uri).json(), ["a", "b"])
            self.assertEqual(self.daemon.calls, [("QueryTags", kind, name)])

    def test_what_is_not_there(self) -> None:
        unknown = JobDaemonError("OpPrereqError", "Unknown node", "unknown_entity")
        self.daemon.answers["QueryTags"] = unknown
        self.assertEqual(self.ask("GET", "/2/nodes/x/tags").status, 404)
