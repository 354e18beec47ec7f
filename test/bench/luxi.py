"""LUXI calls of a benchmark, and the jobs that it makes."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.luxi.codec import Framer, decode_reply, encode_request

TIMEOUT = 30.0

CHUNK = 65536

DELAY_TEST = "delay-test"
"""The type of a log entry that holds the path of a socket."""

ALL_LOG = 1_000_000
"""A log serial that no job reaches: who knows it, is told nothing of the log."""


class Connection:
    """A connection that is kept for several calls, one after the other. Raises OSError."""

    def __init__(self, path: str) -> None:
        self._framer = Framer()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(TIMEOUT)
        self._socket.connect(path)

    def call(self, method: str, *args: object) -> Any:  # Any: the result's shape is the method's
        """The result of a call. Raises `JobDaemonError` or OSError."""
        self._socket.sendall(encode_request(method, args))
        while data := self._socket.recv(CHUNK):
            for message in self._framer.feed(data):
                return decode_reply(b"".join(message))
        raise OSError("the job daemon closed the connection")

    def close(self) -> None:
        self._socket.close()


def call(path: str, method: str, *args: object) -> Any:  # Any: as above
    """One call on a connection of its own. Raises `JobDaemonError` or OSError."""
    with closing(Connection(path)) as connection:
        return connection.call(method, *args)


def submit_delays(path: str, durations: Sequence[float]) -> list[int]:
    """Submit a job for each duration, in seconds, which does nothing for that long.

    It takes no lock: with ``on_master``, the default, it would take the master node's, and such
    jobs would wait for one another. `interrupt_delay` ends it before.
    """
    delay = {"OP_ID": "OP_TEST_DELAY", "on_master": False, "interruptible": True, "reason": []}
    jobs = [[{**delay, "duration": seconds}] for seconds in durations]
    return [job_id for _, job_id in call(path, "SubmitManyJobs", jobs)]


def interrupt_delay(path: str, job: int) -> None:
    """End such a job of a real luxid now, and well; do nothing if it has ended.

    Its log names a socket that somebody has to connect to. To kill it instead would leave luxid
    unable to start other jobs for minutes.
    """
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        ((status, log),) = call(path, "QueryJobs", [job], ["status", "oplog"])
        sockets = [message[0] for *_, kind, message in log[0] if kind == DELAY_TEST]
        if status in FINAL_STATES:
            return
        if sockets:
            with closing(socket.socket(socket.AF_UNIX)) as waker, suppress(OSError):  # just ended
                waker.connect(sockets[0])
            return
        time.sleep(0.05)
    raise TimeoutError(f"job {job} did not get so far that it can be interrupted")


def kill(path: str, job: int) -> None:
    """End a job of a simulated luxid now."""
    call(path, "CancelJob", job, True)


def wait_until_running(path: str, jobs: Sequence[int], patience: float) -> None:
    """Return once all jobs run. Raises TimeoutError."""
    end = time.monotonic() + patience
    while True:
        states = {status for (status,) in call(path, "QueryJobs", jobs, ["status"])}
        if states == {"running"}:
            return
        if time.monotonic() > end:
            raise TimeoutError(f"the jobs should run by now, but some are {sorted(states)}")
        time.sleep(0.1)


def ends(path: str, jobs: Sequence[int]) -> dict[int, float]:
    """When each job ended, in seconds since the epoch."""
    rows = call(path, "QueryJobs", jobs, ["id", "end_ts"])
    return {job_id: seconds + microseconds / 1e6 for job_id, (seconds, microseconds) in rows}
