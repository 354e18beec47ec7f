"""The resources of networks."""

from __future__ import annotations

from ganeti_rapi.api.arguments import DRY_RUN
from ganeti_rapi.api.bodies import Parameters
from ganeti_rapi.api.cells import Item
from ganeti_rapi.api.handlers import networks
from ganeti_rapi.api.kinds import NETWORK
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import tags_of
from ganeti_rapi.api.submissions import Submit

NETWORKS = (
    Resource(
        "networks",
        "/2/networks",
        "The IP networks that instances' interfaces may belong to.",
        {
            "GET": Listing(doc="List the networks.", permission="networks.list", kind=NETWORK),
            "POST": Submit(
                doc="Create a network.",
                permission="networks.create",
                opcode="OP_NETWORK_ADD",
                query=(DRY_RUN,),
                body=Parameters(also=networks.NEW_PARAMS, renames={"name": "network_name"}),
                combine=networks.creation,
            ),
        },
    ),
    Resource(
        "networks_name",
        "/2/networks/{network_name}",
        "One network.",
        {
            "GET": Item(doc="Show a network.", permission="networks.query", kind=NETWORK),
            "DELETE": Submit(
                doc="Remove a network.",
                permission="networks.remove",
                opcode="OP_NETWORK_REMOVE",
                query=(DRY_RUN,),
            ),
        },
    ),
    Resource(
        "networks_name_connect",
        "/2/networks/{network_name}/connect",
        "The connection of a network to a group.",
        {
            "PUT": Submit(
                doc="Connect a network to a node group.",
                permission="networks.connect",
                opcode="OP_NETWORK_CONNECT",
                query=(DRY_RUN,),
            )
        },
    ),
    Resource(
        "networks_name_disconnect",
        "/2/networks/{network_name}/disconnect",
        "The end of a network's connection to a group.",
        {
            "PUT": Submit(
                doc="Disconnect a network from a node group.",
                permission="networks.disconnect",
                opcode="OP_NETWORK_DISCONNECT",
                query=(DRY_RUN,),
            )
        },
    ),
    Resource(
        "networks_name_modify",
        "/2/networks/{network_name}/modify",
        "A network's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters of a network.",
                permission="networks.modify",
                opcode="OP_NETWORK_SET_PARAMS",
            )
        },
    ),
    Resource(
        "networks_name_rename",
        "/2/networks/{network_name}/rename",
        "A network's name.",
        {
            "PUT": Submit(
                doc="Rename a network; needs Ganeti 3.1.",
                permission="networks.rename",
                opcode="OP_NETWORK_RENAME",
                query=(DRY_RUN,),
            )
        },
    ),
    tags_of("network", "a network", "networks_name_tags", "/2/networks/{name}/tags"),
)
