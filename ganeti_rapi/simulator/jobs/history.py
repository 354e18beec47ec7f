"""Jobs of the past, so that a new cluster has something to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.jobs.queue import JobQueue
from ganeti_rapi.simulator.state import Cluster
from ganeti_rapi.simulator.task import OpcodeJson

_EVERY = 60.0
"""Seconds between the starts of two jobs."""

_ACTIONS = ("OP_INSTANCE_REBOOT", "OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_STARTUP")

_FAILURES = 25
"""One job in so many failed."""


def add_history(queue: JobQueue, cluster: Cluster, count: int, now: float) -> None:
    """Record jobs that went over the cluster's instances in turn and ended before ``now``."""
    for number in range(count):
        op = _action(cluster, number)
        failed = number % _FAILURES == _FAILURES - 1
        error = JobDaemonError("OpExecError", "The node did not answer in time") if failed else None
        queue.add_finished([op], now - (count - number) * _EVERY, error=error)


def add_jobs(queue: JobQueue, jobs: Iterable[Mapping[str, Any]], now: float) -> None:
    """Record jobs that a file describes: their opcodes, how old they are, and how they failed."""
    for job in jobs:
        error = JobDaemonError("OpExecError", job["error"]) if "error" in job else None
        queue.add_finished(job["ops"], now - job.get("seconds_ago", _EVERY), error=error)


def _action(cluster: Cluster, number: int) -> OpcodeJson:
    if not cluster.instances:
        return {"OP_ID": "OP_CLUSTER_REDIST_CONF"}
    instance = cluster.instances[number // len(_ACTIONS) % len(cluster.instances)]
    return {"OP_ID": _ACTIONS[number % len(_ACTIONS)], "instance_name": instance.name}
