"""The simulator's job queue: locks, the backlog, a job's life, waiting for changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.errors import JobDaemonError, from_job_daemon
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.simulator.jobs.backlog import Backlog
from ganeti_rapi.simulator.jobs.job import Job, error_result, timestamp
from ganeti_rapi.simulator.jobs.locks import LockManager
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.jobs.summary import summary
from ganeti_rapi.simulator.jobs.waits import MAX_TIMEOUT, Knowledge
from ganeti_rapi.simulator.state import Cluster, FilterRule, Group, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit

START = 1_000_000.0
"""When the clock of these tests starts."""

SUMMARIES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("OP_INSTANCE_STARTUP", {"instance_name": "web1"}, "INSTANCE_STARTUP(web1)"),
    ("OP_INSTANCE_STARTUP", {"instance_name": ""}, "INSTANCE_STARTUP()"),
    ("OP_INSTANCE_STARTUP", {}, "INSTANCE_STARTUP"),
    ("OP_INSTANCE_RENAME", {"instance_name": "web1", "new_name": "web2"}, "INSTANCE_RENAME"),
    ("OP_NETWORK_CONNECT", {"group_name": "g", "network_name": "n"}, "NETWORK_CONNECT(n)"),
    ("OP_TAGS_SET", {"kind": "node", "name": "node1", "tags": []}, "TAGS_SET"),
    ("OP_CLUSTER_REDIST_CONF", {}, "CLUSTER_REDIST_CONF"),
    ("OP_TEST_DELAY", {"duration": 0}, "TEST_DELAY(0.0)"),
    ("OP_TEST_DELAY", {"duration": 1}, "TEST_DELAY(1.0)"),
    ("OP_TEST_DELAY", {"duration": 0.25}, "TEST_DELAY(0.25)"),
    ("OP_TEST_DELAY", {"duration": 0.01}, "TEST_DELAY(1.0e-2)"),
    ("OP_TEST_DELAY", {"duration": 0.012345}, "TEST_DELAY(1.2345e-2)"),
    ("OP_TEST_DELAY", {"duration": 9999999}, "TEST_DELAY(9999999.0)"),
    ("OP_TEST_DELAY", {"duration": 10**7}, "TEST_DELAY(1.0e7)"),
    ("OP_TEST_DELAY", {"duration": 12345678.5}, "TEST_DELAY(1.23456785e7)"),
    ("OP_TEST_DELAY", {"duration": 10**20}, "TEST_DELAY(1.0e20)"),
)


class CountedIdentities:
    """Uuids and MAC addresses that count up."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012}"

    def mac(self, prefix: str) -> str:
        return f"{prefix}:00:00:{next(self._numbers):02x}"


def tiny_cluster(**info: Any) -> Cluster:
    """A cluster of one node that has nothing on it."""
    group = Group("g", "default", START, START)
    node = Node("n", "node1", START, START, group, "192.0.2.1", "192.0.2.1")
    return Cluster(
        "c", "cluster", START, START, info=info, master=node, groups=[group], nodes=[node]
    )


