"""Who submitted a job, as Ganeti's own tools and the audit log tell it."""

from __future__ import annotations

import json
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .daemon import SKIP, lab, our_api


class ReasonTrailTests(SynchronousTestCase):
    skip = SKIP

    def test_gnt_job_info_shows_user_and_request(self) -> None:
        audit = Path(self.mktemp()).absolute()
        api = our_api("--audit-log", str(audit), "--audit-required", host="127.0.0.9")
        reply = api.request("PUT", "/2/tags?tag=who&reason=to+see+it", None, api.writer)
        self.assertEqual(reply.status, 200, reply.body)
        job, request = int(reply.body), reply.headers["X-Request-Id"]
        name = api.writer.partition(":")[0]
        shown = lab("gnt", "gnt-job", "info", str(job))
        self.assertIn(f"{name}, request {request}", shown)
        begun, ended = map(json.loads, audit.read_text().splitlines()[-2:])
        self.assertEqual((begun["stage"], ended["stage"]), ("begun", "ended"))
        self.assertEqual((ended["jobs"], ended["request"], ended["user"]), ([job], request, name))
