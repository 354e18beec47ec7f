"""The way to consoles: tickets, and connections to VNC servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory

from ganeti_rapi.api.consoles import Console, Ticket
from ganeti_rapi.errors import BadGateway, GatewayTimeout, MethodNotSupported
from ganeti_rapi.tickets import Tickets
from ganeti_rapi.web.limits import UnderWay
from ganeti_rapi.web.tunnel import Server
from ganeti_rapi.websocket import MISSING, is_installed

EndpointFor = Callable[[str, int], IStreamClientEndpoint]
"""How to connect to a host's TCP port."""

PATIENCE = 10.0
"""Seconds that a VNC server may take to accept a connection."""


class Consoles:
    """Of one site. ``most`` is how many one user may have open; 0 is no limit."""

    def __init__(self, tickets: Tickets, endpoint_for: EndpointFor, most: int = 0) -> None:
        self._tickets = tickets
        self._endpoint_for = endpoint_for
        self.open = UnderWay(most, "open consoles of one user")

    async def ticket(self, ticket: Ticket) -> str:
        """As `api.consoles.Consoles`."""
        if not is_installed():
            raise MethodNotSupported(MISSING)
        return await self._tickets.put(ticket.to_json())

    async def take(self, name: str) -> Ticket | None:
        """As `api.consoles.Consoles`."""
        value = await self._tickets.take(name)
        return None if value is None else Ticket.from_json(value)

    async def connect(self, console: Console, clock: Any) -> Server:  # Any: as `addTimeout` has it
        """A connection to a console's server. Raises `BadGateway` or `GatewayTimeout`."""
        where = f"The VNC server of {console.instance}"
        endpoint = self._endpoint_for(console.host, console.port)
        connecting: Deferred[Any] = endpoint.connect(_Servers())  # Any: whatever a factory makes
        connecting.addTimeout(PATIENCE, clock, lambda *_: _late(where))
        try:
            server: Server = await connecting
        except (ConnectError, OSError) as error:
            place = f"{console.host} port {console.port}"
            raise BadGateway(f"{where} cannot be reached at {place}: {error}") from None
        return server


class _Servers(Factory):
    noisy = False  # not worth a line in the log
    protocol = Server


def _late(where: str) -> None:
    raise GatewayTimeout(f"{where} did not answer within {PATIENCE:g} seconds")
