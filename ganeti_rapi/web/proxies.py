"""Proxies in front of the daemon, and who the clients behind them are.

A proxy that is trusted says in ``X-Forwarded-For`` where a request came from. Each proxy on the way
adds the address that it sees at the end, so the last address that is not a trusted proxy's is the
client's; what stands before it, the client may have made up. Where the header holds no address,
what is known so far counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

LOCAL = "unix"
"""How the option names whoever connects to a Unix socket."""

NO_ADDRESS = "-"
"""The address of a peer that has none: it is at the other end of a Unix socket."""


class TrustedProxies:
    """The proxies that are believed.

    ``described`` are addresses, networks such as ``192.0.2.0/24``, or ``unix``. Raises ValueError.
    """

    def __init__(self, described: Sequence[str] = ()) -> None:
        self._local = LOCAL in described
        self._networks = [_network(text) for text in described if text != LOCAL]
        self.trusts = lru_cache(maxsize=1024)(self._trusts)

    def client(self, peer: str, forwarded_for: bytes | None) -> str:
        """The address of the client whose request came from this peer with this header."""
        client = peer
        for hop in reversed(_hops(forwarded_for)):
            if not self.trusts(client):
                break
            address = _address(hop)
            if address is None:
                break
            client = str(address)
        return client

    def _trusts(self, address: str) -> bool:
        if address == NO_ADDRESS:
            return self._local
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{error}; name an address, a network such as 192.0.2.0/24, or {LOCAL}"
        ) from None


def _hops(forwarded_for: bytes | None) -> list[str]:
    if not forwarded_for:
        return []
    return [hop.strip() for hop in forwarded_for.decode("latin-1").split(",")]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a hop; some proxies add a port, and brackets around an address of IPv6."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
