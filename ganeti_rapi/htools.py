"""Runs Ganeti's htools, which compute on the cluster as luxid's socket tells it.

They get that socket and nothing else: no password, no environment. One runs at a time; the others
wait for their turn. A program is killed when nobody waits for it any more, when it has used up its
time, or when it prints without end.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.error import ProcessDone, ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from ganeti_rapi.errors import ApiError, BadGateway, GatewayTimeout, MethodNotSupported

LONGEST_RUN = 120.0
"""Seconds that a program may take."""

MOST_OUTPUT = 16 * 1024 * 1024
MOST_WORDS = 4096
"""Bytes that are kept of what it prints, and of its complaints."""

ENVIRONMENT: Mapping[str, str] = {"LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


@define(eq=False)
class _Run(ProcessProtocol):
    """One run of a program. ``done`` fires with what it printed, or fails with an `ApiError`."""

    program: str
    done: Deferred[str] = field(init=False)
    _printed: bytearray = field(factory=bytearray)
    _complaints: bytearray = field(factory=bytearray)
    _failure: ApiError | None = None
    transport: IProcessTransport | None = None

    def __attrs_post_init__(self) -> None:
        self.done = Deferred(lambda _: self._kill())

    def outReceived(self, data: bytes) -> None:
        self._printed += data
        if len(self._printed) > MOST_OUTPUT:
            self.end(BadGateway(f"{self.program} prints more than can be read"))

    def errReceived(self, data: bytes) -> None:
        self._complaints = (self._complaints + data)[-MOST_WORDS:]

    def end(self, failure: ApiError) -> None:
        """Kill the program; that is the error."""
        self._printed.clear()
        self._failure = self._failure or failure
        self._kill()

    def _kill(self) -> None:
        assert self.transport is not None
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess("KILL")

    def processEnded(self, reason: Failure) -> None:
        if self.done.called:  # nobody waits for it any more
            return
        if self._failure is None and not reason.check(ProcessDone):
            words = self._complaints.decode("utf-8", "replace").strip() or "it does not say why"
            self._failure = BadGateway(f"{self.program} failed: {words}")
        if self._failure is not None:
            self.done.errback(self._failure)
        else:
            self.done.callback(self._printed.decode("utf-8", "replace"))


class LuxiHtools:
    """The programs, for the cluster behind a socket. ``reactor`` spawns processes, too."""

    def __init__(self, reactor: Any, socket: str, longest_run: float = LONGEST_RUN) -> None:
        # Any: one object that provides two zope interfaces
        self._reactor = reactor
        self._socket = socket
        self._longest_run = longest_run
        self._turn = DeferredLock()

    async def run(self, program: str, arguments: Sequence[str]) -> str:
        """What a program prints. Raises `ApiError`: where it is not installed, fails or hangs."""
        path = shutil.which(program, path=ENVIRONMENT["PATH"])
        if path is None:
            raise MethodNotSupported(
                f"There is no {program} on this node: Debian has it in the package ganeti, and in "
                "ganeti-htools for machines that are no node"
            )
        await self._turn.acquire()
        try:
            return await self._spawned(program, path, arguments)
        finally:
            self._turn.release()

    def _spawned(self, program: str, path: str, arguments: Sequence[str]) -> Deferred[str]:
        run = _Run(program)
        command = [program, f"--luxi={self._socket}", *arguments]
        spawner: IReactorProcess = self._reactor
        run.transport = spawner.spawnProcess(run, path, command, env=dict(ENVIRONMENT))
        seconds = self._longest_run
        limit = self._reactor.callLater(
            seconds, run.end, GatewayTimeout(f"{program} took more than {seconds:.0f} seconds")
        )

        def ended(result: str | Failure) -> str | Failure:
            if limit.active():
                limit.cancel()
            return result

        return run.done.addBoth(ended)
