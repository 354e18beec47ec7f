"""The resources that change an instance: its disks, its place, its settings."""

from __future__ import annotations

from ganeti_rapi.api.arguments import flag
from ganeti_rapi.api.bodies import IF_OBJECT, Parameters
from ganeti_rapi.api.cells import Handler, WebSocket
from ganeti_rapi.api.consoles import OPENING
from ganeti_rapi.api.forms import Argument, Word
from ganeti_rapi.api.handlers import consoles, instances
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.shared import tags_of
from ganeti_rapi.api.submissions import Submit

CONSOLE_SOCKET = "/2/instances/{instance_name}/console/websocket"

INSTANCE_CHANGES = (
    Resource(
        "instances_name_replace_disks",
        "/2/instances/{instance_name}/replace-disks",
        "The replacement of an instance's disks.",
        {
            "POST": Submit(
                doc="Replace disks of an instance. The query arguments count without a body only.",
                permission="instances.replace_disks",
                opcode="OP_INSTANCE_REPLACE_DISKS",
                body=Parameters(
                    also=instances.REPLACE_DISKS_PARAMS,
                    instead=(
                        Argument("mode"),
                        Argument("disks", form=Word(instances.DiskIndexes())),
                        Argument("remote_node"),
                        Argument("iallocator"),
                    ),
                    empty_is_none=True,
                ),
            )
        },
    ),
    Resource(
        "instances_name_activate_disks",
        "/2/instances/{instance_name}/activate-disks",
        "The activation of an instance's disks.",
        {
            "PUT": Submit(
                doc="Activate an instance's disks.",
                permission="instances.activate_disks",
                opcode="OP_INSTANCE_ACTIVATE_DISKS",
                query=(flag("ignore_size"),),
                body=IF_OBJECT,
            )
        },
    ),
    Resource(
        "instances_name_deactivate_disks",
        "/2/instances/{instance_name}/deactivate-disks",
        "The deactivation of an instance's disks.",
        {
            "PUT": Submit(
                doc="Deactivate an instance's disks.",
                permission="instances.deactivate_disks",
                opcode="OP_INSTANCE_DEACTIVATE_DISKS",
                query=(flag("force"),),
                body=IF_OBJECT,
            )
        },
    ),
    Resource(
        "instances_name_recreate_disks",
        "/2/instances/{instance_name}/recreate-disks",
        "The re-creation of an instance's disks.",
        {
            "POST": Submit(
                doc="Create an instance's lost disks again, empty.",
                permission="instances.recreate_disks",
                opcode="OP_INSTANCE_RECREATE_DISKS",
            )
        },
    ),
    Resource(
        "instances_name_prepare_export",
        "/2/instances/{instance_name}/prepare-export",
        "The preparation of an instance's export.",
        {
            "PUT": Submit(
                doc="Prepare an export; the job's result is what the destination needs.",
                permission="instances.export.prepare",
                opcode="OP_BACKUP_PREPARE",
                query=(Argument("mode", required=True),),
                body=IF_OBJECT,
            )
        },
    ),
    Resource(
        "instances_name_export",
        "/2/instances/{instance_name}/export",
        "An instance's export.",
        {
            "PUT": Submit(
                doc="Export an instance to a node, or to another cluster.",
                permission="instances.export.create",
                opcode="OP_BACKUP_EXPORT",
                body=Parameters(renames={"destination": "target_node"}),
            ),
            "DELETE": Submit(
                doc="Remove an instance's exports.",
                permission="instances.export.remove",
                opcode="OP_BACKUP_REMOVE",
            ),
        },
    ),
    Resource(
        "instances_name_migrate",
        "/2/instances/{instance_name}/migrate",
        "An instance's migration.",
        {
            "PUT": Submit(
                doc="Migrate an instance to another node while it runs.",
                permission="instances.migrate",
                opcode="OP_INSTANCE_MIGRATE",
            )
        },
    ),
    Resource(
        "instances_name_failover",
        "/2/instances/{instance_name}/failover",
        "An instance's failover.",
        {
            "PUT": Submit(
                doc="Stop an instance and start it on another node.",
                permission="instances.failover",
                opcode="OP_INSTANCE_FAILOVER",
            )
        },
    ),
    Resource(
        "instances_name_move",
        "/2/instances/{instance_name}/move",
        "An instance's move with its disks.",
        {
            "PUT": Submit(
                doc="Move an instance to another node by copying its disks; it is down meanwhile.",
                permission="instances.move",
                opcode="OP_INSTANCE_MOVE",
            )
        },
    ),
    Resource(
        "instances_name_change_group",
        "/2/instances/{instance_name}/change-group",
        "An instance's node group.",
        {
            "PUT": Submit(
                doc="Move an instance into another node group; jobs of the job do it.",
                permission="instances.change_group",
                opcode="OP_INSTANCE_CHANGE_GROUP",
            )
        },
    ),
    Resource(
        "instances_name_rename",
        "/2/instances/{instance_name}/rename",
        "An instance's name.",
        {
            "PUT": Submit(
                doc="Rename an instance.",
                permission="instances.rename",
                opcode="OP_INSTANCE_RENAME",
            )
        },
    ),
    Resource(
        "instances_name_modify",
        "/2/instances/{instance_name}/modify",
        "An instance's parameters.",
        {
            "PUT": Submit(
                doc="Change parameters, disks and network interfaces of an instance.",
                permission="instances.modify",
                opcode="OP_INSTANCE_SET_PARAMS",
                body=Parameters(
                    also=(instances.INSTANCE_HVPARAMS,),
                    renames={"custom_beparams": "beparams", "custom_hvparams": "hvparams"},
                    required=True,
                ),
            )
        },
    ),
    Resource(
        "instances_name_disk_grow",
        "/2/instances/{instance_name}/disk/{disk}/grow",
        "The size of an instance's disk.",
        {
            "POST": Submit(
                doc="Grow a disk of an instance.",
                permission="instances.grow_disk",
                opcode="OP_INSTANCE_GROW_DISK",
            )
        },
    ),
    Resource(
        "instances_name_console",
        "/2/instances/{instance_name}/console",
        "An instance's console.",
        {
            "GET": Handler(
                doc="Show how to reach the console of a running instance.",
                permission="instances.query.console",
                reply="An object with the kind of console and its address or command.",
                reply_schema=instances.CONSOLE_REPLY,
                open=False,
                function=instances.console,
            )
        },
    ),
    Resource(
        "instances_name_console_ticket",
        "/2/instances/{instance_name}/console/ticket",
        "Tickets for an instance's console.",
        {
            "POST": Handler(
                doc="Get a ticket for the VNC console of a running instance: a URL that opens it "
                "as a WebSocket, for whoever has it, once and within 30 seconds.",
                permission=OPENING,
                reply="An object with the URL.",
                reply_schema=consoles.TICKET_REPLY,
                open=False,
                secret=True,
                function=consoles.give_ticket,
            )
        },
    ),
    Resource(
        "instances_name_console_websocket",
        CONSOLE_SOCKET,
        "An instance's console as a WebSocket.",
        {
            "GET": WebSocket(
                doc="Connect to an instance's VNC console by a WebSocket. The ticket stands for "
                "the user.",
                query=(Argument("ticket", "The ticket.", required=True),),
                admitted=consoles.admitted,
            )
        },
    ),
    tags_of("instance", "an instance", "instances_name_tags", "/2/instances/{name}/tags"),
)
