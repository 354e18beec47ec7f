"""Where an instance's VNC console is, by what luxid says of it alone."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Protocol

from attrs import asdict, frozen

from ganeti_rapi.api.call import Call
from ganeti_rapi.api.kinds import INSTANCE
from ganeti_rapi.api.queries import query_one
from ganeti_rapi.errors import NotFound, NotRunning
from ganeti_rapi.jsontext import Json
from ganeti_rapi.shapes import anything, expect, maybe, record, row_of, text, whole

OPENING = "instances.console"
"""The permission to open consoles."""

UNAVAILABLE = "Instance console unavailable"

_FIRST_DISPLAY = 5900
"""The TCP port of the VNC display 0."""

_FIELDS = ("name", "oper_state", "console", "hvparams", "network_port", "pnode")
_SHAPE = row_of(text, anything, maybe(record(kind=text)), maybe(record()), maybe(whole), text)


LIFE = 30
"""Seconds that a ticket is good for."""


@frozen
class Console:
    """The VNC server of a running instance: its TCP address, which no client has a say in."""

    instance: str
    host: str
    port: int


@frozen
class Ticket:
    """Who may open which console, once."""

    user: str | None
    console: Console

    def to_json(self) -> Json:
        """What `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Ticket:  # Any: JSON, from `to_json`
        return cls(value["user"], Console(**value["console"]))


class Consoles(Protocol):
    """The way to consoles through this daemon."""

    async def ticket(self, ticket: Ticket) -> str:
        """The name of a new ticket. Raises `Unavailable`, or `MethodNotSupported`."""

    async def take(self, name: str) -> Ticket | None:
        """A ticket that is good, and is not any more after this. Raises as `ticket` does."""


async def find_console(call: Call, name: str) -> Console:
    """The VNC console of an instance. Raises `NotRunning`, or `NotFound` where there is none.

    luxid tells of a serial line where there is both, so the parameters are looked at as well.
    Source: Ganeti's hypervisor/hv_kvm, GetInstanceConsole.
    """
    values = expect(
        await query_one(call, INSTANCE, name, _FIELDS), _SHAPE, "What luxid tells of a console"
    )
    instance, running, console, hvparams, port, node = values
    if not running:
        raise NotRunning(UNAVAILABLE)
    bound_to = _bound_to(console or {}, hvparams or {}, port)
    if bound_to is None:
        raise NotFound(
            f"{instance} has no VNC console. /2/instances/{instance}/console says how it is "
            "reached; for VNC set the hypervisor parameter vnc_bind_address, and restart it"
        )
    address, port = bound_to
    return Console(instance, await _host(call, address, node, instance), port)


def _bound_to(
    console: Mapping[str, Any], hvparams: Mapping[str, Any], port: int | None
) -> tuple[str, int] | None:  # Any: JSON
    """What the VNC server listens on: an IP address, an interface or a directory; and its port."""
    if console.get("kind") == "vnc":
        expect(console, _VNC, "What luxid tells of a VNC console")
        return console["host"], console["port"]
    address = hvparams.get("vnc_bind_address")
    if isinstance(address, str) and address and port is not None and port > _FIRST_DISPLAY:
        return address, port
    return None


_VNC = record(host=text, port=whole)


async def _host(call: Call, address: str, node: str, instance: str) -> str:
    """The host to connect to, for a server of a node that listens on this address."""
    if address.startswith("/"):
        raise _out_of_reach(instance, node, "a Unix socket")
    try:
        ip = ip_address(address)
    except ValueError:  # the name of a network interface
        return node
    if ip.is_loopback:
        master = await call.daemon.call("QueryConfigValues", ["master_node"])
        if master != [node]:
            raise _out_of_reach(instance, node, f"{address} alone")
    return node if ip.is_unspecified else address


def _out_of_reach(instance: str, node: str, where: str) -> NotFound:
    return NotFound(
        f"The VNC server of {instance} listens on {where}, which only {node} can reach. Set the "
        "hypervisor parameter vnc_bind_address to an address of the nodes, or to 0.0.0.0 behind a "
        "firewall, and restart the instance"
    )
