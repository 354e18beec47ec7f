"""Nodes, groups, networks, and what concerns the whole cluster."""

from __future__ import annotations

from typing import Any

import click

from ganeti_rapi.client.cli.commands import (
    Action,
    action_command,
    argument,
    family,
    listing,
    reading,
)
from ganeti_rapi.client.rapi import RapiClient

nodes = family(
    "nodes",
    "The cluster's physical machines.",
    listing(
        RapiClient.get_nodes,
        "List the nodes.",
        {"Name": "name", "Role": "role", "Free MiB": "mfree", "Free disk MiB": "dfree"},
    ),
    reading("show", RapiClient.get_node, "Show a node.", [argument("node")]),
)
groups = family(
    "groups",
    "Groups of nodes.",
    listing(
        RapiClient.get_groups,
        "List the groups.",
        {"Name": "name", "Policy": "alloc_policy", "Nodes": "node_list"},
    ),
    reading("show", RapiClient.get_group, "Show a group.", [argument("group")]),
)
networks = family(
    "networks",
    "Networks of instances.",
    listing(
        RapiClient.get_networks,
        "List the networks.",
        {"Name": "name", "Network": "network", "Gateway": "gateway", "Free": "free_count"},
    ),
    reading("show", RapiClient.get_network, "Show a network.", [argument("network")]),
)


async def query(client: RapiClient, kind: str, fields: str) -> Any:  # Any: JSON
    """Ask for fields given with commas between them."""
    return await client.query(kind, fields.split(","))


def _tags_of(kind: str) -> click.Group:
    name = [] if kind == "cluster" else [argument(kind)]
    tags = argument("tags", nargs=-1, required=True)
    rows = (
        Action("add", getattr(RapiClient, f"add_{kind}_tags"), "Add tags.", [*name, tags]),
        Action("remove", getattr(RapiClient, f"delete_{kind}_tags"), "Remove.", [*name, tags]),
    )
    lists = reading("list", getattr(RapiClient, f"get_{kind}_tags"), "List tags.", name)
    return family(kind, f"Tags of: {kind}.", lists, *map(action_command, rows))


def _by_verb() -> click.Group:
    kinds = [_tags_of(kind) for kind in ("cluster", "node", "instance", "group", "network")]
    verbs = [
        click.Group(
            verb,
            help=f"{verb.title()} tags.",
            commands={str(kind.name): kind.commands[verb] for kind in kinds},
        )
        for verb in ("list", "add", "remove")
    ]
    return family("tags", "Words on the cluster's objects.", *verbs)


COMMANDS = (
    nodes,
    groups,
    networks,
    _by_verb(),
    reading("info", RapiClient.get_info, "Show the cluster's settings."),
    reading("os", RapiClient.list_operating_systems, "List the operating systems."),
    reading("features", RapiClient.get_features, "List what the server can do."),
    reading("query", query, "Ask for fields: KIND NAME,…", [argument("kind"), argument("fields")]),
)
