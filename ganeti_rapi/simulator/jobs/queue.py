"""The job queue: which jobs there are, which of them may run, and what clients may do to them.

A job is queued until everything that it depends on is done and one of the `max_running` places is
free; the most urgent and then the oldest goes first. What happens to it from there on is
`ganeti_rapi.simulator.jobs.execution`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from twisted.internet.defer import Deferred, ensureDeferred, fail
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.jobs.admission import Admission, admission
from ganeti_rapi.simulator.jobs.backlog import Backlog
from ganeti_rapi.simulator.jobs.execution import Execution, Surroundings
from ganeti_rapi.simulator.jobs.job import (
    CANCELED,
    ERROR,
    QUEUED,
    SUCCESS,
    Job,
    error_result,
    timestamp,
)
from ganeti_rapi.simulator.jobs.locks import LockManager, LockRow
from ganeti_rapi.simulator.jobs.submission import dependencies, new_job
from ganeti_rapi.simulator.jobs.timing import Timing
from ganeti_rapi.simulator.jobs.waits import JobChange, JobWaits, Knowledge
from ganeti_rapi.simulator.state import Cluster, Identities
from ganeti_rapi.simulator.task import OpcodeJson, Unit

DEFAULT_MAX_RUNNING = 20
"""How many jobs run at a time where the cluster's ``max_running_jobs`` does not say."""

Verdict = tuple[bool, str]
"""Whether a job was changed as asked, and a text for people."""

_log = Logger()


