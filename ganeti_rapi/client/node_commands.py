"""What is done with nodes from outside. Not on stock servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import OobCommand, RestrictedCommand


class NodeCommandMethods(Methods):
    """A node's power, health and volumes, and its end. Every method returns the job's id."""

    async def remove_node(
        self, node: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Take a node that holds no instances out of the cluster."""
        return await self._submit("DELETE", path("nodes", node), options(dry_run, reason))

    async def query_node_volumes(
        self, node: str, fields: Sequence[str], *, reason: str | None = None
    ) -> int:
        """List a node's LVM volumes: the job's result is a list of rows of the fields' values.

        The fields are node, phys, vg, name, size (in MiB) and instance; all values are strings.
        """
        query = {"output_fields": ",".join(fields), **options(reason=reason)}
        return await self._submit("GET", path("nodes", node, "volumes"), query)

    async def query_node_power(self, node: str, *, reason: str | None = None) -> int:
        """Ask whether a node is switched on: the result is a list of a pair for each node.

        Of both in the pair the first is a status: 0, or 3 where there is no out-of-band management.
        """
        return await self._submit("GET", path("nodes", node, "power"), options(reason=reason))

    async def set_node_power(
        self,
        node: str,
        command: str,
        *,
        reason: str | None = None,
        **parameters: Unpack[OobCommand],
    ) -> int:
        """Switch a node: ``command`` is power-on, power-off or power-cycle.

        ``parameters`` are more of OP_OOB_COMMAND, such as ``ignore_status``: to switch a node off
        that is not marked offline.
        """
        where, body = path("nodes", node, "power"), {"command": command, **parameters}
        return await self._submit("PUT", where, options(reason=reason), body)

    async def query_node_health(self, node: str, *, reason: str | None = None) -> int:
        """Ask how a node's parts do: the result is as of `query_node_power`."""
        return await self._submit("GET", path("nodes", node, "health"), options(reason=reason))

    async def run_restricted_command(
        self,
        node: str,
        command: str,
        *,
        reason: str | None = None,
        **parameters: Unpack[RestrictedCommand],
    ) -> int:
        """Run a program that the node's administrator has put there for this.

        The job's result is a list of one pair: whether it went well, and what it printed.
        """
        where = path("nodes", node, "restricted-command")
        body = {"command": command, **parameters}
        return await self._submit("POST", where, options(reason=reason), body)
