"""What happens to all jobs, as one stream of events for any number of readers.

luxid has no call that waits for any job at all, so while there are readers, the feed asks for the
states of all jobs twice a second and tells what is different. One question serves all readers.

Events are numbered and the last ones are kept, so that a reader who lost the connection goes on
where it was. What happened while there were no readers is told as the difference to what was known
last.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import Event
from ganeti_rapi.errors import LuxiError
from ganeti_rapi.jobstates import FINAL_STATES

_EVENT_ID = re.compile("(?P<epoch>[0-9a-f]+)-(?P<number>[0-9]{1,18})")

POLL_SECONDS = 0.5
KEPT_EVENTS = 10_000

DETAILS = ("id", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts")
"""What an event tells of its job."""


@frozen
class _Kept:
    number: int
    event: Event


@define(eq=False)
class _Reader:
    """One reader: what it has not taken yet, and how to wake it."""

    pending: deque[Event | None] = field(factory=deque)
    waiting: Deferred[None] | None = None

    def offer(self, event: Event | None) -> None:
        """Give it an event, or None when there are no more."""
        self.pending.append(event)
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def take(self) -> Event | None:
        """The next event, as soon as there is one; None at the end."""
        while not self.pending:
            self.waiting = Deferred(lambda _: setattr(self, "waiting", None))
            await self.waiting
        return self.pending.popleft()


class JobFeed:
    """The events of all jobs. ``epoch`` tells the numbers of one run from those of another."""

    log = Logger()

    def __init__(self, clock: IReactorTime, daemon: JobDaemon) -> None:
        self._daemon = daemon
        self._epoch = f"{int(clock.seconds() * 1000):x}"
        self._number = 0
        self._kept: deque[_Kept] = deque(maxlen=KEPT_EVENTS)
        self._known: dict[int, str] | None = None
        self._readers: dict[_Reader, None] = {}
        self._draining = False
        self._poll = LoopingCall(self._look)
        self._poll.clock = clock

    @property
    def readers(self) -> int:
        """How many read at the moment."""
        return len(self._readers)

    def drain(self) -> None:
        """Let each reader take what is there for it, and no more."""
        self._draining = True
        for reader in list(self._readers):
            reader.offer(None)

    async def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on, until this is drained.

        When the id is unknown or too old, the first event is a ``reset``: something may have been
        missed, and a reader that keeps a picture of the jobs should read them again.
        """
        reader = _Reader(deque(self._missed(last_id)))
        self._readers[reader] = None
        try:
            if not self._poll.running:
                self._poll.start(POLL_SECONDS)
            while not self._draining or reader.pending:
                event = await reader.take()
                if event is None:
                    return
                yield event
        finally:
            del self._readers[reader]
            if not self._readers and self._poll.running:
                self._poll.stop()

    def _missed(self, last_id: str | None) -> list[Event]:
        if last_id is None:
            return []
        match = _EVENT_ID.fullmatch(last_id)
        oldest = self._kept[0].number if self._kept else self._number + 1
        if match is None or match["epoch"] != self._epoch or int(match["number"]) < oldest - 1:
            return [Event(self._id(), "reset", None)]
        last = int(match["number"])
        return [kept.event for kept in self._kept if kept.number > last]

    def _id(self) -> str:
        return f"{self._epoch}-{self._number}"

    def _look(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._compare()).addErrback(self._look_failed)

    def _look_failed(self, failure: Any) -> None:  # Any: Failure, generic only in newer Twisted
        failure.trap(LuxiError)  # the readers wait; when luxid is back they are told what is new

    async def _compare(self) -> None:
        now: dict[int, str] = {}
        async for rows in self._daemon.rows("QueryJobs", None, ["id", "status"]):
            now.update((job_id, status) for job_id, status in rows)
        known, self._known = self._known, now
        if known is None:
            return
        news = [job_id for job_id, status in now.items() if known.get(job_id) != status]
        for job in await self._details(news):
            self._tell(_event_name(known.get(job["id"]), job["status"]), job)

    async def _details(self, job_ids: list[int]) -> list[Mapping[str, Any]]:
        if not job_ids:
            return []
        slices = self._daemon.rows("QueryJobs", job_ids, list(DETAILS))
        jobs = [dict(zip(DETAILS, row)) async for rows in slices for row in rows]
        return [job for job in jobs if job["status"] is not None]

    def _tell(self, name: str, job: Mapping[str, Any]) -> None:
        self._number += 1
        event = Event(self._id(), name, job)
        self._kept.append(_Kept(self._number, event))
        for reader in list(self._readers):
            reader.offer(event)


def _event_name(before: str | None, status: str) -> str:
    if status in FINAL_STATES:
        return "finished"
    return "submitted" if before is None else "changed"
