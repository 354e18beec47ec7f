"""`rapi instances`."""

from __future__ import annotations

import re
from typing import Any

import click

from ganeti_rapi.client.cli.commands import (
    Action,
    action_command,
    argument,
    command,
    family,
    flag,
    listing,
    option,
    reading,
    submit,
)
from ganeti_rapi.client.cli.running import Failed, Session
from ganeti_rapi.client.rapi import RapiClient

UNITS = {"": 1, "M": 1, "G": 1024, "T": 1024 * 1024}
"""Mebibytes."""

NAME = argument("instance")
TARGET = option("--target-node", help="The node to move to.")


def size(text: str) -> int:
    """Mebibytes of a size such as 512, 512M or 2G. Raises `Failed`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MGT]?)(?:i?B)?", text.strip().upper().replace("I", ""))
    if match is None:
        raise Failed(f"not a size: {text!r}; give one such as 512M or 2G", 2)
    return round(float(match[1]) * UNITS[match[2]])


def pairs(text: str) -> dict[str, str]:
    """The object in KEY=VALUE,… Raises `Failed`."""
    items = [item.partition("=") for item in text.split(",") if item]
    if any(not equals for _, equals, _ in items):
        raise Failed(f"not KEY=VALUE,…: {text!r}", 2)
    return {key: value for key, _, value in items}


def disk(text: str) -> dict[str, Any]:  # Any: JSON
    """A disk from SIZE[:KEY=VALUE,…]."""
    amount, _, more = text.partition(":")
    return {"size": size(amount), **pairs(more)}


def beparams(text: str) -> dict[str, Any]:  # Any: JSON
    """Backend parameters: numbers, sizes, true and false."""
    words = {"true": True, "false": False}
    given = pairs(text).items()
    return {key: words[value] if value in words else size(value) for key, value in given}


def create(session: Session, wait: bool, **values: Any) -> None:  # Any: each option's own
    """Turn the options into the client's parameters."""
    values["disks"] = [disk(text) for text in values.pop("disk")]
    values["nics"] = [pairs(text) for text in values.pop("nic")]
    for name, read in (("beparams", beparams), ("hvparams", pairs), ("osparams", pairs)):
        values[name] = read(values[name]) if values[name] else None
    if values.pop("no_start"):
        values["start"] = False
    start = {"start": values.pop("start")} if "start" in values else {}

    async def method(client: RapiClient, **given: Any) -> int:  # Any: as above
        return await client.create_instance(**given, **start)

    submit(session, method, wait, values)


CREATE = command(
    "create",
    "Create an instance.",
    create,
    [
        argument("name"),
        option("--os", help="Its operating system; see rapi os."),
        option("--disk-template", required=True, help="plain, drbd, diskless, …"),
        option("--disk", multiple=True, help="SIZE[:KEY=VALUE,…], such as 20G; may be repeated."),
        option("--nic", multiple=True, help="KEY=VALUE,…, such as link=br0; may be repeated."),
        option("--node", "pnode", help="The primary node."),
        option("--secondary", "snode", help="The secondary node."),
        option("--iallocator", help="Who chooses the nodes, such as hail."),
        option("--beparams", help="Such as memory=2G,vcpus=2."),
        option("--hvparams", help="The hypervisor's parameters: KEY=VALUE,…"),
        option("--osparams", help="The operating system's parameters: KEY=VALUE,…"),
        flag("--no-start", "Leave it stopped."),
        flag("--dry-run", "Only check whether it could be done."),
        option("--reason", help="Noted in the job's reason trail."),
        flag("--wait", "Show the job's log until it has ended."),
    ],
)

ACTIONS = (
    Action("start", RapiClient.start_instance, "Start an instance.", [NAME]),
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
        [NAME, option("--type", "reboot_type", type=click.Choice(["soft", "hard", "full"]))],
    ),
    Action("migrate", RapiClient.migrate_instance, "Move it while it runs.", [NAME, TARGET]),
    Action("failover", RapiClient.failover_instance, "Stop it and move it.", [NAME, TARGET]),
    Action(
        "remove",
        RapiClient.delete_instance,
        "Remove an instance and its disks.",
        [NAME],
        "Remove the instance {instance} and its disks?",
    ),
)

instances = family(
    "instances",
    "The cluster's virtual machines.",
    listing(
        RapiClient.get_instances,
        "List the instances.",
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
    ),
    reading("show", RapiClient.get_instance, "Show an instance.", [NAME]),
    reading("console", RapiClient.get_console, "Show how to reach its console.", [NAME]),
    CREATE,
    *map(action_command, ACTIONS),
)
