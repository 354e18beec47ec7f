"""All changes of one job, one wait after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.events import NOTHING_KNOWN, JobState
from ganeti_rapi.errors import LuxiUnreachable
from ganeti_rapi.jobs.changes import STATE_FIELDS, STEP, JobChanges
from ganeti_rapi.jobs.feed import Feed
from ganeti_rapi.jobs.watches import Change

from .harness import ScriptedDaemon

RUNNING = ["running", ["running"]]
SUCCESS = ["success", ["success"]]
FOREVER = float("inf")


def entry(serial: int) -> list[object]:
    return [serial, [0, 0], "message", "on it"]


class ChangesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.daemon = ScriptedDaemon()
        feed = Feed(self.clock, self.daemon, self.clock.seconds)
        self.jobs = JobChanges(self.clock, self.daemon, feed)
        self.states: list[JobState] = []

    def read(self, known: JobState = NOTHING_KNOWN, patience: float = FOREVER) -> Deferred[None]:
        """Read the changes of job 7; fires when there are no more."""
        return Deferred.fromCoroutine(self._collect(self.jobs.changes(7, known, patience)))

    async def _collect(self, states: AsyncIterator[JobState]) -> None:
        async for state in states:
            self.states.append(state)

    def later(self, seconds: float, change: Change | None) -> Deferred[Change | None]:
        """The answer of a wait that takes so long."""
        answer: Deferred[Change | None] = Deferred()
        self.clock.callLater(seconds, answer.callback, change)
        return answer

    def asked(self) -> list[tuple[object, ...]]:
        """What each wait knew, and how long it was to last."""
        for job_id, fields, *_ in self.daemon.waits:
            self.assertEqual((job_id, fields), (7, STATE_FIELDS))
        return [rest for _, _, *rest in self.daemon.waits]  # type: ignore[misc]  # a list of each

    def test_each_until_the_job_has_ended(self) -> None:
        self.daemon.changes = [
            (["queued", ["queued"]], []),
            (RUNNING, [entry(1), entry(2)]),
            (SUCCESS, [entry(5)]),
        ]
        self.successResultOf(self.read())
        self.assertEqual(
            self.states,
            [
                JobState("queued", ["queued"], 0, []),
                JobState("running", ["running"], 2, [entry(1), entry(2)]),
                JobState("success", ["success"], 5, [entry(5)]),
            ],
        )
        self.assertEqual([state.ended for state in self.states], [False, False, True])

    def test_a_wait_is_told_what_the_one_before_it_told(self) -> None:
        self.daemon.changes = [(RUNNING, [entry(3)]), (RUNNING, []), (SUCCESS, [])]
        self.successResultOf(self.read())
        self.assertEqual(self.asked(), [[None, 0, STEP], [RUNNING, 3, STEP], [RUNNING, 3, STEP]])

    def test_from_what_is_known(self) -> None:
        self.daemon.changes = [(SUCCESS, [])]
        self.successResultOf(self.read(JobState("running", ["running"], 9)))
        self.assertEqual(self.asked(), [[RUNNING, 9, STEP]])

    def test_of_a_job_that_is_known_to_have_ended(self) -> None:
        for status in ("success", "error", "canceled"):
            self.successResultOf(self.read(JobState(status, [status])))
        self.assertEqual((self.states, self.daemon.waits), ([], []))

    def test_a_long_time_without_a_change_is_not_the_end(self) -> None:
        self.daemon.changes = [None, None, (SUCCESS, [])]
        self.successResultOf(self.read())
        self.assertEqual([state.status for state in self.states], ["success"])

    def test_patience(self) -> None:
        self.daemon.changes = [
            self.later(50, (RUNNING, [])),
            self.later(50 + STEP, None),
            self.later(130, None),
        ]
        done = self.read(patience=130)
        self.clock.pump([50, STEP])
        self.assertNoResult(done)
        self.clock.advance(20)
        self.successResultOf(done)
        self.assertEqual([state.status for state in self.states], ["running"])
        self.assertEqual([timeout for *_, timeout in self.asked()], [STEP, STEP, 20])

    def test_patience_for_just_one_wait(self) -> None:
        self.daemon.changes = [self.later(STEP, None)]
        done = self.read(patience=STEP)
        self.clock.advance(STEP)
        self.successResultOf(done)
        self.assertEqual([timeout for *_, timeout in self.asked()], [STEP])

    def test_no_patience_at_all(self) -> None:
        self.daemon.changes = [(RUNNING, []), None]
        self.successResultOf(self.read(patience=0))
        self.assertEqual([timeout for *_, timeout in self.asked()], [0, 0])

    def test_patience_that_a_late_answer_has_used_up(self) -> None:
        self.daemon.changes = [self.later(15, (RUNNING, [])), None]
        done = self.read(patience=10)
        self.clock.advance(15)
        self.successResultOf(done)
        self.assertEqual([timeout for *_, timeout in self.asked()], [10, 0])

    def test_a_failure_is_passed_on(self) -> None:
        self.daemon.changes = [(RUNNING, []), LuxiUnreachable("gone")]
        self.failureResultOf(self.read(), LuxiUnreachable)
        self.assertEqual(len(self.states), 1)

    def test_who_leaves_ends_the_wait(self) -> None:
        cancelled: list[Deferred[None]] = []
        self.daemon.changes = [Deferred(cancelled.append)]
        done = self.read()
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.assertEqual(len(cancelled), 1)
