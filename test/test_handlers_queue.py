"""The job queue and the watcher: what luxid is asked for, and what is made of its answers."""

from __future__ import annotations

from .harness import NOW, ApiCase


class QueueTests(ApiCase):
    def test_luxid_is_asked_for_changes_only(self) -> None:
        """Since the real one never answers a call that opens a queue which is open."""
        for drained in (True, False):
            self.daemon.answers["QueryConfigValues"] = [drained]
            reply = self.ask("PUT", "/2/queue", {"drained": drained})
            self.assertEqual((reply.status, reply.json()), (200, {"drained": drained}))
            self.assertNotIn("SetDrainFlag", [method for method, *_ in self.daemon.calls])
            self.daemon.answers["SetDrainFlag"] = True
            self.ask("PUT", "/2/queue", {"drained": not drained})
            self.assertIn(("SetDrainFlag", not drained), self.daemon.calls)

    def test_a_pause_that_is_over(self) -> None:
        message = (
            "Invalid parameter paused_until: expected a time to come, in seconds since the epoch"
        )
        self.assert_refused("PUT", "/2/watcher", {"paused_until": int(NOW)}, message)


class ArchiveTests(ApiCase):
    def test_a_job_that_goes_on(self) -> None:
        self.daemon.answers.update(ArchiveJob=False, QueryJobs=[["running"]])
        message = "Job 7 has not ended; only jobs that ended can be archived"
        self.assert_error("POST", "/2/jobs/7/archive", None, message)

    def test_a_job_that_is_not_there_or_archived(self) -> None:
        for status in (None, "success"):
            self.daemon.answers.update(ArchiveJob=False, QueryJobs=[[status]])
            message = "There is no job 7, or it is archived"
            self.assert_error("POST", "/2/jobs/7/archive", None, message, 404)
