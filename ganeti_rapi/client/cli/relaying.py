"""A console's relay and the viewer in front of it, while `rapi` runs. Imports Twisted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from ganeti_rapi.client.base import Object
from ganeti_rapi.client.cli.consoles import of_running
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.errors import FeatureMissing
from ganeti_rapi.client.relay import Relay
from ganeti_rapi.websocket import MISSING, is_installed

if TYPE_CHECKING:
    from ganeti_rapi.client.rapi import RapiClient

LOCALHOST = "127.0.0.1"


async def relay(
    client: RapiClient,
    instance: str,
    port: int,
    viewer: Callable[[int], Sequence[str] | None],
) -> None:
    """Let viewers of this machine see a console, until the viewer that is run has ended.

    ``viewer`` gets the port and gives the program to run, or None; then only Control-C is the end.
    Raises `RapiError` when there is no such console, and `Failed` when the port is taken.
    """
    reactor: Any = client.transport.clock  # Any: one object that provides many zope interfaces
    if not is_installed():
        raise FeatureMissing(MISSING)
    end: Deferred[None] = Deferred()

    async def get_ticket() -> Object:
        ticket: Object = await of_running("console_ticket", client, instance)
        return ticket

    factory = Relay(await get_ticket(), get_ticket, client.open_console, end)
    endpoint = TCP4ServerEndpoint(reactor, port, interface=LOCALHOST)
    try:
        listening = await endpoint.listen(factory)
    except CannotListenError as error:
        why = getattr(error.socketError, "strerror", None) or error.socketError
        raise Failed(f"port {port} cannot be had: {why}", 2) from None
    program = viewer(listening.getHost().port)
    try:
        if program is not None:
            run(reactor, program, end)
        await end
    except CancelledError:
        if program is not None:
            raise
    finally:
        listening.stopListening()


def run(reactor: Any, words: Sequence[str], end: Deferred[None]) -> None:  # Any: as above
    """Run a program, whose end is the ``end``."""
    files = {number: number for number in range(3)}
    reactor.spawnProcess(_Program(end), words[0], words, env=os.environ, childFDs=files)


class _Program(ProcessProtocol):
    def __init__(self, end: Deferred[None]) -> None:
        self._end = end

    def processEnded(self, reason: Failure) -> None:
        if not self._end.called:
            self._end.callback(None)
