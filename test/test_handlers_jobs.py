from __future__ import annotations

from ganeti_rapi.api.kinds import JOB_FIELDS
from ganeti_rapi.errors import JobDaemonError, LuxiTimeout

from .harness import ApiCase


class JobTests(ApiCase):
    def test_a_job(self) -> None:
        self.daemon.answers["QueryJobs"] = [[f"the {field}" for field in JOB_FIELDS]]
        job = self.ask("GET", "/2/jobs/7").json()
        self.assertEqual(job, {field: f"the {field}" for field in JOB_FIELDS})
        self.assertEqual(self.daemon.calls, [("QueryJobs", ["7"], list(JOB_FIELDS))])

    def test_a_job_that_is_not_there(self) -> None:
        self.daemon.answers["QueryJobs"] = [[7, *([None] * (len(JOB_FIELDS) - 1))]]
        self.assert_error("GET", "/2/jobs/7", None, "There is no job 7", 404)

    def test_a_job_is_canceled(self) -> None:
        self.daemon.answers["CancelJob"] = [True, "Job 7 canceled"]
        self.assertEqual(self.ask("DELETE", "/2/jobs/7").json(), [True, "Job 7 canceled"])
        self.assertEqual(self.daemon.calls, [("CancelJob", 7, False)])

    def test_a_job_is_not_canceled(self) -> None:
        self.daemon.answers.update(CancelJob=[False, "It runs"], QueryJobs=[["running"]])
        self.assertEqual(self.ask("DELETE", "/2/jobs/7").json(), [False, "It runs"])
        self.daemon.answers["QueryJobs"] = [[None]]
        self.assert_error("DELETE", "/2/jobs/7", None, "There is no job 7", 404)


class WaitTests(ApiCase):
    def wait(self, query: str = "", body: object = None) -> tuple[object, ...]:
        """What the job daemon is asked for, after the job's id."""
        self.daemon.changes = [(["running"], [[1, [0, 0], "message", "hello"]])]
        response = self.ask("GET", f"/2/jobs/7/wait{query}", body)
        self.assertEqual(
            response.json(),
            {"job_info": ["running"], "log_entries": [[1, [0, 0], "message", "hello"]]},
        )
        (job_id, *rest) = self.daemon.waits.pop()
        self.assertEqual(job_id, 7)
        return tuple(rest)

    def test_by_body(self) -> None:
        body: dict[str, object] = {"fields": ["status", "summary"]}
        self.assertEqual(self.wait(body=body), (["status", "summary"], None, None, 10.0))
        body.update(previous_job_info=["queued", None], previous_log_serial=3)
        self.assertEqual(self.wait(body=body), (["status", "summary"], ["queued", None], 3, 10.0))
        body.update(previous_job_info=None, previous_log_serial=None)
        self.assertEqual(self.wait("?timeout=5", body), (["status", "summary"], None, None, 5.0))

    def test_by_query(self) -> None:
        self.assertEqual(
            self.wait("?fields=status,+end_ts"), (["status", "end_ts"], None, None, 10)
        )
        self.assertEqual(
            self.wait("?fields=status&previous_log_serial=4&timeout=0.5"),
            (["status"], None, 4, 0.5),
        )

    def test_the_time_to_wait(self) -> None:
        for text, seconds in (("0", 0), ("60", 60), ("1e1", 10), ("", 10)):
            self.assertEqual(self.wait(f"?fields=status&timeout={text}")[-1], seconds)
        for text in ("61", "-1", "nan", "inf", "soon", "60.001"):
            message = "Invalid argument timeout: expected 0 to 60 seconds, got something else"
            self.assert_refused("GET", f"/2/jobs/7/wait?fields=x&timeout={text}", None, message)

    def test_nothing_changed(self) -> None:
        self.daemon.changes = [None]
        response = self.ask("GET", "/2/jobs/7/wait?fields=status")
        self.assertEqual((response.status, response.body), (200, b"null\n"))

    def test_what_a_wait_needs(self) -> None:
        needed = "Missing parameter fields: expected a list of strings"
        previous = "Invalid parameter previous_job_info: expected a list or null, got a string"
        serial = "Invalid parameter previous_log_serial: expected an integer or null, got a"
        for query, body, message in (
            ("", None, needed),
            ("?fields=", None, needed),
            ("", ["status"], "Invalid request body: expected an object, got a list"),
            ("", {}, needed),
            ("?fields=status", {}, needed),
            (
                *("", {"fields": "status"}),
                "Invalid parameter fields: expected a list of strings, got a string",
            ),
            (
                *("", {"fields": [1]}),
                "Invalid parameter fields: item 0: expected a string, got a number",
            ),
            ("", {"fields": [], "previous_job_info": "queued"}, previous),
            ("", {"fields": [], "previous_log_serial": "1"}, f"{serial} string"),
            ("", {"fields": [], "previous_log_serial": True}, f"{serial} boolean"),
            (
                *("?fields=status&previous_log_serial=x", None),
                "Invalid argument previous_log_serial: expected an integer, got another string",
            ),
        ):
            self.assert_refused("GET", f"/2/jobs/7/wait{query}", body, message)

    def test_a_job_that_is_not_there(self) -> None:
        self.daemon.changes = [JobDaemonError("JobLost", "whatever")]
        message = "There is no job 7, or it is archived"
        self.assert_error("GET", "/2/jobs/7/wait?fields=status", None, message, 404)

    def test_other_failures(self) -> None:
        for error, status in (
            (JobDaemonError("GenericError", "oh"), 500),
            (LuxiTimeout("oh"), 504),
        ):
            self.daemon.changes = [error]
            self.assert_error("GET", "/2/jobs/7/wait?fields=status", None, "oh", status)
