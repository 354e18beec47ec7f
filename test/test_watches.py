"""Waiting for jobs: who is told what, and when, whatever comes first."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any, cast

from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError, LuxiTimeout, LuxiUnreachable
from ganeti_rapi.jobs.changes import JobWaits
from ganeti_rapi.jobs.watches import (
    REPLY_MARGIN,
    WATCH_SECONDS,
    WATCHED_FIELDS,
    Change,
    JobWatches,
    log_entries,
)
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.luxi.pool import LuxiPool
from test.luxi_doubles import NOTICE, FakeLuxid, FakePool, Gate

GONE = LuxiUnreachable("The job daemon closed the connection before it answered")
BUSY = LuxiTimeout("All connections to the job daemon are busy")


class LogEntriesTests(SynchronousTestCase):
    LOG = [[[1, [0, 0], "message", "a"], [2, [0, 0], "message", "b"]], [[3, [0, 0], "x", "c"]]]

    def serials(self, above: int | None) -> list[int]:
        return [entry[0] for entry in log_entries(self.LOG, above)]

    def test_all_opcodes_in_one(self) -> None:
        self.assertEqual(self.serials(None), [1, 2, 3])

    def test_above_a_serial(self) -> None:
        self.assertEqual([self.serials(above) for above in (-1, 1, 3)], [[1, 2, 3], [2, 3], []])

    def test_no_log(self) -> None:
        self.assertEqual(log_entries(None, None), [])
        self.assertEqual(log_entries([[], []], None), [])


class WatchesTestCase(SynchronousTestCase):
    """Job 7 is running; waits and luxid's replies are in the test's hand."""

    def setUp(self) -> None:
        gc.freeze()  # in the end only what the test leaves behind is looked at
        self.addCleanup(gc.unfreeze)
        self.clock = Clock()
        self.luxid = FakeLuxid(self.clock)
        self.luxid.add(7)
        self.reading = FakePool(self.clock, self.luxid)
        self.watching = FakePool(self.clock, self.luxid)
        self.watches = JobWatches(
            self.clock, cast(LuxiPool, self.reading), cast(LuxiPool, self.watching)
        )
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self) -> None:
        self.clock.advance(NOTICE)
        self.assertEqual((self.watches.jobs, self.watches.waiters), (0, 0))
        self.assertEqual(self.luxid.parked, 0)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        gc.collect()
        self.assertEqual(self.flushLoggedErrors(), [])

    def begin(
        self,
        fields: Sequence[str] = ("status",),
        previous: Sequence[Any] | None = ("running",),
        serial: int | None = -1,
        timeout: float = 10,
        job: int = 7,
    ) -> Deferred[Change | None]:
        """Begin a wait; nothing has come back from luxid yet."""
        known = None if previous is None else list(previous)
        return Deferred.fromCoroutine(self.watches.wait(job, fields, known, serial, timeout))

    def wait(self, *args: Any, **kwargs: Any) -> Deferred[Change | None]:  # Any: as `begin`
        """Begin a wait, and let happen what needs no time."""
        wait = self.begin(*args, **kwargs)
        self.clock.advance(0)
        return wait

    def parked(self, *args: Any, **kwargs: Any) -> Deferred[Change | None]:  # Any: as `begin`
        """Begin a wait that is not answered at once."""
        wait = self.wait(*args, **kwargs)
        self.assertNoResult(wait)
        return wait

    def notice(self) -> None:
        """Let luxid see the changes so far."""
        self.clock.advance(NOTICE)

    def told(self, wait: Deferred[Change | None], *values: object, log: Sequence[int] = ()) -> None:
        """The wait is over, with these values and the log entries of these serials."""
        change = self.successResultOf(wait)
        assert change is not None, "nothing new"
        self.assertEqual(change[0], list(values))
        self.assertEqual([entry[0] for entry in change[1]], list(log))

    def nothing_new(self, wait: Deferred[Change | None]) -> None:
        self.assertIsNone(self.successResultOf(wait))


class WaitTests(WatchesTestCase):
    def test_interface(self) -> None:
        waits: JobWaits = self.watches
        self.assertIsNotNone(waits)

    def test_who_knows_nothing_is_told_at_once(self) -> None:
        self.told(self.wait(previous=None), "running")

    def test_who_knows_something_else_is_told_at_once(self) -> None:
        self.told(self.wait(previous=["queued"]), "running")

    def test_who_asks_for_no_field_may_wait_for_the_log(self) -> None:
        wait = self.parked(fields=[], previous=[])
        self.luxid.log(7, 1)
        self.notice()
        self.told(wait, log=[1])

    def test_a_change_ends_the_wait(self) -> None:
        wait = self.parked()
        self.clock.advance(5)
        self.luxid.change(7, status="waiting")
        self.assertNoResult(wait)
        self.notice()
        self.told(wait, "waiting")

    def test_a_change_of_what_was_not_asked_for_does_not(self) -> None:
        wait = self.parked()
        for priority in (5, 10):
            self.luxid.change(7, priority=priority)
            self.notice()
        self.assertNoResult(wait)
        self.luxid.change(7, status="canceling")
        self.notice()
        self.told(wait, "canceling")

    def test_new_log_entries_end_the_wait(self) -> None:
        self.luxid.log(7, 1)
        self.luxid.log(7, 2)
        self.told(self.wait(serial=None), "running", log=[1, 2])
        self.told(self.wait(serial=1), "running", log=[2])
        wait = self.parked(serial=2)
        self.luxid.log(7, 3)
        self.notice()
        self.told(wait, "running", log=[3])

    def test_log_entries_that_only_others_lack_do_not(self) -> None:
        wait = self.parked(serial=5)
        self.luxid.log(7, 4)
        self.notice()
        self.assertNoResult(wait)
        self.luxid.log(7, 6)
        self.notice()
        self.told(wait, "running", log=[6])

    def test_a_finished_job_answers_at_once(self) -> None:
        for status in FINAL_STATES:
            self.luxid.jobs[7]["status"] = status
            self.told(self.wait(previous=[status]), status)
        self.assertEqual(self.watching.calls, [])

    def test_unknown_fields_are_null(self) -> None:
        self.told(self.wait(["status", "nonsense"], None), "running", None)
        wait = self.parked(["nonsense", "status"], [None, "running"])
        self.luxid.finish(7)
        self.notice()
        self.told(wait, None, "success")

    def test_large_fields_are_read_for_those_who_ask(self) -> None:
        wait = self.parked(["opresult"], [[None]])
        self.luxid.jobs[7]["opresult"] = ["done"]
        self.luxid.finish(7)
        self.notice()
        self.told(wait, ["done"])
        self.assertNotIn("opresult", self.watching.calls[0].args[1])

    def test_unknown_and_archived_jobs_are_lost(self) -> None:
        self.luxid.add(8, status="success", archived=True)
        for job in (8, 9):
            error = self.failureResultOf(self.wait(job=job), JobDaemonError).value
            self.assertEqual(error.class_name, "JobLost")
            self.assertIn(f"no job {job}", error.text)

    def test_what_luxid_is_asked(self) -> None:
        self.luxid.log(7, 3)
        wait = self.parked(serial=3)
        (request,) = self.watching.calls
        known = ["running", ["running"], 0, [0], ["TEST_DELAY(10)"]]
        times = [[1000, 0], [1001, 0], None, [[1001, 0]], [[1001, 1]], [None]]
        self.assertEqual(request.method, "WaitForJobChange")
        self.assertEqual(request.args, (7, WATCHED_FIELDS, known + times, 3, WATCH_SECONDS))
        self.assertEqual(self.watching.timeouts, [WATCH_SECONDS + REPLY_MARGIN])
        self.clock.advance(10)
        self.nothing_new(wait)


class TimeoutTests(WatchesTestCase):
    def test_nothing_new(self) -> None:
        wait = self.parked()
        self.clock.advance(9.9)
        self.assertNoResult(wait)
        self.clock.advance(0.1)
        self.nothing_new(wait)

    def test_no_time_at_all(self) -> None:
        self.nothing_new(self.wait(timeout=0))
        self.told(self.wait(previous=["queued"], timeout=0), "running")

    def test_each_has_its_own(self) -> None:
        short, long = self.parked(timeout=3), self.parked(timeout=6)
        self.clock.advance(3)
        self.nothing_new(short)
        self.assertNoResult(long)
        self.clock.advance(3)
        self.nothing_new(long)

    def test_in_the_same_instant_as_a_change(self) -> None:
        for early in (0.0, 0.001, -0.001):
            wait = self.parked(previous=[self.luxid.jobs[7]["status"]])
            self.clock.advance(10 - NOTICE - early)
            news = "waiting" if self.luxid.jobs[7]["status"] == "running" else "running"
            self.luxid.change(7, status=news)
            self.clock.advance(NOTICE + 0.002)
            self.assertIn(self.successResultOf(wait), [None, ([news], [])])

    def test_what_came_too_late_is_told_next_time(self) -> None:
        wait = self.parked()
        self.clock.advance(10 - NOTICE / 2)
        self.luxid.change(7, status="waiting")
        self.notice()
        self.nothing_new(wait)
        self.told(self.wait(), "waiting")

    def test_longer_than_one_watch(self) -> None:
        wait = self.parked(timeout=3 * WATCH_SECONDS)
        self.clock.pump([1] * (2 * WATCH_SECONDS + 5))
        self.assertEqual((len(self.watching.calls), self.luxid.parked), (3, 1))
        self.assertEqual(len(self.reading.calls), 1)
        self.luxid.finish(7)
        self.notice()
        self.told(wait, "success")


class RaceTests(WatchesTestCase):
    def test_a_change_before_the_wait(self) -> None:
        self.luxid.change(7, status="waiting")
        self.told(self.wait(), "waiting")

    def test_a_change_before_luxid_makes_the_first_reading(self) -> None:
        self.reading.requests.shut = True
        wait = self.parked()
        self.luxid.change(7, status="waiting")
        self.reading.requests.open()
        self.clock.advance(0)
        self.told(wait, "waiting")

    def test_a_change_after_luxid_made_the_first_reading(self) -> None:
        self.reading.replies.shut = True
        wait = self.parked()
        self.luxid.change(7, status="waiting")
        self.notice()
        self.reading.replies.open()
        self.clock.advance(0)
        self.told(wait, "waiting")

    def test_a_change_before_luxid_begins_to_watch(self) -> None:
        self.watching.requests.shut = True
        wait = self.parked()
        self.luxid.log(7, 1)
        self.notice()
        self.assertNoResult(wait)
        self.watching.requests.open()
        self.clock.advance(0)
        self.told(wait, "running", log=[1])

    def test_a_newcomer_reads_the_change_before_the_watch_hears_of_it(self) -> None:
        wait = self.parked()
        self.luxid.change(7, status="waiting")
        self.told(self.wait(), "waiting")
        self.notice()
        self.told(wait, "waiting")

    def test_a_newcomer_that_reads_it_and_stays(self) -> None:
        wait = self.parked()
        self.luxid.change(7, status="waiting")
        newcomer = self.parked(previous=["waiting"])
        self.notice()
        self.told(wait, "waiting")
        self.assertNoResult(newcomer)
        self.luxid.finish(7)
        self.notice()
        self.told(newcomer, "success")

    def test_a_newcomer_reads_the_change_just_when_the_watch_ends(self) -> None:
        wait = self.parked(timeout=2 * WATCH_SECONDS)
        self.watching.replies.shut = True
        self.clock.advance(WATCH_SECONDS)
        self.luxid.change(7, status="waiting")
        newcomer = self.wait(timeout=2 * WATCH_SECONDS)
        self.told(newcomer, "waiting")
        self.watching.replies.open()
        self.clock.advance(0)
        self.told(wait, "waiting")

    def test_a_change_while_the_woken_watch_reads(self) -> None:
        wait = self.parked()
        self.reading.replies.shut = True
        self.luxid.change(7, priority=5)
        self.notice()
        self.luxid.change(7, status="canceling")
        self.notice()
        self.assertNoResult(wait)
        self.reading.replies.open()
        self.clock.advance(0)
        self.told(wait, "canceling")

    def test_a_newcomer_while_the_woken_watch_reads(self) -> None:
        first = self.parked()
        self.reading.replies.shut = True
        self.luxid.change(7, status="waiting")
        self.notice()
        newcomer = self.parked()
        self.luxid.change(7, status="running")
        self.notice()
        self.reading.replies.open()
        self.clock.advance(0)
        self.told(first, "waiting")
        self.assertNoResult(newcomer)
        self.clock.advance(10)
        self.nothing_new(newcomer)

    def test_the_job_ends_while_a_newcomer_reads(self) -> None:
        first = self.parked()
        self.luxid.finish(7)
        self.reading.requests.shut = True
        self.notice()
        newcomer = self.parked()
        self.reading.requests.open()
        self.reading.replies.shut = True
        self.clock.advance(1)
        self.reading.replies.open()
        self.clock.advance(0)
        self.told(first, "success")
        self.told(newcomer, "success")
        self.assertEqual(len(self.watching.calls), 1)


class OvertakingTests(WatchesTestCase):
    """Readings of other fields go their own way, so one that begins later may be answered first."""

    def overtaken(self) -> tuple[Deferred[Change | None], Deferred[Change | None]]:
        """A wait whose woken watch has not read yet, and a newcomer who has, and is parked."""
        first = self.parked()
        self.reading.requests.shut = True
        self.luxid.change(7, priority=5)
        self.notice()
        self.reading.requests.shut = False  # for those who come now
        return first, self.parked(["status", "opresult"], ["running", [None]])

    def let_the_watch_read(self) -> None:
        self.reading.requests.open()
        self.clock.pump([0] * 5)

    def test_a_change_that_the_watch_reads_but_the_newcomer_did_not(self) -> None:
        first, newcomer = self.overtaken()
        self.luxid.change(7, status="canceling")
        self.let_the_watch_read()
        self.told(first, "canceling")
        self.told(newcomer, "canceling", [None])

    def test_a_newcomer_who_has_not_read_yet_costs_no_reading_more(self) -> None:
        first = self.parked()
        self.reading.requests.shut = True
        self.luxid.change(7, status="canceling")
        self.notice()
        newcomer = self.parked(["status", "opresult"], ["running", [None]])
        self.let_the_watch_read()
        self.told(first, "canceling")
        self.told(newcomer, "canceling", [None])
        self.assertEqual(len(self.reading.calls), 3)  # one of each, and the watch's

    def test_the_end_that_the_watch_reads_but_the_newcomer_did_not(self) -> None:
        first, newcomer = self.overtaken()
        self.luxid.finish(7)
        self.let_the_watch_read()
        self.told(first, "success")
        self.told(newcomer, "success", [None])


@frozen(eq=False)
class Begun:
    """A wait of a client that knew the latest, and how much had happened until then."""

    wait: Deferred[Change | None]
    happened: int


class AnyOrderTests(WatchesTestCase):
    """Whatever happens in whatever order, in the end nobody waits who could have been told.

    ``history`` holds the job's statuses and last log serials, one after the other.
    """

    EVENTS = ("ask", "change", "log", "cancel", "tick", "see", "hold", "let_go")
    """Names of methods that take a number, whatever they may use it for."""

    @given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 3)), max_size=40))
    def test_nothing_is_missed_or_told_wrongly(self, events: list[tuple[str, int]]) -> None:
        self.luxid.add(7, status=0)
        self.history = [(0, 0)]
        self.begun: list[Begun] = []
        for event, choice in [*events, *(("let_go", gate) for gate in range(4))]:
            getattr(self, event)(choice)
        self.notice()
        for begun in self.begun:
            if begun.wait.called:
                self.assert_told_rightly(begun)
            else:
                self.assertEqual(self.history[begun.happened], self.history[-1])
                begun.wait.cancel()
                self.failureResultOf(begun.wait, CancelledError)
        self.assert_nothing_is_left()

    def assert_told_rightly(self, begun: Begun) -> None:
        result: list[Any] = []  # Any: a change or a failure
        begun.wait.addBoth(result.append)
        if isinstance(result[0], Failure):
            result[0].trap(CancelledError)
            return
        values, entries = result[0]
        _, known_serial = self.history[begun.happened]
        serial = entries[-1][0] if entries else known_serial
        self.assertEqual([entry[0] for entry in entries], [*range(known_serial + 1, serial + 1)])
        self.assertIn((values[0], serial), self.history[begun.happened + 1 :])

    def ask(self, _: int) -> None:
        status, serial = self.history[-1]
        wait = self.begin(["status"], [status], serial, timeout=10_000)
        self.begun.append(Begun(wait, len(self.history) - 1))

    def change(self, _: int) -> None:
        status, serial = self.history[-1]
        self.history.append((status + 1, serial))
        self.luxid.change(7, status=status + 1)

    def log(self, _: int) -> None:
        status, serial = self.history[-1]
        self.history.append((status, serial + 1))
        self.luxid.log(7, serial + 1)

    def cancel(self, choice: int) -> None:
        for begun in self.begun[choice : choice + 1]:
            begun.wait.cancel()

    def tick(self, _: int) -> None:
        self.clock.advance(0)

    def see(self, _: int) -> None:
        self.notice()

    def gate(self, choice: int) -> Gate:
        pool = (self.reading, self.watching)[choice % 2]
        return (pool.requests, pool.replies)[choice // 2]

    def hold(self, choice: int) -> None:
        self.gate(choice).shut = True

    def let_go(self, choice: int) -> None:
        self.gate(choice).open()
        self.clock.advance(0)


class ManyWaitersTests(WatchesTestCase):
    def test_each_is_told_its_own(self) -> None:
        self.luxid.log(7, 1)
        self.notice()
        status = self.parked(["status"], ["running"], serial=9)
        priority = self.parked(["priority", "status"], [0, "running"], serial=9)
        log = self.parked(["summary"], [["TEST_DELAY(10)"]], serial=1)
        self.luxid.change(7, priority=5)
        self.notice()
        self.told(priority, 5, "running")
        self.luxid.log(7, 2)
        self.notice()
        self.told(log, ["TEST_DELAY(10)"], log=[2])
        self.assertNoResult(status)
        self.luxid.change(7, status="canceling")
        self.notice()
        self.told(status, "canceling")

    def test_a_thousand_share_one_watch(self) -> None:
        waits = [self.begin() for _ in range(1000)]
        self.clock.advance(0)
        self.assertEqual((self.watches.jobs, self.watches.waiters), (1, 1000))
        self.assertEqual((len(self.watching.calls), self.luxid.parked), (1, 1))
        self.assertEqual(len(self.reading.calls), 2)
        self.luxid.finish(7)
        self.notice()
        for wait in waits:
            self.told(wait, "success")
        self.assertEqual((len(self.watching.calls), len(self.reading.calls)), (1, 3))

    def test_never_more_than_one_watch_of_a_job(self) -> None:
        waits: list[Deferred[Change | None]] = []
        for _ in range(20):
            waits.append(self.parked(timeout=100))
            self.luxid.change(7, priority=len(waits))
            self.clock.advance(NOTICE / 3)
            self.assertLessEqual(self.luxid.parked, 1)
        self.luxid.finish(7)
        self.notice()
        for wait in waits:
            self.told(wait, "success")

    def test_every_job_has_its_own(self) -> None:
        self.luxid.add(8)
        seven, eight = self.parked(job=7), self.parked(job=8)
        self.assertEqual((self.watches.jobs, self.luxid.parked), (2, 2))
        self.luxid.finish(8)
        self.notice()
        self.told(eight, "success")
        self.assertNoResult(seven)
        self.luxid.finish(7)
        self.notice()
        self.told(seven, "success")

    def test_many_jobs_are_read_by_one_question(self) -> None:
        jobs = range(100, 200)
        for job in jobs:
            self.luxid.add(job)
        waits = [self.begin(job=job) for job in jobs]
        for _ in range(4):
            self.clock.advance(0)
        self.assertEqual(self.luxid.parked, len(jobs))
        asked = [call.args[0] for call in self.reading.calls]
        self.assertEqual(asked, [[100], list(jobs)[1:]])
        for job in jobs:
            self.luxid.finish(job)
        self.notice()
        for wait in waits:
            self.told(wait, "success")

    def test_what_one_asks_for_is_not_read_of_other_jobs(self) -> None:
        self.luxid.add(8)
        curious, modest = self.begin(["opresult"], None), self.begin(job=8)
        self.clock.advance(0)
        asked = {call.args[0][0]: "opresult" in call.args[1] for call in self.reading.calls}
        self.assertEqual(asked, {7: True, 8: False})
        self.told(curious, [None])
        self.luxid.finish(8)
        self.notice()
        self.told(modest, "success")

    def test_waiting_again_from_within_the_reply(self) -> None:
        again: list[Deferred[Change | None]] = []

        def wait_again(_: Change | None) -> None:
            again.append(self.begin(previous=["waiting"]))

        others = [self.parked(["priority"], [0])]
        self.parked().addCallback(wait_again)
        others += [self.parked(["priority"], [0])]
        self.luxid.change(7, status="waiting")
        self.notice()
        self.assertNoResult(again[0])
        self.luxid.finish(7)
        self.notice()
        self.told(again[0], "success")
        for wait in others:
            self.told(wait, 0)

    def test_the_only_one_waits_again_from_within_the_reply(self) -> None:
        again: list[Deferred[Change | None]] = []
        self.parked().addCallback(lambda _: again.append(self.begin(previous=["waiting"])))
        self.luxid.change(7, status="waiting")
        self.notice()
        self.assertEqual((self.watches.waiters, self.luxid.parked), (1, 1))
        self.luxid.finish(7)
        self.notice()
        self.told(again[0], "success")


class FailureTests(WatchesTestCase):
    def test_the_daemon_goes_away(self) -> None:
        waits = [self.parked(), self.parked()]
        self.watching.break_down(GONE)
        for wait in waits:
            self.assertIs(self.failureResultOf(wait, LuxiUnreachable).value, GONE)
        self.assertEqual((self.watches.jobs, self.watches.waiters), (0, 0))

    def test_who_is_still_reading_hears_of_it_at_once(self) -> None:
        parked = self.parked()
        self.reading.replies.shut = True
        reading = self.parked()
        self.watching.break_down(GONE)
        self.failureResultOf(parked, LuxiUnreachable)
        self.failureResultOf(reading, LuxiUnreachable)
        self.assertEqual((self.watches.jobs, len(self.reading.replies)), (0, 0))

    def test_a_later_wait_starts_afresh(self) -> None:
        self.parked().addErrback(lambda _: None)
        self.watching.break_down(GONE)
        self.watching.refusal = None
        wait = self.parked()
        self.luxid.finish(7)
        self.notice()
        self.told(wait, "success")

    def test_so_does_one_from_within_the_failure(self) -> None:
        again: list[Deferred[Change | None]] = []
        waits = [self.parked() for _ in range(3)]
        for wait in waits:
            wait.addErrback(lambda _: again.append(self.begin()))
        self.watching.break_down(GONE)
        self.watching.refusal = None
        self.clock.advance(0)
        self.luxid.finish(7)
        self.notice()
        for wait in again:
            self.told(wait, "success")
        self.assertEqual(len(again), 3)

    def test_the_daemon_is_not_there_from_the_start(self) -> None:
        self.reading.refusal = self.watching.refusal = GONE
        self.failureResultOf(self.wait(), LuxiUnreachable)
        self.assertEqual(self.watching.calls, [])

    def test_nobody_can_watch(self) -> None:
        self.watching.refusal = GONE
        self.failureResultOf(self.wait(), LuxiUnreachable)

    def test_a_first_reading_that_fails_concerns_nobody_else(self) -> None:
        parked = self.parked()
        self.reading.refusal = BUSY
        self.failureResultOf(self.wait(), LuxiTimeout)
        self.assertNoResult(parked)
        self.reading.refusal = None
        self.luxid.finish(7)
        self.notice()
        self.told(parked, "success")

    def test_a_woken_watch_that_cannot_read(self) -> None:
        waits = [self.parked(), self.parked()]
        self.reading.refusal = BUSY
        self.luxid.change(7, status="waiting")
        self.notice()
        for wait in waits:
            self.failureResultOf(wait, LuxiTimeout)

    def test_the_job_is_archived_before_the_woken_watch_reads(self) -> None:
        wait = self.parked()
        self.luxid.finish(7)
        self.luxid.archive(7)
        self.notice()
        self.assertEqual(self.failureResultOf(wait, JobDaemonError).value.class_name, "JobLost")

    def test_no_connection_to_watch_with(self) -> None:
        self.watching.refusal, self.watching.patience = BUSY, 2
        wait = self.parked()
        self.clock.pump([1, 1, 1])
        self.assertNoResult(wait)
        self.luxid.change(7, status="waiting")
        self.clock.pump([1])
        self.told(wait, "waiting")
        self.assertEqual((len(self.reading.calls), len(self.watching.calls)), (3, 2))

    def test_a_connection_that_becomes_free(self) -> None:
        self.watching.refusal, self.watching.patience = BUSY, 2
        wait = self.parked()
        self.watching.refusal = None
        self.clock.advance(2)
        self.assertEqual(self.luxid.parked, 1)
        self.luxid.finish(7)
        self.notice()
        self.told(wait, "success")


class CancelTests(WatchesTestCase):
    def cancel(self, *waits: Deferred[Change | None]) -> None:
        for wait in waits:
            wait.cancel()
            self.failureResultOf(wait, CancelledError)

    def test_one_of_several(self) -> None:
        gone, stays = self.parked(), self.parked()
        self.cancel(gone)
        self.assertEqual((self.watches.waiters, self.luxid.parked), (1, 1))
        self.luxid.finish(7)
        self.notice()
        self.told(stays, "success")

    def test_the_last_one_ends_the_watch(self) -> None:
        self.cancel(self.parked(), self.parked())
        self.assertEqual((self.watches.jobs, self.luxid.parked), (0, 0))

    def test_while_reading(self) -> None:
        self.reading.replies.shut = True
        self.cancel(self.parked())
        self.assertEqual(len(self.reading.replies), 0)
        self.assertEqual(self.watching.calls, [])

    def test_one_of_those_who_read(self) -> None:
        self.reading.replies.shut = True
        gone, stays, waits = self.parked(), self.parked(), self.parked()
        self.cancel(gone, waits)
        self.reading.replies.open()
        self.clock.advance(0)
        self.luxid.finish(7)
        self.notice()
        self.told(stays, "success")

    def test_while_the_woken_watch_reads(self) -> None:
        wait = self.parked()
        self.reading.replies.shut = True
        self.luxid.change(7, status="waiting")
        self.notice()
        self.cancel(wait)
        self.assertEqual(len(self.reading.replies), 0)

    def test_while_the_watch_waits_for_a_connection(self) -> None:
        self.watching.refusal, self.watching.patience = BUSY, 2
        self.cancel(self.parked())

    def test_another_one_from_within_the_reply(self) -> None:
        first, second = self.parked(), self.parked()
        first.addCallback(lambda _: second.cancel())
        self.luxid.finish(7)
        self.notice()
        self.successResultOf(first)
        self.failureResultOf(second, CancelledError)

    def test_who_comes_back(self) -> None:
        self.cancel(self.parked())
        wait = self.parked()
        self.luxid.finish(7)
        self.notice()
        self.told(wait, "success")
