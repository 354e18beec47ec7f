"""`rapi networks`."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli.commands import (
    Listing,
    argument,
    family,
    list_command,
    option,
    reading,
)
from ganeti_rapi.client.cli.parameters import GROUP, NETWORK, NEW_NAME
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import names
from ganeti_rapi.client.rapi import RapiClient

SETTINGS = (
    option("--gateway", metavar="IP", help="The IPv4 gateway."),
    option("--network6", metavar="CIDR", help="The IPv6 network."),
    option("--gateway6", metavar="IP", help="The IPv6 gateway."),
    option("--mac-prefix", metavar="MAC", help="Such as aa:00:00."),
    option("--reserve", "add_reserved_ips", type=names, metavar="IP,…", help="Not for instances."),
)
RELEASE = option(
    "--release",
    "remove_reserved_ips",
    type=names,
    metavar="IP,…",
    help="For instances again.",
)

LIST = Listing(
    RapiClient.get_networks,
    "List the networks.",
    "network",
    {
        "Name": "name",
        "Network": "network",
        "Gateway": "gateway",
        "Network6": "network6",
        "Free": "free_count",
        "Reserved": "reserved_count",
    },
)
ACTIONS = (
    Action(
        "create",
        RapiClient.create_network,
        "Create a network, such as 192.0.2.0/24.",
        [
            argument("name"),
            argument("network", metavar="CIDR"),
            *SETTINGS,
            option("--tags", type=names, metavar="TAG,…", help="Its tags."),
        ],
    ),
    Action(
        "modify",
        RapiClient.modify_network,
        "Change a network's parameters; --set changes any other.",
        [
            NETWORK,
            *SETTINGS,
            RELEASE,
        ],
    ),
    Action(
        "rename",
        RapiClient.rename_network,
        "Give a network another name; needs Ganeti 3.1.",
        [NETWORK, NEW_NAME],
    ),
    Action(
        "connect",
        RapiClient.connect_network,
        "Connect a network to a group, by a bridge or routing table.",
        [
            NETWORK,
            GROUP,
            argument("mode", type=click.Choice(["bridged", "routed", "openvswitch"])),
            argument("link"),
            option("--vlan", metavar="VLAN", help="For openvswitch."),
        ],
    ),
    Action(
        "disconnect",
        RapiClient.disconnect_network,
        "Disconnect a network from a group.",
        [NETWORK, GROUP],
    ),
    Action(
        "remove", RapiClient.delete_network, "Remove a network.", [NETWORK], "Remove {network}?"
    ),
)

networks = family(
    "networks",
    "IP networks for instances.",
    list_command(LIST),
    reading("show", RapiClient.get_network, "Show a network.", [NETWORK]),
    *map(action_command, ACTIONS),
)
