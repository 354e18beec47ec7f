"""The resources of networks."""

from __future__ import annotations

from ganeti_rapi.api.arguments import BULK, DRY_RUN, LOCK, REASON, WAIT
from ganeti_rapi.api.bodies import Parameters
from ganeti_rapi.api.cells import Item, Listing, Submit
from ganeti_rapi.api.kinds import NETWORK
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import a_list_of, tag_cells

NETWORKS = (
    Resource(
        "networks",
        "/2/networks",
        "The IP networks that instances' interfaces may belong to.",
        {
            "GET": Listing(
                doc="List the networks.",
                reply=a_list_of("networks"),
                query=(BULK,),
                kind=NETWORK,
            ),
            "POST": Submit(
                doc="Create a network.",
                opcode="OP_NETWORK_ADD",
                query=(DRY_RUN, REASON, WAIT),
                body=Parameters(renames={"name": "network_name"}),
            ),
        },
    ),
    Resource(
        "networks_name",
        "/2/networks/{network_name}",
        "One network.",
        {
            "GET": Item(
                doc="Show a network.",
                reply="An object with its details.",
                query=(LOCK,),
                kind=NETWORK,
                item="network_name",
            ),
            "DELETE": Submit(
                doc="Remove a network.",
                opcode="OP_NETWORK_REMOVE",
                query=(DRY_RUN, REASON, WAIT),
            ),
        },
    ),
    *(
        Resource(
            f"networks_name_{action}",
            f"/2/networks/{{network_name}}/{action}",
            about,
            {"PUT": Submit(doc=doc, opcode=opcode, query=query)},
        )
        for action, about, doc, opcode, query in (
            (
                "connect",
                "The connection of a network to a group.",
                "Connect a network to a node group.",
                "OP_NETWORK_CONNECT",
                (DRY_RUN, REASON, WAIT),
            ),
            (
                "disconnect",
                "The end of a network's connection to a group.",
                "Disconnect a network from a node group.",
                "OP_NETWORK_DISCONNECT",
                (DRY_RUN, REASON, WAIT),
            ),
            (
                "modify",
                "A network's parameters.",
                "Change parameters of a network.",
                "OP_NETWORK_SET_PARAMS",
                (
                    REASON,
                    WAIT,
                ),
            ),
            (
                "rename",
                "A network's name.",
                "Rename a network; needs Ganeti 3.1.",
                "OP_NETWORK_RENAME",
                (DRY_RUN, REASON, WAIT),
            ),
        )
    ),
    Resource(
        "networks_name_tags",
        "/2/networks/{name}/tags",
        "A network's tags.",
        tag_cells("network", "a network"),
    ),
)
