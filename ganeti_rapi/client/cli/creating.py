"""The part of `rapi instances` that makes new ones: empty, from an export, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli.commands import LazyParameter, argument, flag, several
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import (
    IALLOCATOR,
    NAME_CHECKS,
    OSPARAMS,
    node_of,
    os_of,
    pairs_of,
)
from ganeti_rapi.client.cli.submitting import Action
from ganeti_rapi.client.cli.values import beparams, disk, json_of, pairs, text_of

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods
    from ganeti_rapi.jsontext import Json

# Any, in this module: each option's own, and JSON
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

NEW: Sequence[LazyParameter] = (
    *(DISK_TEMPLATE, DISK, NIC),
    flag("--no-nics", help="Without a network interface."),
    node_of("OP_INSTANCE_CREATE", "pnode", "--node"),
    node_of("OP_INSTANCE_CREATE", "snode", "--secondary"),
    *(IALLOCATOR, *PARAMETERS, START, *NAME_CHECKS),
    several("--tag", "tags", metavar="TAG", help="A tag of it; may be repeated."),
)
"""The options of all new instances."""


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


async def bring_in(
    client: AllMethods,
    *,
    nics: Sequence[Json] = (),
    dry_run: bool = False,
    reason: str | None = None,
    **more: Any,
) -> int:
    """Import an instance; its disks and interfaces are those of the export, if none are given."""
    mode = "remote-import" if "source_handshake" in more else "import"
    return await create(client, mode=mode, nics=nics, dry_run=dry_run, reason=reason, **more)


def instances_of(text: str) -> list[Any]:
    """A list of objects with the parameters of `create`: JSON, or the name of a file with some."""
    is_json = text.lstrip().startswith(("[", "{"))
    value = json_of(text if is_json else f"@{text.removeprefix('@')}")
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise click.BadParameter(
            'it is no list of objects such as {"name": …, "disk_template": …, "disks": …}'
        )
    return [{"mode": "create", **each} for each in value]


def _from_other(parameter: str, **settings: Any) -> LazyParameter:
    return option_of("OP_INSTANCE_CREATE", parameter, **settings)


ACTIONS = (
    Action(
        "create",
        create,
        "Create an instance.",
        [
            argument("name"),
            os_of("OP_INSTANCE_CREATE"),
            *NEW,
        ],
        takes=("set", "dry_run"),
    ),
    Action(
        "import",
        bring_in,
        "Make an instance of an export, of this cluster or as it comes from another one.",
        [
            argument("name"),
            os_of("OP_INSTANCE_CREATE"),
            node_of("OP_INSTANCE_CREATE", "src_node"),
            _from_other("src_path", metavar="DIRECTORY"),
            _from_other("source_handshake", type=json_of, metavar="JSON|@FILE"),
            _from_other("source_x509_ca", type=text_of, metavar="PEM|@FILE"),
            _from_other("source_instance_name", metavar="NAME"),
            _from_other("source_shutdown_timeout"),
            *NEW,
        ],
        takes=("set", "dry_run"),
    ),
    Action(
        "create-many",
        "create_instances",
        "Create several instances, which the allocator places all together.",
        [
            argument("instances", type=instances_of, metavar="FILE|JSON"),
            IALLOCATOR,
            option_of("OP_INSTANCE_MULTI_ALLOC", "opportunistic_locking"),
        ],
        takes=("set", "dry_run"),
    ),
)
