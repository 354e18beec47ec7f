"""Opens consoles: a request with a ticket becomes a WebSocket, as long as its user may have it."""

from __future__ import annotations

from functools import partial

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.cells import WebSocket
from ganeti_rapi.api.consoles import OPENING, Ticket
from ganeti_rapi.auth.logins import Logins
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.errors import BadRequest, Forbidden
from ganeti_rapi.web.consoles import Consoles
from ganeti_rapi.web.notes import Notes
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.web.tunnel import Tunnel
from ganeti_rapi.websocket import accepted


class ConsoleDesk:
    """Opens what `Consoles` leads to, for those who may."""

    def __init__(self, consoles: Consoles, logins: Logins, notes: Notes) -> None:
        self._consoles = consoles
        self._logins = logins
        self._notes = notes

    async def open(self, request: RapiRequest, cell: WebSocket, call: Call) -> None:
        """Connect the client with the console that its ticket is for, until one of them ends.

        Raises `ApiError`, as long as the connection is no WebSocket.
        """
        headers = accepted(request.method, request.head.headers, request.head.version)  # 426, 400
        if request.has_unread_body:
            raise BadRequest("A request for a WebSocket has no body")
        ticket = await cell.ticket(call)  # 403
        request.user_name, request.auth = ticket.user, "ticket"
        user = self._holder(ticket)  # 403
        with self._consoles.open.one_more(user.name):  # 429
            self._notes.opening(request)  # 503
            server = await self._consoles.connect(ticket.console, request.channel.site.clock)
            opened = request.tunnel = Tunnel(request, server, partial(self._still_may, user))
            request.switch(headers)
            opened.open()
            why = await opened.ended
        request.finish()
        self._notes.closed(request, why)

    def _holder(self, ticket: Ticket) -> User:
        """Whose ticket it is, with the rights of now. Raises `Forbidden`."""
        user = self._logins.named(ticket.user or "")
        if user is None or not user.may(OPENING):
            raise Forbidden(f"This takes the permission {OPENING}, which you do not have any more")
        return user

    def _still_may(self, user: User) -> bool:
        """Whether this user may still have open what was opened; for the same objects, that is."""
        now = self._logins.named(user.name)
        return now is not None and now.may(OPENING) and now.scoped == user.scoped
