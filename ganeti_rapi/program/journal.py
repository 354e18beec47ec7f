"""The journal of systemd: events with their fields, where standard error leads to it.

Source: systemd's "Native Journal Protocol". A few lines of our own, since the library for it is a C
extension that needs libsystemd to be built.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TextIO

from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from ganeti_rapi.program.cluster import NAME

SOCKET = "/run/systemd/journal/socket"

LONGEST = 60_000
"""Bytes of the longest message; a datagram has no room for more."""

FIELDS = ("request", "user", "address", "method", "uri", "code", "outcome", "who", "incident")
"""What events tell beside their text: ``journalctl GANETI_RAPI_USER=jack``."""


def leads_to_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether what is written there ends up in the journal, as systemd says it does."""
    with suppress(OSError, ValueError):
        there = os.fstat(stream.fileno())
        return environment.get("JOURNAL_STREAM") == f"{there.st_dev}:{there.st_ino}"
    return False


@implementer(ILogObserver)
class ToJournal:
    """An observer that sends events with their fields.

    ``render`` makes an event's text, and ``priority`` its syslog priority. Raises OSError when
    there is no journal.
    """

    def __init__(
        self,
        render: Callable[[LogEvent], str],
        priority: Callable[[LogEvent], int],
        path: str = SOCKET,
    ) -> None:
        self._render = render
        self._priority = priority
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)

    def __call__(self, event: LogEvent) -> None:
        """Send the event; it is lost if the journal does not take it."""
        with suppress(OSError):
            self._socket.send(b"".join(self._encoded(event)))

    def _encoded(self, event: LogEvent) -> Iterator[bytes]:
        yield _field("MESSAGE", self._render(event))
        yield _field("PRIORITY", str(self._priority(event)))
        yield _field("SYSLOG_IDENTIFIER", NAME)
        yield _field("SYSLOG_PID", str(os.getpid()))
        for name in FIELDS:
            if event.get(name) is not None:
                yield _field(f"GANETI_RAPI_{name.upper()}", str(event[name]))


def _field(name: str, value: str) -> bytes:
    """A field; one whose value has several lines is told with its length."""
    text = value.encode("utf-8", "backslashreplace")[:LONGEST]
    if b"\n" not in text:
        return b"%s=%s\n" % (name.encode("ascii"), text)
    return b"%s\n%s%s\n" % (name.encode("ascii"), struct.pack("<Q", len(text)), text)
