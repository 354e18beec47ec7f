"""LUXI calls of a benchmark, and the jobs that it makes."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from ganeti_rapi.luxi.codec import Framer, decode_reply, encode_request

TIMEOUT = 30.0

CHUNK = 65536


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
                return decode_reply(message)
        raise OSError("the job daemon closed the connection")

    def close(self) -> None:
        self._socket.close()


def call(path: str, method: str, *args: object) -> Any:  # Any: as above
    """One call on a connection of its own. Raises `JobDaemonError` or OSError."""
    with closing(Connection(path)) as connection:
        return connection.call(method, *args)


def submit_delays(path: str, durations: Sequence[float]) -> list[int]:
    """Submit a job for each duration, in seconds, which does nothing for that long."""
    delay = {"OP_ID": "OP_TEST_DELAY", "reason": []}
    jobs = [[{**delay, "duration": seconds}] for seconds in durations]
    return [job_id for _, job_id in call(path, "SubmitManyJobs", jobs)]


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
