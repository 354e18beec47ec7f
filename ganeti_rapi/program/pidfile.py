"""The pid file: who the daemon is, and by its lock, that it lives.

The kernel drops the lock with the process, however that ends; so a file that is not locked belongs
to no living process, whatever number is in it. The stock daemon locks its file in the same way.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program.cluster import reason

_LONGEST = 100
GLANCE = 0.5
"""Seconds. `holder` locks the file for an instant to look at it; that passes within this time."""


class Taken(Exception):
    """Another process holds the file; ``pid`` is its number, or 0 when it wrote none."""

    def __init__(self, path: str, pid: int) -> None:
        self.pid = pid
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{holder} has the pid file {path}")


class PidFile:
    """A file with this process's number that only one process can hold at a time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds it."""
        return self._file is not None

    def take(self) -> None:
        """Hold it. Raises `Taken`, or `CannotStart` when the file cannot be made."""
        end = time.monotonic() + GLANCE
        while (file := _locked(self.path)) is None:
            if time.monotonic() > end:
                raise Taken(self.path, _number_in(self.path))
            time.sleep(GLANCE / 20)
        os.ftruncate(file, 0)
        os.pwrite(file, b"%d\n" % os.getpid(), 0)
        self._file = file

    def drop(self) -> None:
        """Let the file go.

        It is removed while it is still locked, so that the file of another process never is.
        """
        if self._file is None:
            return
        with suppress(OSError):  # whether there is a file does not count, the lock does
            os.unlink(self.path)
        os.close(self._file)
        self._file = None


def remove_stale(path: str) -> None:
    """Remove the file that a killed process left behind. A process that holds it keeps it."""
    if not os.path.exists(path):
        return
    with suppress(CannotStart, OSError):  # what is no pid file, or another user's, stays
        if (file := _locked(path)) is not None:
            os.unlink(path)
            os.close(file)


def holder(path: str) -> int | None:
    """The process that holds the file: its number, 0 if it wrote none; None if no process does."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _number(file)
    finally:
        os.close(file)
    return None


def _locked(path: str) -> int | None:
    """The file, open and locked; None if another process has the lock, or just removed the file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o600)
    except OSError as error:
        raise CannotStart(
            f"Can't write the pid file {path}: {reason(error)}. Ganeti's ensure-dirs makes its "
            "directory; what is in its place and not the daemon's must go"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    if os.fstat(file).st_nlink:
        return file
    os.close(file)
    return None


def _number_in(path: str) -> int:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return _number(file)
    finally:
        os.close(file)


def _number(file: int) -> int:
    text = os.pread(file, _LONGEST, 0).split()
    return int(text[0]) if text and text[0].isdigit() else 0
