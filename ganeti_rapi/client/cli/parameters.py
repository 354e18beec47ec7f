"""Arguments and options that several commands have."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import argument, flag, option
from ganeti_rapi.client.cli.values import pairs

INSTANCE = argument("instance", shell_complete=completion.INSTANCES)
NODE = argument("node", shell_complete=completion.NODES)
GROUP = argument("group", shell_complete=completion.GROUPS)
NETWORK = argument("network", shell_complete=completion.NETWORKS)
JOB = argument("job_id", type=int, metavar="JOB", shell_complete=completion.JOBS)
NEW_NAME = argument("new_name")


def node_option(*names: str, help: str) -> click.Option:
    """An option whose value is a node."""
    return option(*names, metavar="NODE", help=help, shell_complete=completion.NODES)


def pairs_option(name: str, help: str) -> click.Option:
    """An option whose value is an object."""
    return option(name, type=pairs, metavar="KEY=VALUE,…", help=help)


IALLOCATOR = option("--iallocator", metavar="NAME", help="Who chooses the nodes, such as hail.")
EARLY_RELEASE = flag("--early-release", help="Release the old disks before the new are in sync.")
MIGRATION_MODE = option(
    "--mode", type=click.Choice(["live", "non-live"]), help="Default: as the hypervisor has it."
)
TARGET_NODE = node_option("--target-node", help="Where to; what is mirrored goes to its mirror.")
REMOTE_NODE = node_option("--remote-node", help="The new secondary node.")
OS = option("--os", metavar="OS", help="The operating system; see rapi os.")
OSPARAMS = pairs_option("--osparams", "The operating system's parameters.")
NDPARAMS = pairs_option("--ndparams", "Parameters of nodes.")
NO_START = flag("--no-start", "start", help="Leave it stopped.", value=False)
NAME_CHECKS = (
    flag("--no-name-check", "name_check", help="Do not look its name up.", value=False),
    flag("--no-ip-check", "ip_check", help="Its address may be in use.", value=False),
)
