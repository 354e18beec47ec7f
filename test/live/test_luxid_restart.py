"""luxid goes away and comes back; our daemon stays."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from twisted.trial.unittest import SynchronousTestCase

from .daemon import SKIP, lab, our_api


class RestartTests(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.api = our_api()

    def test_requests_and_waits_get_502_at_once_and_all_heals(self) -> None:
        self.assertEqual(self.api.request("GET", "/2/info").status, 200)
        job = self._delay_job()
        with ThreadPoolExecutor() as pool:
            wait = pool.submit(self._wait_for, job)
            time.sleep(1)
            self.addCleanup(lab, "start-luxid")
            lab("stop-luxid")
            gone = time.monotonic()
            self.assertEqual(wait.result(timeout=5).status, 502)
            self.assertLess(time.monotonic() - gone, 1)
        began = time.monotonic()
        reply = self.api.request("GET", "/2/info")
        self.assertEqual(reply.status, 502)
        self.assertLess(time.monotonic() - began, 1)
        self.assertIn("ganeti-luxid", reply.json()["message"])
        lab("start-luxid")
        self.assertEqual(self.api.request("GET", "/2/info").status, 200)

    def _delay_job(self) -> int:
        printed = lab("gnt", "gnt-debug", "delay", "--submit", "--print-jobid", "8")
        return int(printed)

    def _wait_for(self, job: int) -> object:
        body = {"fields": ["status"], "previous_job_info": ["running"], "previous_log_serial": 9}
        while True:
            reply = self.api.request("GET", f"/2/jobs/{job}/wait", body, self.api.writer)
            if reply.status != 200 or reply.json() is None:
                return reply
            if reply.json()["job_info"] not in (["queued"], ["waiting"]):
                raise AssertionError(reply.json())
            time.sleep(0.05)
