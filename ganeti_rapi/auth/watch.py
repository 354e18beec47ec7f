"""Keeps the accounts in memory as the users file on disk is.

The kernel tells of changes through inotify, which watches the directory: so a file that is
replaced by a rename, or deleted and made anew, is noticed as well. Where inotify cannot serve, the
file's state is compared every few seconds instead.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.filepath import FilePath

from ganeti_rapi.auth.users import UsersFile, parse

inotify: Any  # Any: Twisted gives its functions no types
try:
    from twisted.internet import inotify
except ImportError:  # the system is not Linux
    inotify = None

POLL_INTERVAL = 5.0
"""Seconds between two looks at a file that inotify cannot watch."""

OnEvent = Callable[[object, "FilePath[bytes]", int], None]


class CannotWatch(Exception):
    """inotify cannot serve; the text says why."""


class UsersFileWatcher(Service):
    """Reads the users file at start and whenever it changes.

    A file that cannot be read changes nothing: the users read before stay valid. ``reactor`` is an
    ``IReactorFDSet`` as well, for inotify.
    """

    _log = Logger()

    def __init__(self, path: FilePath[str], users: UsersFile, reactor: IReactorTime) -> None:
        self._path = path
        self._users = users
        self._reactor = reactor
        self._stop_notifier: Callable[[], None] = lambda: None
        self._poll = LoopingCall(self._reload_if_changed)
        self._poll.clock = reactor
        self._seen: object = None

    def startService(self) -> None:
        super().startService()
        # In this order, so that no change falls between the two.
        try:
            self._stop_notifier = _notify(self._reactor, self._path, self._on_event)
        except CannotWatch as error:
            self._start_polling(str(error))
        self.reload()

    def stopService(self) -> None:
        super().stopService()
        self._stop_notifier()
        if self._poll.running:
            self._poll.stop()

    def reload(self) -> None:
        """Read the file now, whether it changed or not."""
        self._seen = _state(self._path)
        try:
            text = self._path.getContent().decode("utf-8")
        except OSError as error:
            self._keep_users(error.strerror or type(error).__name__)
        except UnicodeDecodeError as error:
            # The error itself would show a byte of the file.
            line = error.object.count(b"\n", 0, error.start) + 1
            self._keep_users(f"line {line} is not UTF-8")
        else:
            self._take_users(text)

    def _keep_users(self, reason: str) -> None:
        self._log.warn(
            "Cannot read the users file {path}: {reason}. The {count} users read before stay "
            "valid. Make the file readable for this process, or empty it to let nobody in.",
            path=self._path.path,
            reason=reason,
            count=len(self._users.accounts),
        )

    def _take_users(self, text: str) -> None:
        self._users.accounts, problems = parse(text)
        for problem in problems:
            self._log.warn("{path}, {problem}", path=self._path.path, problem=problem)
        self._log.info(
            "Read {count} users from {path}",
            count=len(self._users.accounts),
            path=self._path.path,
        )

    def _on_event(self, _watch: object, path: FilePath[bytes], mask: int) -> None:
        if mask & (inotify.IN_DELETE_SELF | inotify.IN_MOVE_SELF | inotify.IN_UNMOUNT):
            self._stop_notifier()
            self._start_polling("its directory was removed or moved")
        elif path == self._path.asBytesMode():
            self.reload()

    def _start_polling(self, reason: str) -> None:
        if self._poll.running:
            return
        self._log.warn(
            "Changes of the users file {path} are seen after up to {interval} seconds: {reason}",
            path=self._path.path,
            interval=POLL_INTERVAL,
            reason=reason,
        )
        self._poll.start(POLL_INTERVAL, now=False)

    def _reload_if_changed(self) -> None:
        if _state(self._path) != self._seen:
            self.reload()


def _state(path: FilePath[str]) -> object:
    """What differs after any change of the file; None while there is no file."""
    try:
        status = os.stat(path.path)
    except OSError:
        return None
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,  # changes with the owner and the mode
    )


def _notify(reactor: IReactorTime, path: FilePath[str], on_event: OnEvent) -> Callable[[], None]:
    """Watch the file's directory, and return what stops that. Raises `CannotWatch`."""
    if inotify is None:
        raise CannotWatch("this system has no inotify")
    if path.islink():
        raise CannotWatch("it is a symbolic link, and its target may be in any directory")
    try:
        notifier = inotify.INotify(reactor)
    except inotify.INotifyError:
        raise CannotWatch("fs.inotify.max_user_instances is reached") from None
    try:
        notifier.watch(path.parent(), _events(), callbacks=[on_event])
    except inotify.INotifyError:
        notifier.loseConnection()
        raise CannotWatch(
            "its directory is missing or unreadable, or fs.inotify.max_user_watches is reached"
        ) from None
    notifier.startReading()
    stop: Callable[[], None] = notifier.loseConnection
    return stop


def _events() -> int:
    """What changes the file or its name; not its creation, as it is still empty then."""
    return int(
        inotify.IN_CLOSE_WRITE
        | inotify.IN_ATTRIB
        | inotify.IN_MOVED
        | inotify.IN_DELETE
        | inotify.IN_MOVE_SELF
    )
