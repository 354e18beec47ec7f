"""The daemon's log: the file and the form of the stock daemon's, syslog, and standard error.

A log file that was moved is opened anew on SIGHUP, as log rotation expects.
"""

from __future__ import annotations

import math
import os
import sys
import syslog
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from attrs import frozen
from twisted.logger import (
    FilteringLogObserver,
    ILogFilterPredicate,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    PredicateResult,
    eventAsText,
    globalLogBeginner,
)
from zope.interface import implementer

from ganeti_rapi.exits import CannotStart
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.program.cluster import NAME, reason
from ganeti_rapi.program.journal import ToJournal, leads_to_journal

SYSLOG_CHOICES = ("no", "yes", "only")

ACCEPTING = "twisted.internet.tcp.Port"
"""The namespace of what Twisted logs when it accepts connections."""

REFUSALS_PAUSE = 60.0

_WORDS = {
    LogLevel.debug: "DEBUG",
    LogLevel.info: "INFO",
    LogLevel.warn: "WARNING",
    LogLevel.error: "ERROR",
    LogLevel.critical: "CRITICAL",
}
LEVELS = {
    "debug": LogLevel.debug,
    "info": LogLevel.info,
    "warning": LogLevel.warn,
    "error": LogLevel.error,
}
"""By the names that the option has for them."""

_PRIORITIES = {
    LogLevel.debug: syslog.LOG_DEBUG,
    LogLevel.info: syslog.LOG_INFO,
    LogLevel.warn: syslog.LOG_WARNING,
    LogLevel.error: syslog.LOG_ERR,
    LogLevel.critical: syslog.LOG_CRIT,
}


def line(event: LogEvent) -> str:
    """An event as the stock daemon writes it: time, name, process, level, text."""
    seconds = event["log_time"]
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    milliseconds = int(seconds % 1 * 1000)
    return f"{stamp},{milliseconds:03}: {NAME} pid={os.getpid()} {_level_and_text(event)}"


def _level_and_text(event: LogEvent) -> str:
    text = eventAsText(event, includeTraceback=True, includeTimestamp=False, includeSystem=False)
    return f"{_WORDS[event['log_level']]} {text}"


def _to_terminal(stderr: TextIO) -> ILogObserver:
    """An observer that writes there, or to the journal with fields, where it leads there."""
    if leads_to_journal(stderr, os.environ):
        with suppress(OSError):
            return ToJournal(_level_and_text, lambda event: _PRIORITIES[event["log_level"]])
    return ToStream(stderr.write)


@implementer(ILogObserver)
@frozen
class ToStream:
    """An observer that writes lines."""

    write: Callable[[str], object]

    def __call__(self, event: LogEvent) -> None:
        """Write the event."""
        self.write(line(event) + "\n")


@implementer(ILogObserver)
class ToSyslog:
    """An observer that sends to syslog, one message for each line of an event."""

    def __init__(self) -> None:
        syslog.openlog(NAME, syslog.LOG_PID, syslog.LOG_DAEMON)

    def __call__(self, event: LogEvent) -> None:
        """Send the event."""
        for part in _level_and_text(event).splitlines():
            syslog.syslog(_PRIORITIES[event["log_level"]], part)


@frozen
class Logs:
    """Where the log goes. ``path`` is None for no file, ``stderr`` in the background.

    ``level`` is the lowest that is logged, one of `LEVELS`. With ``debug`` all is, at the terminal
    too.
    """

    path: str | None
    syslog: str = "no"
    debug: bool = False
    stderr: TextIO | None = None
    level: str = "info"

    def begin(self) -> LogFile | None:
        """Begin to log; return the file, if there is one.

        Raises `CannotStart` when the file cannot be written.
        """
        lowest = LogLevel.debug if self.debug else LEVELS[self.level]
        observers: list[ILogObserver] = []
        file = self._open() if self.path and self.syslog != "only" else None
        if file is not None:
            observers.append(from_level(lowest, ToStream(file.write)))
        if self.syslog != "no":
            observers.append(from_level(max(lowest, LogLevel.info), ToSyslog()))
        if self.stderr is not None:
            shown = lowest if file is None or self.debug else max(lowest, LogLevel.warn)
            observers.append(from_level(shown, _to_terminal(self.stderr)))
        globalLogBeginner.beginLoggingTo(observers, redirectStandardIO=False)
        return file

    def _open(self) -> LogFile:
        try:
            return LogFile(self.path or "", standard=self.stderr is None)
        except OSError as error:
            raise CannotStart(
                f"Can't write the log {self.path}: {reason(error)}. Ganeti's ensure-dirs sets its "
                "owner and mode; --syslog=only does without the file"
            ) from None


@implementer(ILogFilterPredicate)
class SeldomRefusals:
    """Lets through once a minute what Twisted says of connections that it cannot accept.

    When the process may open no more files, that is three lines for each connection, and whoever
    makes connections could fill the disk.
    """

    def __init__(self) -> None:
        self._last = -math.inf

    def __call__(self, event: LogEvent) -> Any:  # Any: Twisted's constants have no types
        """Whether the event may be logged."""
        if event["log_namespace"] == ACCEPTING and event["log_level"] == LogLevel.info:
            if 0 <= event["log_time"] - self._last < REFUSALS_PAUSE:  # clocks may be set back
                return PredicateResult.no
            self._last = event["log_time"]
        return PredicateResult.maybe


def from_level(lowest: LogLevel, observer: ILogObserver) -> ILogObserver:
    """The observer, for events of this level and above, and not for too many refusals."""
    filtered: ILogObserver = FilteringLogObserver(
        observer, [SeldomRefusals(), LogLevelFilterPredicate(defaultLogLevel=lowest)]
    )
    return filtered


def print_error(text: str) -> None:
    """Tell the person at the terminal why the program ends."""
    print(f"{NAME}: {text}", file=sys.stderr)
