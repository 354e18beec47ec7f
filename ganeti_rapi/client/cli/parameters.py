"""Arguments and options that several commands have."""

from __future__ import annotations

import re

import click

from ganeti_rapi.client.cli import completion
from ganeti_rapi.client.cli.commands import LazyParameter, argument, option
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.values import names, pairs

INSTANCE = argument("instance", shell_complete=completion.INSTANCES)
NODE = argument("node", shell_complete=completion.NODES)
GROUP = argument("group", shell_complete=completion.GROUPS)
NETWORK = argument("network", shell_complete=completion.NETWORKS)


def job_id(text: str) -> int | str:
    """A job's number, or CLUSTER:NUMBER."""
    cluster, colon, number = text.rpartition(":")
    if not re.fullmatch(r"\d{1,18}", number):
        raise click.BadParameter(f"{text!r} is no job's number")
    return f"{cluster}:{number}" if colon else int(number)


JOB = argument("job_id", type=job_id, metavar="JOB", shell_complete=completion.JOBS)
NEW_NAME = argument("new_name")


def node_option(*names: str, help: str) -> click.Option:
    """An option whose value is a node."""
    return option(*names, metavar="NODE", help=help, shell_complete=completion.NODES)


def node_of(opcode: str, parameter: str, *words: str) -> LazyParameter:
    """An option for a parameter that is a node."""
    return option_of(opcode, parameter, *words, metavar="NODE", shell_complete=completion.NODES)


def pairs_of(opcode: str, parameter: str) -> LazyParameter:
    """An option for a parameter that is an object."""
    return option_of(opcode, parameter, type=pairs, metavar="KEY=VALUE,…")


IALLOCATOR = option_of(
    "OP_INSTANCE_CREATE", "iallocator", metavar="NAME", shell_complete=completion.IALLOCATORS
)
TARGET_GROUPS = option_of(
    "OP_GROUP_EVACUATE",
    "target_groups",
    "--to",
    type=names,
    metavar="GROUP,…",
    shell_complete=completion.GROUPS,
)
EARLY_RELEASE = option_of("OP_NODE_EVACUATE", "early_release")
MIGRATION_MODE = option_of("OP_INSTANCE_MIGRATE", "mode")
TARGET_NODE = node_of("OP_INSTANCE_MIGRATE", "target_node")
REMOTE_NODE = node_of("OP_NODE_EVACUATE", "remote_node")
OSPARAMS = pairs_of("OP_INSTANCE_CREATE", "osparams")
NDPARAMS = pairs_of("OP_NODE_SET_PARAMS", "ndparams")
NAME_CHECKS = (
    option_of("OP_INSTANCE_CREATE", "name_check", "--name-check/--no-name-check"),
    option_of("OP_INSTANCE_CREATE", "ip_check", "--ip-check/--no-ip-check"),
)


def os_of(opcode: str) -> LazyParameter:
    """An option for an operating system."""
    return option_of(
        opcode,
        "os_type",
        "--os",
        "os",
        metavar="OS",
        hint="See rapi os.",
        shell_complete=completion.OS,
    )
