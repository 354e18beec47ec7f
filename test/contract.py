"""The contract of the API: what holds on a simulated cluster and on a real one alike.

A mix-in for test cases. The case provides an `Api`; the tests speak HTTP through it and know
nothing of what is behind. They clean up what they make.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from ganeti_rapi.jobstates import FINAL_STATES

MOST_WAITS = 100
"""Changes, or times of ten seconds without one, until a job counts as one that does not end."""


class AnyReply(Protocol):
    """What an `Api` answers."""

    @property
    def status(self) -> int: ...

    def json(self) -> Any: ...  # Any: JSON


class Api(Protocol):
    """A running daemon. ``writer`` and ``reader`` are credentials, as ``name:password``."""

    writer: str
    reader: str

    def request(
        self, method: str, path: str, body: object = None, user: str | None = None
    ) -> AnyReply: ...


class Conversation:
    """Talking to a daemon: mix this into a test case that sets ``api``."""

    api: Api

    # What trial's TestCase brings.
    assertEqual: Any
    assertIn: Any
    assertTrue: Any
    assertIsNone: Any
    assertIsInstance: Any
    addCleanup: Any

    def ask(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """Send a request as a user who may all; its reply's JSON. Fails on another status."""
        reply = self.api.request(method, path, body, self.api.writer)
        self.assertEqual(reply.status, status, f"{method} {path}: {reply.json()}")
        return reply.json()

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def finish(self, job_id: int) -> Any:
        """Wait for a job's end by long polls, as a client does; the job."""
        self.assertIsInstance(job_id, int)
        known: Any = None
        serial: int | None = None
        for _ in range(MOST_WAITS):
            body = {
                "fields": ["status"],
                "previous_job_info": known,
                "previous_log_serial": serial,
            }
            change = self.ask("GET", f"/2/jobs/{job_id}/wait", body)
            if change is not None:
                self.assertEqual(set(change), {"job_info", "log_entries"})
                known = change["job_info"]
                serial = max([serial or 0, *(entry[0] for entry in change["log_entries"])])
            if known is not None and known[0] in FINAL_STATES:
                return self.get(f"/2/jobs/{job_id}")
        raise AssertionError(f"job {job_id} does not end: {self.get(f'/2/jobs/{job_id}')}")

    def run_job(self, method: str, path: str, body: object = None) -> Any:
        """Submit, wait and expect success; the results of the job's opcodes."""
        job = self.finish(self.ask(method, path, body))
        self.assertEqual(job["status"], "success", job["opresult"])
        return job["opresult"]

    def fail_job(self, method: str, path: str, body: object = None) -> Any:
        """Submit, wait and expect failure; the error of the job's first failed opcode."""
        job = self.finish(self.ask(method, path, body))
        self.assertEqual(job["status"], "error")
        return next(
            result for status, result in zip(job["opstatus"], job["opresult"]) if status == "error"
        )


