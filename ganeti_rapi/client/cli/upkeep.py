"""The part of `rapi cluster` for its upkeep, and for what it has room for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, command, family, flag, given, option, reading
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import os_of
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.submitting import Action, action_command
from ganeti_rapi.client.cli.values import size

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

ACTIONS = (
    Action(
        "repair-disk-sizes",
        "repair_disk_sizes",
        "Correct the recorded sizes of disks, of all instances or of some.",
        [argument("instances", nargs=-1, shell_complete=completion.INSTANCES)],
    ),
    Action(
        "rename",
        "rename_cluster",
        "Give the cluster another name, and the address that it stands for.",
        [argument("name")],
        "Rename the cluster to {name}? Its address changes to that of the name.",
        takes=("dry_run",),
    ),
    Action(
        "renew-crypto",
        "renew_crypto",
        "Renew the nodes' certificates or SSH keys.",
        [
            option_of("OP_CLUSTER_RENEW_CRYPTO", "node_certificates"),
            option_of("OP_CLUSTER_RENEW_CRYPTO", "renew_ssh_keys", "--ssh-keys"),
            option_of("OP_CLUSTER_RENEW_CRYPTO", "ssh_key_type"),
            option_of("OP_CLUSTER_RENEW_CRYPTO", "ssh_key_bits"),
        ],
        "Renew the keys of all nodes? Nodes that are down meanwhile are cut off.",
        takes=("set",),
    ),
)

MASTER_IP = family(
    "master-ip",
    "The cluster's address on the master node.",
    action_command(Action("activate", "activate_master_ip", "Set it up.")),
    action_command(
        Action(
            "deactivate",
            "deactivate_master_ip",
            "Take it away.",
            [],
            "Take the cluster's address away? Whoever asks it is cut off.",
        )
    ),
)

TEMPLATE = option_of("OP_TEST_ALLOCATOR", "disk_template")
SIZE = (
    option("--memory", type=size, metavar="SIZE", help="The memory of each, as 2G."),
    option("--disk", type=size, metavar="SIZE", help="The disk of each, as 20G."),
    option("--vcpus", type=click.IntRange(min=1), help="The virtual processors of each."),
)
BALANCE = (
    option("--group", metavar="GROUP", help="The node group, if there are several."),
    option("--max-moves", type=click.IntRange(min=1), help="The most moves to look for."),
    flag("--no-disk-moves", help="Only look for moves that copy no disks."),
)


def _would_fit(session: Session, name: str, memory: int, disk: int, **values: Any) -> None:
    """Ask the allocator, and print the nodes that it answers."""
    disks: list[dict[str, str | int]] = [{"size": disk, "mode": "rw"}]

    async def work(client: AllMethods) -> Any:  # Any: the allocator's own JSON
        job = client.ask_allocator(name, memory=memory, disks=disks, nics=[{}], **given(values))
        (text,) = await client.submit_and_wait(job)
        return json.loads(text)

    session.show(session.ask(work))


WOULD_FIT = command(
    "would-fit",
    "Ask where an instance would go; nothing is changed.",
    _would_fit,
    [
        argument("name"),
        option("--memory", type=size, required=True, metavar="SIZE", help="Its memory."),
        option("--disk", type=size, required=True, metavar="SIZE", help="Its disk."),
        option("--vcpus", type=click.IntRange(min=1), default=1, help="Its virtual processors."),
        option_of("OP_TEST_ALLOCATOR", "disk_template", required=True),
        os_of("OP_INSTANCE_CREATE"),
        option_of("OP_TEST_ALLOCATOR", "group_name", "--group", metavar="GROUP"),
        option("--iallocator", metavar="NAME", help="The allocator that is asked; hail if none."),
    ],
)

COMMANDS = (
    *map(action_command, ACTIONS),
    MASTER_IP,
    reading("config", "get_config", "Show the cluster's name, its master, and what is paused."),
    reading("ext-storage", "get_ext_storage", "List providers of external storage; runs a job."),
    reading("capacity", "get_capacity", "Compute how many more instances fit.", [TEMPLATE, *SIZE]),
    reading("balance", "get_balance", "Compute how well a node group is balanced.", BALANCE),
    WOULD_FIT,
)
