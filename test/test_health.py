"""Health checks: what load balancers ask, and what they are told."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.access import Rules
from ganeti_rapi.errors import LuxiUnreachable, NotMaster
from ganeti_rapi.web.health import PATIENCE
from ganeti_rapi.web.limits import SiteLimits

from .harness import NOW, Response, ScriptedServer, encode_request


class HealthTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.end: float | None = NOW + 1
        self.standby = False
        self.server = self.make()

    def make(self, **options: object) -> ScriptedServer:
        server = ScriptedServer(
            certificate_end=lambda: self.end, check_role=self.check_role, **options
        )
        server.daemon.answers["QueryClusterInfo"] = {"name": "a"}
        return server

    def check_role(self) -> None:
        if self.standby:
            raise NotMaster("This node is not the master of the cluster; node2 is")

    def ask(self, path: str, user: str | None = None, method: str = "GET") -> Response:
        return self.server.ask(method, path, user=user)

    def assert_not_ready(self, *words: str) -> None:
        reply = self.ask("/readyz")
        self.assertEqual(reply.status, 503)
        for each in words:
            self.assertIn(each, reply.json()["message"])
        self.assertEqual(self.ask("/healthz").status, 200)

    def test_all_is_well(self) -> None:
        self.assertEqual(self.ask("/healthz").json(), {"status": "ok"})
        self.assertEqual(self.ask("/readyz").json(), {"status": "ready"})
        self.assertEqual(self.ask("/readyz", method="HEAD").status, 200)
        self.assertEqual(self.ask("/healthz", method="PUT").status, 501)

    def test_the_job_daemon_is_away(self) -> None:
        self.server.daemon.answers["QueryClusterInfo"] = LuxiUnreachable("nobody listens")
        self.assert_not_ready("The job daemon does not serve: nobody listens")

    def test_the_job_daemon_is_silent(self) -> None:
        self.server.daemon.answers["QueryClusterInfo"] = Deferred()
        connection = self.server.connect()
        connection.send(encode_request(b"GET", b"/readyz"))
        self.assertEqual(connection.received(), [])
        self.server.clock.advance(PATIENCE)
        (reply,) = connection.received()
        self.assertEqual(reply.status, 503)
        self.assertIn("did not answer within 5 seconds", reply.json()["message"])

    def test_the_certificate_has_expired(self) -> None:
        self.end = NOW
        self.assert_not_ready("The certificate expired on 2023-11-14")
        self.end = None
        self.assertEqual(self.ask("/readyz").status, 200)

    def test_a_node_that_stands_by(self) -> None:
        self.standby = True
        self.assert_not_ready("not the master of the cluster; node2 is")
        self.assertEqual(self.server.daemon.calls, [])

    def test_all_that_is_wrong_is_told(self) -> None:
        self.standby, self.end = True, NOW - 1
        self.assert_not_ready("not the master", "expired")

    def test_no_user_is_needed_and_none_is_judged(self) -> None:
        for rules in Rules:
            self.server = self.make(access_rules=rules, require_authentication=True)
            for path in ("/healthz", "/readyz"):
                for user in (None, "admin:wrong", "nobody:x"):
                    self.assertEqual(self.ask(path, user).status, 200)

    def test_they_are_answered_when_all_is_taken(self) -> None:
        self.server = self.make(limits=SiteLimits(1, 0, 1))
        self.server.daemon.answers["QueryTags"] = Deferred()
        busy = self.server.connect()
        busy.send(encode_request(b"GET", b"/2/tags"))
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.ask(path).status, 200)
        self.assertEqual(self.ask("/2/info").status, 503)
