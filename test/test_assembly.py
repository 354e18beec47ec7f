"""The one function that puts the site together, and what it answers requests from."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.assembly import LuxiBackend, Settings, make_site
from ganeti_rapi.auth.users import UsersFile
from ganeti_rapi.errors import NotMaster
from ganeti_rapi.jobs.watches import Change
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.limits import SiteLimits
from ganeti_rapi.web.proxies import TrustedProxies
from ganeti_rapi.web.site import MIB, Deadlines, RapiSite
from test.luxi_doubles import JOB, FarSide, Peer

from .harness import exchange


class SiteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.backend = LuxiBackend(self.reactor, "/luxi")

    def shown(self, site: RapiSite) -> tuple[object, ...]:
        sizes = (site.max_body, site.bodies.limit, site.replies.limit, site.limits)
        return site.keep_alive, site.deadlines, *sizes, site.access_log

    def test_settings_reach_the_site(self) -> None:
        log = LogFile(self.mktemp())
        limits, proxies = SiteLimits(3, 2, 1), TrustedProxies(["unix"])
        settings = Settings(
            keep_alive=False,
            deadlines=Deadlines(idle=7),
            max_body=5,
            max_bodies=6,
            max_replies=8,
            limits=limits,
            proxies=proxies,
            drain_timeout=4,
            access_log=log,
        )
        site = make_site(self.reactor, self.backend, UsersFile(), settings)
        self.assertEqual(self.shown(site), (False, Deadlines(idle=7), 5, 6, 8, limits, log))
        self.assertEqual((site.proxies, site.drain_timeout), (proxies, 4))

    def test_without_settings(self) -> None:
        site = make_site(self.reactor, self.backend, UsersFile())
        self.assertEqual(
            self.shown(site), (True, Deadlines(), 10 * MIB, 64 * MIB, 512 * MIB, SiteLimits(), None)
        )
        self.assertEqual(exchange(site, b"GET", b"/version").status, 200)

    def test_authentication_may_be_required(self) -> None:
        settings = Settings(require_authentication=True)
        site = make_site(self.reactor, self.backend, UsersFile(), settings)
        self.assertEqual(exchange(site, b"GET", b"/version").status, 401)

    def test_a_node_may_refuse_to_serve(self) -> None:
        def refuse() -> None:
            raise NotMaster

        site = make_site(self.reactor, self.backend, UsersFile(), check_role=refuse)
        self.assertEqual(exchange(site, b"GET", b"/2/info").status, 503)


class LuxiBackendTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.luxid = FarSide(self.reactor)
        self.backend = LuxiBackend(self.reactor, "/luxi", luxi_connections=1, wait_connections=1)

    def call(self, *args: object) -> Deferred[object]:
        return Deferred.fromCoroutine(self.backend.daemon.call("QueryTags", *args))

    def wait(self, job_id: int) -> Deferred[Change | None]:
        wait = self.backend.jobs.wait(job_id, ["status"], ["running"], 0, 60)
        return Deferred.fromCoroutine(wait)

    def show_job(self, peer: Peer, **values: object) -> None:
        """Answer a question about a job, which runs unless ``values`` say otherwise."""
        (request,) = peer.requests()
        _, fields = request.args
        peer.answer([[{**JOB, **values}[name] for name in fields]])

    def test_requests_wait_in_line_for_a_connection(self) -> None:
        first, second = self.call("node"), self.call("cluster")
        peer = self.luxid.accept()
        self.assertEqual((self.luxid.knocking, self.luxid.attempts), (0, 1))
        for call in (first, second):
            peer.answer([])
            self.assertEqual(self.successResultOf(call), [])

    def test_a_parked_wait_takes_no_connection_from_requests(self) -> None:
        wait = self.wait(7)
        requests = self.luxid.accept()
        self.show_job(requests)
        waits = self.luxid.accept()
        self.assertEqual([request.method for request in waits.requests()], ["WaitForJobChange"])
        call = self.call("node")
        requests.answer([])
        self.assertEqual(self.successResultOf(call), [])
        wait.cancel()
        self.failureResultOf(wait, CancelledError)

    def test_a_wait_without_a_connection_soon_reads_the_job_instead(self) -> None:
        waits = [self.wait(7), self.wait(8)]
        requests = self.luxid.accept()
        self.show_job(requests)
        self.luxid.accept()
        self.show_job(requests)
        self.assertEqual(requests.requests(), [])
        self.reactor.advance(1)
        self.assertEqual([request.args[0] for request in requests.requests()], [[8]])
        for wait in waits:
            wait.cancel()
            self.failureResultOf(wait, CancelledError)

    def test_the_connections_of_both_are_closed_at_the_end(self) -> None:
        wait = self.wait(7)
        requests = self.luxid.accept()
        self.show_job(requests)
        waits = self.luxid.accept()
        waits.answer([["success"], []])
        self.show_job(requests, status="success")
        self.assertEqual(self.successResultOf(wait), (["success"], []))
        self.assertTrue(requests.connected and waits.connected)
        self.backend.close()
        self.assertFalse(requests.connected or waits.connected)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
