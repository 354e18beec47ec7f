"""The audit log, the ids of requests, and who did it in the reason trail."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth.loading import users_loader
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.files.noted import Noted
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.accesslog import json as json_line
from ganeti_rapi.web.audit import LONGEST, MOST_JOBS, AuditLog
from ganeti_rapi.web.proxies import TrustedProxies

from .harness import ADMIN, NOW, PEER, READER, ScriptedServer, basic, encode_request

SCHEMA = json.loads((Path(__file__).parent.parent / "doc/audit.schema.json").read_text())
SECRET = "sesame"

FULL = mock.patch("os.write", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
"""A full disk."""


class AuditCase(SynchronousTestCase):
    required = False

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.audit = AuditLog(LogFile(str(self.path)), self.required, now=lambda: NOW)
        self.server = ScriptedServer(audit=self.audit, login_delay=0)
        self.daemon = self.server.daemon

    def entries(self) -> list[dict[str, Any]]:  # Any: JSON
        """The lines since this was asked last, each as the schema says."""
        text = self.path.read_text()
        os.truncate(self.path, 0)
        self.assertNotIn(SECRET, text)
        entries = [json.loads(line) for line in text.splitlines()]
        for line, entry in zip(text.splitlines(), entries):
            jsonschema.validate(entry, SCHEMA)
            self.assertLess(len(line.encode()), LONGEST)
        return entries

    def entry(self) -> dict[str, Any]:  # Any: as above
        (entry,) = self.entries()
        return entry


class RequestTests(AuditCase):
    def test_a_write(self) -> None:
        reply = self.server.ask("PUT", "/2/instances/web1/startup?reason=maintenance")
        entry = self.entry()
        self.assertRegex(entry.pop("time"), r"^2023-11-14T22:13:20\.500Z$")
        self.assertEqual(
            entry,
            {
                "event": "write",
                "stage": "ended",
                "request": reply.headers["x-request-id"],
                "user": "admin",
                "auth": "basic",
                "address": PEER.host,
                "method": "PUT",
                "row": "instances_name_startup",
                "objects": {"instance_name": "web1"},
                "jobs": [4711],
                "reason": "maintenance",
                "status": 200,
                "seconds": 0,
            },
        )

    def test_the_object_in_a_body(self) -> None:
        self.server.ask("POST", "/2/groups", {"group_name": "rack2"})
        self.assertEqual(self.entry()["objects"], {"group_name": "rack2"})

    def test_a_read_that_submits_a_job(self) -> None:
        self.server.ask("GET", "/2/instances/web1/info")
        entry = self.entry()
        self.assertEqual((entry["event"], entry["jobs"]), ("write", [4711]))

    def test_reads_are_nothing_to_note(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {"name": "a"}
        for path in ("/2/info", "/version", "/nowhere"):
            self.server.ask("GET", path)
        self.assertEqual(self.entries(), [])

    def test_a_write_that_fails(self) -> None:
        self.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", "it broke")
        self.server.ask("PUT", "/2/tags?tag=t")
        entry = self.entry()
        self.assertEqual((entry["status"], entry["message"]), (500, "it broke"))
        self.assertEqual(entry["jobs"], [])

    def test_a_write_whose_client_leaves(self) -> None:
        self.daemon.answers["SubmitJob"] = Deferred()
        connection = self.server.connect()
        headers = {"Authorization": basic(ADMIN)}
        connection.send(encode_request(b"PUT", b"/2/tags?tag=t", headers))
        self.server.clock.advance(1.5)
        connection.lose()
        entry = self.entry()
        self.assertEqual((entry["status"], entry["seconds"]), (499, 1.5))

    def test_what_is_denied(self) -> None:
        for user, method, path, code in (
            (READER, "PUT", "/2/tags?tag=t", 403),
            (READER, "GET", "/2/jobs/1/wait?fields=status", 403),
            (None, "PUT", "/2/tags?tag=t", 401),
        ):
            self.server.ask(method, path, user=user)
            entry = self.entry()
            self.assertEqual((entry["event"], entry["status"]), ("denied", code))
            self.assertEqual(entry["user"], user and user.partition(":")[0])

    def test_a_failed_login(self) -> None:
        for user, claimed in (("admin:wrong", "admin"), ("nobody:wrong", ""), ("sesame:x", "")):
            self.server.ask("GET", "/2/info", user=user)
            entry = self.entry()
            self.assertEqual((entry["event"], entry["claimed"]), ("login_failed", claimed))
            self.assertEqual((entry["user"], entry["status"]), (None, 401))

    def test_many_jobs_are_counted(self) -> None:
        self.server.ask("PUT", "/2/tags?tag=t")
        self.entries()
        with mock.patch("ganeti_rapi.web.audit.MOST_JOBS", 0):
            self.server.ask("PUT", "/2/tags?tag=t")
        entry = self.entry()
        self.assertEqual((entry["jobs"], entry["more_jobs"]), ([], 1))
        self.assertLess(20 * MOST_JOBS, LONGEST / 2)

    @given(st.text(max_size=6000), st.text(max_size=6000))
    def test_no_line_is_too_long(self, reason: str, name: str) -> None:
        self.server.ask("POST", "/2/groups", {"group_name": name, "comment": reason})
        self.daemon.answers["SubmitJob"] = JobDaemonError("GenericError", reason + name)
        self.server.ask("POST", "/2/groups", {"group_name": name * 3})
        self.daemon.answers["SubmitJob"] = 4711
        self.assertEqual(len(self.entries()), 2)


class RequiredTests(AuditCase):
    required = True

    def test_a_write_is_noted_before_and_after(self) -> None:
        self.server.ask("PUT", "/2/tags?tag=t")
        begun, ended = self.entries()
        self.assertEqual((begun["stage"], ended["stage"]), ("begun", "ended"))
        self.assertEqual(begun["request"], ended["request"])

    def test_on_a_full_disk_nothing_is_changed(self) -> None:
        with FULL:
            reply = self.server.ask("PUT", "/2/tags?tag=t")
        self.assertEqual(reply.status, 503)
        self.assertIn("No space left on device", reply.json()["message"])
        self.assertEqual(self.daemon.calls, [])
        self.server.ask("PUT", "/2/tags?tag=t")
        self.assertEqual(len(self.daemon.calls), 1)

    def test_reads_go_on(self) -> None:
        self.daemon.answers["QueryClusterInfo"] = {"name": "a"}
        with FULL:
            self.assertEqual(self.server.ask("GET", "/2/info").status, 200)

    def test_a_line_that_was_torn_spoils_no_other(self) -> None:
        real = os.write
        with mock.patch("os.write", lambda file, text: real(file, text[:20])):
            self.assertEqual(self.server.ask("PUT", "/2/tags?tag=t").status, 503)
        self.server.ask("PUT", "/2/tags?tag=t")
        *torn, begun, ended = filter(None, self.path.read_text().splitlines())
        self.assertTrue(all(len(line) <= 20 for line in torn), torn)
        self.assertEqual([json.loads(line)["stage"] for line in (begun, ended)], ["begun", "ended"])


class NotRequiredTests(AuditCase):
    def test_on_a_full_disk_all_goes_on(self) -> None:
        with FULL:
            self.assertEqual(self.server.ask("PUT", "/2/tags?tag=t").status, 200)


class ReloadTests(AuditCase):
    def test_reloads_are_noted(self) -> None:
        users = UsersFile()
        holder = Noted("users", users_loader("/users", users), [self.audit.reload])
        self.assertEqual(holder.paths, ("/users",))
        holder.take({"/users": b"jack sesame write"})
        self.assertIn("jack", users.accounts)
        holder.keep("/users cannot be read")
        holder.lose("/users is missing")
        self.assertNotIn("jack", users.accounts)
        entries = self.entries()
        self.assertEqual([entry["what"] for entry in entries], ["/users"] * 3)
        self.assertEqual(
            [entry["message"].split(":")[0] for entry in entries][::2], ["read", "missing"]
        )

    def test_a_log_that_was_moved_is_opened_anew(self) -> None:
        self.path.rename(self.path.with_suffix(".1"))
        self.audit.reopen()
        self.server.ask("PUT", "/2/tags?tag=t")
        self.assertEqual(len(self.entries()), 1)


class RequestIdTests(SynchronousTestCase):
    def test_each_request_has_its_own(self) -> None:
        server = ScriptedServer()
        ids = [server.ask("GET", path).headers["x-request-id"] for path in ("/version", "/no")]
        self.assertEqual(len(set(ids)), 2)
        for each in ids:
            self.assertRegex(each, "^[0-9a-f]{8}-[0-9a-f]+$")

    def test_another_start_has_other_ones(self) -> None:
        first, second = (ScriptedServer().ask("GET", "/version") for _ in range(2))
        self.assertNotEqual(first.headers["x-request-id"], second.headers["x-request-id"])

    def given(self, trusted: bool, given: str) -> str:
        proxies = TrustedProxies([PEER.host] if trusted else [])
        server = ScriptedServer(proxies=proxies)
        return server.ask("GET", "/version", headers={"X-Request-Id": given}).headers[
            "x-request-id"
        ]

    def test_a_trusted_proxy_may_give_it(self) -> None:
        self.assertEqual(self.given(True, "7b1c-9f.a:0"), "7b1c-9f.a:0")
        self.assertNotEqual(self.given(False, "7b1c-9f.a:0"), "7b1c-9f.a:0")

    def test_but_not_any_text(self) -> None:
        for text in ("", "a b", 'a"b', "x" * 65, "ä", "a,b"):
            self.assertRegex(self.given(True, text), "^[0-9a-f]{8}-[0-9a-f]+$")

    def test_user_and_id_are_in_the_jobs_reason_trail(self) -> None:
        server = ScriptedServer()
        reply = server.ask("PUT", "/2/tags?tag=t")
        (opcode,) = server.daemon.submitted
        source, reason, _ = opcode["reason"][-1]
        self.assertEqual(source, "gnt:library:rlib2:tags")
        self.assertEqual(reason, f"admin, request {reply.headers['x-request-id']}")

    def test_without_a_user_it_is_the_address(self) -> None:
        server = ScriptedServer()
        server.ask("GET", "/2/instances/web1/info", user=None)
        (opcode,) = server.daemon.submitted
        self.assertRegex(opcode["reason"][-1][1], f"^{re.escape(PEER.host)}, request ")


class AccessLogTests(SynchronousTestCase):
    def test_the_user_is_in_it(self) -> None:
        path = Path(self.mktemp())
        server = ScriptedServer(access_log=LogFile(str(path)))
        reply = server.ask("PUT", "/2/tags?tag=t")
        self.assertIn(f'"{PEER.host}" - admin [', path.read_text())
        self.assertTrue(path.read_text().endswith(f" {reply.headers['x-request-id']}\n"))

    def test_in_json(self) -> None:
        path = Path(self.mktemp())
        server = ScriptedServer(access_log=LogFile(str(path)), log_line=json_line)
        reply = server.ask("PUT", "/2/tags?tag=t")
        connection = server.connect()
        connection.send(b"nonsense\r\n\r\n")
        write, nonsense = map(json.loads, path.read_text().splitlines())
        self.assertEqual(
            write,
            {
                "time": NOW,
                "address": PEER.host,
                "user": "admin",
                "request": reply.headers["x-request-id"],
                "asked": "PUT /2/tags?tag=t HTTP/1.1",
                "status": 200,
                "bytes": 5,
                "seconds": 0,
                "referer": None,
                "agent": "a test",
            },
        )
        self.assertEqual((nonsense["asked"], nonsense["status"]), (None, 400))
