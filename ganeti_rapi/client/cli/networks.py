"""`rapi networks`."""

from __future__ import annotations

from ganeti_rapi.client.cli.commands import argument, reading
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.opcodes import argument_of, option_of
from ganeti_rapi.client.cli.parameters import GROUP, NETWORK, NEW_NAME
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import names

SETTINGS = (
    option_of("OP_NETWORK_ADD", "gateway", metavar="IP"),
    option_of("OP_NETWORK_ADD", "network6", metavar="CIDR"),
    option_of("OP_NETWORK_ADD", "gateway6", metavar="IP"),
    option_of("OP_NETWORK_ADD", "mac_prefix", metavar="MAC"),
    option_of("OP_NETWORK_ADD", "add_reserved_ips", "--reserve", type=names, metavar="IP,…"),
)
RELEASE = option_of(
    "OP_NETWORK_SET_PARAMS", "remove_reserved_ips", "--release", type=names, metavar="IP,…"
)

LIST = Listing(
    "get_networks",
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
        "create_network",
        "Create a network, such as 192.0.2.0/24.",
        [
            argument("name"),
            argument("network", metavar="CIDR"),
            *SETTINGS,
            option_of("OP_NETWORK_ADD", "tags", type=names, metavar="TAG,…"),
        ],
        takes=("set", "dry_run"),
    ),
    Action(
        "modify",
        "modify_network",
        "Change a network's parameters; --set changes any other.",
        [
            NETWORK,
            *SETTINGS,
            RELEASE,
        ],
        takes=("set",),
    ),
    Action(
        "rename",
        "rename_network",
        "Give a network another name; needs Ganeti 3.1.",
        [NETWORK, NEW_NAME],
        takes=("dry_run",),
    ),
    Action(
        "connect",
        "connect_network",
        "Connect a network to a group, by a bridge or routing table.",
        [
            NETWORK,
            GROUP,
            argument_of("OP_NETWORK_CONNECT", "network_mode", "mode"),
            argument("link"),
            option_of("OP_NETWORK_CONNECT", "network_vlan", "--vlan", "vlan", metavar="VLAN"),
        ],
        takes=("set", "dry_run"),
    ),
    Action(
        "disconnect",
        "disconnect_network",
        "Disconnect a network from a group.",
        [NETWORK, GROUP],
        takes=("dry_run",),
    ),
    Action(
        "remove",
        "delete_network",
        "Remove a network.",
        [],
        "Remove {network}?",
        takes=("dry_run",),
        each="network",
    ),
)

COMMANDS = (
    list_command(LIST),
    reading("show", "get_network", "Show a network.", [NETWORK]),
    *map(action_command, ACTIONS),
)
