"""Snapshots: the whole cluster with the jobs that are done, kept and brought back."""

from __future__ import annotations

import pickle
from typing import Any

from attrs import define, field, fields

from ganeti_rapi.simulator.jobs.job import Job
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.state import Cluster, Identities

FIRST = "first"
"""The snapshot of how it all began."""

State = tuple[Cluster, dict[int, Job], Identities]


class StateError(ValueError):
    """A snapshot that there is not."""


@define
class States:
    """The snapshots of one cluster, in memory, by name."""

    cluster: Cluster
    queue: JobQueue
    identities: Identities
    _kept: dict[str, bytes] = field(factory=dict)

    def save(self, name: str) -> None:
        """Keep the cluster as it is, with the jobs that are done, under a name."""
        self._kept[name] = self.frozen()

    def frozen(self) -> bytes:
        """The cluster as it is."""
        done = {number: job for number, job in self.queue.jobs.items() if job.finalized}
        return pickle.dumps((self.cluster, done, self.identities))

    def restore(self, name: str) -> None:
        """Bring back what was kept; jobs that are not done end. Raises `StateError`."""
        if name not in self._kept:
            known = ", ".join(sorted(self._kept)) or "none"
            raise StateError(f"there is no snapshot '{name}'; there are: {known}")
        self.thaw(self._kept[name])

    def thaw(self, data: bytes) -> None:
        """Bring back a cluster as `frozen` gave it."""
        cluster, jobs, identities = pickle.loads(data)
        self.queue.replace_jobs(jobs)
        _take_over(self.cluster, cluster)
        _take_over(self.identities, identities)


def _take_over(kept: Any, other: Any) -> None:  # Any: two objects of one class of attrs
    """Give an object all attributes of another one: others hold on to it."""
    for attribute in fields(type(kept)):
        setattr(kept, attribute.name, getattr(other, attribute.name))
