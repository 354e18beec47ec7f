"""Snapshots: the whole cluster with the jobs that are done, kept and brought back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from attrs import define, field, fields

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.jobs.job import ERROR, Job, error_result
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.state import Cluster, Identities

FIRST = "first"
"""The snapshot of how it all began."""

_INTERRUPTED = JobDaemonError("OpExecError", "The job was under way when the simulator ended")

State = tuple[Cluster, dict[int, Job], Identities]


class StateError(ValueError):
    """A snapshot that there is not."""


@define
class States:
    """The snapshots of one cluster, in memory, by name.

    ``changed`` is called when one was brought back.
    """

    cluster: Cluster
    queue: JobQueue
    identities: Identities
    changed: Callable[[], None] = lambda: None
    _kept: dict[str, bytes] = field(factory=dict)

    def save(self, name: str) -> None:
        """Keep the cluster as it is, with the jobs that are done, under a name."""
        self._kept[name] = self.frozen()

    def frozen(self, *, with_open_jobs: bool = False) -> bytes:
        """The cluster as it is, with the jobs that are done, or with all."""
        jobs = {
            number: job
            for number, job in self.queue.jobs.items()
            if job.finalized or with_open_jobs
        }
        return pickle.dumps((self.cluster, jobs, self.identities))

    def restore(self, name: str) -> None:
        """Bring back what was kept; jobs that are not done end. Raises `StateError`."""
        if name not in self._kept:
            known = ", ".join(sorted(self._kept)) or "none"
            raise StateError(f"there is no snapshot '{name}'; there are: {known}")
        self.thaw(self._kept[name])

    def thaw(self, data: bytes) -> None:
        """Bring back a cluster as `frozen` gave it."""
        self.take(pickle.loads(data))
        self.changed()

    def take(self, state: State) -> None:
        """Have this cluster instead. Raises `StateError` if it is none.

        What was under way when it was kept has failed: nobody knows how far it came.
        """
        expected = [Cluster, dict, type(self.identities)]
        if not isinstance(state, tuple) or list(map(type, state)) != expected:
            raise StateError("it holds no cluster")
        cluster, jobs, identities = state
        for job in jobs.values():
            if not job.finalized:
                job.end_ts = job.received_ts
                job.mark_unfinished(ERROR, error_result(_INTERRUPTED), job.end_ts)
        self.queue.replace_jobs(jobs)
        _take_over(self.cluster, cluster)
        _take_over(self.identities, identities)


def _take_over(kept: Any, other: Any) -> None:  # Any: two objects of one class of attrs
    """Give an object all attributes of another one: others hold on to it."""
    for attribute in fields(type(kept)):
        setattr(kept, attribute.name, getattr(other, attribute.name))
