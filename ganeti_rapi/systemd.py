"""Tells systemd how the daemon is, for units of ``Type=notify``: sd_notify(3) over a datagram.

A few lines of our own, since the libraries for it are either a C extension or are not kept up.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from twisted.application.service import Service
from twisted.internet.task import LoopingCall

MICROSECONDS = 1_000_000


def notify(environment: Mapping[str, str], message: str) -> None:
    """Send a message to systemd, if it asked for any."""
    address = environment.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to_systemd:
        to_systemd.setblocking(False)
        to_systemd.sendto(message.encode("utf-8"), address)


class Notifier(Service):
    """READY once the daemon listens, WATCHDOG as long as the reactor turns, STOPPING at the end.

    Does nothing where systemd did not ask for it. ``status`` is a line for ``systemctl status``.
    """

    def __init__(self, reactor: Any, environment: Mapping[str, str]) -> None:
        # Any: one object that provides many zope interfaces
        self._reactor = reactor
        self._environment = environment
        self._beat = LoopingCall(self._send, "WATCHDOG=1")
        self._beat.clock = reactor
        self._interval = _watchdog(environment)
        self.status = "serving"

    def startService(self) -> None:
        super().startService()
        self._reactor.callWhenRunning(self.ready)
        if self._interval:
            self._beat.start(self._interval / 2, now=False)

    def stopService(self) -> None:
        super().stopService()
        if self._beat.running:
            self._beat.stop()

    def ready(self) -> None:
        """Say that the daemon serves, with the newest files."""
        self._send(f"READY=1\nSTATUS={self.status}")

    def reloading(self) -> None:
        """Say that files are being read again; `ready` follows."""
        now = int(time.clock_gettime(time.CLOCK_MONOTONIC) * MICROSECONDS)
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """Say that the daemon is about to end."""
        self._send("STOPPING=1")

    def tell(self, status: str) -> None:
        """Show another line in ``systemctl status``."""
        self.status = status
        self._send(f"STATUS={status}")

    def _send(self, message: str) -> None:
        notify(self._environment, message)


def _watchdog(environment: Mapping[str, str]) -> float:
    """Seconds within which systemd wants to hear of us; 0 if it does not."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0.0
    with suppress(ValueError):
        return int(environment.get("WATCHDOG_USEC", "0")) / MICROSECONDS
    return 0.0


def passed_sockets(environment: Mapping[str, str]) -> list[str]:
    """The endpoints of the sockets that systemd holds for this process, usually none."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = environment.get("LISTEN_FDS", "0")
    return [_endpoint(index) for index in range(int(count) if count.isdigit() else 0)]


_FIRST_PASSED = 3
_DOMAINS = {socket.AF_INET: "INET", socket.AF_INET6: "INET6", socket.AF_UNIX: "UNIX"}


def _endpoint(index: int) -> str:
    with socket.socket(fileno=os.dup(_FIRST_PASSED + index)) as passed:
        return f"systemd:domain={_DOMAINS[passed.family]}:index={index}"
