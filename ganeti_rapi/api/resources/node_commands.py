"""The resources of what is done with a node from outside: its power, its health, its volumes."""

from __future__ import annotations

from ganeti_rapi.api.forms import Argument, Words
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.submissions import Submit

NODE_COMMANDS = (
    Resource(
        "nodes_name_volumes",
        "/2/nodes/{node_name}/volumes",
        "A node's LVM volumes.",
        {
            "GET": Submit(
                doc="List a node's volumes: submits a job whose result is the list.",
                permission="nodes.volumes.query",
                opcode="OP_NODE_QUERYVOLS",
                query=(Argument("output_fields", form=Words(), required=True),),
                as_list={"node_name": "nodes"},
            )
        },
    ),
    Resource(
        "nodes_name_power",
        "/2/nodes/{node_name}/power",
        "A node's power, by out-of-band management.",
        {
            "GET": Submit(
                doc="Ask whether a node is switched on: submits a job whose result tells.",
                permission="nodes.power.query",
                opcode="OP_OOB_COMMAND",
                fixed={"command": "power-status"},
                as_list={"node_name": "node_names"},
            ),
            "PUT": Submit(
                doc=(
                    "Switch a node on or off, or off and on again, hard: `command` is power-on, "
                    "power-off or power-cycle."
                ),
                permission="nodes.power.modify",
                opcode="OP_OOB_COMMAND",
                as_list={"node_name": "node_names"},
            ),
        },
    ),
    Resource(
        "nodes_name_health",
        "/2/nodes/{node_name}/health",
        "A node's health, by out-of-band management.",
        {
            "GET": Submit(
                doc="Ask how a node's parts do: submits a job whose result tells.",
                permission="nodes.health.query",
                opcode="OP_OOB_COMMAND",
                fixed={"command": "health"},
                as_list={"node_name": "node_names"},
            )
        },
    ),
    Resource(
        "nodes_name_restricted_command",
        "/2/nodes/{node_name}/restricted-command",
        "The programs that a node's administrator has put there to be run from here.",
        {
            "POST": Submit(
                doc="Run one of these programs on a node.",
                permission="nodes.restricted_command",
                opcode="OP_RESTRICTED_COMMAND",
                as_list={"node_name": "nodes"},
            )
        },
    ),
)
