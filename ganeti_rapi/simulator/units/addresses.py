"""Which addresses of a network are taken, and MAC addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from ganeti_rapi.simulator.state import Cluster, Identities, Instance, Network, Nic
from ganeti_rapi.simulator.units import refusals

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)

_FIRST_PORT = 11000


def nics(cluster: Cluster) -> Iterator[tuple[Instance, int, Nic]]:
    """All network interfaces, each with its instance and index."""
    for instance in cluster.instances:
        for index, nic in enumerate(instance.nics):
            yield instance, index, nic


def externally_reserved(network: Network) -> set[IPv4Address]:
    """The addresses that no instance gets: the subnet's own, the gateway, those kept by hand."""
    subnet = IPv4Network(network.network)
    own = [network.gateway] if network.gateway else []
    by_hand = map(IPv4Address, [*network.reserved, *own])
    return {subnet.network_address, subnet.broadcast_address, *by_hand}


def used_by_instances(cluster: Cluster, network: Network) -> set[IPv4Address]:
    """The addresses that instances in the network have."""
    in_network = (nic for _, _, nic in nics(cluster) if nic.network == network.uuid)
    return {IPv4Address(nic.ip) for nic in in_network if nic.ip}


def taken(cluster: Cluster, network: Network) -> set[IPv4Address]:
    """The addresses that a new interface cannot get."""
    return externally_reserved(network) | used_by_instances(cluster, network)


def require_free(cluster: Cluster, network: Network, address: str) -> None:
    """Refuse an address that is taken, or not in the network."""
    ip = IPv4Address(address)
    if ip not in IPv4Network(network.network) or ip in taken(cluster, network):
        raise refusals.not_unique(
            f"IP address {address} already in use or does not belong to network {network.name}"
        )


def next_free(cluster: Cluster, network: Network, others: Collection[str | None]) -> str:
    """The first address that is neither taken nor one of ``others``."""
    unavailable = taken(cluster, network)
    for address in IPv4Network(network.network).hosts():
        if address not in unavailable and str(address) not in others:
            return str(address)
    raise refusals.not_unique(f"All IP addresses of network {network.name} are in use")


def bits(network: Network, addresses: Iterable[IPv4Address]) -> str:
    """A character for each address of a network: ``1`` for the given ones, ``0`` for others."""
    chosen = set(addresses)
    return "".join("1" if address in chosen else "0" for address in IPv4Network(network.network))


def require_mac(cluster: Cluster, mac: str) -> None:
    """Refuse what is not a MAC address, or one that an instance has."""
    if not _MAC.fullmatch(mac):
        raise refusals.wrong_input(f"Invalid MAC address '{mac}'")
    if mac.lower() in _macs(cluster):
        raise refusals.not_unique(f"MAC address {mac} already in use in cluster")


def new_mac(cluster: Cluster, identities: Identities, prefix: str) -> str:
    """A MAC address that no instance has."""
    used = _macs(cluster)
    while (mac := identities.mac(prefix)) in used:
        pass
    return mac


def _macs(cluster: Cluster) -> set[str]:
    return {nic.mac.lower() for _, _, nic in nics(cluster)}


def new_port(cluster: Cluster) -> int:
    """A TCP port, for an instance's console, that no instance has."""
    used = {instance.network_port for instance in cluster.instances}
    port = _FIRST_PORT
    while port in used:
        port += 1
    return port
