"""The part of `rapi instances` that starts, stops, moves and exports them."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli.commands import argument, flag, option
from ganeti_rapi.client.cli.parameters import IALLOCATOR, INSTANCE, MIGRATION_MODE, TARGET_NODE
from ganeti_rapi.client.cli.submitting import Action
from ganeti_rapi.client.rapi import RapiClient

REBOOT_TYPE = option(
    "--type",
    "reboot_type",
    type=click.Choice(["soft", "hard", "full"]),
    help="soft: by itself; hard: by the hypervisor (default); full: stop and start.",
)

ACTIONS = (
    Action(
        "start",
        RapiClient.start_instance,
        "Start an instance.",
        [INSTANCE, flag("--force", help="Even if secondary disks fail.")],
    ),
    Action(
        "stop",
        RapiClient.stop_instance,
        "Shut an instance down.",
        [INSTANCE, option("--timeout", type=int, help="Seconds until it is stopped hard.")],
    ),
    Action("reboot", RapiClient.reboot_instance, "Reboot an instance.", [INSTANCE, REBOOT_TYPE]),
    Action(
        "migrate",
        RapiClient.migrate_instance,
        "Move an instance to another node while it runs.",
        [
            INSTANCE,
            TARGET_NODE,
            MIGRATION_MODE,
            flag("--cleanup", help="Repair what a migration left that failed."),
        ],
    ),
    Action(
        "failover",
        RapiClient.failover_instance,
        "Stop an instance and start it on another node.",
        [
            INSTANCE,
            TARGET_NODE,
            IALLOCATOR,
            flag("--ignore-consistency", help="Even if its disks differ."),
        ],
    ),
    Action(
        "export",
        RapiClient.export_instance,
        "Export an instance to a node; --set gives mode=remote and the like.",
        [
            INSTANCE,
            argument("destination"),
            flag("--shutdown", help="Stop it for the time of the export."),
            flag("--remove", "remove_instance", help="Remove the instance afterwards."),
        ],
    ),
    Action(
        "remove-export",
        RapiClient.delete_export,
        "Remove an instance's exports from the nodes.",
        [INSTANCE],
        "Remove the exports of {instance}?",
    ),
)
