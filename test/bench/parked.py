"""Clients that wait for a job, a daemon that has to answer others meanwhile, and the job's end.

Every client is a thread that asks again when its wait was over before the job was, as the stock
daemon's clients have to do every ten seconds.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException

from attrs import frozen

from ..live.daemon import HttpApi
from . import luxi
from .versions import Versions
from .waiters import ENDED, WAIT_FOR_THE_END

JOB_SECONDS = 120.0
"""How long the job would last if nobody ended it, and the most that a client waits for it."""

PATIENCE = 40.0
"""Seconds until the job must run."""

SETTLING = 1.0
"""Seconds after which all who can wait do so."""


@frozen
class Parked:
    """What was measured while clients waited. All are seconds."""

    versions: list[float]
    """How long requests for /version took, one after the other."""
    told: list[float]
    """From the job's end until each of the clients knew of it."""


def measure(host: str, port: int, path: str, clients: int, requests: int) -> Parked:
    """Let so many clients wait at a daemon, and ask it for /version so often."""
    api = HttpApi(host, port)
    (job,) = luxi.submit_delays(path, [JOB_SECONDS])
    luxi.wait_until_running(path, [job], PATIENCE)
    with ThreadPoolExecutor(clients) as pool:
        waits = [pool.submit(_told_at, api, job) for _ in range(clients)]
        try:
            time.sleep(SETTLING)
            versions = [_version(host, port) for _ in range(requests)]
        finally:
            luxi.interrupt_delay(path, job)
            ended = time.monotonic()
        return Parked(versions, [wait.result() - ended for wait in waits])


def _told_at(api: HttpApi, job: int) -> float:
    """The moment at which a client knows that the job has ended. Raises TimeoutError."""
    end = time.monotonic() + JOB_SECONDS
    while time.monotonic() < end:
        try:
            reply = api.request("GET", f"/2/jobs/{job}/wait", WAIT_FOR_THE_END, api.writer)
        except (OSError, HTTPException):  # the stock daemon drops those it has no time for
            continue
        if reply.status != 200:
            raise AssertionError(f"a wait was answered {reply.status}: {reply.body!r}")
        change = reply.json()
        if change is not None and change["job_info"] in ENDED:
            return time.monotonic()
    raise TimeoutError(f"a client never heard of the end of job {job}")


def _version(host: str, port: int) -> float:
    """The seconds that /version takes on a new connection."""
    began = time.monotonic()
    with closing(Versions(host, port)) as versions:
        versions.ask()
    return time.monotonic() - began
