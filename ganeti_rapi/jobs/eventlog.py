"""Events in their order, for any number of readers: the last ones are kept and can be read again.

Events are numbered, so that a reader who lost the connection goes on where it was. ``epoch`` tells
the numbers of one run of the daemon from those of another.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred

from ganeti_rapi.api.events import Event

_EVENT_ID = re.compile("(?P<epoch>[0-9a-f]+)-(?P<number>[0-9]{1,18})")

KEPT_EVENTS = 10_000


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


class EventLog:
    """What was told so far, and who reads it. ``watched`` is called when that begins and ends."""

    def __init__(self, epoch: str, watched: Callable[[bool], None]) -> None:
        self._epoch = epoch
        self._watched = watched
        self._number = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT_EVENTS)
        self._readers: dict[_Reader, None] = {}
        self._draining = False

    @property
    def readers(self) -> int:
        """How many read at the moment."""
        return len(self._readers)

    @property
    def position(self) -> str:
        """The id of the last event."""
        return f"{self._epoch}-{self._number}"

    def drain(self) -> None:
        """Let each reader take what is there for it, and no more."""
        self._draining = True
        for reader in list(self._readers):
            reader.offer(None)

    def tell(self, name: str, data: Mapping[str, Any], **more: Any) -> None:
        # Any: JSON, and what else an `Event` has
        """Something happened."""
        self._number += 1
        event = Event(self.position, name, data, **more)
        self._kept.append((self._number, event))
        for reader in list(self._readers):
            reader.offer(event)

    async def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on, until this is drained.

        When the id is unknown or too old, the first event is a ``reset``: something may have been
        missed, and a reader that keeps a picture should read it again.
        """
        reader = _Reader(deque(self._missed(last_id)))
        self._readers[reader] = None
        try:
            if len(self._readers) == 1:
                self._watched(True)
            while not self._draining or reader.pending:
                event = await reader.take()
                if event is None:
                    return
                yield event
        finally:
            del self._readers[reader]
            if not self._readers:
                self._watched(False)

    def _missed(self, last_id: str | None) -> list[Event]:
        if last_id is None:
            return []
        match = _EVENT_ID.fullmatch(last_id)
        oldest = self._kept[0][0] if self._kept else self._number + 1
        if match is None or match["epoch"] != self._epoch or int(match["number"]) < oldest - 1:
            return [Event(self.position, "reset", None)]
        last = int(match["number"])
        return [event for number, event in self._kept if number > last]
