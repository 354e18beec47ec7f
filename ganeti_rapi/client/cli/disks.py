"""The disks' part of `rapi instances`."""

from __future__ import annotations

import click

from ganeti_rapi.client.cli.commands import argument, flag, option
from ganeti_rapi.client.cli.parameters import EARLY_RELEASE, IALLOCATOR, INSTANCE, REMOTE_NODE
from ganeti_rapi.client.cli.submitting import Action
from ganeti_rapi.client.cli.values import names, numbers, size
from ganeti_rapi.client.rapi import RapiClient

DISKS = option("--disks", type=numbers, metavar="NUMBER,…", help="Only these, counted from 0.")

REPLACE_MODES = (
    "replace_on_primary",
    "replace_on_secondary",
    "replace_new_secondary",
    "replace_auto",
)

ACTIONS = (
    Action(
        "grow-disk",
        RapiClient.grow_disk,
        "Make a disk larger by an amount such as 2G.",
        [
            INSTANCE,
            argument("disk", type=int),
            argument("amount", type=size, metavar="AMOUNT"),
            flag("--absolute", help="The amount is the new size."),
            option("--sync/--no-sync", "wait_for_sync", help="Whether to wait for the mirror."),
        ],
    ),
    Action(
        "replace-disks",
        RapiClient.replace_disks,
        "Replace disks of a mirrored instance.",
        [
            INSTANCE,
            option(
                "--mode",
                type=click.Choice(REPLACE_MODES),
                required=True,
                help="Which side to replace, or auto for the one that failed.",
            ),
            DISKS,
            REMOTE_NODE,
            IALLOCATOR,
            EARLY_RELEASE,
        ],
    ),
    Action(
        "recreate-disks",
        RapiClient.recreate_disks,
        "Create lost disks again, empty.",
        [
            INSTANCE,
            DISKS,
            option("--nodes", type=names, metavar="NODE,…", help="Where; default: where they were"),
            IALLOCATOR,
        ],
        "Create disks of {instance} again? What they hold is lost.",
    ),
    Action(
        "activate-disks",
        RapiClient.activate_disks,
        "Make a stopped instance's disks available on its node.",
        [INSTANCE, flag("--ignore-size", help="Though they are not as large as recorded.")],
    ),
    Action(
        "deactivate-disks",
        RapiClient.deactivate_disks,
        "Undo activate-disks.",
        [INSTANCE, flag("--force", help="Even if the instance seems to run.")],
    ),
)
