"""What verifications found: the lines of their logs, and the reports made of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.handlers.verification import FIELDS, read_line
from ganeti_rapi.testing import SimulatedApi

from .harness import ApiCase
from .simulation import WEB1


def found(severity: str, code: str | None, kind: str, name: str | None, text: str) -> Any:
    """A finding. Any: JSON."""
    return {"severity": severity, "code": code, "kind": kind, "object": name, "text": text}


class LineTests(SynchronousTestCase):
    def test_lines_of_ganeti(self) -> None:
        for line, expected in (
            (
                "  - ERROR:ENODESETUP:node:node3:node setup error: no /proc/sys",
                found("error", "ENODESETUP", "node", "node3", "node setup error: no /proc/sys"),
            ),
            (
                "  - WARNING:ECLUSTERFILECHECK:cluster:None:File /x: not found",
                found("warning", "ECLUSTERFILECHECK", "cluster", None, "File /x: not found"),
            ),
            (
                "  - ERROR:ENODEHOOKS:node:n1:Script a failed:\nsecond line",
                found("error", "ENODEHOOKS", "node", "n1", "Script a failed:\nsecond line"),
            ),
            (
                "  - ERROR: instance web1: instance not running",
                found("error", None, "instance", "web1", "instance not running"),
            ),
            ("  - ERROR: cluster : bad", found("error", None, "cluster", None, "bad")),
            (
                "  - NOTICE: 2 non-redundant instance(s) found.",
                found("notice", None, "cluster", None, "2 non-redundant instance(s) found."),
            ),
            ("* Verifying node status", None),
            ("  - INFO: Something", None),
            ("ERROR:ENODEHV:node:n1:not in a list", None),
            ("", None),
        ):
            self.assertEqual(read_line(line), expected, line)

    @given(st.text())
    def test_any_line_is_read_or_is_none(self, text: str) -> None:
        read_line(text)
        name = found("error", "ENODELVM", "node", "n1", text)
        self.assertEqual(read_line(f"  - ERROR:ENODELVM:node:n1:{text}"), name)


ENTRY = [1, [1, 2], "message"]


def job(op_id: str, status: str, result: object, *lines: object, error: bool = False) -> list[Any]:
    """What luxid tells of a job with one opcode. Any: JSON."""
    row = {
        "id": 7,
        "status": status,
        "summary": [op_id.removeprefix("OP_")],
        "ops": [{"OP_ID": op_id}],
        "opstatus": ["error" if error else status],
        "opresult": [result],
        "oplog": [[[*ENTRY, line] for line in lines]],
    }
    return [row[name] for name in FIELDS]


class ReportTests(ApiCase):
    def report(self, *rows: list[Any]) -> Any:  # Any: JSON
        first, *others = rows
        self.daemon.answers["QueryJobs"] = lambda ids, _: others if 7 not in ids else [first]
        return self.ask("GET", "/2/verify/7").json()

    def test_it_has_what_all_jobs_found(self) -> None:
        jobs = {"jobs": [[True, 8], [False, "queue full"], [True, 9]]}
        report = self.report(
            job("OP_CLUSTER_VERIFY", "success", jobs),
            job("OP_CLUSTER_VERIFY_CONFIG", "success", True, "* Verifying", ["  - NOTICE: a", 3]),
            job("OP_CLUSTER_VERIFY_GROUP", "running", None, "  - ERROR:ENODELVM:node:n1:no vg"),
        )
        self.assertEqual([each["id"] for each in report["jobs"]], [7, 8, 9])
        self.assertEqual((report["done"], report["ok"]), (False, None))
        self.assertEqual(
            report["findings"],
            [
                {**found("notice", None, "cluster", None, "a"), "job": 8},
                {**found("error", "ENODELVM", "node", "n1", "no vg"), "job": 9},
            ],
        )

    def test_when_all_have_ended_it_says_whether_all_is_well(self) -> None:
        for line, ok in (("  - WARNING:EX:node:n:w", True), ("  - ERROR:EX:node:n:e", False)):
            report = self.report(job("OP_CLUSTER_VERIFY_CONFIG", "success", True, line))
            self.assertEqual((report["done"], report["ok"]), (True, ok))

    def test_disks(self) -> None:
        result = [{"u1": "no answer"}, ["web1"], {"db1": [["node3", "xenvg/a"]]}]
        report = self.report(job("OP_GROUP_VERIFY_DISKS", "success", result))
        self.assertEqual(
            [(each["severity"], each["kind"], each["object"]) for each in report["findings"]],
            [
                ("error", "node", "u1"),
                ("warning", "instance", "web1"),
                ("error", "instance", "db1"),
            ],
        )
        self.assertIn("node3 xenvg/a", report["findings"][2]["text"])

    def test_jobs_that_failed_are_findings(self) -> None:
        error = ["OpExecError", ["the node is on fire"]]
        report = self.report(job("OP_CLUSTER_VERIFY_GROUP", "error", error, error=True))
        (finding,) = report["findings"]
        self.assertEqual((finding["kind"], finding["text"]), ("job", "the node is on fire"))
        self.assertFalse(report["ok"])
        report = self.report(job("OP_CLUSTER_VERIFY_GROUP", "canceled", None))
        self.assertIn("was canceled", report["findings"][0]["text"])

    def test_a_job_that_is_archived_meanwhile(self) -> None:
        first = job("OP_CLUSTER_VERIFY", "success", {"jobs": [[True, 8]]})
        report = self.report(first, [8, *[None] * (len(FIELDS) - 1)])
        self.assertEqual((report["done"], report["ok"]), (True, False))
        self.assertIn("not in the queue", report["findings"][0]["text"])

    def test_what_is_no_verification(self) -> None:
        self.daemon.answers["QueryJobs"] = [job("OP_INSTANCE_REBOOT", "success", None)]
        self.assert_error("GET", "/2/verify/7", None, "Job 7 verifies nothing", 404)
        self.daemon.answers["QueryJobs"] = [[7, *[None] * (len(FIELDS) - 1)]]
        self.assert_error("GET", "/2/verify/7", None, "There is no job 7", 404)

    def test_results_of_a_wrong_shape_are_the_job_daemons_fault(self) -> None:
        for result in ([1], [{}, [1], {}], {"jobs": 3}):
            self.daemon.answers["QueryJobs"] = [job("OP_GROUP_VERIFY_DISKS", "success", result)]
            self.assertEqual(self.ask("GET", "/2/verify/7").status, 502)


class SimulatedTests(SynchronousTestCase):
    def test_a_whole_verification(self) -> None:
        api = SimulatedApi()
        self.addCleanup(api.stop)
        (web1,) = (each for each in api.daemon.cluster.instances if each.name == WEB1)
        web1.running = False
        job_id = api.request("POST", "/2/verify").json()

        def report() -> Any:  # Any: JSON
            return api.request("GET", f"/2/verify/{job_id}").json()

        self.assertIsNone(report()["ok"])
        api.until(lambda: report()["done"])
        ended = report()
        self.assertFalse(ended["ok"])
        self.assertEqual(len(ended["jobs"]), 2 + len(api.daemon.cluster.groups))
        down = [each["object"] for each in ended["findings"] if each["code"] == "EINSTANCEDOWN"]
        self.assertIn(WEB1, down)