class JobQueue:
    """All jobs of a cluster, and the ``waits`` for them.

    ``jobs`` maps ids to jobs, archived ones included.
    """

    def __init__(
        self,
        clock: IReactorTime,
        cluster: Cluster,
        identities: Identities,
        units: Mapping[str, Unit],
        timing: Timing | None = None,
        before_opcode: Callable[[OpcodeJson], None] = lambda _: None,
        wait_clock: IReactorTime | None = None,
    ) -> None:
        self.jobs: dict[int, Job] = {}
        self._last = 0
        self._clock = clock
        self._timing = timing or Timing()
        self._cluster = cluster
        self.waits = JobWaits(wait_clock or clock)
        self._surroundings = Surroundings(
            clock=clock,
            cluster=cluster,
            identities=identities,
            units=units,
            jobs=self.jobs,
            locks=LockManager(),
            changed=self.waits.changed,
            submit=self.submit_many,
            timing=self._timing,
            before_opcode=before_opcode,
        )
        self._backlog = Backlog()
        self._running: dict[int, Execution] = {}
        self._start_call: IDelayedCall | None = None

    def submit(self, ops: Sequence[OpcodeJson], *, drained_too: bool = False) -> int:
        """Hand in a job and return its id.

        Raises `JobDaemonError` when the queue is drained, unless ``drained_too``, or when a
        relative job dependency points at nothing.
        """
        if not drained_too:
            self.refuse_if_drained()
        job = self._new_job(ops, self._clock.seconds())
        self._enqueue(job)
        self.waits.noted(job.id)
        return job.id

    def refuse_if_drained(self) -> None:
        """Raise `JobDaemonError` when the queue takes no new jobs."""
        if self._cluster.drained:
            raise JobDaemonError("GenericError", "Queue drained")

    def submit_many(self, jobs: Sequence[Sequence[OpcodeJson]]) -> list[tuple[bool, int | str]]:
        """Hand in several jobs; for each, ``(True, job id)`` or ``(False, reason)``."""
        return [self._try_submit(ops) for ops in jobs]

    def _try_submit(self, ops: Sequence[OpcodeJson]) -> tuple[bool, int | str]:
        try:
            return True, self.submit(ops)
        except JobDaemonError as error:
            return False, error.text

    def add_finished(
        self,
        ops: Sequence[OpcodeJson],
        started: float,
        seconds: float = 1.0,
        error: JobDaemonError | None = None,
    ) -> Job:
        """Record a job of the past, which began at ``started`` and took so many seconds.

        With an error, all its opcodes failed with it.
        """
        job = self._new_job(ops, started)
        job.start_ts, job.end_ts = timestamp(started), timestamp(started + seconds)
        for opcode in job.opcodes:
            opcode.start = opcode.exec = job.start_ts
        result = None if error is None else error_result(error)
        job.mark_unfinished(SUCCESS if error is None else ERROR, result, job.end_ts)
        return job

    def cancel(self, job_id: int, *, kill: bool = False) -> Verdict:
        """Cancel a job that does not run yet; ``kill`` ends one that does."""
        job = self.jobs.get(job_id)
        if job is None or job.finalized:
            return False, f"Job {job_id} not found in queue"
        if job_id in self._backlog:
            self._dequeue(job)
            return True, f"Dequeued job {job_id}"
        if kill:
            self._running[job_id].kill()
            return True, "SIGKILL send to the process"
        if self._running[job_id].cancel():
            return True, "Job successfully cancelled"
        return False, "Job no longer waiting, can't cancel (informed it anyway)"

    def change_priority(self, job_id: int, priority: int) -> Verdict:
        """Change the priority of the opcodes that have not begun."""
        job = self.jobs.get(job_id)
        if job is None or job.finalized:
            return False, f"Job {job_id} not found in queue"
        for opcode in job.opcodes:
            if opcode.status == QUEUED:
                opcode.priority = priority
        self.waits.changed(job)
        if job_id not in self._backlog:
            return True, f"Job {job_id} with pid {os.getpid()} signaled"
        self._backlog.set_priority(job_id, job.priority)
        text = f"Priorities of pending opcodes for job {job_id} have been changed to {priority}"
        return True, text

    def archive(self, job_id: int) -> bool:
        """Archive a job that is done. False if there is none."""
        job = self.jobs.get(job_id)
        if job is None or job.archived or not job.finalized:
            return False
        job.archived = True
        self.waits.noted(job_id)
        return True

    def auto_archive(self, age: float, timeout: float) -> tuple[int, int]:
        """Archive the jobs that were done ``age`` seconds ago; a negative age means all of them.

        Returns how many were archived, and how many were not looked at in the time allowed. Since
        looking takes no time here, those are either none or all.
        """
        live = [job for job in self.jobs.values() if not job.archived]
        if timeout <= 0:
            return 0, len(live)
        limit = timestamp(self._clock.seconds() - age)
        old = [job for job in live if (job.end_ts or job.received_ts) <= limit]
        return sum(self.archive(job.id) for job in old), 0

    def wait_for_change(
        self, job_id: int, knowledge: Knowledge, timeout: float
    ) -> Deferred[JobChange]:
        """See `JobWaits.wait`. Fails with ``JobLost`` for an unknown or archived job."""
        job = self.jobs.get(job_id)
        if job is None or job.archived:
            return fail(JobDaemonError("JobLost", "Can't load job file"))
        return self.waits.wait(job, knowledge, timeout)

    def rules_changed(self) -> None:
        """The cluster's filter rules are others now: jobs that were held back may start."""
        self._start_soon()

    def stop(self) -> None:
        """End all waits and kill what runs, so that no timer is left."""
        self.waits.cancel_all()
        for execution in list(self._running.values()):
            execution.kill()
        if self._start_call is not None:
            self._start_call.cancel()
            self._start_call = None

    def replace_jobs(self, jobs: Mapping[int, Job]) -> None:
        """End all that is under way, and have other jobs, all of which are done, instead."""
        for execution in list(self._running.values()):
            execution.kill()
        for job_id in [number for number in self.jobs if number in self._backlog]:
            self._dequeue(self.jobs[job_id])
        self.jobs.clear()
        self.jobs.update(jobs)
        self._last = max(jobs, default=0)

    def locks(self) -> list[LockRow]:
        """The locks that jobs hold or wait for."""
        return self._surroundings.locks.rows()

    @property
    def last_id(self) -> int:
        """The id of the newest job."""
        return self._last

    def _new_job(self, ops: Sequence[OpcodeJson], now: float) -> Job:
        job = new_job(self._last + 1, ops, now)
        self._last = job.id
        self.jobs[job.id] = job
        return job

    def _enqueue(self, job: Job) -> None:
        if job.opcodes:
            waits_for = [other for other in dependencies(job) if self._is_open(other)]
            self._backlog.add(job.id, job.priority, waits_for)
            self._start_soon()

    def _is_open(self, job_id: int) -> bool:
        return job_id in self.jobs and not self.jobs[job_id].finalized

    def _start_soon(self) -> None:
        if self._start_call is None and self._backlog.has_eligible():
            self._start_call = self._clock.callLater(self._timing.queued, self._start_jobs)

    def _start_jobs(self) -> None:
        self._start_call = None
        limit = self._cluster.info.get("max_running_jobs", DEFAULT_MAX_RUNNING)
        held = []
        while len(self._running) < limit and self._backlog.has_eligible():
            job = self.jobs[self._backlog.pop()]
            if not self._try_start(job):
                held.append(job)
        for job in held:
            self._backlog.add(job.id, job.priority, ())

    def _try_start(self, job: Job) -> bool:
        running = [execution.job for execution in self._running.values()]
        verdict = admission(self._cluster.filters, job, running)
        if verdict is Admission.START:
            self._start(job)
        elif verdict is Admission.REJECT:
            self._dequeue(job)
        return verdict is not Admission.HOLD

    def _start(self, job: Job) -> None:
        execution = self._running[job.id] = Execution(job, self._surroundings)
        running = ensureDeferred(execution.run())
        running.addErrback(lambda failure: _log.failure("The job queue lost a job", failure))
        running.addCallback(lambda _: self._ended(job))

    def _ended(self, job: Job) -> None:
        self._running.pop(job.id, None)
        self._backlog.done(job.id)
        self.waits.changed(job)
        self._start_soon()

    def _dequeue(self, job: Job) -> None:
        job.end_ts = timestamp(self._clock.seconds())
        job.mark_unfinished(CANCELED, None, job.end_ts)
        self._ended(job)