class Contract(Conversation):
    """The contract's tests: mix this into a test case that sets ``api``.

    The names are free to be given to new instances, and ``os`` can be installed.
    """

    new_name = "instance61"
    other_name = "instance62"
    os = "noop+default"

    def instance(self) -> str:
        return str(self.get("/2/instances")[0]["id"])

    def node(self) -> str:
        """A node that is not the master."""
        names = [row["id"] for row in self.get("/2/nodes")]
        master = self.get("/2/info")["master"]
        return str(next(name for name in names if name != master))

    def create(self, name: str, **more: object) -> Any:
        """Create an instance without disks, and remove it at the test's end."""
        body = {
            "__version__": 1,
            "mode": "create",
            "name": name,
            "os": self.os,
            "disk_template": "diskless",
            "disks": [],
            "nics": [{}],
            "pnode": self.node(),
            "ip_check": False,
            "name_check": False,
            **more,
        }
        result = self.run_job("POST", "/2/instances", body)
        self.addCleanup(self.remove, name)
        return result

    def remove(self, name: str) -> None:
        if self.api.request("GET", f"/2/instances/{name}", None, self.api.writer).status == 200:
            self.run_job("DELETE", f"/2/instances/{name}")

    # -- reading -------------------------------------------------------------------------------

    def test_version(self) -> None:
        self.assertEqual(self.get("/version"), 2)

    def test_the_roots_list_resources(self) -> None:
        self.assertEqual(
            self.get("/"), [{"name": "2", "uri": "/2"}, {"name": "version", "uri": "/version"}]
        )
        self.assertIn({"name": "info", "uri": "/2/info"}, self.get("/2"))

    def test_features(self) -> None:
        self.assertTrue(
            {"instance-create-reqv1", "instance-reinstall-reqv1"} <= set(self.get("/2/features"))
        )

    def test_info(self) -> None:
        info = self.get("/2/info")
        documented = {
            *("config_version", "name", "software_version", "os_api_version", "export_version"),
            *("candidate_pool_size", "enabled_hypervisors", "hvparams", "default_hypervisor"),
            *("master", "architecture", "protocol_version", "beparams"),
        }
        self.assertEqual(documented - set(info), set())
        self.assertIn("vg_name", info)

    def test_lists(self) -> None:
        for kind, key in (
            ("instances", "id"),
            ("nodes", "id"),
            ("jobs", "id"),
            ("groups", "name"),
            ("networks", "name"),
            ("filters", "uuid"),
        ):
            for row in self.get(f"/2/{kind}"):
                self.assertEqual(row["uri"], f"/2/{kind}/{row[key]}")

    def test_bulk_shows_what_a_single_object_shows(self) -> None:
        for kind in ("instances", "nodes", "groups"):
            for row in self.get(f"/2/{kind}?bulk=1")[:3]:
                single = self.get(f"/2/{kind}/{row['name']}")
                self.assertEqual(set(row) - set(single), set())
                self.assertEqual(row["uuid"], single["uuid"])

    def test_documented_fields(self) -> None:
        documented = {
            "instances": "status disk_usage nic.bridges name tags beparams disk.sizes pnode "
            "nic.macs snodes disk_template admin_state os oper_state",
            "nodes": "pinst_cnt mfree mtotal name tags mnode dtotal sinst_cnt dfree offline",
            "groups": "name node_cnt node_list uuid",
        }
        for kind, fields in documented.items():
            row = self.get(f"/2/{kind}?bulk=1")[0]
            self.assertEqual(set(fields.split()) - set(row), set(), kind)
        self.assertIn("memory", self.get("/2/instances?bulk=1")[0]["beparams"])

    def test_operating_systems(self) -> None:
        self.assertIn(self.os, self.get("/2/os"))
        details = self.get("/2/os?bulk=1")
        self.assertIn("default", next(row["variants"] for row in details if row["name"] == "noop"))

    def test_roles(self) -> None:
        roles = {self.get(f"/2/nodes/{row['id']}/role") for row in self.get("/2/nodes")}
        self.assertIn("master", roles)
        self.assertTrue(
            roles <= {"drained", "master", "master-candidate", "offline", "regular"}, roles
        )

    def test_unknown_objects_are_404(self) -> None:
        for path in (
            *("/2/instances/nosuch", "/2/nodes/nosuch", "/2/groups/nosuch", "/2/networks/nosuch"),
            *("/2/instances/nosuch/tags", "/2/nodes/nosuch/tags", "/2/nodes/nosuch/role"),
            *("/2/instances/nosuch/console", "/2/jobs/999999999", "/2/filters/nosuch"),
            *("/2/query/nosuch?fields=name", "/2/query/nosuch/fields", "/nosuch", "/2/instances/"),
        ):
            error = self.ask("GET", path, status=404)
            self.assertEqual((error["code"], set(error)), (404, {"code", "message", "explain"}))

    def test_query(self) -> None:
        name = self.instance()
        body = {"fields": ["name", "status", "nosuch"], "qfilter": ["=", "name", name]}
        answer = self.ask("PUT", "/2/query/instance", body)
        self.assertEqual([field["name"] for field in answer["fields"]], body["fields"])
        self.assertEqual([row[0] for row in answer["data"]], [[0, name]])
        self.assertEqual([row[2] for row in answer["data"]], [[1, None]])
        self.assertEqual(
            len(self.get("/2/query/node?fields=name")["data"]), len(self.get("/2/nodes"))
        )
        for kind, mistake in (
            *(
                ("instance", ["??"]),
                ("instance", ["=", "nosuch", "x"]),
                ("instance", ["?", "name"]),
            ),
            *(("instance", ["=", "be/vcpus", "1"]), ("instance", ["=~", "tags", "x"])),
            *(("instance", ["=[]", "name", "x"]), ("job", ["<", "id", "abc"])),
            *(
                ("job", ["=", "id", "x"]),
                ("job", ["=", "id", -1]),
                ("job", ["=", "id", "9" * 5000]),
            ),
        ):
            self.ask("PUT", f"/2/query/{kind}", {"fields": ["id"], "qfilter": mistake}, status=400)

    def test_lists_for_programs(self) -> None:
        name = self.instance()
        known = {row["id"] for row in self.get("/2/instances")}
        (row,) = self.get(f"/2/instances?fields=name,status,be/maxmem&filter=name={name}")
        self.assertEqual(list(row)[:3], ["name", "status", "be/maxmem"])
        self.assertEqual(self.get("/2/instances?filter=name=nosuch"), [])
        for arguments in (
            "limit=1000",
            "limit=1000&sort=-be/maxmem",
            "bulk=1&sort=name,-serial_no",
        ):
            rows = self.get(f"/2/instances?{arguments}")
            self.assertEqual({row.get("id", row.get("name")) for row in rows}, known)
        nodes = self.get("/2/nodes?fields=name,mfree,role&limit=100")
        self.assertEqual(
            [row["name"] for row in nodes], [row["id"] for row in self.get("/2/nodes")]
        )
        self.assertEqual([row["role"] for row in nodes if row["role"] == "M"], ["M"])
        self.assertEqual(
            self.get("/2/nodes?filter=role=M&fields=name&limit=1"),
            [{"name": row["name"]} for row in nodes if row["role"] == "M"],
        )
        (newest,) = self.get("/2/jobs?fields=id,status&sort=-id&limit=1")
        self.assertEqual(newest["id"], max(row["id"] for row in self.get("/2/jobs")))
        for kind in ("groups", "networks", "filters"):
            self.assertEqual(self.get(f"/2/{kind}?limit=1000"), self.get(f"/2/{kind}"))
        for mistake in (
            *("fields=nosuch", "sort=nosuch", "filter=nosuch=1", "filter=name%20x", "after=x"),
            *("filter=be/vcpus=one", "limit=0", "fields=console"),
        ):
            self.ask("GET", f"/2/instances?{mistake}", status=400)

    def test_query_fields(self) -> None:
        for kind in ("instance", "node", "group", "network", "job", "filter", "export", "lock"):
            fields = self.get(f"/2/query/{kind}/fields")["fields"]
            self.assertEqual({"name", "title", "kind", "doc"}, set(fields[0]))
        (field,) = self.get("/2/query/node/fields?fields=role")["fields"]
        self.assertEqual(field["kind"], "text")

    # -- who may -------------------------------------------------------------------------------

    def test_anyone_may_read_and_only_writers_write(self) -> None:
        name = self.instance()
        for user, status in ((None, 401), (self.api.reader, 403), ("nobody:wrong", 401)):
            reply = self.api.request("PUT", f"/2/instances/{name}/startup", None, user)
            self.assertEqual(reply.status, status)
        self.assertEqual(self.api.request("GET", "/2/info", None, None).status, 200)
        self.assertEqual(self.api.request("GET", "/2/info", None, "nobody:wrong").status, 401)

    # -- jobs ----------------------------------------------------------------------------------

    def test_a_finished_job_answers_a_wait_at_once(self) -> None:
        job_id = self.ask("GET", f"/2/instances/{self.instance()}/info?static=1")
        job = self.finish(job_id)
        self.assertEqual(job["id"], job_id)
        body = {
            "fields": ["status", "nosuch", "summary"],
            "previous_job_info": ["success", None, job["summary"]],
            "previous_log_serial": 0,
        }
        change = self.ask("GET", f"/2/jobs/{job_id}/wait", body)
        self.assertEqual(change["job_info"], ["success", None, job["summary"]])
        by_query = self.get(f"/2/jobs/{job_id}/wait?fields=status&timeout=1")
        self.assertEqual(by_query["job_info"], ["success"])

    def test_a_job_shows_what_it_did(self) -> None:
        name = self.instance()
        job = self.finish(self.ask("GET", f"/2/instances/{name}/info?static=1&reason=why"))
        self.assertEqual(job["summary"], ["INSTANCE_QUERY_DATA"])
        (opcode,) = job["ops"]
        self.assertEqual(opcode["reason"][0][1], "why")
        self.assertEqual((opcode["OP_ID"], opcode["static"]), ("OP_INSTANCE_QUERY_DATA", True))
        self.assertEqual(
            [entry[0] for entry in opcode["reason"][:2]],
            ["gnt:user", "gnt:library:rlib2:instances_name_info"],
        )
        self.assertIn(name, job["opresult"][0])

    def test_unknown_jobs(self) -> None:
        self.ask("GET", "/2/jobs/999999999/wait?fields=status", status=404)
        self.ask("DELETE", "/2/jobs/999999999", status=404)

    def test_a_finished_job_is_not_canceled(self) -> None:
        job_id = self.ask("GET", f"/2/instances/{self.instance()}/info?static=1")
        self.finish(job_id)
        canceled, text = self.ask("DELETE", f"/2/jobs/{job_id}")
        self.assertEqual((canceled, type(text)), (False, str))

    # -- instances -----------------------------------------------------------------------------

    def test_archiving_a_job(self) -> None:
        job = self.finish(self.ask("PUT", "/2/redistribute-config"))["id"]
        self.assertIsNone(self.ask("POST", f"/2/jobs/{job}/archive"))
        self.assertTrue(all(row["id"] != job for row in self.get("/2/jobs")))
        for path in (f"/2/jobs/{job}", "/2/jobs/99999"):
            self.ask("POST", f"{path}/archive", status=404)

    def test_archiving_old_jobs(self) -> None:
        job = self.finish(self.ask("PUT", "/2/redistribute-config"))["id"]
        numbers = self.ask("POST", "/2/jobs-archive", {"age": 10**6})
        self.assertEqual(numbers, {"archived": 0, "left": 0})
        self.assertTrue(any(row["id"] == job for row in self.get("/2/jobs")))
        for body in ({}, {"age": -1}, {"age": 1, "timeout": 0}, {"age": "1h"}):
            self.ask("POST", "/2/jobs-archive", body, status=400)

    def test_the_priority_of_a_job_that_ended(self) -> None:
        job = self.finish(self.ask("PUT", "/2/redistribute-config"))["id"]
        changed, _ = self.ask("PUT", f"/2/jobs/{job}/priority", -5)
        self.assertEqual(changed, False)
        self.ask("PUT", "/2/jobs/99999/priority", -5, status=404)
        for priority in (-21, 20, "high", None):
            self.ask("PUT", f"/2/jobs/{job}/priority", priority, status=400)

    def test_draining_the_queue(self) -> None:
        self.assertEqual(self.get("/2/queue"), {"drained": False})
        self.addCleanup(self.ask, "PUT", "/2/queue", {"drained": False})
        self.assertEqual(self.ask("PUT", "/2/queue", {"drained": True}), {"drained": True})
        refused = self.ask("PUT", "/2/redistribute-config", status=503)
        self.assertIn("drained", refused["message"])
        self.assertEqual(self.ask("PUT", "/2/queue", {"drained": False}), {"drained": False})
        self.ask("PUT", "/2/queue", {"drained": "yes"}, status=400)

    def test_pausing_the_watcher(self) -> None:
        self.addCleanup(self.ask, "PUT", "/2/watcher", {"paused_until": None})
        until = 4_000_000_000
        for value in (until, None):
            body = {"paused_until": value}
            self.assertEqual(self.ask("PUT", "/2/watcher", body), body)
            self.assertEqual(self.get("/2/watcher"), body)
        for value in (5, "tomorrow"):
            self.ask("PUT", "/2/watcher", {"paused_until": value}, status=400)

    def test_verifying_the_cluster(self) -> None:
        job = self.finish(self.ask("POST", "/2/verify", {"ignore_errors": ["ENODESETUP"]}))["id"]
        uri = f"/2/verify/{job}"
        for each in self.get(uri)["jobs"]:
            self.finish(each["id"])
        report = self.get(uri)
        self.assertEqual((report["id"], report["done"]), (job, True))
        self.assertEqual([each["status"] for each in report["jobs"]][:2], ["success"] * 2)
        in_error = any(finding["severity"] == "error" for finding in report["findings"])
        self.assertEqual(report["ok"], not in_error)
        for finding in report["findings"]:
            self.assertIn(finding["severity"], ("error", "warning", "notice"))
            if finding["code"] == "ENODESETUP":
                self.assertEqual(finding["severity"], "warning")
        self.ask("POST", "/2/verify", {"ignore_errors": ["ENOSUCH"]}, status=400)
        self.ask("POST", "/2/verify", {"error_codes": False}, status=400)
        self.ask("GET", "/2/verify/99999", status=404)
        other = self.finish(self.ask("PUT", "/2/redistribute-config"))["id"]
        self.ask("GET", f"/2/verify/{other}", status=404)

    def test_verifying_parts(self) -> None:
        group = self.get("/2/groups")[0]["name"]
        for path, body in (
            ("/2/verify-config", None),
            ("/2/verify-disks", {"group_name": group}),
            (f"/2/groups/{group}/verify", None),
            (f"/2/groups/{group}/verify-disks", None),
        ):
            job = self.finish(self.ask("POST", path, body))
            self.assertEqual((path, job["status"]), (path, "success"))
            self.assertEqual(self.get(f"/2/verify/{job['id']}")["id"], job["id"])
        for path in ("/2/groups/nosuch/verify", "/2/groups/nosuch/verify-disks"):
            self.fails(self.ask("POST", path), "unknown_entity")

    def fails(self, job_id: int, classification: str) -> None:
        """The job ends with an error of that kind."""
        job = self.finish(job_id)
        self.assertEqual(job["status"], "error")
        self.assertEqual(job["opresult"][0][1][-1], classification, job["opresult"])

    def test_what_luxid_knows_without_a_job(self) -> None:
        info, config = self.get("/2/info"), self.get("/2/config")
        self.assertEqual(config["cluster_name"], info["name"])
        self.assertEqual(config["master_node"], info["master"])
        self.assertEqual((config["drain_flag"], config["watcher_pause"]), (False, None))
        self.assertEqual(self.get("/2/ext-storage"), [])
        self.assertEqual(self.get("/2/ext-storage?bulk=1"), [])

    def test_the_upkeep_of_the_cluster(self) -> None:
        job = self.finish(self.ask("POST", "/2/repair-disk-sizes"))
        self.assertEqual((job["status"], job["opresult"]), ("success", [[]]))
        self.assertEqual(self.finish(self.ask("PUT", "/2/master-ip"))["status"], "success")
        body = {"instances": ["nosuch"]}
        self.fails(self.ask("POST", "/2/repair-disk-sizes", body), "unknown_entity")
        self.fails(
            self.ask("PUT", "/2/rename", {"name": self.get("/2/info")["name"]}), "wrong_input"
        )
        self.fails(self.ask("POST", "/2/renew-crypto", {"ssh_key_bits": 5}), "wrong_input")
        self.ask("PUT", "/2/rename", status=400)
        self.ask("POST", "/2/renew-crypto", {"ssh_key_type": "ed25519"}, status=400)

    def test_asking_the_allocator(self) -> None:
        template = self.get("/2/info")["enabled_disk_templates"][0]
        hypervisor = self.get("/2/info")["enabled_hypervisors"][0]
        request = {
            "mode": "allocate",
            "name": self.new_name,
            "iallocator": "hail",
            "memory": 128,
            "vcpus": 1,
            "disks": [{"size": 16, "mode": "rw"}],
            "nics": [{}],
            "os": "noop",
            "disk_template": template,
            "hypervisor": hypervisor,
        }
        for memory, fits in ((128, True), (10**8, False)):
            job = self.finish(self.ask("POST", "/2/allocator", {**request, "memory": memory}))
            answer = json.loads(job["opresult"][0])
            self.assertEqual((answer["success"], bool(answer["result"])), (fits, fits))
        self.fails(self.ask("POST", "/2/allocator", {**request, "iallocator": None}), "wrong_input")
        self.ask("POST", "/2/allocator", {**request, "direction": "in"}, status=400)

    def test_nodes_from_outside(self) -> None:
        master = self.get("/2/info")["master"]
        uri = f"/2/nodes/{master}"
        for what in ("power", "health"):
            job = self.finish(self.get(f"{uri}/{what}"))
            self.assertEqual(job["opresult"], [[[[0, master], [3, None]]]])
        self.fails(self.ask("PUT", f"{uri}/power", {"command": "power-off"}), "wrong_input")
        self.ask("PUT", f"{uri}/power", {"command": "explode"}, status=400)
        job = self.finish(self.ask("POST", f"{uri}/restricted-command", {"command": "nosuch"}))
        self.assertEqual((job["status"], job["opresult"][0][0][0]), ("success", False))
        self.fails(self.ask("DELETE", uri), "wrong_input")
        job = self.finish(self.get(f"{uri}/volumes?output_fields=node,name"))
        self.assertTrue(all(row[0] == master for row in job["opresult"][0]))
        self.get("/2/nodes/nosuch/health")

    def test_moves_that_cannot_be(self) -> None:
        (instance,) = self.get("/2/instances?bulk=1")[:1]
        uri, group = f"/2/instances/{instance['name']}", self.get("/2/groups")[0]["name"]
        self.ask("PUT", f"{uri}/move", {}, status=400)
        body = {"target_groups": ["nosuch"], "iallocator": "hail"}
        self.fails(self.ask("PUT", f"{uri}/change-group", body), "unknown_entity")
        body = {"target_groups": [group], "iallocator": "hail"}
        self.fails(self.ask("POST", f"/2/groups/{group}/evacuate", body), "wrong_input")

    def test_bodies_of_writes_that_read_little(self) -> None:
        (name,) = [row["id"] for row in self.get("/2/instances")][:1]
        uri = f"/2/instances/{name}"
        for method, path in (("PUT", f"{uri}/startup"), ("DELETE", f"{uri}/tags?tag=x")):
            refused = self.ask(method, path, {"prioriti": 10}, status=400)
            self.assertIn("did you mean 'priority'", refused["message"])
        body = {"tags": ["lowly"], "priority": 10, "depends": None}
        job = self.finish(self.ask("PUT", f"{uri}/tags", body))
        self.assertEqual((job["status"], job["ops"][0]["priority"]), ("success", 10))
        job = self.finish(self.ask("DELETE", f"{uri}/tags?tag=lowly", {"priority": 10}))
        self.assertEqual((job["status"], job["ops"][0]["priority"]), ("success", 10))

    def test_the_life_of_an_instance(self) -> None:
        (nodes,) = self.create(self.new_name, tags=["born"], beparams={"memory": 128})
        uri = f"/2/instances/{self.new_name}"
        self.assertEqual(nodes, [self.get(uri)["pnode"]])
        self.assertEqual(self.get(uri)["status"], "running")
        self.assertEqual(self.get(uri)["beparams"]["memory"], 128)
        self.run_job("PUT", f"{uri}/tags?tag=blue", ["red"])
        self.assertEqual(sorted(self.get(f"{uri}/tags")), ["blue", "born", "red"])
        self.run_job("DELETE", f"{uri}/tags?tag=blue&tag=born")
        self.assertEqual(self.get(f"{uri}/tags"), ["red"])
        self.run_job("PUT", f"{uri}/shutdown")
        self.assertEqual(self.get(uri)["status"], "ADMIN_down")
        self.ask("GET", f"{uri}/console", status=503)
        self.ask("POST", f"{uri}/console/ticket", status=503)
        self.run_job("PUT", f"{uri}/startup")
        self.assertTrue(self.get(uri)["oper_state"])
        self.run_job("POST", f"{uri}/reboot?type=hard")
        self.run_job("PUT", f"{uri}/modify", {"beparams": {"vcpus": 2}})
        self.assertEqual(self.get(uri)["beparams"]["vcpus"], 2)
        self.run_job("PUT", f"{uri}/shutdown", {"timeout": 5})
        new = {"new_name": self.other_name, "ip_check": 0, "name_check": False}
        self.addCleanup(self.remove, self.other_name)
        self.assertEqual(self.run_job("PUT", f"{uri}/rename", new), [self.other_name])
        self.ask("GET", uri, status=404)
        self.run_job("DELETE", f"/2/instances/{self.other_name}")
        self.ask("GET", f"/2/instances/{self.other_name}", status=404)

    def test_a_dry_run_changes_nothing(self) -> None:
        name = self.instance()
        before = self.get(f"/2/instances/{name}")
        self.run_job("PUT", f"/2/instances/{name}/shutdown?dry-run=1")
        self.run_job("PUT", f"/2/instances/{name}/tags?tag=never&dry-run=1")
        after = self.get(f"/2/instances/{name}")
        self.assertEqual(
            (after["admin_state"], after["tags"]), (before["admin_state"], before["tags"])
        )

    def test_failures_have_ganetis_class_and_classification(self) -> None:
        for method, path, body, kind, classification in (
            ("PUT", "/2/instances/nosuch/startup", None, "OpPrereqError", "unknown_entity"),
            ("DELETE", "/2/instances/nosuch", None, "OpPrereqError", "unknown_entity"),
            ("DELETE", "/2/groups/nosuch", None, "OpPrereqError", "unknown_entity"),
            ("POST", "/2/groups", {"name": self.group()}, "OpPrereqError", "already_exists"),
            ("DELETE", f"/2/groups/{self.group()}", None, "OpPrereqError", "wrong_state"),
        ):
            error = self.fail_job(method, path, body)
            self.assertEqual((error[0], error[1][1]), (kind, classification), path)

    def test_disks_of_an_instance(self) -> None:
        self.create(self.new_name, disk_template="file", disks=[{"size": 16}])
        uri = f"/2/instances/{self.new_name}"
        self.assertEqual(self.get(uri)["disk.sizes"], [16])
        self.run_job("POST", f"{uri}/disk/0/grow", {"amount": 16, "wait_for_sync": 1})
        self.assertEqual(self.get(uri)["disk.sizes"], [32])
        self.run_job("POST", f"{uri}/reinstall?nostartup=1")
        self.assertEqual(self.get(uri)["status"], "ADMIN_down")
        self.run_job("POST", f"{uri}/reinstall", {"os": self.os, "start": False})
        self.run_job("PUT", f"{uri}/activate-disks?ignore_size=1")
        self.run_job("PUT", f"{uri}/deactivate-disks")
        self.run_job("PUT", f"{uri}/modify", {"disks": [["add", {"size": 8}]]})
        self.assertEqual(self.get(uri)["disk.sizes"], [32, 8])
        self.fail_job("POST", f"{uri}/replace-disks?mode=replace_auto")
        self.run_job("PUT", f"{uri}/prepare-export?mode=local")

    def group(self) -> str:
        return str(self.get("/2/groups")[0]["name"])

    # -- groups, nodes, networks, filters, the cluster --------------------------------------------

    def test_the_life_of_a_group(self) -> None:
        for name in ("contract-a", "contract-b"):
            self.addCleanup(self._remove_if_there, f"/2/groups/{name}")
        self.run_job("POST", "/2/groups", {"name": "contract-a", "alloc_policy": "last_resort"})
        self.assertEqual(self.get("/2/groups/contract-a")["alloc_policy"], "last_resort")
        self.run_job("PUT", "/2/groups/contract-a/modify", {"alloc_policy": "preferred"})
        self.run_job("PUT", "/2/groups/contract-a/tags?tag=x")
        self.assertEqual(self.get("/2/groups/contract-a/tags"), ["x"])
        self.run_job("PUT", "/2/groups/contract-a/rename", {"new_name": "contract-b"})
        self.run_job(
            "PUT", "/2/groups/contract-b/assign-nodes?dry-run=1&force=1", {"nodes": [self.node()]}
        )
        self.assertEqual(self.get("/2/groups/contract-b")["node_cnt"], 0)
        self.run_job("DELETE", "/2/groups/contract-b")

    def _remove_if_there(self, path: str) -> None:
        if self.api.request("GET", path, None, self.api.writer).status == 200:
            self.run_job("DELETE", path)

    def test_the_role_of_a_node(self) -> None:
        uri = f"/2/nodes/{self.node()}"
        before = self.get(f"{uri}/role")
        self.addCleanup(self._restore_role, uri, before)
        self.run_job("PUT", f"{uri}/role?force=1", "regular")
        self.assertEqual(self.get(f"{uri}/role"), "regular")
        self.ask("PUT", f"{uri}/role", "master", status=400)
        self.ask("PUT", f"{uri}/role", {"roles": "regular"}, status=400)
        self.ask("PUT", f"{uri}/role", ["regular"], status=400)
        body = {"role": "regular", "priority": 10}
        job = self.finish(self.ask("PUT", f"{uri}/role?force=1", body))
        self.assertEqual((job["status"], job["ops"][0]["priority"]), ("success", 10))

    def _restore_role(self, uri: str, role: str) -> None:
        if self.get(f"{uri}/role") != role:
            self.run_job("PUT", f"{uri}/role?force=1", role)

    def test_storage_of_a_node(self) -> None:
        uri = f"/2/nodes/{self.node()}/storage"
        (rows,) = self.run_job("GET", f"{uri}?storage_type=file&output_fields=name,size,free")
        self.assertTrue(rows and len(rows[0]) == 3, rows)
        self.ask("GET", f"{uri}?storage_type=file", status=400)
        self.ask("GET", f"{uri}?output_fields=name", status=400)
        self.ask("PUT", f"{uri}/modify?storage_type=lvm-pv", status=400)
        self.fail_job("PUT", f"{uri}/repair?storage_type=lvm-pv&name=/dev/nosuch")

    def test_node_tags(self) -> None:
        uri = f"/2/nodes/{self.node()}/tags"
        self.run_job("PUT", f"{uri}?tag=contract")
        self.assertIn("contract", self.get(uri))
        self.run_job("DELETE", f"{uri}?tag=contract")
        self.assertEqual([tag for tag in self.get(uri) if tag == "contract"], [])

    def test_the_life_of_a_network(self) -> None:
        self.addCleanup(self._remove_if_there, "/2/networks/contract-net")
        body = {"network_name": "contract-net", "network": "198.51.100.0/28", "tags": ["t"]}
        self.run_job("POST", "/2/networks", {**body, "gateway": "198.51.100.1"})
        network = self.get("/2/networks/contract-net")
        self.assertEqual(
            (network["network"], network["gateway"]), (body["network"], "198.51.100.1")
        )
        link = {"group_name": self.group(), "network_mode": "bridged", "network_link": "br0"}
        self.run_job("PUT", "/2/networks/contract-net/connect", link)
        (group,) = self.get("/2/networks/contract-net")["group_list"]
        self.assertEqual(group[0], self.group())
        self.run_job("PUT", "/2/networks/contract-net/modify", {"mac_prefix": "aa:bb:cc"})
        self.run_job("PUT", "/2/networks/contract-net/disconnect", {"group_name": self.group()})
        self.run_job("DELETE", "/2/networks/contract-net")

    def test_the_life_of_a_filter(self) -> None:
        rule = {"priority": 5, "predicates": [["jobid", [">", "id", "watermark"]]], "reason": []}
        uuid = self.ask("POST", "/2/filters", {**rule, "action": "ACCEPT"})
        shown = self.get(f"/2/filters/{uuid}")
        self.assertEqual((shown["priority"], shown["action"]), (5, "ACCEPT"))
        self.assertEqual(self.ask("PUT", f"/2/filters/{uuid}", {**rule, "priority": 6}), uuid)
        self.assertEqual(self.get(f"/2/filters/{uuid}")["action"], "CONTINUE")
        self.assertIsNone(self.ask("DELETE", f"/2/filters/{uuid}"))
        self.ask("DELETE", f"/2/filters/{uuid}", status=404)

    def test_searching_tags(self) -> None:
        name = self.instance()
        self.run_job("PUT", f"/2/instances/{name}/tags?tag=contract-search")
        self.addCleanup(self.run_job, "DELETE", f"/2/instances/{name}/tags?tag=contract-search")
        found = self.get("/2/tags-search?pattern=^contract-se")
        self.assertEqual(found, [{"kind": "instance", "name": name, "tag": "contract-search"}])
        self.assertEqual(self.get("/2/tags-search?pattern=nobody-has-this"), [])
        self.ask("GET", "/2/tags-search?pattern=(", status=400)
        self.ask("GET", "/2/tags-search", status=400)

    def test_cluster_tags(self) -> None:
        self.run_job("PUT", "/2/tags", ["contract"])
        self.assertIn("contract", self.get("/2/tags"))
        self.run_job("DELETE", "/2/tags?tag=contract")

    def test_cluster_parameters(self) -> None:
        size = self.get("/2/info")["candidate_pool_size"]
        self.addCleanup(self.run_job, "PUT", "/2/modify", {"candidate_pool_size": size})
        self.run_job("PUT", "/2/modify", {"candidate_pool_size": size + 1})
        self.assertEqual(self.get("/2/info")["candidate_pool_size"], size + 1)
        self.ask("PUT", "/2/modify", {"compression_tools": ["gzip"]}, status=403)
        self.run_job("PUT", "/2/redistribute-config")

    def test_evacuating_a_node(self) -> None:
        """The requirements' form answers the list of what is moved."""
        node = min(self.get("/2/nodes?bulk=1"), key=lambda node: node["sinst_cnt"])
        uri = f"/2/nodes/{node['name']}/evacuate"
        would_move = self.ask("POST", f"{uri}?iallocator=hail&dry-run=1")
        self.assertEqual(would_move, [[None, name, None] for name in node["sinst_list"]])
        moves = self.ask("POST", f"{uri}?iallocator=hail&early_release=1")
        self.assertEqual(sorted(move[1] for move in moves), sorted(node["sinst_list"]))
        for job_id, instance, new_node in moves:
            self.assertEqual(self.finish(job_id)["status"], "success")
            self.assertEqual(self.get(f"/2/instances/{instance}")["snodes"], [new_node])
        self.ask("POST", uri, status=400)
        newer = {"mode": "secondary-only", "iallocator": "hail"}
        self.assertEqual(self.run_job("POST", uri, newer), [{"jobs": []}])

    # -- what is wrong -------------------------------------------------------------------------

    def test_wrong_bodies_name_the_parameter(self) -> None:
        for method, path, body, word in self.wrong_requests():
            error = self.ask(method, path, body, status=400)
            self.assertIn(word, error["message"], path)

    def wrong_requests(self) -> Iterator[tuple[str, str, object, str]]:
        instance, node = f"/2/instances/{self.instance()}", f"/2/nodes/{self.node()}"
        create = {"__version__": 1, "mode": "create", "name": "x", "disks": [], "nics": []}
        yield "POST", "/2/instances", {**create, "__version__": 2}, "__version__"
        yield "POST", "/2/instances", {**create, "disks": "many"}, "disks"
        yield "POST", "/2/instances", {**create, "pnod": "n"}, "pnode"
        yield "POST", "/2/instances", {"__version__": 1, "mode": "create"}, "OP_INSTANCE_CREATE"
        yield "PUT", f"{instance}/rename", {"new_name": ""}, "new_name"
        yield "PUT", f"{instance}/rename", {"instance_name": "x", "new_name": "y"}, "instance_name"
        yield "PUT", f"{instance}/modify", {"nics": 5}, "nics"
        yield "POST", f"{instance}/disk/0/grow", {"amount": "1G"}, "amount"
        yield "POST", f"{instance}/reboot?type=cold", None, "reboot_type"
        yield "PUT", f"{instance}/tags", [1], "tags"
        yield "GET", f"{instance}/info?static=yes", None, "static"
        yield "POST", f"{node}/migrate?live=1&mode=live", None, "mode"
        yield "PUT", "/2/groups/g/assign-nodes", {}, "nodes"
        yield "GET", "/2/jobs/1/wait", None, "fields"
        yield "GET", "/2/jobs/1/wait?fields=status&timeout=61", None, "timeout"
