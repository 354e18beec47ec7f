"""Events in their order, for any number of readers: what was told can be read again.

Events are numbered, so that a reader who lost the connection goes on where it was. ``epoch`` tells
these numbers from others. The last ones are in memory, and with a `Journal` those of a day on disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ganeti_rapi.api.events import Event, position_of
from ganeti_rapi.jobs.journal import Journal
from ganeti_rapi.jobs.picture import Entry, Picture

KEPT_EVENTS = 10_000

MOST_PENDING = 1000
"""Events that wait for a reader who is slow; then it reads again what is kept."""

RESET = "reset"
"""The name of the event that says: something may have been missed."""


@define(eq=False)
class _Reader:
    """One reader: what it has not taken yet, and how to wake it.

    ``lags`` says that it is to read again what is kept, since too much waited for it.
    """

    pending: deque[Event | None] = field(factory=deque)
    waiting: Deferred[None] | None = None
    lags: bool = False

    def offer(self, event: Event | None) -> None:
        """Give it an event, or None when there are no more."""
        if len(self.pending) >= MOST_PENDING and event is not None:
            self.pending.clear()
            self.lags = True
        if not self.lags or event is None:
            self.pending.append(event)
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.callback(None)

    async def take(self) -> Event | None:
        """The next event, as soon as there is one; None at the end, or if it lags."""
        while not self.pending and not self.lags:
            self.waiting = Deferred(lambda _: setattr(self, "waiting", None))
            await self.waiting
        return None if self.lags else self.pending.popleft()


class EventLog:
    """What was told so far, and who reads it. ``watched`` is called when that begins and ends.

    ``picture`` is what all that was told adds up to; None while nothing is known of the cluster.
    """

    log = Logger()

    def __init__(
        self, epoch: str, watched: Callable[[bool], None], journal: Journal | None = None
    ) -> None:
        self._epoch = epoch
        self._watched = watched
        self._journal = journal
        self._broken = False
        self._number = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT_EVENTS)
        self._readers: dict[_Reader, None] = {}
        self._draining = False
        self.picture: Picture | None = None

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

    def take_turn(self) -> bool:
        """Whether it is for this process to tell what happens, from now on."""
        if self._journal is None:
            return True
        try:
            if not self._journal.take_turn():
                return False
            self._deliver(self._journal.become_writer())
            self._follow_journal(self._journal)
        except OSError as error:
            self._break(error)
        return True

    def give_turn(self) -> None:
        """Leave it to others."""
        if self._journal is not None:
            self._journal.give_turn()

    def catch_up(self) -> None:
        """Tell what the process whose turn it is has written."""
        if self._journal is not None:
            try:
                self._deliver(self._journal.read_new())
                self._follow_journal(self._journal)
            except (OSError, ValueError, KeyError, TypeError) as error:
                self.log.error("The journal of events can't be read: {error}", error=error)

    def _follow_journal(self, journal: Journal) -> None:
        if journal.epoch:
            if journal.epoch != self._epoch:
                self._kept.clear()
            self._epoch, self._number, self.picture = journal.epoch, journal.number, journal.picture

    def begin(self, picture: Picture) -> None:
        """This is how the cluster was when nothing had been told yet."""
        self.picture = picture
        if self._journal is not None and not self._broken:
            self._write(self._journal, lambda journal: journal.begin(picture))

    def tell(self, entries: Sequence[Entry]) -> None:
        """All of this happened, in this order. The events get their ids."""
        assert self.picture is not None
        numbered = [*self._numbered(entries)]
        if self._journal is not None and not self._broken:
            self._write(self._journal, lambda journal: journal.append(numbered))
            if self._broken:
                numbered = [*self._numbered(entries)]  # in another epoch
        if self._journal is None or self._broken:
            for entry in numbered:
                self.picture.take(entry)
        self._deliver(numbered)

    def mend(self) -> None:
        """Write to the disk again, if that failed and works by now."""
        if self._journal is not None and self._broken and self.picture is not None:
            picture = self.picture
            self._write(self._journal, lambda journal: journal.begin(picture))

    def _write(self, journal: Journal, write: Callable[[Journal], None]) -> None:
        try:
            journal.number = self._number
            write(journal)
        except OSError as error:
            self._break(error)
        else:
            if self._broken:
                self.log.info("Events are written again, and positions outlive a restart")
            self._broken, self._epoch = False, journal.epoch

    def _break(self, error: OSError) -> None:
        """What is told from now on must not be taken for what may be written later."""
        if not self._broken:
            self.log.error(
                "Events can't be written: {error}. They are told all the same, but positions are "
                "good for this process only; make room, or another --events-directory",
                error=error,
            )
            self._broken, self._epoch = True, f"{self._epoch or '0'}0"

    def _numbered(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        number = self._number
        for entry in entries:
            if entry.event is not None:
                number += 1
                event = evolve(entry.event, id=f"{self._epoch}-{number}")
                yield evolve(entry, event=event)
            else:
                yield entry

    def _deliver(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.event is not None:
                self._number += 1
                self._kept.append((self._number, entry.event))
                for reader in list(self._readers):
                    reader.offer(entry.event)

    async def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on, until this is drained.

        When the id is unknown or too old, the first event is a ``reset``: something may have been
        missed, and a reader that keeps a picture should read it again.
        """
        reader = _Reader(lags=last_id is not None)
        self._readers[reader] = None
        try:
            if len(self._readers) == 1:
                self._watched(True)
            while not self._draining or reader.pending:
                if reader.lags:
                    reader.lags = False
                    for piece in self._missed(last_id):
                        for each in piece:
                            last_id = each.id
                            yield each
                event = await reader.take()
                if event is not None:
                    last_id = event.id
                    yield event
                elif not reader.lags:
                    return
        finally:
            del self._readers[reader]
            if not self._readers:
                self._watched(False)

    def _missed(self, last_id: str | None) -> Iterator[Sequence[Event]]:
        """What came after that event until now, in pieces."""
        if last_id == self.position:
            return iter(())
        position = position_of(last_id or "")
        if position is None:
            return iter(([Event(self.position, RESET, None)],))
        epoch, last = position
        oldest = self._kept[0][0] if self._kept else self._number + 1
        known = epoch == self._epoch
        if oldest <= last <= self._number:
            known = self._kept[last - oldest][1].id == last_id
        if known and oldest - 1 <= last <= self._number:
            return iter(([event for number, event in self._kept if number > last],))
        if self._journal is not None and not self._broken:
            pieces = self._journal.after(epoch, last, self._number)
            if pieces is not None:
                return ([each.event for each in piece if each.event] for piece in pieces)
        return iter(([Event(self.position, RESET, None)],))
