"""The double of luxid shows jobs as luxid does: what it promises, the simulator promises, too."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.luxi.codec import encode_request
from ganeti_rapi.luxi.pool import LuxiPool
from ganeti_rapi.simulator.calls import call
from test.luxi_doubles import NOTICE, FakeLuxid, FakePool
from test.test_simulator_jobs import START, start
from test.test_simulator_protocol import daemon


class LuxidContract:
    """What `JobWatches` relies on, of the double that it is tested with and of the simulator."""

    clock: Clock
    assertEqual: Any  # Any: the methods of the test case that these tests are mixed into
    assertNoResult: Any
    successResultOf: Any
    failureResultOf: Any

    def call(self, method: str, *args: object) -> Deferred[Any]:
        """Call a LUXI method. Any: the method's own result."""
        raise NotImplementedError

    def new_job(self) -> int:
        """A job that has not ended."""
        raise NotImplementedError

    def change(self, job_id: int) -> None:
        """Let the job's status change, and luxid see that."""
        raise NotImplementedError

    def finish(self, job_id: int) -> None:
        """Let the job write one line to its log and end with success."""
        raise NotImplementedError

    def archive(self, job_id: int) -> None:
        """Archive a job that has ended."""
        raise NotImplementedError

    def wait(
        self, job_id: int, *known: object, fields: Sequence[str] = ("status",), timeout: float = 20
    ) -> Deferred[Any]:
        """WaitForJobChange. Any: its result."""
        answer = self.call("WaitForJobChange", job_id, list(fields), *known, timeout)
        self.clock.advance(0)
        return answer

    def query(self, job_id: int, *fields: str) -> list[Any]:  # Any: values of job fields
        answer = self.call("QueryJobs", [job_id], list(fields))
        self.clock.advance(0)
        (row,) = self.successResultOf(answer)
        return list(row)

    def status(self, job_id: int) -> Any:  # Any: text
        return self.query(job_id, "status")[0]

    def test_a_row_of_an_unknown_job_has_nothing_but_its_id(self) -> None:
        self.assertEqual(self.query(99, "id", "status", "oplog", "archived")[1:2], [None])
        self.assertEqual(self.query(99, "id", "status"), [99, None])

    def test_unknown_and_archived_jobs_are_lost(self) -> None:
        job = self.new_job()
        self.finish(job)
        self.archive(job)
        self.assertEqual(self.query(job, "archived"), [True])
        for lost in (job, 99):
            error = self.failureResultOf(self.wait(lost, None, None), JobDaemonError).value
            self.assertEqual(error.class_name, "JobLost")

    def test_who_knows_nothing_is_told_at_once(self) -> None:
        job = self.new_job()
        answer = self.successResultOf(self.wait(job, None, -1))
        self.assertEqual(list(answer), [[self.status(job)], []])

    def test_unknown_fields_are_null(self) -> None:
        job = self.new_job()
        values, _ = self.successResultOf(self.wait(job, None, -1, fields=["nonsense"]))
        self.assertEqual(values, [None])

    def test_a_change_ends_the_wait(self) -> None:
        job = self.new_job()
        answer = self.wait(job, [self.status(job)], -1)
        self.assertNoResult(answer)
        self.change(job)
        self.assertEqual(list(self.successResultOf(answer)), [[self.status(job)], []])

    def test_at_the_end_of_the_wait_the_values_are_as_they_were(self) -> None:
        job = self.new_job()
        known = [self.status(job)]
        answer = self.wait(job, known, -1, timeout=0)
        self.assertEqual(list(self.successResultOf(answer)), [known, []])

    def test_a_log_entry_is_told_to_those_who_lack_it(self) -> None:
        job = self.new_job()
        self.finish(job)
        for serial, count in ((None, 1), (-1, 1), (99, 0)):
            values, entries = self.successResultOf(self.wait(job, ["success"], serial))
            self.assertEqual((values, len(entries)), (["success"], count))

    def test_a_finished_job_answers_at_once(self) -> None:
        job = self.new_job()
        self.finish(job)
        self.assertEqual(
            list(self.successResultOf(self.wait(job, ["success"], 99))), [["success"], []]
        )

    def test_the_log_is_a_list_for_each_opcode(self) -> None:
        job = self.new_job()
        self.finish(job)
        ((((serial, when, kind, message),),),) = self.query(job, "oplog")
        self.assertEqual([type(part) for part in (serial, kind, message)], [int, str, str])
        self.assertEqual(len(when), 2)


class FakeLuxidTests(LuxidContract, SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.luxid = FakeLuxid(self.clock)
        self.pool = FakePool(self.clock, self.luxid)

    def call(self, method: str, *args: object) -> Deferred[Any]:
        return Deferred.fromCoroutine(self.pool.call(method, *args))

    def new_job(self) -> int:
        self.luxid.add(7)
        return 7

    def change(self, job_id: int) -> None:
        self.luxid.change(job_id, status="canceling")
        self.clock.advance(NOTICE)

    def finish(self, job_id: int) -> None:
        self.luxid.log(job_id, 1)
        self.luxid.finish(job_id)
        self.clock.advance(NOTICE)

    def archive(self, job_id: int) -> None:
        self.luxid.archive(job_id)

    def test_its_pool_is_called_as_the_real_one(self) -> None:
        for name in ("call", "rows"):
            ours, real = getattr(FakePool, name), getattr(LuxiPool, name)
            self.assertEqual(inspect.signature(ours), inspect.signature(real))


class SimulatorTests(LuxidContract, SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(START)
        self.daemon = daemon(self.clock)

    def call(self, method: str, *args: object) -> Deferred[Any]:
        return maybeDeferred(call, self.daemon, encode_request(method, args)[:-1])

    def new_job(self) -> int:
        """A job that waits for ten seconds until another one is done."""
        for _ in range(2):
            job_id = self.successResultOf(self.call("SubmitJob", [start("a")]))
        self.clock.pump([0] * 5)
        return int(job_id)

    def change(self, job_id: int) -> None:
        self.clock.pump([1] * 11)

    def finish(self, job_id: int) -> None:
        self.clock.pump([1] * 25)

    def archive(self, job_id: int) -> None:
        self.assertEqual(self.successResultOf(self.call("ArchiveJob", job_id)), True)
