"""The part of `rapi instances` that exports them to nodes and to other clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ganeti_rapi.client.cli.commands import argument
from ganeti_rapi.client.cli.opcodes import option_of
from ganeti_rapi.client.cli.parameters import INSTANCE
from ganeti_rapi.client.cli.submitting import Action
from ganeti_rapi.client.cli.values import json_of, text_of

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of Ganeti's own shape


async def export(
    client: AllMethods,
    *,
    instance: str,
    destination: str,
    mode: str = "local",
    reason: str | None = None,
    **more: Any,
) -> int:
    """Export to a node, or to what the import on another cluster told in its log."""
    where = json_of(destination) if mode == "remote" else destination
    return await client.export_instance(instance, where, mode=mode, reason=reason, **more)


ACTIONS = (
    Action(
        "prepare-export",
        "prepare_export",
        "Get ready to export; prints what an import on another cluster wants.",
        [INSTANCE, argument("mode", type=click.Choice(["local", "remote"]))],
    ),
    Action(
        "export",
        export,
        "Export an instance: to a node, or with --mode remote to another cluster.",
        [
            INSTANCE,
            argument("destination", metavar="NODE|JSON|@FILE"),
            option_of("OP_BACKUP_EXPORT", "mode"),
            option_of("OP_BACKUP_EXPORT", "shutdown"),
            option_of("OP_BACKUP_EXPORT", "remove_instance", "--remove"),
            option_of("OP_BACKUP_EXPORT", "compress", metavar="TOOL"),
            option_of("OP_BACKUP_EXPORT", "x509_key_name", type=json_of, metavar="JSON|@FILE"),
            option_of("OP_BACKUP_EXPORT", "destination_x509_ca", type=text_of, metavar="PEM|@FILE"),
        ],
        takes=("set",),
    ),
    Action(
        "remove-export",
        "delete_export",
        "Remove an instance's exports from the nodes.",
        [],
        "Remove the exports of {instance}?",
        each="instance",
    ),
)
