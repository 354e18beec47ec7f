"""Keeps what is held in memory as the files on disk are.

Files are looked at a few times a second, and not through inotify: that says nothing of the targets
of links, of directories on the way that are replaced, or of what other machines do to a shared file
system, and would need these looks beside it. A look is a stat of each file, in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.files.reading import Look, Stamp, look

LOOK_INTERVAL = 0.4
"""Seconds between two looks, such that two of them fit into a second."""

READ_INTERVAL = 5.0
"""Seconds after which files are read even if they look as before: they may have become readable,
or a change may not show, as in a network file system that remembers old states."""

GRACE = 5.0
"""Seconds for which a file that is missing or empty is taken to be about to be written."""

PATIENCE = 10.0
"""Seconds of a look after which the log says that the file system hangs."""

JUDGEMENT_LIFE = 24 * 3600.0
"""Seconds after which files are taken or refused anew, so that the log says again what is wrong."""

InThread = Callable[..., Deferred[Any]]  # Any: what the function returns
"""Calls a function with arguments, off the reactor's thread."""


class Unusable(Exception):
    """What the files hold cannot be used; the message says which file and why."""


class Holder(Protocol):
    """Holds in memory what the files said last."""

    @property
    def paths(self) -> Sequence[str]:
        """The files."""

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Hold what the files say now, by path. Raises `Unusable`."""

    def keep(self, reason: str) -> None:
        """Say that the files cannot be read or used. What is held stays."""

    def lose(self, reason: str) -> None:
        """A file is missing, and not for a moment only."""


class FileWatch(Service):
    """Lets a holder take its files at start, whenever they change, and once a day.

    A change counts when two looks in a row found the same, so that a file is left alone while it is
    being written; one that is missing or empty needs to be so for `GRACE`. Trouble is logged once,
    and then daily.
    """

    _log = Logger()

    def __init__(self, holder: Holder, clock: IReactorTime, in_thread: InThread) -> None:
        self._holder = holder
        self._clock = clock
        self._in_thread = in_thread
        self._stamp: Stamp = ()
        self._read_at = 0.0
        self._seen: bytes | str = ""
        self._seen_at = 0.0
        self._judged: bytes | str = ""
        self._judged_at = 0.0
        self._reload = False
        self._looking: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None

    def startService(self) -> None:
        super().startService()
        # Not in a thread, so that no request comes before.
        found = look(self._holder.paths)
        assert found is not None  # no stamp is known
        self._consider(found, must_count=True)
        self._wait()

    def stopService(self) -> None:
        super().stopService()
        self._stop_timer()
        if self._looking is not None:
            self._looking.cancel()

    def reload(self) -> None:
        """Take the files as they are now, whether they changed or not."""
        self._reload = True
        if self.running and self._looking is None and self._timer is not None:
            self._timer.reset(0)

    def _wait(self) -> None:
        self._timer = self._clock.callLater(0 if self._reload else LOOK_INTERVAL, self._look)

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _look(self) -> None:
        began = self._clock.seconds()
        self._timer = self._clock.callLater(PATIENCE, self._say_it_hangs)
        must_count, self._reload = self._reload, False
        known = None if must_count or self._must_read() else self._stamp
        self._looking = looking = self._in_thread(look, self._holder.paths, known)
        looking.addCallback(self._looked, began, must_count).addErrback(self._failed)
        looking.addBoth(self._go_on)

    def _must_read(self) -> bool:
        return self._seen != self._judged or self._age(self._read_at) >= READ_INTERVAL

    def _age(self, moment: float) -> float:
        return self._clock.seconds() - moment

    def _looked(self, found: Look | None, began: float, must_count: bool) -> None:
        if self._age(began) >= PATIENCE:
            self._log.info("The file system of {paths} answers again", paths=self._named())
        if found is not None:
            self._consider(found, must_count)

    def _failed(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("Bug in the watch on {paths}", failure, paths=self._named())

    def _go_on(self, _result: object) -> None:
        self._looking = None
        self._stop_timer()
        if self.running:
            self._wait()

    def _say_it_hangs(self) -> None:
        self._log.warn(
            "The file system of {paths} does not answer, so changes are not noticed. "
            "What was read before stays in use.",
            paths=self._named(),
        )

    def _named(self) -> str:
        return " and ".join(self._holder.paths)

    def _consider(self, found: Look, must_count: bool) -> None:
        now = self._clock.seconds()
        self._stamp, self._read_at = found.stamp, now
        was_seen = found.finding == self._seen
        if not was_seen:
            self._seen, self._seen_at = found.finding, now
        if must_count or (was_seen and self._lasts(found) and self._is_due(found)):
            self._judged, self._judged_at = found.finding, now
            self._judge(found)

    def _lasts(self, found: Look) -> bool:
        return not found.is_passing or self._age(self._seen_at) >= GRACE

    def _is_due(self, found: Look) -> bool:
        return found.finding != self._judged or self._age(self._judged_at) >= JUDGEMENT_LIFE

    def _judge(self, found: Look) -> None:
        if found.missing:
            self._holder.lose(str(found.finding))
        elif not found.contents:
            self._holder.keep(str(found.finding))
        else:
            self._take(found.contents)

    def _take(self, contents: Mapping[str, bytes]) -> None:
        try:
            self._holder.take(contents)
        except Unusable as error:
            self._holder.keep(str(error))
