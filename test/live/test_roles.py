"""Roles and tokens in front of a real luxid, under the rules of Ganeti 3.2."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.tokens import hash_of
from ganeti_rapi.jobstates import FINAL_STATES

from .daemon import PORT, SKIP, HttpApi, our_api
from .test_ganeti_client import Client, ClientError
from .test_htools import run

HOST = "127.0.0.10"
OTHER_HOST = "127.0.0.11"
TOKEN = "grapi_of_the_live_suite"


USERS = """
boss x @admin
look x @readonly
turn x @operator,@waiter
none x
"""
SCOPED_USERS = """
boss x @admin
team x @operator:tag=team-live,@waiter:tag=team-live
rack x @readonly:group=default
node x @readonly:node=node2
make x instances.create:name=web*,jobs.*:owner
"""


@functools.cache
def api_with(users: str, host: str) -> HttpApi:
    """Our daemon with these users, and one token."""
    directory = Path(tempfile.mkdtemp(dir=".")).absolute()
    (directory / "users").write_text(users)
    (directory / "tokens").write_text(f"tagger sha256:{hash_of(TOKEN)} never tags.set\n")
    files = [f"--{name}-file={directory / name}" for name in ("users", "tokens")]
    return our_api(*files, "--access-rules", "3.2", host=host)


class RolesTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = api_with(USERS, HOST)

    def status(self, method: str, path: str, user: str | None) -> int:
        return self.api.request(method, path, None, user and f"{user}:x").status

    def test_each_role_may_what_is_its_own(self) -> None:
        for method, path, allowed in (
            ("GET", "/version", {None, "none", "look", "turn", "boss"}),
            ("GET", "/2/nodes", {"look", "turn", "boss"}),
            ("GET", "/2/query/node?fields=name", {"look", "turn", "boss"}),
            ("GET", "/2/jobs/1/wait?fields=status&timeout=0", {"turn", "boss"}),
            ("PUT", "/2/tags?tag=by-role", {"boss"}),
            ("GET", "/metrics", {"boss"}),
        ):
            for user in (None, "none", "look", "turn", "boss"):
                refused = 0 if user in allowed else 401 if user is None else 403
                status = self.status(method, path, user)
                self.assertEqual(status if status in (401, 403) else 0, refused, (path, user))

    def test_a_token(self) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for path, status in (("/2/tags?tag=by-token", 200), ("/2/redistribute-config", 403)):
            self.assertEqual(self.api.request("PUT", path, headers=headers).status, status)

    def test_ganetis_client(self) -> None:
        reader, operator = (Client(f"{user}:x", HOST) for user in ("look", "turn"))
        for client in (reader, operator):
            self.assertIn("instance1", client.GetInstances())
            self.assertEqual(client.GetInfo()["name"], "cluster")
            self.assertEqual(len(client.GetNodes(bulk=True)), 3)
        error = self.assertRaises(ClientError, reader.RebootInstance, "instance1")
        self.assertEqual(error.status, 403)
        job = operator.RebootInstance("instance1")
        self.assertTrue(operator.WaitForJobCompletion(job))
        error = self.assertRaises(ClientError, operator.DeleteInstance, "instance1")
        self.assertEqual(error.status, 403)

    def test_ganetis_tools_read_the_cluster(self) -> None:
        printed = run("hbal", "-m", f"https://look:x@{HOST}:{PORT}", "--print-nodes")
        self.assertIn("Loaded ", printed)


class ScopesTests(SynchronousTestCase):
    """Rights on some objects only, judged by what a real luxid tells of these."""

    skip = SKIP

    def setUp(self) -> None:
        self.api = api_with(SCOPED_USERS, OTHER_HOST)
        self.run_job("PUT", "/2/instances/instance2/tags?tag=team-live")

    def ask(self, path: str, user: str = "team", method: str = "GET", body: object = None) -> Any:
        # Any: JSON
        return self.api.request(method, path, body, f"{user}:x").json()

    def status(self, path: str, user: str = "team", method: str = "GET") -> int:
        return self.api.request(method, path, None, f"{user}:x").status

    def run_job(self, method: str, path: str, user: str = "boss") -> int:
        job = self.ask(path, user, method)
        self.assertIsInstance(job, int)
        while self.ask(f"/2/jobs/{job}", "boss")["status"] not in FINAL_STATES:
            self.ask(f"/2/jobs/{job}/wait?fields=status&timeout=5", "boss")
        return int(job)

    def test_what_is_seen(self) -> None:
        self.assertEqual([each["id"] for each in self.ask("/2/instances")], ["instance2"])
        self.assertEqual([each["name"] for each in self.ask("/2/instances?bulk=1")], ["instance2"])
        self.assertEqual(self.ask("/2/nodes"), [])
        self.assertEqual(
            self.ask("/2/query/instance?fields=status,name")["data"][0][1][1], "instance2"
        )
        for path, status in (
            ("/2/instances/instance2", 200),
            ("/2/instances/instance2/tags", 200),
            ("/2/instances/instance1", 404),
            ("/2/instances/nosuch", 404),
            ("/2/nodes/node1", 404),
            ("/2/query/lock?fields=name", 403),
            ("/2/info", 403),
        ):
            self.assertEqual(self.status(path), status, path)

    def test_places(self) -> None:
        everything = self.ask("/2/instances?bulk=1", "boss")
        self.assertEqual(self.ask("/2/instances", "rack"), self.ask("/2/instances", "boss"))
        there = {each["name"] for each in everything if each["pnode"] == "node2"}
        self.assertEqual({each["id"] for each in self.ask("/2/instances", "node")}, there)
        (node,) = self.ask("/2/nodes?bulk=1", "node")
        self.assertEqual((node["name"], set(node["pinst_list"])), ("node2", there))
        whole = self.ask("/2/nodes/node2", "boss")
        left = there & set(whole["sinst_list"])
        self.assertEqual((node["sinst_cnt"], set(node["sinst_list"])), (len(left), left))

    def test_what_is_done(self) -> None:
        own = self.run_job("POST", "/2/instances/instance2/reboot", "team")
        other = self.run_job("PUT", "/2/instances/instance1/tags?tag=other")
        jobs = {job["id"] for job in self.ask("/2/jobs")}
        self.assertIn(own, jobs)
        self.assertNotIn(other, jobs)
        self.assertEqual(self.status(f"/2/jobs/{other}"), 404)
        self.assertEqual(self.status(f"/2/jobs/{own}/wait?fields=status"), 200)
        for name in ("instance1", "nosuch"):
            refusal = self.ask(f"/2/instances/{name}/startup", method="PUT")
            self.assertEqual(refusal["code"], 403)
            self.assertIn(f"for instance '{name}', which you do not have", refusal["message"])

    def test_what_is_made(self) -> None:
        creation = {
            "__version__": 1,
            "mode": "create",
            "disk_template": "diskless",
            "disks": [],
            "nics": [],
            "os_type": "noop",
            "name_check": False,
            "ip_check": False,
            "no_install": True,
        }
        for name, status in (("web1", 200), ("db1", 403)):
            body = {**creation, "instance_name": name}
            reply = self.api.request("POST", "/2/instances?dry-run=1", body, "make:x")
            self.assertEqual(reply.status, status, reply.json())
            if status == 200:
                self.assertEqual(
                    [job["id"] for job in self.ask("/2/jobs", "make")][-1], reply.json()
                )
        hidden = {**creation, "instance_name": "web2", "pnode": "node1"}
        self.assertEqual(self.api.request("POST", "/2/instances", hidden, "make:x").status, 403)
