"""What makes the feed look at the jobs: twice a second, or whenever luxid writes a job's file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.filepath import FilePath

if TYPE_CHECKING:
    from twisted.internet.inotify import INotify

Wake = Callable[[Collection[int] | None], None]
"""Called with the jobs to look at, or None for all of them."""

POLL_SECONDS = 0.5

SAFETY_SECONDS = 30.0
"""Between two looks at all jobs where files tell which have changed."""

SETTLED_SECONDS = 0.2
"""After the last change of a job's file, to look again: luxid may have read it later than we."""

_JOB_FILE = re.compile("job-([0-9]{1,18})")


class Wakeups(Protocol):
    """Says when to look."""

    def start(self, wake: Wake) -> None:
        """Begin."""

    def stop(self) -> None:
        """No more."""


class Polls:
    """Has all jobs looked at again and again."""

    def __init__(self, clock: IReactorTime, seconds: float = POLL_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self._loop: LoopingCall | None = None

    def start(self, wake: Wake) -> None:
        """See `Wakeups`."""
        self._loop = LoopingCall(wake, None)
        self._loop.clock = self._clock
        self._loop.start(self._seconds, now=False)

    def stop(self) -> None:
        """See `Wakeups`."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()


class QueueDirectory:
    """Has the jobs looked at whose files change in the directory of luxid's job queue.

    A file is written beside and renamed, and moved away when the job is archived; luxid then reads
    it anew. All jobs are looked at now and then, in case the system lost a notice. Where the
    directory cannot be watched, this is `Polls`.
    """

    log = Logger()

    def __init__(self, reactor: Any, path: str) -> None:  # Any: many zope interfaces in one
        self._reactor = reactor
        self._path = path
        self._polls = Polls(reactor)
        self._notifier: INotify | None = None
        self._again: dict[int, IDelayedCall] = {}
        self._wake: Wake = lambda _: None
        self._said = False

    def start(self, wake: Wake) -> None:
        """See `Wakeups`."""
        self._wake = wake
        self._polls = Polls(self._reactor, SAFETY_SECONDS if self._watch() else POLL_SECONDS)
        self._polls.start(wake)

    def _watch(self) -> bool:
        notifier = None
        try:
            # Which only Linux has.
            from twisted.internet.inotify import (
                IN_CLOSE_WRITE,
                IN_MOVED_FROM,
                IN_MOVED_TO,
                INotify,
            )

            os.listdir(self._path)  # inotify needs no more than the right to enter it
            notifier = INotify(self._reactor)
            notifier.startReading()
            mask = IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVED_FROM
            notifier.watch(FilePath(self._path), mask=mask, callbacks=[self._changed])
        except (ImportError, OSError) as error:
            if notifier is not None:
                notifier.loseConnection()
            self._say(error)
            return False
        self._notifier = notifier
        return True

    def _say(self, error: ImportError | OSError) -> None:
        if not self._said:
            self._said = True
            self.log.warn(
                "The job queue {path} can't be watched: {error}. For event streams, luxid is asked "
                "for all jobs twice a second instead",
                path=self._path,
                error=getattr(error, "strerror", None) or error,
            )

    def _changed(self, _watch: object, path: FilePath[bytes], _mask: int) -> None:
        match = _JOB_FILE.fullmatch(os.fsdecode(path.basename()))
        if match:
            self._look_at(int(match[1]))

    def _look_at(self, job_id: int) -> None:
        if job_id in self._again:
            self._again[job_id].reset(SETTLED_SECONDS)
        else:
            later = self._reactor.callLater(SETTLED_SECONDS, self._look_again, job_id)
            self._again[job_id] = later
        self._wake({job_id})

    def _look_again(self, job_id: int) -> None:
        del self._again[job_id]
        self._wake({job_id})

    def stop(self) -> None:
        """See `Wakeups`."""
        self._polls.stop()
        notifier, self._notifier = self._notifier, None
        if notifier is not None:
            notifier.loseConnection()
        for later in self._again.values():
            later.cancel()
        self._again.clear()
