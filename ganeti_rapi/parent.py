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

from ganeti_rapi.metrics.samples import decode, encode
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.tickets import KeptByParent
from ganeti_rapi.workers import BEAT, HEART

LARGEST_READ = 65536


@implementer(IReadDescriptor)
class Parent(Service):
    """In a worker: shows the parent that this process lives, and ends it when the parent is gone.

    ``heart`` and ``ears`` are the file descriptors of the two pipes. A sign of life is the numbers
    of ``tally``, and the parent answers with those of all workers. It also keeps the ``tickets``:
    questions about these, and the answers, are objects of JSON, and the numbers are lists.
    """

    def __init__(
        self,
        reactor: Any,  # Any: one object that provides many zope interfaces
        tally: Tally,
        tickets: KeptByParent,
        heart: int = HEART,
        ears: int = 0,
    ) -> None:
        self._reactor = reactor
        self._tally = tally
        self._tickets = tickets
        tickets.say = self._say
        self._heart = heart
        self._ears = ears
        self._unsaid = b""
        self._heard = b""
        self._beat = LoopingCall(self._show)
        self._beat.clock = reactor

    def startService(self) -> None:
        super().startService()
        os.set_blocking(self._heart, False)  # a parent that hangs must not stop us
        self._reactor.addReader(self)
        self._beat.start(BEAT)

    def stopService(self) -> None:
        super().stopService()
        self._reactor.removeReader(self)
        if self._beat.running:
            self._beat.stop()

    def _show(self) -> None:
        self._say(b"" if self._unsaid else encode(self._tally.snapshot()))

    def _say(self, line: bytes) -> None:
        """Write a line, and what could not be written before."""
        self._unsaid += line
        with suppress(OSError):  # the parent is slow; or it is gone, and `doRead` will see that
            self._unsaid = self._unsaid[os.write(self._heart, self._unsaid) :]

    def fileno(self) -> int:
        return self._ears

    def doRead(self) -> None:
        heard = os.read(self._ears, LARGEST_READ)
        if not heard:
            self._end()
        *lines, self._heard = (self._heard + heard).split(b"\n")
        for line in [line for line in lines if line.startswith(b"{")]:
            self._tickets.heard(line)
        if numbers := [line for line in lines if line.startswith(b"[")]:
            self._tally.totals = decode(numbers[-1])

    def connectionLost(self, _reason: Failure) -> None:
        """The other end of the pipe is closed; reactors that see this do not call `doRead`."""
        if self.running:
            self._end()

    def _end(self) -> None:
        self._reactor.removeReader(self)
        self._reactor.stop()

    def logPrefix(self) -> str:
        return "parent"
