"""Opcodes on IP networks."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.checks import IPV4_NETWORK, NON_EMPTY_STRING, STRING, OneOf
from ganeti_rapi.api.opcodes.opcode import Opcode
from ganeti_rapi.api.params import (
    ADD_RESERVED_IPS,
    CONFLICTS_CHECK,
    FORCE,
    GATEWAY,
    GATEWAY6,
    GROUP_NAME,
    MAC_PREFIX,
    NETWORK6,
    NETWORK_NAME,
    NEW_NAME,
    TAGS,
    Param,
)

OPCODES = (
    Opcode(
        "OP_NETWORK_ADD",
        "Adds an IP network, not yet connected to any group.",
        (
            NETWORK_NAME,
            Param(
                "network",
                IPV4_NETWORK,
                "The IPv4 network in CIDR notation, such as 192.0.2.0/24.",
            ),
            GATEWAY,
            NETWORK6,
            GATEWAY6,
            MAC_PREFIX,
            ADD_RESERVED_IPS,
            CONFLICTS_CHECK,
            TAGS,
        ),
        subject="network_name",
    ),
    Opcode(
        "OP_NETWORK_CONNECT",
        "Connects a network to a node group, whose instances can use it from then on.",
        (
            GROUP_NAME,
            NETWORK_NAME,
            Param(
                "network_mode",
                OneOf(("bridged", "ext", "openvswitch", "pool", "routed")),
                "How the instances' interfaces reach the network; ext since Ganeti 3.1.",
            ),
            Param(
                "network_link",
                NON_EMPTY_STRING,
                "The bridge, switch or routing table that they are attached to.",
            ),
            Param(
                "network_vlan",
                STRING,
                "The VLAN, or trunk of VLANs, of the interfaces on an Open vSwitch.",
                "",
            ),
            CONFLICTS_CHECK,
        ),
        subject="network_name",
    ),
    Opcode(
        "OP_NETWORK_DISCONNECT",
        "Disconnects a network from a node group none of whose instances uses it.",
        (GROUP_NAME, NETWORK_NAME),
        subject="network_name",
    ),
    Opcode(
        "OP_NETWORK_REMOVE",
        "Removes a network that is connected to no group.",
        (NETWORK_NAME, FORCE),
        subject="network_name",
    ),
    Opcode(
        "OP_NETWORK_RENAME",
        "Renames a network. Ganeti has it from release 3.1 on.",
        (NETWORK_NAME, NEW_NAME),
        result="The network's new name.",
    ),
    Opcode(
        "OP_NETWORK_SET_PARAMS",
        "Changes a network's parameters; what is null stays as it is.",
        (
            NETWORK_NAME,
            GATEWAY,
            NETWORK6,
            GATEWAY6,
            MAC_PREFIX,
            ADD_RESERVED_IPS,
            evolve(
                ADD_RESERVED_IPS,
                name="remove_reserved_ips",
                doc="IPv4 addresses that were reserved and may be given to instances again.",
            ),
        ),
        subject="network_name",
    ),
)
