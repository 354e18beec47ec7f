"""What a worker and its parent know of each other: see `ganeti_rapi.workers`."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from twisted.application.service import Service
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from zope.interface import implementer

from ganeti_rapi.workers import HEART

BEAT = 5.0
"""Seconds between two signs of life."""


@implementer(IReadDescriptor)
class Parent(Service):
    """In a worker: shows the parent that this process lives, and ends it when the parent is gone.

    ``heart`` and ``ears`` are the file descriptors of the two pipes. The parent never writes.
    """

    def __init__(self, reactor: Any, heart: int = HEART, ears: int = 0) -> None:
        # Any: one object that provides many zope interfaces
        self._reactor = reactor
        self._heart = heart
        self._ears = ears
        self._beat = LoopingCall(self._show)
        self._beat.clock = reactor

    def startService(self) -> None:
        super().startService()
        self._reactor.addReader(self)
        self._beat.start(BEAT)

    def stopService(self) -> None:
        super().stopService()
        self._reactor.removeReader(self)
        if self._beat.running:
            self._beat.stop()

    def _show(self) -> None:
        with suppress(OSError):  # the parent is gone: `doRead` will see that
            os.write(self._heart, b".")

    def fileno(self) -> int:
        return self._ears

    def doRead(self) -> None:
        if not os.read(self._ears, 1):
            self._end()

    def connectionLost(self, _reason: Failure) -> None:
        """The other end of the pipe is closed; reactors that see this do not call `doRead`."""
        if self.running:
            self._end()

    def _end(self) -> None:
        self._reactor.removeReader(self)
        self._reactor.stop()

    def logPrefix(self) -> str:
        return "parent"
