"""Consoles through the one port: tickets, and who comes with one."""

from __future__ import annotations

from urllib.parse import quote

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.consoles import LIFE, Ticket, find_console
from ganeti_rapi.api.schemas import COUNT, TEXT, Property, object_of, one_of
from ganeti_rapi.errors import Forbidden, MethodNotSupported
from ganeti_rapi.jsontext import Json

TICKET_REPLY = object_of(
    {
        "url": Property(TEXT, "The URL of the WebSocket, ticket included: keep it secret."),
        "kind": Property(one_of("vnc"), "What is spoken there."),
        "expires": Property(COUNT, "Until when it may be used, in seconds since the epoch."),
    }
)


async def give_ticket(call: Call, instance_name: str) -> Json:
    """POST /2/instances/[instance_name]/console/ticket."""
    if call.consoles is None:
        raise MethodNotSupported("There are no consoles here")
    console = await find_console(call, instance_name)
    name = await call.consoles.ticket(Ticket(call.user, console))
    path = f"/2/instances/{quote(console.instance)}/console/websocket?ticket={name}"
    return {"url": call.socket_url(path), "kind": "vnc", "expires": int(call.now()) + LIFE}


async def admitted(call: Call, instance_name: str, ticket: str) -> Ticket:
    """What a ticket is for, which is good only now. Raises `Forbidden`."""
    found = None if call.consoles is None else await call.consoles.take(ticket)
    if found is None or found.console.instance != instance_name:
        raise Forbidden(
            f"The ticket was used, is older than {LIFE} seconds, or is for something else: get "
            f"another one by POST /2/instances/{instance_name}/console/ticket"
        )
    return found
