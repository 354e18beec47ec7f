"""Locks between the processes that serve together, so that only one of them does a thing."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

STEP = 0.02
"""Seconds between two tries to get a lock that another process holds."""

Hold = Callable[[str], AbstractAsyncContextManager[None]]
"""Holds the lock of a name, which is hexadecimal, as long as the context lasts."""


def alone(_name: str) -> AbstractAsyncContextManager[None]:
    """The `Hold` of a process that serves alone."""
    return nullcontext()


class SharedLocks:
    """Locks on the bytes of a file that all these processes have open: one byte for each name.

    The kernel takes them from a process that dies. A process is never in its own way: whoever holds
    a name's lock must not ask for it again.
    """

    def __init__(self, clock: IReactorTime, descriptor: int) -> None:
        self._clock = clock
        self._descriptor = descriptor

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """As `Hold` says."""
        place = int(name[:15], 16)
        while not self._takes(place):
            await deferLater(self._clock, STEP)
        try:
            yield
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place, os.SEEK_SET)

    def _takes(self, place: int) -> bool:
        with suppress(BlockingIOError, PermissionError):  # as POSIX has it, either means "taken"
            how = fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(self._descriptor, how, 1, place, os.SEEK_SET)
            return True
        return False


class Turn:
    """A lock on a file, by which one of several processes has a turn for as long as it likes.

    The kernel takes it from one that dies. Its directory is made when it is not there.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether this process has it from now on. Raises OSError."""
        if self._descriptor is None:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give(self) -> None:
        """Leave it to others."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
