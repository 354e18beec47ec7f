"""Following jobs, on the simulated cluster and on servers of all ages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import (
    BadRequest,
    ConnectionBroken,
    JobCanceled,
    JobChange,
    JobFailed,
    JobStillRunning,
    LogEntry,
    NotFound,
    ServerError,
)
from ganeti_rapi.client.events import Event, EventParser
from ganeti_rapi.client.jobs import children_in, results_of

from .client_double import ClientOfSimulation, Script, next_of
from .simulation import WEB1

HOLD_UP: Any = (1, [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]], "PAUSE")  # Any: JSON


def change(status: str, *log: object) -> dict[str, Any]:  # Any: JSON
    return {"job_info": [status], "log_entries": list(log)}


def entry(serial: int, message: object = "text") -> list[Any]:  # Any: JSON
    return [serial, [1_700_000_000, 500_000], "message", message]


def job(status: str, *results: object, opstatus: str | None = None) -> dict[str, Any]:
    # Any: JSON
    states = [opstatus or status for _ in results]
    return {"status": status, "opstatus": states, "opresult": list(results)}


class SimulatedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.sim = ClientOfSimulation()
        self.addCleanup(self.sim.stop)
        self.run_, self.client = self.sim.run, self.sim.client

    def changes(self, job_id: int) -> list[JobChange]:
        async def collect() -> list[JobChange]:
            return [change async for change in self.client.watch_job(job_id)]

        return self.run_(collect())

    def test_a_job_from_start_to_end(self) -> None:
        changes = self.changes(self.run_(self.client.reboot_instance(WEB1)))
        self.assertEqual(
            [change.final for change in changes], [False] * (len(changes) - 1) + [True]
        )
        self.assertEqual(changes[-1].status, "success")
        self.assertEqual({change.job_id for change in changes}, {changes[0].job_id})

    def test_a_job_that_has_ended(self) -> None:
        (only,) = self.changes(1)
        self.assertTrue(only.final)

    def test_the_jobs_that_a_job_made_are_waited_for(self) -> None:
        log: list[LogEntry] = []
        submission = self.client.evacuate_node(
            "node2.example.com", "primary-only", iallocator="hail"
        )
        self.run_(self.client.submit_and_wait(submission, on_log=log.append))
        jobs = [job for job in self.run_(self.client.get_jobs()) if job["id"] > 6]
        self.assertGreater(len(jobs), 1)
        self.assertEqual({job["status"] for job in jobs}, {"success"})
        self.assertIn("web2", " ".join(str(entry.message) for entry in log))

    def test_what_a_job_made(self) -> None:
        results = [{"jobs": [[True, 7], [True, "8"]]}, None, {"other": 1}]
        self.assertEqual(children_in(6, results), [7, 8])
        refused = [{"jobs": [[True, 7], [False, "The queue is full"]]}]
        error = self.assertRaises(JobFailed, children_in, 6, refused)
        self.assertIn("The queue is full", str(error))
        self.assertIn("Job 6", str(error))

    def test_submit_and_wait_follows_the_log(self) -> None:
        log: list[LogEntry] = []
        creation = self.client.create_instance(
            "new1.example.com",
            disk_template="drbd",
            disks=[{"size": 1024}],
            nics=[{}],
            os="noop+default",
            iallocator="hail",
        )
        (nodes,) = self.run_(self.client.submit_and_wait(creation, on_log=log.append))
        self.assertEqual(len(nodes), 2)
        self.assertEqual([entry.serial for entry in log], list(range(1, len(log) + 1)))
        self.assertGreater(len(log), 3)
        self.assertIsInstance(log[0].message, str)

    def test_a_job_that_fails(self) -> None:
        removal = self.client.submit_and_wait(self.client.delete_instance("nosuch"))
        error = self.assertRaises(JobFailed, self.run_, removal)
        self.assertEqual((error.kind, error.classification), ("OpPrereqError", "unknown_entity"))
        self.assertIn("nosuch", error.text)
        self.assertEqual(str(error), f"Job {error.job_id} failed: OpPrereqError: {error.text}")

    def test_a_submission_that_fails(self) -> None:
        change = self.client.set_node_role("node1.example.com", "master")
        self.assertRaises(BadRequest, self.run_, self.client.submit_and_wait(change))

    def test_an_unknown_job(self) -> None:
        self.assertRaises(NotFound, self.run_, self.client.wait_for_job(999_999))

    def test_a_job_that_is_canceled(self) -> None:
        job_id = self._held_up()
        waiting = self.sim.start(self.client.wait_for_job(job_id))
        done, _ = self.run_(self.client.cancel_job(job_id))
        self.assertTrue(done)
        self.sim.api.until(lambda: waiting.called)
        error = self.failureResultOf(waiting, JobCanceled).value
        self.assertEqual(str(error), f"Job {job_id} was canceled")

    def test_a_job_that_does_not_end_in_time(self) -> None:
        job_id = self._held_up()
        work = self.client.wait_for_job(job_id, timeout=25)
        error = self.assertRaises(JobStillRunning, self.run_, work)
        self.assertEqual(error.job_id, job_id)
        self.assertEqual(self.run_(self.client.get_job(job_id))["status"], "queued")
        asked = [request.uri for request in self.sim.requests if request.uri.endswith("/wait")]
        self.assertEqual(len(asked), 4)  # at once, and each ten seconds

    def test_cancelling_the_wait_leaves_the_job_alone(self) -> None:
        job_id = self._held_up()
        waiting = self.sim.start(self.client.wait_for_job(job_id))
        self.sim.reactor.pump([0.1] * 5)
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.run_(self.client.get_job(job_id))["status"], "queued")

    def test_events_of_a_job(self) -> None:
        job_id = self.run_(self.client.reboot_instance(WEB1))

        async def collect(last: str | None) -> list[Event]:
            return [e async for e in self.client.job_events(job_id, last_event_id=last)]

        events = self.run_(collect(None))
        self.assertEqual(events[-1].name, "finished")
        self.assertEqual(events[-1].data["status"], "success")
        self.assertEqual(self.run_(collect(events[0].id)), events[1:])

    def test_events_of_an_unknown_job(self) -> None:
        events = self.client.job_events(999_999)
        self.assertRaises(NotFound, self.run_, next_of(events))

    def test_a_stream_that_falls_silent(self) -> None:
        job_id = self._held_up()
        events = self.client.job_events(job_id)
        self.run_(next_of(events))
        later = self.sim.start(next_of(events))
        self.sim.endpoint.pipes[-1].protocol = None  # what comes now gets lost
        self.sim.reactor.pump([1.0] * 45)
        error = self.failureResultOf(later, ConnectionBroken).value
        self.assertIn("45 seconds", str(error))

    def _held_up(self) -> int:
        self.run_(self.client.add_filter(*HOLD_UP))
        return self.run_(self.client.redistribute_config())


class OtherServersTests(SynchronousTestCase):
    def test_a_server_that_repeats_what_did_not_change(self) -> None:
        """As stock servers do."""
        script = Script(change("running"), change("running"), change("success"), job("success", 1))
        waiting = script.start(script.client.wait_for_job(7))
        self.assertEqual(self.successResultOf(waiting), [1])
        known = [body["previous_job_info"] for _, _, body in script.sent[:3]]
        self.assertEqual(known, [None, ["running"], ["running"]])

    def test_each_log_entry_comes_once(self) -> None:
        log: list[LogEntry] = []
        replies = (change("running", entry(1), entry(3)), None, change("success", entry(4)))
        script = Script(*replies, job("success"))
        self.successResultOf(script.start(script.client.wait_for_job(7, on_log=log.append)))
        self.assertEqual([entry.serial for entry in log], [1, 3, 4])
        self.assertEqual(log[0], LogEntry(1, 1_700_000_000.5, "message", "text"))
        serials = [body["previous_log_serial"] for _, _, body in script.sent[:3]]
        self.assertEqual(serials, [0, 3, 3])

    def test_servers_before_2_12_say_404_of_a_job_that_did_not_change(self) -> None:
        script = Script(
            change("running"), (404, {}), job("running"), change("success"), job("success")
        )
        self.assertEqual(self.successResultOf(script.start(script.client.wait_for_job(7))), [])

    def test_stock_servers_say_500_of_an_unknown_job(self) -> None:
        script = Script((500, {}), {"status": None})
        self.failureResultOf(script.start(script.client.wait_for_job(7)), NotFound)

    def test_any_other_500_is_told(self) -> None:
        script = Script((500, {}), job("running"))
        self.failureResultOf(script.start(script.client.wait_for_job(7)), ServerError)


class ResultTests(SynchronousTestCase):
    def failure(self, *results: object, status: str = "error", opstatus: str | None = None) -> Any:
        # Any: the error
        return self.assertRaises(JobFailed, results_of, 7, job(status, *results, opstatus=opstatus))

    def test_forms_of_errors(self) -> None:
        for result, kind, text, classification in (
            (["OpPrereqError", ["text", "wrong_input"]], "OpPrereqError", "text", "wrong_input"),
            (["OpExecError", ["text"]], "OpExecError", "text", None),
            (["HooksAbort", [[1, 2], "x", "y"]], "HooksAbort", "[1, 2], x, y", None),
            ("text", "", "text", None),
            (None, "", "None", None),
        ):
            error = self.failure(result)
            seen = (error.kind, error.text, error.classification, error.results)
            self.assertEqual(seen, (kind, text, classification, [result]))

    def test_the_first_opcode_that_failed_counts(self) -> None:
        broken = {
            "status": "error",
            "opstatus": ["success", "error", "error"],
            "opresult": [None, ["OpExecError", ["first"]], ["OpExecError", ["second"]]],
        }
        error = self.assertRaises(JobFailed, results_of, 7, broken)
        self.assertEqual(error.text, "first")

    def test_no_opcode_says_why(self) -> None:
        self.assertEqual(str(self.failure()), "Job 7 failed")


EVENTS = b': here\n\nid: 1\nevent: changed\ndata: {"id": 7}\n\nid: 2\ndata: null\n\n'


class ParserTests(SynchronousTestCase):
    @given(st.lists(st.integers(0, len(EVENTS)), max_size=5).map(sorted))
    def test_events_in_any_pieces(self, cuts: list[int]) -> None:
        parser = EventParser()
        edges = [0, *cuts, len(EVENTS)]
        pieces = [EVENTS[start:end] for start, end in pairwise(edges)]
        events = [event for piece in pieces for event in parser.feed(piece)]
        self.assertEqual(events, [Event("1", "changed", {"id": 7}), Event("2", "message", None)])
