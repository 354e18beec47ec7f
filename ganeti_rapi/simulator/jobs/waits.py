"""Who waits for a change of which job: luxid's side of WaitForJobChange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ganeti_rapi.simulator.jobs.job import Job, LogEntry

MAX_TIMEOUT = 89
"""Seconds. luxid cuts longer waits down to this."""

JobChange = tuple[list[Any], list[LogEntry]]  # Any: values of the fields' own types
"""The current values of the fields, and the log entries that the client has not seen."""


@frozen
class Knowledge:
    """What a client wants to know of a job, and what it knows already.

    ``values`` are the values of ``fields`` that it saw last, or None; ``serial`` is that of the
    last log entry that it saw, or None.
    """

    fields: Sequence[str]
    values: object = None
    serial: int | None = None

    def reply(self, job: Job) -> JobChange:
        """What a reply would say now."""
        return job.values(self.fields), job.log_above(self.serial)

    def lacks(self, reply: JobChange) -> bool:
        """Whether the client would learn anything from a reply."""
        values, entries = reply
        return values != self.values or bool(entries)


_Waits = dict[Deferred[JobChange], tuple[Knowledge, IDelayedCall]]


@define
class JobWaits:
    """All the waits that are open. ``noted`` is called with the id of each job that changed."""

    _clock: IReactorTime
    noted: Callable[[int], None] = lambda _: None
    _by_job: dict[int, _Waits] = field(factory=dict, init=False)

    def __len__(self) -> int:
        return sum(map(len, self._by_job.values()))

    def wait(self, job: Job, knowledge: Knowledge, timeout: float) -> Deferred[JobChange]:
        """Fire once the client lacks something, or after ``timeout`` seconds.

        It fires with the current state in both cases, as luxid answers. A job that is done
        answers at once. Cancelling the Deferred ends the wait.
        """
        reply = knowledge.reply(job)
        if job.finalized or knowledge.lacks(reply):
            return succeed(reply)
        answer: Deferred[JobChange] = Deferred(partial(self._withdraw, job))
        delay = min(max(timeout, 0), MAX_TIMEOUT)
        call = self._clock.callLater(delay, self._answer, job, answer)
        self._by_job.setdefault(job.id, {})[answer] = (knowledge, call)
        return answer

    def changed(self, job: Job) -> None:
        """Answer the waits for which the job's change is news."""
        self.noted(job.id)
        for answer, (knowledge, _) in list(self._by_job.get(job.id, {}).items()):
            if job.finalized or knowledge.lacks(knowledge.reply(job)):
                self._answer(job, answer)

    def cancel_all(self) -> None:
        """End every wait with a `CancelledError`."""
        for answer in [answer for waits in self._by_job.values() for answer in waits]:
            answer.cancel()

    def _answer(self, job: Job, answer: Deferred[JobChange]) -> None:
        knowledge = self._forget(job, answer)
        answer.callback(knowledge.reply(job))

    def _withdraw(self, job: Job, answer: Deferred[JobChange]) -> None:
        self._forget(job, answer)

    def _forget(self, job: Job, answer: Deferred[JobChange]) -> Knowledge:
        waits = self._by_job[job.id]
        knowledge, timeout = waits.pop(answer)
        if not waits:
            del self._by_job[job.id]
        if timeout.active():
            timeout.cancel()
        return knowledge
