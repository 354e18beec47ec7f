"""`rapi instances`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ganeti_rapi.client.cli import actions, creating, disks
from ganeti_rapi.client.cli.commands import (
    command,
    option,
    reading,
)
from ganeti_rapi.client.cli.consoles import show_console
from ganeti_rapi.client.cli.everywhere import completed
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import (
    INSTANCE,
    NAME_CHECKS,
    NEW_NAME,
    OSPARAMS,
    node_option,
    os_of,
)
from ganeti_rapi.client.cli.submitting import Action, action_command

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

STATES: Final = (
    *("running", "ADMIN_down", "ADMIN_offline", "USER_down"),
    *("ERROR_down", "ERROR_up", "ERROR_nodedown", "ERROR_nodeoffline", "ERROR_wrongnode"),
)
"""What an instance's status may be, as gnt-instance shows it."""

LIST = Listing(
    "get_instances",
    "List the instances.",
    "instance",
    {
        "Name": "name",
        "Status": "status",
        "Primary": "pnode",
        "Memory": "beparams.maxmem",
        "VCPUs": "beparams.vcpus",
        "Disks": "disk.sizes",
        "OS": "os",
        "Secondary": "snodes",
    },
    {"Template": "disk_template", "IPs": "nic.ips", "Tags": "tags"},
    options=[
        (
            option(
                "--status",
                metavar="STATUS",
                help="Such as running or ADMIN_down.",
                shell_complete=completed(STATES),
            ),
            "status",
        ),
        (node_option("--node", help="Those with this primary node."), "pnode"),
    ],
)


async def information(client: AllMethods, instance: str, static: bool | None = None) -> Any:
    # Any: JSON
    """What the nodes tell about an instance."""
    job = client.query_instance_info(instance, static=static)
    (told,) = await client.submit_and_wait(job)
    return told


ACTIONS = (
    *creating.ACTIONS,
    Action(
        "modify",
        "modify_instance",
        "Change an instance's parameters; --set changes any other.",
        [*creating.PARAMETERS],
        takes=("set",),
        each="instance",
    ),
    Action(
        "rename",
        "rename_instance",
        "Give a stopped instance another name.",
        [INSTANCE, NEW_NAME, *NAME_CHECKS],
    ),
    Action(
        "reinstall",
        "reinstall_instance",
        "Stop an instance, install its operating system again, and start it.",
        [os_of("OP_INSTANCE_REINSTALL"), OSPARAMS, creating.START],
        "Install {instance} again? What the disks hold may be lost.",
        each="instance",
    ),
    Action(
        "remove",
        "delete_instance",
        "Remove an instance and its disks.",
        [],
        "Remove {instance} and all disks?",
        takes=("set", "dry_run"),
        each="instance",
    ),
    *actions.ACTIONS,
    *disks.ACTIONS,
)

COMMANDS = (
    list_command(LIST),
    reading("show", "get_instance", "Show an instance.", [INSTANCE]),
    reading(
        "info",
        information,
        "Ask the nodes about an instance; runs a job.",
        [INSTANCE, option_of("OP_INSTANCE_QUERY_DATA", "static")],
    ),
    command(
        "console",
        "Print the command line that reaches an instance's console.",
        show_console,
        [INSTANCE],
    ),
    *map(action_command, ACTIONS),
)
