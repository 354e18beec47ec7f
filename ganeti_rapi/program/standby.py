"""``--standby``: a daemon for the nodes that are not the master, but may be tomorrow.

It answers 503 with the master's name, and serves once its node is the master. It is never in the
way of the daemon that Ganeti starts there: that one asks it to yield, has the port, and while it
lives the standby waits. When Ganeti stops it, the standby takes the port again.

Two files beside Ganeti's pid file, both with a process number and locked by the process that holds
them:

    ganeti-rapi-standby.pid    one standby lives on this node
    ganeti-rapi-standby.port   it has the port
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from twisted.application.service import MultiService
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ganeti_rapi.errors import NotMaster
from ganeti_rapi.exits import CannotStart
from ganeti_rapi.program.cluster import NAME, Node
from ganeti_rapi.program.pidfile import PidFile, Taken, holder, remove_stale

YIELD = signal.SIGUSR1
"""Asks a standby for the port."""

INTERVAL = 1.0
"""Seconds between two looks at which node is the master, and whether the port may be taken."""

PATIENCE = 5.0
"""Seconds that a standby has to yield before it is killed: luxid is started after the daemon."""

_PAUSE = 0.05


def pid_file(run: str) -> str:
    """Ganeti's own, in its directory of pid files."""
    return f"{run}/{NAME}.pid"


def standby_file(run: str) -> str:
    """Held as long as a standby lives."""
    return f"{run}/{NAME}-standby.pid"


def port_file(run: str) -> str:
    """Held while a standby listens."""
    return f"{run}/{NAME}-standby.port"


class Role:
    """Whether this node is the master, as the newest look at ssconf told."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._name = node.name  # once: the system may ask a name server
        self.master = node.master()

    @property
    def is_master(self) -> bool:
        """Whether the job daemon is on this node."""
        return self.master == self._name

    def look(self) -> None:
        """Read ssconf again. What can't be read changes nothing."""
        with suppress(CannotStart):
            self.master = self._node.master()

    def check(self) -> None:
        """Raise `NotMaster` where requests cannot be served."""
        if not self.is_master:
            raise NotMaster(f"This node is not the master of the cluster; {self.master} is")


class Listens(Protocol):
    """What takes connections: opened and closed at will."""

    def open(self) -> None:
        """Listen. Raises `CannotStart` when the port cannot be had."""

    def close(self) -> object:
        """Listen no more."""


class Standby(MultiService):
    """Has the port while no daemon that Ganeti started lives. ``tell`` takes a line of status."""

    log = Logger()

    def __init__(
        self,
        reactor: Any,  # Any: one object that provides many zope interfaces
        run: str,
        role: Role,
        listens: Listens,
        tell: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._reactor = reactor
        self._role = role
        self._listens = listens
        self._tell = tell
        self._daemon_file = pid_file(run)
        self._port = PidFile(port_file(run))
        self._looking = LoopingCall(self.look)
        self._looking.clock = reactor
        self._told = ""

    def privilegedStartService(self) -> None:
        """Listen, unless a daemon lives. Raises `CannotStart` when the port cannot be had."""
        super().privilegedStartService()
        if holder(self._daemon_file) is None:
            self._take_port()
        self._say_state()

    def startService(self) -> None:
        super().startService()
        signal.signal(YIELD, lambda *_: self._reactor.callFromThread(self.give_way))
        self._looking.start(INTERVAL, now=False)

    def stopService(self) -> Any:  # Any: a Deferred of services that end
        signal.signal(YIELD, signal.SIG_IGN)
        self._looking.stop()
        stopped = super().stopService()
        self.give_way()
        return stopped

    def look(self) -> None:
        """See which node is the master, and take the port if no other daemon is to have it."""
        self._role.look()
        if not self._port.held and holder(self._daemon_file) is None:
            try:
                self._take_port()
            except CannotStart as error:
                self.log.error("{error} Trying again.", error=error.text)
        self._say_state()

    def give_way(self) -> None:
        """Let the port go. Connections that are open are served on."""
        if self._port.held:
            self._listens.close()
            self._port.drop()
        self._say_state()

    def _take_port(self) -> None:
        try:
            self._port.take()
        except Taken as taken:
            raise CannotStart(f"Another standby has the port: {taken}") from None
        # start-stop-daemon starts nothing beside a pid file that is not root's, whoever lives.
        remove_stale(self._daemon_file)
        try:
            self._listens.open()
        except CannotStart:
            self._port.drop()
            raise

    def _say_state(self) -> None:
        state = self._state()
        if state != self._told:
            self.log.info("Standby: {state}", state=state)
            self._tell(state)
            self._told = state

    def _state(self) -> str:
        if not self._port.held:
            return "waiting while the daemon that Ganeti started has the port"
        if self._role.is_master:
            return "serving, as this node is the master"
        return f"answering that {self._role.master} is the master"


def take_over(run: str) -> None:
    """Take the port from a standby, if there is one. The caller holds Ganeti's pid file.

    Raises `CannotStart` when the standby does not let go, or is another user's.
    """
    end = time.monotonic() + PATIENCE
    while (process := holder(port_file(run))) is not None:
        late = time.monotonic() - end
        if late > PATIENCE:
            raise CannotStart(f"A standby, process {process}, has the port and does not let go")
        if process:
            _send(process, signal.SIGKILL if late > 0 else YIELD)
        time.sleep(_PAUSE)


def _send(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:  # it just ended, and its lock with it
        pass
    except PermissionError:
        raise CannotStart(
            f"A standby, process {process}, has the port and is another user's; stop it first"
        ) from None
