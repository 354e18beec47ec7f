"""`rapi groups` and `rapi networks`."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import (
    Listing,
    argument,
    family,
    flag,
    list_command,
    option,
    reading,
)
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import names, pairs
from ganeti_rapi.client.rapi import RapiClient

GROUP = argument("group", shell_complete=completion.GROUPS)
NETWORK = argument("network", shell_complete=completion.NETWORKS)
ALLOC_POLICY = option(
    "--alloc-policy",
    type=click.Choice(["preferred", "last_resort", "unallocable"]),
    help="Whether new instances may be put there.",
)
NDPARAMS = option("--ndparams", type=pairs, metavar="KEY=VALUE,…", help="Its nodes' parameters.")
MAC_PREFIX = option("--mac-prefix", metavar="MAC", help="Such as aa:00:00.")
GATEWAY = option("--gateway", metavar="IP", help="The IPv4 gateway.")
NETWORK6 = option("--network6", metavar="CIDR", help="The IPv6 network.")
GATEWAY6 = option("--gateway6", metavar="IP", help="The IPv6 gateway.")
RESERVE = option(
    "--reserve", "add_reserved_ips", type=names, metavar="IP,…", help="Not for instances."
)

GROUPS = Listing(
    RapiClient.get_groups,
    "List the groups.",
    "group",
    {"Name": "name", "Policy": "alloc_policy", "Nodes": "node_list"},
)
GROUP_ACTIONS = (
    Action(
        "create",
        RapiClient.create_group,
        "Create an empty group.",
        [argument("name"), ALLOC_POLICY, NDPARAMS],
    ),
    Action(
        "modify",
        RapiClient.modify_group,
        "Change a group's parameters; --set changes any other.",
        [GROUP, ALLOC_POLICY, NDPARAMS],
    ),
    Action(
        "rename",
        RapiClient.rename_group,
        "Give a group another name.",
        [GROUP, argument("new_name")],
    ),
    Action(
        "assign-nodes",
        RapiClient.assign_nodes,
        "Move nodes into a group.",
        [
            GROUP,
            argument("nodes", nargs=-1, required=True, shell_complete=completion.NODES),
            flag("--force", help="Even if that splits instances between groups."),
        ],
    ),
    Action("remove", RapiClient.delete_group, "Remove an empty group.", [GROUP], "Remove {group}?"),
)

NETWORKS = Listing(
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
NETWORK_ACTIONS = (
    Action(
        "create",
        RapiClient.create_network,
        "Create a network, such as 192.0.2.0/24.",
        [
            argument("name"),
            argument("network", metavar="CIDR"),
            *(GATEWAY, NETWORK6, GATEWAY6, MAC_PREFIX, RESERVE),
            option("--tags", type=names, metavar="TAG,…", help="Its tags."),
        ],
    ),
    Action(
        "modify",
        RapiClient.modify_network,
        "Change a network's parameters; --set changes any other.",
        [
            NETWORK,
            *(GATEWAY, NETWORK6, GATEWAY6, MAC_PREFIX, RESERVE),
            option(
                "--release",
                "remove_reserved_ips",
                type=names,
                metavar="IP,…",
                help="For instances again.",
            ),
        ],
    ),
    Action(
        "rename",
        RapiClient.rename_network,
        "Give a network another name; needs Ganeti 3.1.",
        [NETWORK, argument("new_name")],
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

groups = family(
    "groups",
    "Groups of nodes.",
    list_command(GROUPS),
    reading("show", RapiClient.get_group, "Show a group.", [GROUP]),
    *map(action_command, GROUP_ACTIONS),
)
networks = family(
    "networks",
    "IP networks for instances.",
    list_command(NETWORKS),
    reading("show", RapiClient.get_network, "Show a network.", [NETWORK]),
    *map(action_command, NETWORK_ACTIONS),
)
