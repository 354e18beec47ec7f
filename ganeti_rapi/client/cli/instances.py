"""`rapi instances`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import (
    Listing,
    argument,
    family,
    flag,
    list_command,
    option,
    reading,
    several,
)
from ganeti_rapi.client.cli.disks import ACTIONS as DISK_ACTIONS
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import beparams, disk, pairs
from ganeti_rapi.client.rapi import RapiClient
from ganeti_rapi.jsontext import Json

NAME = argument("instance", shell_complete=completion.INSTANCES)
TARGET = option(
    "--target-node",
    metavar="NODE",
    help="The node to move to.",
    shell_complete=completion.NODES,
)
IALLOCATOR = option("--iallocator", metavar="NAME", help="Who chooses the nodes, such as hail.")
PARAMETERS = (
    option("--beparams", type=beparams, metavar="KEY=VALUE,…", help="Such as memory=2G,vcpus=2."),
    option("--hvparams", type=pairs, metavar="KEY=VALUE,…", help="The hypervisor's parameters."),
    option("--osparams", type=pairs, metavar="KEY=VALUE,…", help="The OS's parameters."),
)

LIST = Listing(
    RapiClient.get_instances,
    "List the instances.",
    "instance",
    {
        "Name": "name",
        "Status": "status",
        "Primary": "pnode",
        "Secondary": "snodes",
        "OS": "os",
        "MiB": "beparams.maxmem",
        "VCPUs": "beparams.vcpus",
        "Disks (MiB)": "disk.sizes",
    },
    options=[
        (option("--status", metavar="STATUS", help="Such as running or ADMIN_down."), "status"),
        (option("--node", metavar="NODE", help="Those with this primary node."), "pnode"),
    ],
)


async def create(
    client: RapiClient,
    *,
    disks: Sequence[Json] = (),
    nics: Sequence[Json] = ({},),
    no_nics: bool = False,
    dry_run: bool = False,
    reason: str | None = None,
    **parameters: Any,  # Any: each option's own
) -> int:
    """Create an instance; like gnt-instance, with one interface unless one says otherwise."""
    interfaces: list[Json] = [] if no_nics else list(nics)
    return await client.create_instance(
        disks=list(disks), nics=interfaces, dry_run=dry_run, reason=reason, **parameters
    )


async def information(client: RapiClient, instance: str, static: bool | None = None) -> Any:
    # Any: JSON
    """What the nodes tell about an instance."""
    job = client.query_instance_info(instance, static=static)
    (told,) = await client.submit_and_wait(job)
    return told


ACTIONS = (
    Action(
        "create",
        create,
        "Create an instance.",
        [
            argument("name"),
            option("--os", metavar="OS", help="Its operating system; see rapi os."),
            option(
                "--disk-template",
                required=True,
                metavar="NAME",
                help="What disks are made of: plain, drbd, file, diskless, …",
            ),
            several(
                "--disk",
                "disks",
                type=disk,
                metavar="SIZE[:KEY=VALUE,…]",
                help="A disk, such as 20G; may be repeated.",
            ),
            several(
                "--nic",
                "nics",
                type=pairs,
                metavar="KEY=VALUE,…",
                help="A network interface, such as link=br0; may be repeated. Without it, one as "
                "the cluster has it.",
            ),
            flag("--no-nics", help="Without a network interface."),
            option("--node", "pnode", metavar="NODE", help="The primary node."),
            option("--secondary", "snode", metavar="NODE", help="The secondary node."),
            IALLOCATOR,
            *PARAMETERS,
            flag("--no-start", "start", help="Leave it stopped.", value=False),
            flag("--no-name-check", "name_check", help="Do not look its name up.", value=False),
            flag("--no-ip-check", "ip_check", help="Its address may be in use.", value=False),
        ],
    ),
    Action(
        "start",
        RapiClient.start_instance,
        "Start an instance.",
        [NAME, flag("--force", help="Even if secondary disks fail.")],
    ),
    Action(
        "stop",
        RapiClient.stop_instance,
        "Shut an instance down.",
        [NAME, option("--timeout", type=int, help="Seconds until it is stopped hard.")],
    ),
    Action(
        "reboot",
        RapiClient.reboot_instance,
        "Reboot an instance.",
        [
            NAME,
            option(
                "--type",
                "reboot_type",
                type=click.Choice(["soft", "hard", "full"]),
                help="soft: by itself; hard: by the hypervisor (default); full: stop and start.",
            ),
        ],
    ),
    Action(
        "migrate",
        RapiClient.migrate_instance,
        "Move an instance to another node while it runs.",
        [
            NAME,
            TARGET,
            option(
                "--mode", type=click.Choice(["live", "non-live"]), help="Default: the hypervisor's."
            ),
            flag("--cleanup", help="Repair what a migration left that failed."),
        ],
    ),
    Action(
        "failover",
        RapiClient.failover_instance,
        "Stop an instance and start it on another node.",
        [
            NAME,
            TARGET,
            IALLOCATOR,
            flag("--ignore-consistency", help="Even if its disks differ."),
        ],
    ),
    Action(
        "modify",
        RapiClient.modify_instance,
        "Change an instance's parameters; --set changes any other.",
        [NAME, *PARAMETERS],
    ),
    Action(
        "rename",
        RapiClient.rename_instance,
        "Give a stopped instance another name.",
        [
            NAME,
            argument("new_name"),
            flag("--no-name-check", "name_check", help="Do not look the name up.", value=False),
            flag("--no-ip-check", "ip_check", help="Its address may be in use.", value=False),
        ],
    ),
    Action(
        "reinstall",
        RapiClient.reinstall_instance,
        "Install a stopped instance's operating system again.",
        [
            NAME,
            option("--os", metavar="OS", help="Another operating system."),
            option("--osparams", type=pairs, metavar="KEY=VALUE,…", help="The OS's parameters."),
            flag("--no-start", "start", help="Leave it stopped.", value=False),
        ],
        "Install {instance} again? What its disks hold may be lost.",
    ),
    Action(
        "export",
        RapiClient.export_instance,
        "Export an instance to a node; --set gives mode=remote and the like.",
        [
            NAME,
            argument("destination"),
            flag("--shutdown", help="Stop it for the time of the export."),
            flag("--remove", "remove_instance", help="Remove the instance afterwards."),
        ],
    ),
    Action(
        "remove-export",
        RapiClient.delete_export,
        "Remove an instance's exports from the nodes.",
        [NAME],
        "Remove the exports of {instance}?",
    ),
    Action(
        "remove",
        RapiClient.delete_instance,
        "Remove an instance and its disks.",
        [NAME],
        "Remove the instance {instance} and its disks?",
    ),
    *DISK_ACTIONS,
)

instances = family(
    "instances",
    "The cluster's virtual machines.",
    list_command(LIST),
    reading("show", RapiClient.get_instance, "Show an instance.", [NAME]),
    reading(
        "info",
        information,
        "Ask the nodes about an instance; runs a job.",
        [NAME, flag("--static", help="Only what is configured.")],
    ),
    reading("console", RapiClient.get_console, "Show how to reach its console.", [NAME]),
    *map(action_command, ACTIONS),
)
