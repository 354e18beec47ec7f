"""What goes wrong on the HTTP side on demand: all of it is what the API may do at any time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from attrs import define, frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from ganeti_rapi.api.call import FOREVER, Jobs
from ganeti_rapi.api.events import NOTHING_KNOWN, Event, JobState
from ganeti_rapi.errors import GatewayTimeout, Unavailable
from ganeti_rapi.jsontext import Json
from ganeti_rapi.simulator.control.faults import (
    CLOSE,
    DROPPED,
    LATE,
    REPEATED,
    TIMEOUT,
    UNAVAILABLE,
    Faults,
)

_WORDS = "The simulated cluster was told to fail now and then; ask again"


class Connections(Protocol):
    """Who decides whether connections stay open, such as the HTTP site."""

    keep_alive: bool


@define(eq=False)
class Mischief:
    """Asks ``faults`` what is to go wrong. Set ``site`` before the first request."""

    _faults: Faults
    site: Connections | None = None
    _closes: bool = False

    def check(self) -> None:
        """Raise `ApiError` if the request that begins is to fail. It may cost the connection."""
        trouble = self._faults.of_request()
        if self.site is not None:
            if self._closes:
                self.site.keep_alive = True
            self._closes = trouble == CLOSE and self.site.keep_alive
            if self._closes:
                self.site.keep_alive = False
        if trouble == UNAVAILABLE:
            raise Unavailable(_WORDS)
        if trouble == TIMEOUT:
            raise GatewayTimeout(_WORDS)


@frozen
class TroubledJobs:
    """Implements `Jobs`: waits for a job are late, repeated or dropped when ``faults`` say so."""

    _jobs: Jobs
    _faults: Faults
    _clock: IReactorTime

    async def wait(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Json] | None,
        previous_serial: int | None,
        timeout: float,
    ) -> tuple[list[Any], list[Any]] | None:  # Any: as there
        """See `Jobs.wait`."""
        trouble, late = self._faults.of_wait()
        if trouble == DROPPED:  # as if nothing had changed
            return None
        if trouble == REPEATED:  # as if the client knew nothing
            previous = previous_serial = None
        change = await self._jobs.wait(job_id, fields, previous, previous_serial, timeout)
        if trouble == LATE:
            await deferLater(self._clock, late)
        return change

    def changes(
        self, job_id: int, known: JobState = NOTHING_KNOWN, patience: float = FOREVER
    ) -> AsyncIterator[JobState]:
        """See `Jobs.changes`."""
        return self._jobs.changes(job_id, known, patience)

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `Jobs.events`."""
        return self._jobs.events(last_id)

    async def cluster_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `Jobs.cluster_events`."""
        return await self._jobs.cluster_events(last_id)

    def position(self) -> str:
        """See `Jobs.position`."""
        return self._jobs.position()