def on_instance(_: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
    """The locks of an opcode that changes one instance."""
    return {"cluster/BGL": False, f"instance/{op['instance_name']}": True}


def starting(task: Task) -> Steps:
    """Takes ten seconds in two steps, and says so."""
    if task.op["instance_name"] == "missing":
        raise JobDaemonError("OpPrereqError", "Instance 'missing' not known", "unknown_entity")
    task.dry_run_result = "would start"
    yield 4
    task.log("half way")
    yield 6
    return "started"


def stopping(_: Task) -> Steps:
    """Fails after a second."""
    yield 1
    raise JobDaemonError("OpExecError", "it will not stop")


def broken(_: Task) -> Steps:
    """Has a bug."""
    yield 1
    raise ZeroDivisionError("a bug")


def prompt(task: Task) -> Steps:
    """Takes no step at all."""
    yield from ()
    return task.op["instance_name"]


def spawning(task: Task) -> Steps:
    """Hands in two jobs."""
    yield 1
    name = task.op["instance_name"]
    return task.submit([[start(name)], [start(name, depends=[[-100, []]])]])


UNITS = {
    "OP_INSTANCE_STARTUP": Unit(starting, on_instance),
    "OP_INSTANCE_SHUTDOWN": Unit(stopping, on_instance),
    "OP_INSTANCE_REBOOT": Unit(broken, on_instance),
    "OP_INSTANCE_ACTIVATE_DISKS": Unit(prompt, on_instance),
    "OP_INSTANCE_DEACTIVATE_DISKS": Unit(spawning, on_instance),
}


def _opcode(name: str) -> Callable[..., OpcodeJson]:
    def make(instance: str, **parameters: Any) -> OpcodeJson:
        return {"OP_ID": name, "instance_name": instance, "reason": [], **parameters}

    return make


start = _opcode("OP_INSTANCE_STARTUP")
fail = _opcode("OP_INSTANCE_SHUTDOWN")
crash = _opcode("OP_INSTANCE_REBOOT")
finish = _opcode("OP_INSTANCE_ACTIVATE_DISKS")
spawn = _opcode("OP_INSTANCE_DEACTIVATE_DISKS")


class QueueTestCase(SynchronousTestCase):
    """A queue with the units above and a clock in the test's hand."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.cluster = tiny_cluster()
        self.queue = JobQueue(self.clock, self.cluster, CountedIdentities(), UNITS)

    def advance(self, seconds: float) -> None:
        """Let time pass in small steps, so that what follows from a call comes in its turn."""
        self.clock.pump([0.5] * int(seconds * 2))

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.clock.pump([0, 0, 0])

    def submit(self, *ops: OpcodeJson) -> Job:
        return self.queue.jobs[self.queue.submit(ops)]

    def wait(
        self, job: Job, values: object, serial: int | None = -1, timeout: float = 60
    ) -> Deferred[Any]:
        knowledge = Knowledge(["status", "opstatus"], values, serial)
        return self.queue.wait_for_change(job.id, knowledge, timeout)

    def statuses(self, *jobs: Job) -> list[str]:
        return [job.status for job in jobs]


class LifeTests(QueueTestCase):
    """What becomes of one job."""

    def test_ids_count_up_from_one(self) -> None:
        self.assertEqual([self.submit(start("a")).id for _ in range(3)], [1, 2, 3])

    def test_goes_through_all_states_in_order(self) -> None:
        job = self.submit(start("a"), start("a"))
        seen: list[Any] = []

        def follow(change: Any) -> None:
            seen.append(change[0])
            if change[0][0] not in FINAL_STATES:
                self.wait(job, change[0], job.log_serial).addCallback(follow)

        self.wait(job, None).addCallback(follow)
        self.advance(30)
        self.assertEqual(
            [(status, *opstatus) for status, opstatus in seen if status != "running"],
            [
                ("queued", "queued", "queued"),
                ("waiting", "waiting", "queued"),
                ("waiting", "success", "waiting"),
                ("success", "success", "success"),
            ],
        )
        self.assertEqual(seen[2], ["running", ["running", "queued"]])

    def test_success_leaves_results_times_and_log(self) -> None:
        job = self.submit(start("a"))
        self.advance(12)
        self.assertEqual(job.opresult, ["started"])
        self.assertEqual(job.received_ts, [1000000, 0])
        self.assertEqual(job.opstart, [job.start_ts])
        self.assertEqual(job.opexec, [job.start_ts])
        self.assertEqual(job.opend, [job.end_ts])
        self.assertEqual(job.end_ts, [1000010, 500000])
        self.assertEqual(job.oplog, [[[1, [1000004, 500000], "message", "half way"]]])

    def test_log_serials_run_through_the_whole_job(self) -> None:
        job = self.submit(start("a"), start("a"))
        self.advance(30)
        self.assertEqual([[entry[0] for entry in log] for log in job.oplog], [[1], [2]])

    def test_opcodes_are_shown_as_luxid_shows_them(self) -> None:
        job = self.submit(start("a", reason=[["gnt:user", "why", 1]]))
        queued = job.ops[0]
        self.assertEqual(queued["OP_ID"], "OP_INSTANCE_STARTUP")
        self.assertEqual(
            queued["reason"],
            [
                ["gnt:user", "why", 1],
                ["gnt:opcode:instance_startup", "job=1;index=0", 1000000 * 10**9],
            ],
        )
        self.assertEqual(queued["shutdown_timeout"], 120)
        self.assertEqual((queued["depends"], queued["comment"]), (None, None))
        self.assertFalse({"dry_run", "debug_level", "instance_uuid"} & queued.keys())
        self.settle()
        self.assertEqual(job.ops[0]["debug_level"], 0)
        self.assertEqual(job.summary, ["INSTANCE_STARTUP(a)"])

    def test_secrets_are_not_shown(self) -> None:
        op = {
            "OP_ID": "OP_INSTANCE_REINSTALL",
            "instance_name": "a",
            "reason": [],
            "osparams_private": {"key": "hush"},
            "osparams_secret": {"password": "hush"},
        }
        job = self.submit(op)
        self.assertEqual(job.ops[0]["osparams_private"], {"key": None})
        self.assertEqual(job.ops[0]["osparams_secret"], {"password": "<redacted>"})
        self.assertEqual(job.opcodes[0].input["osparams_secret"], {"password": "hush"})

    def test_opcode_without_steps_succeeds_at_once(self) -> None:
        job = self.submit(finish("a"))
        self.settle()
        self.assertEqual((job.status, job.opresult), ("success", ["a"]))
        self.assertEqual(job.opexec, [job.start_ts])

    def test_job_without_opcodes_is_done_from_the_start(self) -> None:
        job = self.submit()
        self.assertEqual((job.status, job.start_ts, job.end_ts), ("success", None, None))

    def test_failure_takes_the_opcodes_behind_along(self) -> None:
        job = self.submit(start("a"), fail("a"), start("a"))
        self.advance(20)
        self.assertEqual(job.opstatus, ["success", "error", "error"])
        self.assertEqual(
            job.opresult[1:],
            [
                ["OpExecError", ["it will not stop"]],
                ["OpExecError", ["Preceding opcode failed"]],
            ],
        )
        self.assertEqual((job.opstart[2], job.opexec[2], job.opend[2]), (None, None, None))
        self.assertEqual(job.end_ts, job.opend[1])

    def test_failed_check_carries_its_classification(self) -> None:
        job = self.submit(start("missing"))
        self.settle()
        result = ["OpPrereqError", ["Instance 'missing' not known", "unknown_entity"]]
        self.assertEqual((job.opresult, job.opexec), ([result], [None]))

    def test_bug_in_a_unit_is_logged_and_fails_only_its_job(self) -> None:
        bad, good = self.submit(crash("a")), self.submit(start("a"))
        self.advance(15)
        self.assertEqual(bad.opresult, [["OpExecError", ["a bug"]]])
        self.assertEqual(good.status, "success")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_opcode_without_unit_fails(self) -> None:
        job = self.submit({"OP_ID": "OP_CLUSTER_REDIST_CONF", "reason": []})
        self.settle()
        self.assertEqual(job.status, "error")

    def test_dry_run_stops_after_the_checks(self) -> None:
        job = self.submit(start("a", dry_run=True))
        self.settle()
        self.assertEqual((job.status, job.opresult), ("success", ["would start"]))
        self.assertIn("dry-run", job.oplog[0][0][3])

    def test_dry_run_still_checks(self) -> None:
        job = self.submit(start("missing", dry_run=True))
        self.settle()
        self.assertEqual(job.status, "error")

    def test_opcode_can_hand_in_jobs(self) -> None:
        job = self.submit(spawn("a"))
        self.advance(20)
        self.assertEqual(job.opresult, [[(True, 2), (False, "Invalid value for job ID ' -97'")]])
        self.assertEqual(self.queue.jobs[2].status, "success")


class OrderTests(QueueTestCase):
    """Which job runs when."""

    def test_locks_put_jobs_on_one_instance_behind_each_other(self) -> None:
        first, second = self.submit(start("a")), self.submit(start("a"))
        self.advance(1)
        self.assertEqual(self.statuses(first, second), ["running", "waiting"])
        self.advance(10)
        self.assertEqual(self.statuses(first, second), ["success", "running"])

    def test_locks_are_shown(self) -> None:
        for _ in range(2):
            self.submit(start("a"))
        self.settle()
        (row,) = (row for row in self.queue.locks() if row.name.startswith("instance/"))
        self.assertEqual(
            (row.mode, row.owner, row.pending), ("exclusive", ["1"], [("exclusive", ["2"])])
        )

    def test_locks_are_given_back_after_a_failure(self) -> None:
        failing, second = self.submit(fail("a")), self.submit(start("a"))
        self.advance(2)
        self.assertEqual(self.statuses(failing, second), ["error", "running"])

    def test_jobs_on_two_instances_run_at_the_same_time(self) -> None:
        jobs = self.submit(start("a")), self.submit(start("b"))
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["running", "running"])

    def test_no_more_jobs_run_than_the_cluster_allows(self) -> None:
        self.cluster.info["max_running_jobs"] = 2
        jobs = [self.submit(start(name)) for name in "abcd"]
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["running", "running", "queued", "queued"])
        self.advance(11)
        self.assertEqual(self.statuses(*jobs), ["success", "success", "running", "running"])

    def test_twenty_jobs_run_unless_the_cluster_says_otherwise(self) -> None:
        jobs = [self.submit(start(f"i{number}")) for number in range(22)]
        self.settle()
        self.assertEqual(self.statuses(*jobs).count("running"), 20)

    def test_urgent_jobs_leave_the_queue_first(self) -> None:
        self.cluster.info["max_running_jobs"] = 1
        jobs = [self.submit(start("a", priority=priority)) for priority in (0, 10, -10)]
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["queued", "queued", "running"])

    def test_priority_of_a_queued_job_can_be_changed(self) -> None:
        self.cluster.info["max_running_jobs"] = 1
        first, second = self.submit(start("a")), self.submit(start("b"))
        self.assertEqual(
            self.queue.change_priority(second.id, -5),
            (True, "Priorities of pending opcodes for job 2 have been changed to -5"),
        )
        self.settle()
        self.assertEqual(self.statuses(first, second), ["queued", "running"])
        self.assertEqual((second.oppriority, second.priority), ([-5], -5))

    def test_priority_of_a_running_job_changes_for_what_has_not_begun(self) -> None:
        job = self.submit(start("a"), start("a"))
        self.settle()
        changed, text = self.queue.change_priority(job.id, 7)
        self.assertTrue(changed)
        self.assertRegex(text, r"^Job 1 with pid \d+ signaled$")
        self.assertEqual(job.oppriority, [0, 7])

    def test_priority_of_a_finished_or_unknown_job_cannot_be_changed(self) -> None:
        job = self.submit(finish("a"))
        self.settle()
        for job_id in (job.id, 99):
            expected = (False, f"Job {job_id} not found in queue")
            self.assertEqual(self.queue.change_priority(job_id, 1), expected)

    def test_thousands_of_jobs(self) -> None:
        jobs = [self.submit(finish(f"i{number % 50}")) for number in range(3000)]
        self.clock.pump([0] * 200)
        self.assertEqual({job.status for job in jobs}, {"success"})


class DependencyTests(QueueTestCase):
    """Jobs that wait for other jobs."""

    def after(self, other: int, *statuses: str) -> Job:
        return self.submit(start("b", depends=[[other, list(statuses)]]))

    def test_waits_in_the_queue_until_the_other_is_done(self) -> None:
        first, second = self.submit(start("a")), self.after(1, "success")
        self.advance(5)
        self.assertEqual(self.statuses(first, second), ["running", "queued"])
        self.advance(7)
        self.assertEqual(self.statuses(first, second), ["success", "running"])

    def test_fails_when_the_other_ended_differently(self) -> None:
        self.submit(fail("a"))
        job = self.after(1, "success", "canceled")
        self.advance(3)
        text = (
            "Dependency job 1 finished with status 'error',"
            " not one of 'success, canceled' as required"
        )
        self.assertEqual(job.opresult, [["OpExecError", [text]]])

    def test_no_status_means_any(self) -> None:
        self.submit(fail("a"))
        job = self.after(1)
        self.advance(3)
        self.assertEqual(job.status, "running")

    def test_other_may_be_done_already(self) -> None:
        self.submit(finish("a"))
        self.settle()
        job = self.after(1, "success")
        self.settle()
        self.assertEqual(job.status, "running")

    def test_unknown_job(self) -> None:
        job = self.after(99, "success")
        self.settle()
        self.assertEqual(job.opresult, [["OpExecError", ["Dependency error: Job 99 not found"]]])

    def test_negative_ids_count_back(self) -> None:
        self.submit(start("a"))
        job = self.after(-1, "success")
        self.assertEqual(job.ops[0]["depends"], [[1, ["success"]]])

    def test_negative_id_that_leads_nowhere_is_refused_and_uses_no_id(self) -> None:
        error = self.assertRaises(JobDaemonError, self.after, -5, "success")
        self.assertEqual(
            (error.class_name, error.text), ("GenericError", "Invalid value for job ID ' -4'")
        )
        self.assertEqual(self.submit(start("a")).id, 1)

    def test_cancelling_the_other_lets_it_go_on(self) -> None:
        self.cluster.info["max_running_jobs"] = 1
        first = self.submit(start("a"))
        job = self.after(1, "canceled")
        self.queue.cancel(first.id)
        self.settle()
        self.assertEqual(job.status, "running")

    def test_cancelling_the_other_cancels_those_that_need_another_end(self) -> None:
        self.cluster.info["max_running_jobs"] = 1
        first = self.submit(start("a"))
        jobs = [self.after(1, "success"), self.after(1, "error"), self.after(1)]
        self.queue.cancel(first.id)
        self.settle()
        self.assertEqual([job.status for job in jobs], ["canceled"] * 3)
        self.assertEqual(jobs[0].opresult, ["Job canceled by request"])

    def test_any_opcode_may_depend(self) -> None:
        self.submit(start("a"))
        job = self.submit(finish("b"), finish("b", depends=[[1, ["success"]]]))
        self.settle()
        self.assertEqual(job.status, "queued")
        self.advance(11)
        self.assertEqual(job.status, "success")

    def test_job_that_depends_on_itself_stays_queued_and_can_be_cancelled(self) -> None:
        job = self.after(1, "success")
        self.advance(1)
        self.assertEqual(job.status, "queued")
        self.queue.cancel(job.id)
        self.assertEqual(job.status, "canceled")


class CancelTests(QueueTestCase):
    """Cancelling jobs in each of their states."""

    def test_queued(self) -> None:
        job = self.submit(start("a"), start("a"))
        self.assertEqual(self.queue.cancel(job.id), (True, "Dequeued job 1"))
        self.assertEqual(job.opstatus, ["canceled", "canceled"])
        self.assertEqual((job.opresult, job.start_ts), ([None, None], None))
        self.assertEqual(job.opend, [job.end_ts, job.end_ts])
        self.advance(1)
        self.assertEqual(job.status, "canceled")

    def test_waiting_for_locks(self) -> None:
        first, second, third = (self.submit(start("a")) for _ in range(3))
        self.settle()
        self.assertEqual(self.queue.cancel(second.id), (True, "Job successfully cancelled"))
        self.assertEqual(second.opresult, ["Job canceled by request"])
        self.assertEqual((second.status, second.opexec), ("canceled", [None]))
        self.advance(11)
        self.assertEqual(self.statuses(first, third), ["success", "running"])

    def test_running_goes_on_but_the_rest_is_cancelled(self) -> None:
        job = self.submit(start("a"), start("a"), start("a"))
        self.settle()
        self.assertEqual(
            self.queue.cancel(job.id),
            (False, "Job no longer waiting, can't cancel (informed it anyway)"),
        )
        self.assertEqual(job.status, "running")
        self.advance(11)
        self.assertEqual(job.opstatus, ["success", "canceled", "canceled"])
        self.assertEqual(job.opresult, ["started", *["Job canceled by request"] * 2])

    def test_running_with_one_opcode_succeeds(self) -> None:
        job = self.submit(start("a"))
        self.settle()
        self.queue.cancel(job.id)
        self.advance(11)
        self.assertEqual(job.status, "success")

    def test_finished_or_unknown(self) -> None:
        job = self.submit(finish("a"))
        self.settle()
        for job_id in (job.id, 99):
            expected = (False, f"Job {job_id} not found in queue")
            self.assertEqual(self.queue.cancel(job_id), expected)

    def test_kill_ends_a_running_job_and_frees_its_locks(self) -> None:
        job, other = self.submit(start("a"), start("a")), self.submit(start("a"))
        self.settle()
        self.assertEqual(
            self.queue.cancel(job.id, kill=True), (True, "SIGKILL send to the process")
        )
        self.assertEqual(job.opresult, ["detected death of job 1"] * 2)
        self.assertEqual(job.ops[0]["reason"][-1][0], "gnt:daemon:luxid:deathdetection")
        self.settle()
        self.assertEqual(self.statuses(job, other), ["error", "running"])


class QueueTests(QueueTestCase):
    """The queue as a whole."""

    def test_drained_queue_takes_no_jobs(self) -> None:
        self.cluster.drained = True
        error = self.assertRaises(JobDaemonError, self.queue.submit, [start("a")])
        self.assertEqual((error.class_name, error.text), ("GenericError", "Queue drained"))
        self.assertEqual(self.queue.submit([start("a")], drained_too=True), 1)

    def test_drained_queue_goes_on_with_its_jobs(self) -> None:
        job = self.submit(start("a"))
        self.cluster.drained = True
        self.advance(11)
        self.assertEqual(job.status, "success")

    def test_archive(self) -> None:
        job = self.submit(finish("a"))
        self.assertFalse(self.queue.archive(job.id))
        self.settle()
        self.assertTrue(self.queue.archive(job.id))
        self.assertFalse(self.queue.archive(job.id))
        self.assertFalse(self.queue.archive(99))

    def test_auto_archive_by_age(self) -> None:
        old = self.submit(finish("a"))
        self.advance(100)
        new, running = self.submit(finish("a")), self.submit(start("a"))
        self.settle()
        self.assertEqual(self.queue.auto_archive(50, 10), (1, 0))
        self.assertEqual([job.archived for job in (old, new, running)], [True, False, False])
        self.assertEqual(self.queue.auto_archive(-1, 10), (1, 0))
        self.assertEqual([job.archived for job in (old, new, running)], [True, True, False])

    def test_auto_archive_without_time_looks_at_nothing(self) -> None:
        self.submit(finish("a"))
        self.settle()
        self.assertEqual(self.queue.auto_archive(-1, 0), (0, 1))

    def test_jobs_of_the_past(self) -> None:
        error = JobDaemonError("OpExecError", "no")
        good = self.queue.add_finished([start("a")], START - 100, 5)
        bad = self.queue.add_finished([start("a")], START - 50, error=error)
        self.assertEqual(self.statuses(good, bad), ["success", "error"])
        self.assertEqual((good.start_ts, good.end_ts), ([999900, 0], [999905, 0]))
        self.assertEqual(bad.opresult, [error_result(error)])
        self.assertEqual(self.submit(start("a")).id, 3)

    def test_stop_leaves_no_timer(self) -> None:
        self.cluster.info["max_running_jobs"] = 3
        jobs = [self.submit(start(name)) for name in "aabcd"]
        self.settle()
        answer = self.wait(jobs[0], ["running", ["running"]])
        self.queue.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.failureResultOf(answer, CancelledError)


class WaitTests(QueueTestCase):
    """Waiting for a job to change."""

    RUNNING = ["running", ["running"]]

    def running(self) -> Job:
        job = self.submit(start("a"))
        self.settle()
        self.assertEqual(job.status, "running")
        return job

    def test_answers_at_once_when_the_client_knows_nothing(self) -> None:
        job = self.running()
        self.assertEqual(self.successResultOf(self.wait(job, None)), (self.RUNNING, []))

    def test_answers_at_once_when_the_client_knows_something_else(self) -> None:
        job = self.running()
        for values in (["queued", ["queued"]], [], "running", 0, False, {}, ["running"]):
            self.assertEqual(self.successResultOf(self.wait(job, values)), (self.RUNNING, []))

    def test_answers_at_once_when_the_job_is_done(self) -> None:
        job = self.submit(finish("a"))
        self.settle()
        values = ["success", ["success"]]
        self.assertEqual(self.successResultOf(self.wait(job, values)), (values, []))

    def test_answers_at_once_when_there_are_newer_log_entries(self) -> None:
        job = self.running()
        self.advance(5)
        entry = job.oplog[0][0]
        for serial in (None, -1, 0):
            answer = self.wait(job, self.RUNNING, serial)
            self.assertEqual(self.successResultOf(answer), (self.RUNNING, [entry]))
        self.assertNoResult(self.wait(job, self.RUNNING, 1))

    def test_answers_on_a_change_of_values(self) -> None:
        job = self.submit(start("a"))
        answer = self.wait(job, ["queued", ["queued"]])
        self.assertNoResult(answer)
        self.settle()
        self.assertEqual(self.successResultOf(answer), (["waiting", ["waiting"]], []))

    def test_answers_on_a_log_entry(self) -> None:
        answer = self.wait(self.running(), self.RUNNING, 0)
        self.assertNoResult(answer)
        self.advance(5)
        values, entries = self.successResultOf(answer)
        self.assertEqual((values, [entry[0] for entry in entries]), (self.RUNNING, [1]))

    def test_answers_at_the_end_with_the_end_of_the_job(self) -> None:
        job = self.running()
        knowledge = Knowledge(["status", "end_ts"], ["running", None], 1)
        answer = self.queue.wait_for_change(job.id, knowledge, 60)
        self.advance(12)
        self.assertEqual(self.successResultOf(answer), (["success", job.end_ts], []))

    def test_answers_on_cancelling_a_queued_job(self) -> None:
        job = self.submit(start("a"))
        answer = self.wait(job, ["queued", ["queued"]])
        self.queue.cancel(job.id)
        self.assertEqual(self.successResultOf(answer), (["canceled", ["canceled"]], []))

    def test_answers_on_a_change_of_priority(self) -> None:
        self.submit(start("a"))
        job = self.submit(start("a"))
        knowledge = Knowledge(["priority"], [0], -1)
        answer = self.queue.wait_for_change(job.id, knowledge, 60)
        self.queue.change_priority(job.id, -3)
        self.assertEqual(self.successResultOf(answer), ([-3], []))

    def test_a_change_that_the_client_does_not_ask_about_is_none(self) -> None:
        job = self.submit(start("a"))
        answer = self.queue.wait_for_change(job.id, Knowledge(["id"], [job.id], -1), 60)
        self.settle()
        self.assertNoResult(answer)

    def test_answers_after_the_timeout_with_the_same_values(self) -> None:
        answer = self.wait(self.running(), self.RUNNING, timeout=2)
        self.clock.advance(1.9)
        self.assertNoResult(answer)
        self.clock.advance(0.1)
        self.assertEqual(self.successResultOf(answer), (self.RUNNING, []))

    def test_timeout_is_cut_down(self) -> None:
        self.submit(start("a"))
        self.cluster.info["max_running_jobs"] = 0
        answer = self.wait(self.queue.jobs[1], ["queued", ["queued"]], timeout=1000)
        self.clock.advance(MAX_TIMEOUT - 1)
        self.assertNoResult(answer)
        self.clock.advance(1)
        self.assertEqual(self.successResultOf(answer), (["queued", ["queued"]], []))

    def test_timeout_that_is_not_positive_answers_at_the_next_turn(self) -> None:
        job = self.running()
        for timeout in (0, -1):
            answer = self.wait(job, self.RUNNING, timeout=timeout)
            next_call = self.clock.getDelayedCalls()[0]
            self.assertEqual(next_call.getTime(), self.clock.seconds())
            self.clock.advance(0)
            self.assertEqual(self.successResultOf(answer), (self.RUNNING, []))

    def test_one_unknown_field_makes_all_values_null(self) -> None:
        job = self.running()
        knowledge = Knowledge(["status", "nonsense"], None, -1)
        answer = self.queue.wait_for_change(job.id, knowledge, 1)
        self.assertEqual(self.successResultOf(answer), ([None, None], []))

    def test_any_number_of_waits_on_one_job(self) -> None:
        job = self.submit(start("a"))
        answers = [self.wait(job, ["queued", ["queued"]]) for _ in range(100)]
        self.settle()
        for answer in answers:
            self.assertEqual(self.successResultOf(answer), (["waiting", ["waiting"]], []))

    def test_cancelled_wait_is_forgotten(self) -> None:
        job = self.running()
        before = len(self.clock.getDelayedCalls())
        gone, stays = self.wait(job, self.RUNNING), self.wait(job, self.RUNNING)
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        self.assertEqual(len(self.clock.getDelayedCalls()), before + 1)
        self.advance(12)
        self.assertEqual(self.successResultOf(stays)[0], self.RUNNING)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_unknown_and_archived_jobs_are_lost(self) -> None:
        job = self.submit(finish("a"))
        self.settle()
        self.queue.archive(job.id)
        for job_id in (job.id, 99):
            answer = self.queue.wait_for_change(job_id, Knowledge(["status"]), 1)
            error = self.failureResultOf(answer, JobDaemonError).value
            self.assertEqual((error.class_name, error.text), ("JobLost", "Can't load job file"))


class LockManagerTests(SynchronousTestCase):
    """Who gets which locks."""

    def setUp(self) -> None:
        self.locks = LockManager()

    def test_shared_locks_are_held_together(self) -> None:
        for owner in (1, 2):
            self.successResultOf(self.locks.acquire(owner, {"x": False}))
        self.assertNoResult(self.locks.acquire(3, {"x": True}))

    def test_exclusive_lock_waits_for_all_shared_ones(self) -> None:
        for owner in (1, 2):
            self.locks.acquire(owner, {"x": False})
        exclusive = self.locks.acquire(3, {"x": True})
        self.locks.release(1)
        self.assertNoResult(exclusive)
        self.locks.release(2)
        self.successResultOf(exclusive)

    def test_a_newcomer_does_not_overtake_whom_it_conflicts_with(self) -> None:
        self.locks.acquire(1, {"x": False})
        exclusive = self.locks.acquire(2, {"x": True})
        shared = self.locks.acquire(3, {"x": False})
        self.assertNoResult(shared)
        self.locks.release(1)
        self.successResultOf(exclusive)
        self.assertNoResult(shared)
        self.locks.release(2)
        self.successResultOf(shared)

    def test_a_newcomer_overtakes_whom_it_does_not_conflict_with(self) -> None:
        self.locks.acquire(1, {"x": True})
        self.locks.acquire(2, {"x": True})
        self.successResultOf(self.locks.acquire(3, {"y": True}))

    def test_priority_overtakes(self) -> None:
        self.locks.acquire(1, {"x": True})
        late = self.locks.acquire(2, {"x": True}, priority=0)
        early = self.locks.acquire(3, {"x": True}, priority=-10)
        self.locks.release(1)
        self.successResultOf(early)
        self.assertNoResult(late)

    def test_all_locks_or_none(self) -> None:
        self.locks.acquire(1, {"x": True})
        both = self.locks.acquire(2, {"x": True, "y": True})
        self.assertNoResult(both)
        self.assertEqual(self.locks.held.keys(), {1})

    def test_withdrawn_request_lets_others_pass(self) -> None:
        self.locks.acquire(1, {"x": False})
        withdrawn = self.locks.acquire(2, {"x": True})
        shared = self.locks.acquire(3, {"x": False})
        withdrawn.cancel()
        self.failureResultOf(withdrawn, CancelledError)
        self.successResultOf(shared)

    def test_releasing_nothing_is_harmless(self) -> None:
        self.locks.release(1)
        self.assertEqual(self.locks.held, {})


class BacklogTests(SynchronousTestCase):
    """The order of queued jobs."""

    def setUp(self) -> None:
        self.backlog = Backlog()

    def order(self) -> Iterator[int]:
        while self.backlog.has_eligible():
            yield self.backlog.pop()

    def test_urgent_first_then_oldest(self) -> None:
        for job_id, priority in ((1, 0), (2, -10), (3, 0), (4, -10)):
            self.backlog.add(job_id, priority, [])
        self.assertEqual(list(self.order()), [2, 4, 1, 3])

    def test_job_that_waits_for_several(self) -> None:
        self.backlog.add(3, 0, [1, 2])
        self.backlog.done(1)
        self.assertFalse(self.backlog.has_eligible())
        self.backlog.done(2)
        self.assertEqual(list(self.order()), [3])

    def test_changed_priority_counts_once(self) -> None:
        for job_id in (1, 2):
            self.backlog.add(job_id, 0, [])
        for priority in (-5, 0, 5, 0, 5):
            self.backlog.set_priority(1, priority)
        self.assertEqual(list(self.order()), [2, 1])

    def test_removed_job_does_not_come_back(self) -> None:
        self.backlog.add(2, 0, [1])
        self.backlog.remove(2)
        self.backlog.done(1)
        self.assertEqual(list(self.order()), [])
        self.assertNotIn(2, self.backlog)


class DataTests(SynchronousTestCase):
    """The shapes in which jobs show things."""

    def test_timestamp(self) -> None:
        self.assertEqual(timestamp(12.25), [12, 250000])
        self.assertEqual(timestamp(0.9999999), [1, 0])

    def test_error_result_is_what_the_client_reads_back(self) -> None:
        for error in (
            JobDaemonError("OpPrereqError", "no", "unknown_entity"),
            JobDaemonError("OpExecError", "no"),
            JobDaemonError("", "no"),
        ):
            again = from_job_daemon(error_result(error))
            self.assertEqual(
                (again.class_name, again.text, again.classification),
                (error.class_name, error.text, error.classification),
            )


class FilterRuleTests(QueueTestCase):
    """Rules that hold jobs back."""

    def add_rule(self, action: object, *predicates: object, priority: int = 1) -> None:
        number = len(self.cluster.filters)
        rule = FilterRule(str(number), len(self.queue.jobs), priority, list(predicates), action, [])
        self.cluster.filters.append(rule)

    def test_rejected_jobs_are_cancelled(self) -> None:
        self.add_rule("REJECT", ["opcode", ["==", "instance_name", "a"]])
        jobs = self.submit(start("a")), self.submit(start("b"))
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["canceled", "running"])
        self.assertEqual((jobs[0].start_ts, jobs[0].opresult), (None, [None]))

    def test_paused_jobs_stay_queued_until_the_rule_goes(self) -> None:
        self.add_rule("PAUSE", ["reason", ["==", "source", "gnt:user"]])
        job = self.submit(start("a", reason=[["gnt:user", "", 1]]))
        other = self.submit(start("b"))
        self.advance(5)
        self.assertEqual(self.statuses(job, other), ["queued", "running"])
        self.cluster.filters.clear()
        self.queue.rules_changed()
        self.settle()
        self.assertEqual(job.status, "running")

    def test_paused_jobs_can_be_cancelled(self) -> None:
        self.add_rule("PAUSE")
        job = self.submit(start("a"))
        self.advance(1)
        self.assertEqual(self.queue.cancel(job.id), (True, "Dequeued job 1"))

    def test_rate_limit(self) -> None:
        self.add_rule(["RATE_LIMIT", 2])
        jobs = [self.submit(start(name)) for name in "abc"]
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["running", "running", "queued"])
        self.advance(11)
        self.assertEqual(self.statuses(*jobs), ["success", "success", "running"])

    def test_first_rule_by_priority_decides(self) -> None:
        self.add_rule("REJECT", priority=5)
        self.add_rule("CONTINUE", priority=1)
        self.add_rule("ACCEPT", ["opcode", ["==", "instance_name", "a"]], priority=3)
        jobs = self.submit(start("a")), self.submit(start("b"))
        self.settle()
        self.assertEqual(self.statuses(*jobs), ["running", "canceled"])

    def test_watermark_stands_for_the_newest_job_at_the_time_of_the_rule(self) -> None:
        self.cluster.info["max_running_jobs"] = 0
        old = self.submit(start("a"))
        self.add_rule("REJECT", ["jobid", [">", "id", "watermark"]])
        new = self.submit(start("b"))
        self.cluster.info["max_running_jobs"] = 20
        self.settle()
        self.assertEqual(self.statuses(old, new), ["running", "canceled"])

    def test_predicate_on_what_is_not_there_does_not_hold(self) -> None:
        for condition in (["==", "nonsense", "x"], ["!=", "nonsense", "x"], ["==", "timeout", "x"]):
            self.add_rule("REJECT", ["opcode", condition])
        self.add_rule("REJECT", ["jobid", ["==", "id", "x"]])
        job = self.submit(start("a"))
        self.settle()
        self.assertEqual(job.status, "running")


class SummaryTests(SynchronousTestCase):
    def test_summaries_are_luxids(self) -> None:
        for name, values, text in SUMMARIES:
            self.assertEqual(summary(OPCODES[name], values), text)
