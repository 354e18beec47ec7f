"""Writes: jobs that are submitted over HTTP and never run.

A filter rule holds them back in the job queue. At the end the rule rejects them, which cancels
them, and then they are archived, as is every other job that has ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException

from attrs import frozen

from ..live.daemon import HttpApi
from . import luxi

INSTANCE = "instance1"
PATH = f"/2/instances/{INSTANCE}/startup?dry-run=1"

OPCODE = {
    "OP_ID": "OP_INSTANCE_STARTUP",
    "instance_name": INSTANCE,
    "dry_run": True,
    "reason": [],
}
"""What comes of such a request."""

CANCEL_PATIENCE = 60.0
ARCHIVE_PATIENCE = 30

_PRIORITY = 0
_STARTUPS = [["opcode", ["=", "OP_ID", OPCODE["OP_ID"]]]]
_REASON = [["gnt:user", "benchmark", 0]]


@frozen
class Writes:
    """What came of some writes. ``rate`` is jobs per second."""

    rate: float
    failed: int


@contextmanager
def held_jobs(path: str) -> Iterator[None]:
    """While this lasts, jobs that start an instance stay in the queue; then they are removed."""
    rule = luxi.call(path, "ReplaceFilter", None, _PRIORITY, _STARTUPS, "PAUSE", _REASON)
    try:
        yield
        luxi.call(path, "ReplaceFilter", rule, _PRIORITY, _STARTUPS, "REJECT", _REASON)
        _wait_until_none_is_queued(path)
        luxi.call(path, "AutoArchiveJobs", 0, ARCHIVE_PATIENCE)
    finally:
        luxi.call(path, "DeleteFilter", rule)


def _wait_until_none_is_queued(path: str) -> None:
    end = time.monotonic() + CANCEL_PATIENCE
    while time.monotonic() < end:
        if ["queued"] not in luxi.call(path, "QueryJobs", None, ["status"]):
            return
        time.sleep(0.2)


def submit(host: str, port: int, clients: int, count: int) -> Writes:
    """Submit so many jobs by so many clients, on a new connection each."""
    api = HttpApi(host, port)

    def succeeds(_: int) -> bool:
        try:
            return api.request("PUT", PATH, user=api.writer).status == 200
        except (OSError, HTTPException):
            return False

    began = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        good = sum(pool.map(succeeds, range(count)))
    return Writes(good / (time.monotonic() - began), count - good)
