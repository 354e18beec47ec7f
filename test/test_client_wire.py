"""What the client sends, to new servers and to old ones, and what it makes of their replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.resources import FEATURES
from ganeti_rapi.client import (
    BadReply,
    BadRequest,
    FeatureMissing,
    Forbidden,
    HttpError,
    Move,
    NotFound,
    NotSupported,
    RapiClient,
    ServerError,
    Unauthorized,
    Unavailable,
)
from ganeti_rapi.client.transport import Reply, decode

from .client_double import Script

Call = Callable[[RapiClient], Any]  # Any: a coroutine

SENT: list[tuple[Call, str, str, object]] = [
    (lambda c: c.get_instances(), "GET", "/2/instances?bulk=1", None),
    (lambda c: c.get_node_role("n"), "GET", "/2/nodes/n/role", None),
    (lambda c: c.get_instance("a/b c"), "GET", "/2/instances/a%2Fb%20c", None),
    (lambda c: c.redistribute_config(), "PUT", "/2/redistribute-config", None),
    (
        lambda c: c.redistribute_config(reason="a&b"),
        "PUT",
        "/2/redistribute-config?reason=a%26b",
        None,
    ),
    (lambda c: c.add_node_tags("n", ["a", "b c"]), "PUT", "/2/nodes/n/tags?tag=a&tag=b+c", None),
    (
        lambda c: c.delete_cluster_tags(["a"], dry_run=True, reason="why"),
        "DELETE",
        "/2/tags?tag=a&dry-run=1&reason=why",
        None,
    ),
    (
        lambda c: c.set_node_role("n", "offline", auto_promote=False),
        "PUT",
        "/2/nodes/n/role?auto-promote=0",
        "offline",
    ),
    (lambda c: c.delete_instance("i"), "DELETE", "/2/instances/i", None),
    (
        lambda c: c.delete_instance("i", dry_run=True, shutdown_timeout=5),
        "DELETE",
        "/2/instances/i?dry-run=1",
        {"shutdown_timeout": 5},
    ),
    (lambda c: c.stop_instance("i"), "PUT", "/2/instances/i/shutdown", None),
    (
        lambda c: c.stop_instance("i", timeout=0, no_remember=True),
        "PUT",
        "/2/instances/i/shutdown?no_remember=1",
        {"timeout": 0},
    ),
    (lambda c: c.start_instance("i", force=True), "PUT", "/2/instances/i/startup?force=1", None),
    (lambda c: c.grow_disk("i", 1, 8), "POST", "/2/instances/i/disk/1/grow", {"amount": 8}),
    (
        lambda c: c.replace_disks("i", "replace_auto", disks=[0, 1]),
        "POST",
        "/2/instances/i/replace-disks?mode=replace_auto&disks=0%2C1",
        None,
    ),
    (
        lambda c: c.replace_disks("i", "replace_auto", disks=[0], early_release=False),
        "POST",
        "/2/instances/i/replace-disks",
        {"mode": "replace_auto", "disks": [0], "early_release": False},
    ),
    (
        lambda c: c.query_node_storage("n", "file", ["name", "free"]),
        "GET",
        "/2/nodes/n/storage?storage_type=file&output_fields=name%2Cfree",
        None,
    ),
    (
        lambda c: c.create_network("w", "192.0.2.0/24", tags=[]),
        "POST",
        "/2/networks",
        {"network_name": "w", "network": "192.0.2.0/24", "tags": []},
    ),
    (
        lambda c: c.query("node", ["name"], ["=", "name", "n"]),
        "PUT",
        "/2/query/node",
        {"fields": ["name"], "qfilter": ["=", "name", "n"], "filter": ["=", "name", "n"]},
    ),
    (
        lambda c: c.add_filter(1, [], "ACCEPT", reason=[]),
        "POST",
        "/2/filters",
        {"priority": 1, "predicates": [], "action": "ACCEPT", "reason": []},
    ),
]

TO_NEW_SERVERS: list[tuple[Call, str, object]] = [
    (
        lambda c: c.create_instance("i", disk_template="file", disks=[], nics=[], dry_run=True),
        "/2/instances?dry-run=1",
        {
            "mode": "create",
            "name": "i",
            "disk_template": "file",
            "disks": [],
            "nics": [],
            "__version__": 1,
        },
    ),
    (
        lambda c: c.reinstall_instance("i", os="o", start=False),
        "/2/instances/i/reinstall",
        {"start": False, "os": "o"},
    ),
    (
        lambda c: c.evacuate_node("n", "all", iallocator="hail", dry_run=True),
        "/2/nodes/n/evacuate?dry-run=1",
        {"mode": "all", "iallocator": "hail"},
    ),
    (lambda c: c.migrate_node("n", mode="live"), "/2/nodes/n/migrate", {"mode": "live"}),
    (lambda c: c.migrate_node("n", reason="why"), "/2/nodes/n/migrate?reason=why", {}),
    # A stock server ignores the body beside a query argument: it would migrate in earnest.
    (
        lambda c: c.migrate_node("n", dry_run=True, reason="why"),
        "/2/nodes/n/migrate",
        {"dry_run": True},
    ),
]

TO_OLD_SERVERS: list[tuple[Call, str]] = [
    (
        lambda c: c.reinstall_instance("i", os="o", start=False),
        "/2/instances/i/reinstall?os=o&nostartup=1",
    ),
    (lambda c: c.reinstall_instance("i"), "/2/instances/i/reinstall"),
    (lambda c: c.migrate_node("n", mode="live"), "/2/nodes/n/migrate?mode=live"),
]

NOT_FOR_OLD_SERVERS: list[Call] = [
    lambda c: c.create_instance("i", disk_template="file", disks=[], nics=[]),
    lambda c: c.reinstall_instance("i", osparams={}),
    lambda c: c.migrate_node("n", target_node="m"),
    lambda c: c.migrate_node("n", dry_run=True),
    lambda c: c.evacuate_node("n", "all"),
]


class SentTests(SynchronousTestCase):
    def test_requests(self) -> None:
        for call, method, uri, body in SENT:
            script = Script(1 if method != "GET" or "storage" in uri else {})
            self.successResultOf(script.start(call(script.client)))
            self.assertEqual(script.sent, [(method, uri, body)])

    def test_headers(self) -> None:
        script = Script(1)
        script.start(script.client.get_version())
        script.start(script.client.modify_cluster())
        read, write = (request.headers for request in script.http.requests)
        self.assertEqual(read["Accept"], "application/json")
        self.assertTrue(read["User-Agent"].startswith("ganeti-rapi-client/"))
        self.assertNotIn("Content-Type", read)
        self.assertEqual(write["Content-Type"], "application/json")

    def test_new_servers(self) -> None:
        for call, uri, body in TO_NEW_SERVERS:
            script = Script(list(FEATURES), 1)
            self.assertEqual(self.successResultOf(script.start(call(script.client))), 1)
            self.assertEqual(script.sent, [("GET", "/2/features", None), ("POST", uri, body)])

    def test_old_servers(self) -> None:
        for call, uri in TO_OLD_SERVERS:
            script = Script((404, {}), 1)
            self.assertEqual(self.successResultOf(script.start(call(script.client))), 1)
            self.assertEqual(script.sent, [("GET", "/2/features", None), ("POST", uri, None)])

    def test_what_old_servers_cannot_do(self) -> None:
        for call in NOT_FOR_OLD_SERVERS:
            script = Script([])
            self.failureResultOf(script.start(call(script.client)), FeatureMissing)
            self.assertEqual(script.sent, [("GET", "/2/features", None)])

    def test_features_are_asked_for_once(self) -> None:
        script = Script(list(FEATURES), 1)
        for _ in range(2):
            self.successResultOf(script.start(script.client.migrate_node("n")))
        self.assertEqual([uri for _, uri, _ in script.sent].count("/2/features"), 1)


class ReplyTests(SynchronousTestCase):
    def result(self, reply: object, call: Call) -> Any:  # Any: the method's own
        script = Script(reply, retries=0)
        return self.successResultOf(script.start(call(script.client)))

    def error(self, kind: type[Exception], reply: object, call: Call) -> Any:
        # Any: an error of that kind
        script = Script(reply, retries=0)
        return self.failureResultOf(script.start(call(script.client)), kind).value

    def test_the_id_of_a_job_may_be_a_string(self) -> None:
        self.assertEqual(self.result("12", lambda c: c.redistribute_config()), 12)
        rows = [{"id": "12", "uri": "/2/jobs/12"}]
        self.assertEqual(self.result(rows, lambda c: c.list_jobs()), [12])

    def test_moves_of_an_old_server(self) -> None:
        moves = self.result([["12", "i", "n"]], lambda c: c.evacuate_secondaries("m"))
        self.assertEqual(moves, [Move(12, "i", "n")])

    def test_no_id_of_a_job(self) -> None:
        error = self.error(BadReply, {"job": 1}, lambda c: c.redistribute_config())
        self.assertIn("/2/redistribute-config", str(error))

    def test_a_stock_server_lists_no_resources(self) -> None:
        self.assertEqual(self.result(None, lambda c: c.list_resources()), [])
        self.assertEqual(self.result(None, lambda c: c.list_versions()), [])

    def test_no_body(self) -> None:
        self.assertIsNone(self.result(b"", lambda c: c.delete_filter("u")))

    def test_an_unknown_job_of_a_stock_server(self) -> None:
        self.error(NotFound, {"id": None, "status": None}, lambda c: c.get_job(1))
        self.error(NotFound, None, lambda c: c.get_job(1))

    def test_statuses(self) -> None:
        for code, kind in (
            *((400, BadRequest), (401, Unauthorized), (403, Forbidden), (404, NotFound)),
            *((415, BadRequest), (500, ServerError), (501, NotSupported), (502, Unavailable)),
            *((503, Unavailable), (504, Unavailable), (302, HttpError), (418, HttpError)),
        ):
            body = {"code": code, "message": "why", "explain": "what"}
            error = self.error(kind, (code, body), lambda c: c.get_info())
            self.assertIs(type(error), kind)
            self.assertEqual((error.code, error.message, error.explain), (code, "why", "what"))

    def test_errors_without_a_reason(self) -> None:
        page = "502 The server answered status 502 with a page that is not Ganeti's"
        for body, words in (
            (b"<html>Bad gateway</html>", page),
            (b"[1]", page),
            (b"", "502 The server gave no reason for its status 502"),
        ):
            error = self.error(Unavailable, (502, body), lambda c: c.get_info())
            self.assertEqual(str(error), words)

    def test_a_redirect(self) -> None:
        reply = Reply(301, b"<html>", {"location": "https://elsewhere/"})
        error = self.assertRaises(HttpError, decode, reply)
        self.assertEqual(
            str(error),
            "301 The server redirects to https://elsewhere/; give the URL of the RAPI itself",
        )

    def test_something_else_listens_there(self) -> None:
        error = self.error(BadReply, b"<html>It works!</html>", lambda c: c.get_info())
        self.assertIn("address", str(error))
