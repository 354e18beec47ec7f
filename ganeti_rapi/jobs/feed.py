"""What happens to jobs and to all other objects, as one stream of events for any number of readers.

While there are readers, one process looks at the cluster and tells what is different; with a
journal, the others tell what that one has written, and one of them goes on when its turn is over.
One question serves all readers. What happened while there were none is told to the first one's
log, as the difference to what was known last, so that readers who come back miss nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from enum import Enum

from attrs import evolve
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.api.call import JobDaemon
from ganeti_rapi.api.events import CONNECTED, Event
from ganeti_rapi.errors import LuxiError
from ganeti_rapi.jobs.eventlog import EventLog
from ganeti_rapi.jobs.journal import Journal
from ganeti_rapi.jobs.looks import Looks
from ganeti_rapi.jobs.parts import BUT_INSTANCES, EVERYTHING, NOTHING
from ganeti_rapi.jobs.wakeups import Polls, Wakeups
from ganeti_rapi.sharing import SharedReads

REST = 30.0
"""Seconds after which objects are looked at though no job has ended: for what no job does, such as
filter rules."""

RESTS = 20
"""After so many of them, instances are looked at as well, of which there are many."""

FOLLOW = 0.02
"""Seconds between two looks at what another process has written."""

RETRY = 1.0
"""Seconds until luxid is asked again that could not answer."""

GRACE = 5.0
"""Seconds that a reader has to begin, once it is connected."""


class Role(Enum):
    """What this process does."""

    IDLE = "there are no readers"
    LOOKING = "it looks at the cluster, and tells"
    FOLLOWING = "another one does"


class Feed:
    """The events of the cluster. ``now`` gives the seconds since the epoch.

    ``wakeups`` say when to look at jobs. With a ``journal`` the events of a day are kept, for other
    processes as well.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        daemon: JobDaemon,
        now: Callable[[], float],
        wakeups: Wakeups | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._clock = clock
        self._wakeups = wakeups or Polls(clock)
        self._log = EventLog(f"{int(clock.seconds() * 1000):x}", self._watched, journal)
        self._looks = Looks(daemon, self._log, now)
        self._shared = journal is not None
        self._role = Role.IDLE
        self._known = False  # the jobs, as they are now
        self._knows_objects = False
        self._of_objects = 0
        self._turn = DeferredLock()  # of two looks at once the older one might come last
        self._first_looks: SharedReads[None, None] = SharedReads()  # of all who come at once
        self._due: set[int] | None = set()
        self._rests = 0
        self._part = NOTHING
        self._waits = False
        self._grace: IDelayedCall | None = None
        self._rest, self._follow = LoopingCall(self._look_anyway), LoopingCall(self._go_on)
        self._rest.clock = self._follow.clock = clock

    @property
    def readers(self) -> int:
        """How many read at the moment."""
        return self._log.readers

    @property
    def position(self) -> str:
        """The id of the last event."""
        return self._log.position

    def drain(self) -> None:
        """Let each reader take what is there for it, and no more."""
        self._log.drain()

    async def job_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """The events of jobs after the one with that id, or from now on, until this is drained.

        They have the older form: the change is the name, and the data are the job's.
        """
        async for event in self._log.events(last_id):
            if event.data is None:
                yield event
            elif event.job is not None:
                yield evolve(event, name=event.data["change"], data=event.job)

    async def connect(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on, until this is drained.

        The first one is ``connected``: whatever happens from then on is told. Raises `LuxiError`.
        """
        self._of_objects += 1
        try:
            self._begin()
            if self._role is Role.LOOKING and not self._knows_objects:
                await self._first_looks.read("", None, lambda _: self._know_objects())
        finally:
            self._of_objects -= 1
        if not self._log.readers and self._grace is None:
            self._grace = self._clock.callLater(GRACE, self._give_up)
        return self._after(last_id or self._log.position)

    async def _after(self, position: str) -> AsyncIterator[Event]:
        self._of_objects += 1
        try:
            yield Event(position, CONNECTED, {"position": position})
            async for event in self._log.events(position):
                yield event
        finally:
            self._of_objects -= 1
            self._knows_objects = self._knows_objects and self._looks_at_objects
            self._end_if_unread()

    @property
    def _looks_at_objects(self) -> bool:
        """Whether somebody reads of them; of other processes that is not known."""
        return self._shared or self._of_objects > 0

    def _give_up(self) -> None:
        self._grace = None
        self._end_if_unread()

    def _watched(self, watched: bool) -> None:
        if not watched:
            self._end_if_unread()
            return
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None
        self._begin()
        if self._role is Role.LOOKING and not self._known:
            self._wake(None)

    def _begin(self) -> None:
        """Look or follow, and know what was told so far."""
        if self._role is not Role.IDLE:
            return
        if self._log.take_turn():
            self._begin_looking()
        else:
            self._role = Role.FOLLOWING
            self._follow.start(FOLLOW)

    def _begin_looking(self) -> None:
        self._role = Role.LOOKING
        self._known = self._knows_objects = False
        self._wakeups.start(self._wake)
        self._rest.start(REST, now=False)

    def _go_on(self) -> None:
        """Tell what another process has told, until it is for this one to look."""
        if self._log.take_turn():
            self._follow.stop()
            self._begin_looking()
            self._wake(None)
        else:
            self._log.catch_up()

    def _end_if_unread(self) -> None:
        waited_for = self._log.readers or self._of_objects or self._grace is not None
        if waited_for or self._role is Role.IDLE:
            return
        if self._role is Role.FOLLOWING:
            self._follow.stop()
        else:
            self._wakeups.stop()
            self._rest.stop()
            self._known = self._knows_objects = False
        self._role = Role.IDLE
        self._turn.run(self._give_turn)  # when the look that is under way is over

    def _give_turn(self) -> None:
        if self._role is Role.IDLE:
            self._log.give_turn()

    def _look_anyway(self) -> None:
        self._rests += 1
        self._part |= BUT_INSTANCES if self._rests % RESTS else EVERYTHING
        self._log.mend()
        self._wake(None)

    def _wake(self, job_ids: Collection[int] | None) -> None:
        """Look at these jobs, or at all, as soon as the look that is under way is over."""
        if job_ids is None:
            self._due = None
        elif self._due is not None:
            self._due.update(job_ids)
        if not self._waits:
            self._waits = True
            Deferred.fromCoroutine(self._catch_up()).addErrback(self._look_failed)

    def _look_failed(self, failure: Failure) -> None:
        if not failure.check(LuxiError):  # without luxid the readers wait, and are told later
            self.log.failure("The cluster can't be looked at", failure=failure)
        self._clock.callLater(RETRY, self._look_again)

    def _look_again(self) -> None:
        if self._role is Role.LOOKING:
            self._wake(None)

    async def _catch_up(self) -> None:
        await self._turn.run(lambda: Deferred.fromCoroutine(self._look()))

    async def _know_objects(self) -> None:
        if not self._knows_objects:  # since somebody else asked for it
            await self._catch_up()

    async def _look(self) -> None:
        self._waits = False
        due, self._due = self._due, set()
        objects = self._looks_at_objects
        part, self._part = self._part if self._knows_objects else EVERYTHING, NOTHING
        try:
            await self._looks.look(due if self._known else None, objects, part)
        except BaseException:
            self._known = self._knows_objects = False  # what was due is now, with all the rest
            raise
        self._known, self._knows_objects = True, objects
