"""Waiting for jobs: one WaitForJobChange per job, any number of waiters.

Theory of operation. luxid's WaitForJobChange holds a connection until a job changes. Ten thousand
clients that wait on a hundred jobs must not need ten thousand of those, so every wait on a job
joins that job's `_Watch`. The watch keeps one WaitForJobChange under way and takes it for nothing
but a wake-up call: "something about this job is new". What is new, and for which waiter, is then
read with QueryJobs, and every waiter is judged by that reading alone: by its own fields, its own
previous values and its own log serial. What has to be read of several jobs at one time is one
QueryJobs.

Why nothing is missed or told wrongly: a waiter is judged only by readings that began after it came.
So it gets one reading of its own when it comes (shared with all who come at the same time), which
catches a change between the client's last reply and this wait; and it never sees a value older than
its own request. After that, whatever changes wakes the watch, because luxid compares with a
reading, not with the moment of asking: with the last one that the watch itself made, and that every
waiter who was there has been judged by. Those of newcomers do not count, since they are news to
others.

A watch ends with its last waiter, or with its job. When the daemon goes away, every waiter is told
at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from ganeti_rapi.api.kinds import JOB_QUERY_FIELDS
from ganeti_rapi.errors import JobDaemonError, LuxiTimeout
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.luxi.daemon import LuxiDaemon
from ganeti_rapi.sharing import SharedReads
from ganeti_rapi.timeouts import within

WATCHED_FIELDS = (
    *("status", "opstatus", "priority", "oppriority", "summary"),
    *("received_ts", "start_ts", "end_ts", "opstart", "opexec", "opend"),
)
"""Whatever happens to a job shows in one of these or in its log. Small, unlike its results."""

WATCH_SECONDS = 60
"""How long one WaitForJobChange lasts; luxid caps it at 89."""

REPLY_MARGIN = 15
"""Seconds that luxid may take to answer after that."""

Change = tuple[list[Any], list[Any]]  # Any: values of job fields, log entries
Job = Mapping[str, Any]  # Any: as above


def log_entries(oplog: Sequence[Sequence[Any]] | None, above: int | None) -> list[Any]:
    # Any: a log entry is [serial, [seconds, microseconds], type, message]
    """The log entries of all opcodes, flat, whose serial is above the given one."""
    entries = [entry for opcode_log in oplog or () for entry in opcode_log]
    return [entry for entry in entries if above is None or entry[0] > above]


@define(eq=False)
class _Waiter:
    fields: Sequence[str]
    previous: Sequence[Any] | None
    previous_serial: int | None
    answer: Deferred[Change | None] = field(factory=Deferred)
    deadline: IDelayedCall | None = None

    @property
    def parked(self) -> bool:
        """Whether its own reading told nothing new, so that it waits for the watch."""
        return self.deadline is not None

    def judge(self, job: Job) -> None:
        """Answer if the job, as just read, differs from what the client knows."""
        values = [job.get(name) for name in self.fields]
        entries = log_entries(job["oplog"], self.previous_serial)
        if values != self.previous or entries or job["status"] in FINAL_STATES:
            self.settle((values, entries))

    def settle(self, result: Change | Failure | None) -> None:
        """Answer, unless that happened already."""
        if not self.answer.called:
            self.answer.callback(result)


def _fields_to_judge(waiters: Iterable[_Waiter]) -> tuple[str, ...]:
    """What a reading must hold to judge these by; fields unknown to luxid are null."""
    wanted = {name for waiter in waiters for name in waiter.fields} & JOB_QUERY_FIELDS
    return tuple(sorted(wanted | {*WATCHED_FIELDS, "oplog", "archived"}))


def _known_job(jobs: Mapping[int, Job], job_id: int) -> Job:
    job = jobs[job_id]
    if job["status"] is None or job["archived"]:
        raise JobDaemonError("JobLost", f"There is no job {job_id}, or it is archived")
    return job


@define(eq=False)
class _Watch:
    """The waiters of one job."""

    job_id: int
    waiters: dict[_Waiter, None] = field(factory=dict)
    loop: Deferred[None] | None = None

    def ended(self, failure: Failure | None) -> None:
        """The loop is over: when the daemon failed it, every wait has failed."""
        self.loop = None
        if failure is not None:
            for waiter in list(self.waiters):
                waiter.settle(failure)


class JobWatches:
    """All waits for jobs.

    ``reading`` is the pool that ordinary calls use; ``watching`` has connections of its own, so
    that waits never starve requests. A job that finds none of them free within that pool's
    ``acquire`` limit is read once and tries again. A reading may take ``patience`` seconds, with
    the one that it waits for.
    """

    def __init__(
        self,
        clock: IReactorTime,
        reading: LuxiDaemon,
        watching: LuxiDaemon,
        patience: float = 30.0,
    ) -> None:
        self._clock = clock
        self._patience = patience
        self._reading = reading
        self._watching = watching
        self._watches: dict[int, _Watch] = {}
        self._readings: SharedReads[int, Mapping[int, Job]] = SharedReads()
        self._draining = False

    @property
    def jobs(self) -> int:
        """How many jobs are watched."""
        return len(self._watches)

    @property
    def waiters(self) -> int:
        """How many waits are parked."""
        return sum(len(watch.waiters) for watch in self._watches.values())

    def drain(self) -> None:
        """Answer all waits as at their time-out, those that still come after one reading."""
        self._draining = True
        for watch in list(self._watches.values()):
            for waiter in [waiter for waiter in watch.waiters if waiter.parked]:
                waiter.settle(None)

    async def wait(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Any] | None,
        previous_serial: int | None,
        timeout: float,
    ) -> Change | None:
        """See `ganeti_rapi.api.call.Jobs.wait`. A cancelled wait leaves nothing behind."""
        watch = self._watches.get(job_id)
        if watch is None:
            watch = self._watches[job_id] = _Watch(job_id)
        waiter = _Waiter(fields, previous, previous_serial)
        watch.waiters[waiter] = None
        reading = self._read(job_id, [waiter])
        reading.addCallback(self._judge_or_park, watch, waiter, timeout)
        reading.addErrback(waiter.settle)
        try:
            return await waiter.answer
        finally:
            reading.cancel()
            self._leave(watch, waiter)

    def _judge_or_park(self, job: Job, watch: _Watch, waiter: _Waiter, timeout: float) -> None:
        waiter.judge(job)
        if self._draining:
            waiter.settle(None)
        if waiter.answer.called:
            return
        waiter.deadline = self._clock.callLater(timeout, waiter.settle, None)
        if watch.loop is None:
            watch.loop = Deferred.fromCoroutine(self._keep_watch(watch, job))
            watch.loop.addBoth(watch.ended)

    def _leave(self, watch: _Watch, waiter: _Waiter) -> None:
        if waiter.deadline is not None and waiter.deadline.active():
            waiter.deadline.cancel()
        del watch.waiters[waiter]
        if watch.waiters:
            return
        del self._watches[watch.job_id]
        if watch.loop is not None:
            watch.loop.cancel()

    def _read(self, job_id: int, waiters: Iterable[_Waiter]) -> Deferred[Job]:
        """The job, as luxid knows it from now on. Fails with JobLost when it knows none."""
        fields = _fields_to_judge(waiters)
        jobs = self._readings.read(fields, job_id, lambda job_ids: self._query(job_ids, fields))
        in_time = within(self._clock, self._patience, jobs, "The job daemon did not answer in time")
        return Deferred.fromCoroutine(in_time).addCallback(_known_job, job_id)

    async def _query(self, job_ids: Iterable[int], fields: Sequence[str]) -> Mapping[int, Job]:
        wanted = sorted(set(job_ids))
        slices = self._reading.rows("QueryJobs", wanted, fields)
        rows = [row async for slice_ in slices for row in slice_]
        return {job_id: dict(zip(fields, row)) for job_id, row in zip(wanted, rows)}

    async def _keep_watch(self, watch: _Watch, job: Job) -> None:
        """Wake up at each change of the job, until it ends or the last waiter cancels this."""
        while watch.waiters and job["status"] not in FINAL_STATES:
            if await self._something_new(watch.job_id, job):
                job = await self._judge_all(watch)

    async def _judge_all(self, watch: _Watch) -> Job:
        """A reading by which every parked waiter has been judged.

        Readings of different fields may overtake each other, so a waiter may have come and been
        parked meanwhile by a reading that is older than this one. Then there is another reading.
        """
        while True:
            present = dict(watch.waiters)
            job = await self._read(watch.job_id, present)
            for waiter in present:
                waiter.judge(job)
            if all(waiter in present for waiter in watch.waiters if waiter.parked):
                return job

    async def _something_new(self, job_id: int, job: Job) -> bool:
        """Whether the job differs from this reading, as soon as it does or after a while."""
        known = [job[name] for name in WATCHED_FIELDS]
        serial = max((entry[0] for entry in log_entries(job["oplog"], None)), default=None)
        try:
            values, entries = await self._watching.call(
                "WaitForJobChange",
                *(job_id, WATCHED_FIELDS, known, serial, WATCH_SECONDS),
                timeout=WATCH_SECONDS + REPLY_MARGIN,
            )
        except LuxiTimeout:
            return True
        return bool(entries) or values != known
