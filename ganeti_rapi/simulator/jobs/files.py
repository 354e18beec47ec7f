"""What shows in the directory of the job queue that a job has changed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


class JobFiles:
    """Writes a file for each job that changes, as luxid does, for those who watch the directory.

    They ask the job daemon what is new, so the files are empty and go at once.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def changed(self, job_id: int) -> None:
        """Something about a job is new."""
        path = self._directory / f"job-{job_id}"
        with suppress(OSError):  # at the end the directory may be gone
            path.touch(mode=0o600)
            path.unlink()
