"""The resources of node groups."""

from __future__ import annotations

from ganeti_rapi.api.arguments import DRY_RUN, flag
from ganeti_rapi.api.bodies import IF_OBJECT, Parameters
from ganeti_rapi.api.cells import Item
from ganeti_rapi.api.kinds import GROUP
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import tags_of
from ganeti_rapi.api.resources.verification import WITH_CODES
from ganeti_rapi.api.submissions import Submit

GROUPS = (
    Resource(
        "groups",
        "/2/groups",
        "The node groups.",
        {
            "GET": Listing(doc="List the node groups.", permission="groups.list", kind=GROUP),
            "POST": Submit(
                doc="Create a node group.",
                permission="groups.create",
                opcode="OP_GROUP_ADD",
                query=(DRY_RUN,),
                body=Parameters(renames={"name": "group_name"}),
            ),
        },
    ),
    Resource(
        "groups_name",
        "/2/groups/{group_name}",
        "One node group.",
        {
            "GET": Item(doc="Show a node group.", permission="groups.query", kind=GROUP),
            "DELETE": Submit(
                doc="Remove a node group, which must be empty.",
                permission="groups.delete",
                opcode="OP_GROUP_REMOVE",
                query=(DRY_RUN,),
                body=IF_OBJECT,
            ),
        },
    ),
    Resource(
        "groups_name_modify",
        "/2/groups/{group_name}/modify",
        "A node group's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters of a node group.",
                permission="groups.modify",
                opcode="OP_GROUP_SET_PARAMS",
                body=Parameters(
                    renames={
                        "custom_ndparams": "ndparams",
                        "custom_ipolicy": "ipolicy",
                        "custom_diskparams": "diskparams",
                    }
                ),
            )
        },
    ),
    Resource(
        "groups_name_rename",
        "/2/groups/{group_name}/rename",
        "A node group's name.",
        {
            "PUT": Submit(
                doc="Rename a node group.",
                permission="groups.rename",
                opcode="OP_GROUP_RENAME",
                query=(DRY_RUN,),
            )
        },
    ),
    Resource(
        "groups_name_evacuate",
        "/2/groups/{group_name}/evacuate",
        "A node group's evacuation.",
        {
            "POST": Submit(
                doc="Move all instances of a node group into other groups.",
                permission="groups.evacuate",
                opcode="OP_GROUP_EVACUATE",
                query=(DRY_RUN,),
            )
        },
    ),
    Resource(
        "groups_name_verify",
        "/2/groups/{group_name}/verify",
        "The verification of a node group.",
        {
            "POST": Submit(
                doc="Check a node group; `GET /2/verify/{job_id}` tells what was found.",
                permission="groups.verify",
                opcode="OP_CLUSTER_VERIFY_GROUP",
                fixed=WITH_CODES,
            )
        },
    ),
    Resource(
        "groups_name_verify_disks",
        "/2/groups/{group_name}/verify-disks",
        "The verification of the disks in a node group.",
        {
            "POST": Submit(
                doc="Check the disks of a node group's instances.",
                permission="groups.verify",
                opcode="OP_GROUP_VERIFY_DISKS",
            )
        },
    ),
    Resource(
        "groups_name_assign_nodes",
        "/2/groups/{group_name}/assign-nodes",
        "The nodes of a group.",
        {
            "PUT": Submit(
                doc="Move nodes into a group.",
                permission="groups.assign_nodes",
                opcode="OP_GROUP_ASSIGN_NODES",
                query=(DRY_RUN, flag("force")),
            )
        },
    ),
    tags_of("nodegroup", "a node group", "groups_name_tags", "/2/groups/{name}/tags"),
)
