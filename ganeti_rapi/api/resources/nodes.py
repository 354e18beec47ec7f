"""The resources of nodes and their storage."""

from __future__ import annotations

from ganeti_rapi.api.arguments import DRY_RUN, LOCK, flag
from ganeti_rapi.api.bodies import IF_OBJECT, OneValue, Parameters
from ganeti_rapi.api.cells import Handler, Item
from ganeti_rapi.api.forms import Argument, Flag, Words
from ganeti_rapi.api.handlers import nodes
from ganeti_rapi.api.kinds import NODE
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import tags_of
from ganeti_rapi.api.schemas import one_of
from ganeti_rapi.api.submissions import OpcodeHandler, Submit

_STORAGE_TYPE = Argument("storage_type", required=True)
_UNIT_NAME = Argument("name", required=True)

NODES = (
    Resource(
        "nodes",
        "/2/nodes",
        "The nodes: the cluster's physical machines.",
        {"GET": Listing(doc="List the nodes.", permission="nodes.list", kind=NODE)},
    ),
    Resource(
        "nodes_name",
        "/2/nodes/{node_name}",
        "One node.",
        {
            "GET": Item(doc="Show a node.", permission="nodes.query", kind=NODE),
            "DELETE": Submit(
                doc="Take a node that holds no instances out of the cluster.",
                permission="nodes.remove",
                opcode="OP_NODE_REMOVE",
                query=(DRY_RUN,),
            ),
        },
    ),
    Resource(
        "nodes_name_powercycle",
        "/2/nodes/{node_name}/powercycle",
        "A node's power.",
        {
            "POST": Submit(
                doc="Power-cycle a node, hard.",
                permission="nodes.powercycle",
                opcode="OP_NODE_POWERCYCLE",
                query=(flag("force"),),
            )
        },
    ),
    Resource(
        "nodes_name_role",
        "/2/nodes/{node_name}/role",
        "A node's role: drained, master, master-candidate, offline or regular.",
        {
            "GET": Handler(
                doc="Show a node's role.",
                permission="nodes.role.query",
                reply="The role, a string.",
                reply_schema=one_of(*nodes.ROLES.values()),
                query=(LOCK,),
                function=nodes.role,
                shared=True,
            ),
            "PUT": Submit(
                doc="Change a node's role: the body is the new role, a string.",
                permission="nodes.role.modify",
                opcode="OP_NODE_SET_PARAMS",
                query=(flag("force"), flag("auto-promote")),
                body=OneValue(key="role", check=nodes.ROLE_BODY, required=True),
                combine=nodes.role_change,
            ),
        },
    ),
    Resource(
        "nodes_name_evacuate",
        "/2/nodes/{node_name}/evacuate",
        "A node's evacuation.",
        {
            "POST": OpcodeHandler(
                doc=(
                    "Move instances away from a node. With a body: the parameters of "
                    "OP_NODE_EVACUATE. Without one: move the secondary instances, as the query "
                    "arguments say, and wait for the list of what is moved."
                ),
                permission="nodes.evacuate",
                reply="The job's id; without a body a list of [job id, instance, node].",
                reply_schema=nodes.EVACUATE_REPLY,
                opcode="OP_NODE_EVACUATE",
                query=(DRY_RUN,),
                body=Parameters(
                    instead=(Argument("iallocator"), Argument("remote_node"), flag("early_release"))
                ),
                function=nodes.evacuate,
            )
        },
    ),
    Resource(
        "nodes_name_migrate",
        "/2/nodes/{node_name}/migrate",
        "The migration of a node's primary instances.",
        {
            "POST": Submit(
                doc="Migrate all primary instances away from a node.",
                permission="nodes.migrate",
                opcode="OP_NODE_MIGRATE",
                body=Parameters(
                    instead=(
                        Argument(
                            "live",
                            "Older form of `mode`: 1 is `live`, 0 is `non-live`.",
                            Flag("live", "non-live"),
                            param="mode",
                        ),
                        Argument("mode", "`live` or `non-live`; with it the body is ignored."),
                    ),
                    query_first=True,
                ),
            )
        },
    ),
    Resource(
        "nodes_name_modify",
        "/2/nodes/{node_name}/modify",
        "A node's parameters.",
        {
            "POST": Submit(
                doc="Change parameters of a node.",
                permission="nodes.modify",
                opcode="OP_NODE_SET_PARAMS",
            )
        },
    ),
    Resource(
        "nodes_name_storage",
        "/2/nodes/{node_name}/storage",
        "A node's storage units.",
        {
            "GET": Submit(
                doc="List a node's storage units: submits a job whose result is the list.",
                permission="nodes.storage.query",
                opcode="OP_NODE_QUERY_STORAGE",
                query=(_STORAGE_TYPE, Argument("output_fields", form=Words(), required=True)),
                body=IF_OBJECT,
                as_list={"node_name": "nodes"},
            )
        },
    ),
    Resource(
        "nodes_name_storage_modify",
        "/2/nodes/{node_name}/storage/modify",
        "A storage unit's parameters.",
        {
            "PUT": Submit(
                doc="Change a storage unit of a node.",
                permission="nodes.storage.modify",
                opcode="OP_NODE_MODIFY_STORAGE",
                query=(
                    _STORAGE_TYPE,
                    _UNIT_NAME,
                    flag("allocatable", "Whether instances may be put there.", default=None),
                ),
                body=Parameters(only_objects=True, taken=frozenset({"changes"})),
                combine=nodes.storage_changes,
            )
        },
    ),
    Resource(
        "nodes_name_storage_repair",
        "/2/nodes/{node_name}/storage/repair",
        "A storage unit's repair.",
        {
            "PUT": Submit(
                doc="Repair a storage unit of a node; only lvm-vg can be repaired.",
                permission="nodes.storage.repair",
                opcode="OP_REPAIR_NODE_STORAGE",
                query=(_STORAGE_TYPE, _UNIT_NAME),
                body=IF_OBJECT,
            )
        },
    ),
    tags_of("node", "a node", "nodes_name_tags", "/2/nodes/{name}/tags"),
)
