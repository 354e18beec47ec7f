"""Which event each webhook has taken last, on disk, so that it goes on there after a restart."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress


class Positions:
    """The positions in a directory, a file for each webhook, and who may deliver.

    Of several processes one delivers, as long as it has the lock, which the kernel takes from one
    that dies.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._lock: int | None = None

    def take_turn(self) -> bool:
        """Whether it is for this process to deliver. Raises OSError."""
        if self._lock is None:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            path = os.path.join(self._directory, "webhooks.lock")
            self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def give_turn(self) -> None:
        """Leave it to others."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read(self, name: str) -> str | None:
        """The id of the event that this webhook took last; None if it never took one."""
        with suppress(OSError), open(self._path(name), encoding="ascii") as file:
            return file.read().strip() or None
        return None

    def write(self, name: str, event_id: str) -> None:
        """It took this event. Raises OSError."""
        new = f"{self._path(name)}.new"
        with open(new, "w", encoding="ascii") as file:
            file.write(f"{event_id}\n")
        os.replace(new, self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, f"webhook.{name}")
