"""Writes that wait for their own job, through the whole daemon and the simulated cluster."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing import SimulatedApi, encode_request, parse_reply
from ganeti_rapi.testing.simulated import SOCKET, STEP

PATH = "/2/instances/web1.example.com/shutdown"


class ReturnTimeoutTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi()
        self.addCleanup(self.api.stop)

    def test_the_reply_is_the_job_when_it_ends_in_time(self) -> None:
        reply = self.api.request("PUT", f"{PATH}?return_timeout=60")
        job = reply.json()
        self.assertEqual((reply.status, job["status"]), (200, "success"))
        self.assertEqual(job, self.api.request("GET", f"/2/jobs/{job['id']}").json())

    def test_a_job_that_fails_is_a_reply_as_well(self) -> None:
        reply = self.api.request("PUT", "/2/instances/nosuch/startup?return_timeout=60")
        self.assertEqual((reply.status, reply.json()["status"]), (200, "error"))

    def test_the_reply_is_the_id_when_the_time_is_over(self) -> None:
        began = self.api.reactor.seconds()
        reply = self.api.request("PUT", f"{PATH}?return_timeout=0.1")
        self.assertEqual(type(reply.json()), int)
        self.assertLess(self.api.reactor.seconds() - began, 0.1 + 3 * STEP)

    def test_zero_and_absence_do_not_wait(self) -> None:
        for query in ("", "?return_timeout=0"):
            self.assertEqual(type(self.api.request("PUT", PATH + query).json()), int)

    def test_a_wrong_value_submits_nothing(self) -> None:
        before = len(self.api.request("GET", "/2/jobs").json())
        for value in ("x", "-1", "121", "nan", "inf"):
            reply = self.api.request("PUT", f"{PATH}?return_timeout={value}")
            self.assertEqual(reply.status, 400)
            self.assertIn("return_timeout", reply.json()["message"])
        self.assertEqual(len(self.api.request("GET", "/2/jobs").json()), before)

    def test_the_id_is_told_even_if_luxid_goes_away_meanwhile(self) -> None:
        client = self.api.connect()
        request = encode_request("PUT", f"{PATH}?return_timeout=60", None, self.api.writer)
        client.transport.write(request)
        self.api.until(lambda: self.api.backend.watches.waiters)
        self.api.daemon.stopService()
        self.assertNotIn(SOCKET, self.api.reactor.listeners)
        self.api.until(lambda: client.closed)
        self.assertEqual(type(parse_reply(client.data).json()), int)
        self.api.daemon.startService()


class SubmissionTests(SynchronousTestCase):
    def test_a_dependency_on_a_job_before_the_first_is_the_clients_error(self) -> None:
        api = SimulatedApi()
        self.addCleanup(api.stop)
        reply = api.request("PUT", PATH, {"depends": [[-100, []]]})
        self.assertEqual(reply.status, 400)
        self.assertIn("depends", reply.json()["message"])
