"""The fields of IP networks, and which of a network's addresses are taken."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_address

from ganeti_rapi.simulator.queries.context import Context, nice_key, nicely_sorted
from ganeti_rapi.simulator.queries.fields import (
    Field,
    Table,
    always,
    attribute,
    attribute_if_any,
    configuration_fields,
    table,
)
from ganeti_rapi.simulator.state import Network


def _external(network: Network) -> set[IPv4Address]:
    """The addresses that no instance gets: the subnet's own, the gateway, those kept by hand."""
    subnet = IPv4Network(network.network)
    kept = [*network.reserved, *([network.gateway] if network.gateway else [])]
    return {subnet.network_address, subnet.broadcast_address, *map(IPv4Address, kept)}


def _taken(context: Context, network: Network) -> set[IPv4Address]:
    """All addresses that a new interface cannot get."""
    subnet = IPv4Network(network.network)
    used = (ip_address(nic.ip) for _, nic in context.nics_in(network) if nic.ip)
    own = {ip for ip in used if isinstance(ip, IPv4Address) and ip in subnet}
    return _external(network) | own


def _map(context: Context, network: Network) -> str:
    taken = _taken(context, network)
    return "".join("X" if address in taken else "." for address in IPv4Network(network.network))


def _external_text(_: Context, network: Network) -> str:
    return ", ".join(str(address) for address in sorted(_external(network)))


def _free_count(context: Context, network: Network) -> int:
    return IPv4Network(network.network).num_addresses - len(_taken(context, network))


def _groups(context: Context, network: Network) -> list[list[str]]:
    """[name, mode, link, vlan] of each group that the network is connected to."""
    connections = (
        (group, group.networks[network.uuid])
        for group in nicely_sorted(context.cluster.groups)
        if network.uuid in group.networks
    )
    return [[g.name, c["mode"], c["link"], c.get("vlan", "")] for g, c in connections]


def _instances(context: Context, network: Network) -> list[str]:
    return sorted({instance.name for instance, _ in context.nics_in(network)}, key=nice_key)


# fmt: off
NETWORK_FIELDS: Table[Network] = table([
    *configuration_fields("Network"),
    Field("external_reservations", "ExternalReservations", "text",
          "The addresses that instances do not get", always(_external_text)),
    Field("free_count", "FreeCount", "number", "How many addresses are free", always(_free_count)),
    Field("gateway", "Gateway", "other", "The IPv4 gateway", attribute_if_any("gateway")),
    Field("gateway6", "IPv6Gateway", "other", "The IPv6 gateway", attribute_if_any("gateway6")),
    Field("group_cnt", "NodeGroups", "number", "How many node groups it is connected to",
          always(lambda context, network: len(_groups(context, network)))),
    Field("group_list", "GroupList", "other",
          "The node groups that it is connected to, each with mode, link and VLAN",
          always(_groups)),
    Field("inst_cnt", "Instances", "number", "How many instances use it",
          always(lambda context, network: len(_instances(context, network)))),
    Field("inst_list", "InstanceList", "other", "The instances that use it", always(_instances)),
    Field("mac_prefix", "MacPrefix", "other",
          "What the MAC addresses in it begin with", attribute_if_any("mac_prefix")),
    Field("map", "Map", "text",
          "A character for each address: X is taken, a dot is free", always(_map)),
    Field("name", "Network", "text", "Its name", attribute("name")),
    Field("network", "Subnet", "text", "Its IPv4 subnet", attribute("network")),
    Field("network6", "IPv6Subnet", "other", "Its IPv6 subnet", attribute_if_any("network6")),
    Field("reserved_count", "ReservedCount", "number", "How many addresses are taken",
          always(lambda context, network: len(_taken(context, network)))),
])
# fmt: on
