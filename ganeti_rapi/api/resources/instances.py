"""The resources of instances as a whole: making, removing, starting and stopping them."""

from __future__ import annotations

from ganeti_rapi.api.arguments import BULK, DRY_RUN, LOCK, flag
from ganeti_rapi.api.bodies import IF_OBJECT, Parameters
from ganeti_rapi.api.cells import Item
from ganeti_rapi.api.forms import Argument, Flag
from ganeti_rapi.api.handlers import instances
from ganeti_rapi.api.kinds import INSTANCE
from ganeti_rapi.api.lists.arguments import CHOICE
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.submissions import OpcodeHandler, Submit

INSTANCES = (
    Resource(
        "instances",
        "/2/instances",
        "The instances: the cluster's virtual machines.",
        {
            "GET": Listing(
                doc="List the instances.",
                permission="instances.list",
                query=(BULK, LOCK, *CHOICE),
                kind=INSTANCE,
            ),
            "POST": Submit(
                doc="Create an instance.",
                permission="instances.create",
                opcode="OP_INSTANCE_CREATE",
                query=(DRY_RUN,),
                body=Parameters(
                    also=instances.CREATE_PARAMS, renames=instances.CREATE_RENAMES, required=True
                ),
                combine=instances.creation,
            ),
        },
    ),
    Resource(
        "instances_multi_alloc",
        "/2/instances-multi-alloc",
        "The creation of several instances at once.",
        {
            "POST": Submit(
                doc="Create several instances; the allocator places them all together.",
                permission="instances.multi_alloc",
                opcode="OP_INSTANCE_MULTI_ALLOC",
                query=(DRY_RUN,),
                body=Parameters(also=instances.MULTI_ALLOC_PARAMS, required=True),
            )
        },
    ),
    Resource(
        "instances_name",
        "/2/instances/{instance_name}",
        "One instance.",
        {
            "GET": Item(doc="Show an instance.", permission="instances.query", kind=INSTANCE),
            "DELETE": Submit(
                doc="Remove an instance and its disks.",
                permission="instances.remove",
                opcode="OP_INSTANCE_REMOVE",
                query=(DRY_RUN,),
                fixed={"ignore_failures": False},
            ),
        },
    ),
    Resource(
        "instances_name_info",
        "/2/instances/{instance_name}/info",
        "An instance's detailed information.",
        {
            "GET": Submit(
                doc="Ask for detailed information: submits a job whose result it is.",
                permission="instances.info",
                opcode="OP_INSTANCE_QUERY_DATA",
                open=True,
                query=(flag("static"),),
                body=IF_OBJECT,
                as_list={"instance_name": "instances"},
            )
        },
    ),
    Resource(
        "instances_name_reboot",
        "/2/instances/{instance_name}/reboot",
        "An instance's reboot.",
        {
            "POST": Submit(
                doc="Reboot an instance.",
                permission="instances.reboot",
                opcode="OP_INSTANCE_REBOOT",
                query=(
                    Argument("type", param="reboot_type", default="hard"),
                    flag("ignore_secondaries"),
                    DRY_RUN,
                ),
            )
        },
    ),
    Resource(
        "instances_name_shutdown",
        "/2/instances/{instance_name}/shutdown",
        "An instance's shutdown.",
        {
            "PUT": Submit(
                doc="Shut an instance down.",
                permission="instances.shutdown",
                opcode="OP_INSTANCE_SHUTDOWN",
                query=(flag("no_remember"), DRY_RUN),
            )
        },
    ),
    Resource(
        "instances_name_startup",
        "/2/instances/{instance_name}/startup",
        "An instance's start.",
        {
            "PUT": Submit(
                doc="Start an instance.",
                permission="instances.startup",
                opcode="OP_INSTANCE_STARTUP",
                query=(flag("force"), flag("no_remember"), DRY_RUN),
                body=IF_OBJECT,
            )
        },
    ),
    Resource(
        "instances_name_reinstall",
        "/2/instances/{instance_name}/reinstall",
        "An instance's operating system.",
        {
            "POST": OpcodeHandler(
                doc=(
                    "Install the operating system again: `os`, `start`, `osparams` and others of "
                    "OP_INSTANCE_REINSTALL in the body, or the query arguments."
                ),
                permission="instances.reinstall",
                opcode="OP_INSTANCE_REINSTALL",
                body=Parameters(
                    also=instances.REINSTALL_PARAMS,
                    renames=instances.REINSTALL_RENAMES,
                    instead=(
                        Argument("os", param="os_type"),
                        Argument(
                            "nostartup",
                            "Leave the instance down, for requests without a body.",
                            Flag(yes=False, no=True),
                            param="start",
                        ),
                    ),
                    empty_is_none=True,
                    exclusive=True,
                ),
                function=instances.reinstall,
            )
        },
    ),
)
