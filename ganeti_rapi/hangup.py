"""What SIGHUP does: files are read and opened again."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence

from twisted.application.service import Service
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from ganeti_rapi.listening import Reactor

REST = 0.5
"""Seconds between two reloads; what is signalled meanwhile is one more."""


class OnHangup(Service):
    """Calls functions on SIGHUP, in the reactor's thread; many signals are few calls.

    When one of them fails, that is logged and the others are called all the same.
    """

    log = Logger()

    def __init__(self, reactor: Reactor, reload: Sequence[Callable[[], None]]) -> None:
        self._reactor = reactor
        self._reload = reload
        self._pending = False
        self._rest: IDelayedCall | None = None

    def startService(self) -> None:
        super().startService()
        signal.signal(signal.SIGHUP, lambda *_: self._signalled())

    def stopService(self) -> None:
        super().stopService()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # log rotation is no reason to die earlier
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _signalled(self) -> None:
        if not self._pending:
            self._pending = True
            self._reactor.callFromThread(self._call_soon)

    def _call_soon(self) -> None:
        if self._rest is None and self.running:
            self._call_all()
            self._rest = self._reactor.callLater(REST, self._rested)

    def _rested(self) -> None:
        self._rest = None
        if self._pending:
            self._call_soon()

    def _call_all(self) -> None:
        self._pending = False
        for function in self._reload:
            try:
                function()
            except OSError as error:
                self.log.error("On SIGHUP: {error}", error=error)
