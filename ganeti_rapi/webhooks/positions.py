"""Which event each webhook has taken last, on disk, so that it goes on there after a restart."""

from __future__ import annotations

import os
from contextlib import suppress

from ganeti_rapi.jobs.locks import Turn

UNKNOWN = "unknown"
"""Of a file that a power failure has emptied. It is no event's id, so its webhook gets a reset."""


class Positions:
    """The positions in a directory, a file for each webhook, and who may deliver.

    Of several processes the one that has the ``turn`` delivers.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self.turn = Turn(os.path.join(directory, "webhooks.lock"))

    def read(self, name: str) -> str | None:
        """The id of the event that this webhook took last; None if it never took one."""
        with suppress(OSError), open(self._path(name), encoding="ascii") as file:
            return file.read().strip() or UNKNOWN
        return None

    def write(self, name: str, event_id: str) -> None:
        """It took this event. Raises OSError."""
        new = f"{self._path(name)}.new"
        with open(new, "w", encoding="ascii") as file:
            file.write(f"{event_id}\n")
        os.replace(new, self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, f"webhook.{name}")
