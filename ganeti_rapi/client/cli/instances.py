"""`rapi instances`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli import actions, disks
from ganeti_rapi.client.cli.commands import (
    argument,
    command,
    family,
    flag,
    option,
    reading,
    several,
)
from ganeti_rapi.client.cli.consoles import show_console
from ganeti_rapi.client.cli.listing import Listing, list_command
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import (
    IALLOCATOR,
    INSTANCE,
    NAME_CHECKS,
    NEW_NAME,
    OSPARAMS,
    node_of,
    node_option,
    os_of,
    pairs_of,
)
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import beparams, disk, pairs

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods
    from ganeti_rapi.jsontext import Json

PARAMETERS = (
    option_of(
        "OP_INSTANCE_CREATE",
        "beparams",
        type=beparams,
        metavar="KEY=VALUE,…",
        hint="Such as memory=2G,vcpus=2.",
    ),
    pairs_of("OP_INSTANCE_CREATE", "hvparams"),
    OSPARAMS,
)
DISK_TEMPLATE = option_of("OP_INSTANCE_CREATE", "disk_template", required=True)
START = option_of("OP_INSTANCE_CREATE", "start", "--start/--no-start")
DISK = several(
    "--disk",
    "disks",
    type=disk,
    metavar="SIZE[:KEY=VALUE,…]",
    help="A disk, such as 20G; may be repeated.",
)
NIC = several(
    "--nic",
    "nics",
    type=pairs,
    metavar="KEY=VALUE,…",
    help="A network interface, such as link=br0; may be repeated. Without it, one as the cluster "
    "has it.",
)

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
        (option("--status", metavar="STATUS", help="Such as running or ADMIN_down."), "status"),
        (node_option("--node", help="Those with this primary node."), "pnode"),
    ],
)


async def create(
    client: AllMethods,
    *,
    disks: Sequence[Json] = (),
    nics: Sequence[Json] = ({},),
    no_nics: bool = False,
    dry_run: bool = False,
    reason: str | None = None,
    **parameters: Any,  # Any: each option's own
) -> int:
    """Create an instance; as with gnt-instance, it has one interface if nothing is said."""
    interfaces: list[Json] = [] if no_nics else list(nics)
    return await client.create_instance(
        disks=list(disks), nics=interfaces, dry_run=dry_run, reason=reason, **parameters
    )


async def information(client: AllMethods, instance: str, static: bool | None = None) -> Any:
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
            *(os_of("OP_INSTANCE_CREATE"), DISK_TEMPLATE, DISK, NIC),
            flag("--no-nics", help="Without a network interface."),
            node_of("OP_INSTANCE_CREATE", "pnode", "--node"),
            node_of("OP_INSTANCE_CREATE", "snode", "--secondary"),
            *(IALLOCATOR, *PARAMETERS, START, *NAME_CHECKS),
        ],
        takes=("set", "dry_run"),
    ),
    Action(
        "modify",
        "modify_instance",
        "Change an instance's parameters; --set changes any other.",
        [*PARAMETERS],
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
        [os_of("OP_INSTANCE_REINSTALL"), OSPARAMS, START],
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

instances = family(
    "instances",
    "The cluster's virtual machines.",
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
