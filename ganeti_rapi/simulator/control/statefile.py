"""A cluster that outlives its process, in a file: ``--state FILE``."""

from __future__ import annotations

import io
import os
import pickle
import tempfile
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

from attrs import define, field, has
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ganeti_rapi import __version__
from ganeti_rapi.simulator.control.states import StateError, States

HEADER = f"a cluster of ganeti-rapi --simulate, release {__version__}\n".encode()

QUICK = 0.02
"""Seconds within which a file must have been written to be written at once again."""

DELAY = 0.1
"""Seconds until a change is written otherwise, so that many are written at once."""

SHARE = 20
"""Nor is it written for more than one part in so many of the time then."""

OURS = "ganeti_rapi.simulator."


@define(eq=False)
class StateFile:
    """Writes the cluster to the file after each change, as a whole or not at all.

    A small one is written before anybody is told of the change, a large one soon afterwards.
    """

    path: str
    _states: States
    _clock: IReactorTime
    _due: IDelayedCall | None = None
    _took: float = 0.0
    _log: Logger = field(factory=Logger)

    def load(self) -> bool:
        """Bring back the cluster of the file, if there is one. Raises ValueError, or OSError."""
        try:
            with open(self.path, "rb") as file:
                header, data = file.readline(), file.read()
        except FileNotFoundError:
            return False
        if header != HEADER:
            raise ValueError(
                f"{self.path} was not written by this release, {__version__}; remove it to begin "
                "anew, or name another file"
            )
        try:
            self._states.take(_Reader(io.BytesIO(data)).load())
        except (pickle.UnpicklingError, EOFError, StateError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} is damaged: {error}") from None
        return True

    def job_changed(self, job_id: int) -> None:
        """A job has changed, and perhaps what it worked on."""
        job = self._states.queue.jobs.get(job_id)
        if job is not None and job.finalized:
            self.changed()
        else:
            self._write_later()

    def changed(self) -> None:
        """Something is other than in the file, and will stay so."""
        if self._took < QUICK:
            self.save()
        else:
            self._write_later()

    def _write_later(self) -> None:
        if self._due is None:
            self._due = self._clock.callLater(max(DELAY, SHARE * self._took), self._write_due)

    def _write_due(self) -> None:
        self._due = None
        self.save()

    def save(self) -> None:
        """Write what is not written yet; the log tells if that fails."""
        try:
            self.write()
        except OSError as error:
            self._log.error("No cluster is kept in {path}: {error}", path=self.path, error=error)

    def write(self) -> None:
        """Write the file now. Raises OSError."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        began = time.perf_counter()
        directory = os.path.dirname(os.path.abspath(self.path))
        with tempfile.NamedTemporaryFile(dir=directory, prefix=".state", delete=False) as file:
            try:
                file.write(HEADER + self._states.frozen(with_open_jobs=True))
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, self.path)
            except OSError:
                with suppress(OSError):
                    os.unlink(file.name)
                raise
        self._took = time.perf_counter() - began


class _Reader(pickle.Unpickler):
    """Reads what was written here, and makes nothing else, whatever a file says."""

    def find_class(self, module: str, name: str) -> Any:  # Any: a class
        if (module, name) == ("random", "Random"):
            return super().find_class(module, name)
        if module.startswith(OURS) and "." not in name:
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and has(found):
                return found
        raise pickle.UnpicklingError(f"it wants to make a {module}.{name}")
