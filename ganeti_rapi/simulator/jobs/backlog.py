"""Which queued jobs may start, and in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush

from attrs import define, field


@define
class Backlog:
    """The jobs that have not started. All are known by their ids.

    A job becomes eligible when those that it waits for are done. Of the eligible ones the most
    urgent (the lowest priority) goes first, then the oldest.
    """

    _waits_for: dict[int, set[int]] = field(factory=dict, init=False)
    _dependents: defaultdict[int, list[int]] = field(factory=lambda: defaultdict(list), init=False)
    _priorities: dict[int, int] = field(factory=dict, init=False)
    _eligible: list[tuple[int, int]] = field(factory=list, init=False)
    """A heap of priority and id, in which outdated entries remain."""

    def __contains__(self, job_id: int) -> bool:
        return job_id in self._waits_for

    def add(self, job_id: int, priority: int, waits_for: Iterable[int]) -> None:
        """Put a job behind those that it waits for."""
        self._waits_for[job_id] = set(waits_for)
        for other in self._waits_for[job_id]:
            self._dependents[other].append(job_id)
        self.set_priority(job_id, priority)

    def set_priority(self, job_id: int, priority: int) -> None:
        """Change the priority of a job."""
        self._priorities[job_id] = priority
        self._admit(job_id)

    def done(self, job_id: int) -> None:
        """A job has ended, or will never start: others need not wait for it any more."""
        self.remove(job_id)
        for dependent in self._dependents.pop(job_id, ()):
            if dependent in self:
                self._waits_for[dependent].discard(job_id)
                self._admit(dependent)

    def remove(self, job_id: int) -> None:
        """Take a job out, if it is here."""
        self._waits_for.pop(job_id, None)
        self._priorities.pop(job_id, None)

    def has_eligible(self) -> bool:
        """Whether a job may start."""
        while self._eligible and self._is_outdated(*self._eligible[0]):
            heappop(self._eligible)
        return bool(self._eligible)

    def pop(self) -> int:
        """Take out the job that is next. Only if there is one, says `has_eligible`."""
        _, job_id = heappop(self._eligible)
        self.remove(job_id)
        return job_id

    def _admit(self, job_id: int) -> None:
        if not self._waits_for[job_id]:
            heappush(self._eligible, (self._priorities[job_id], job_id))

    def _is_outdated(self, priority: int, job_id: int) -> bool:
        return self._priorities.get(job_id) != priority
