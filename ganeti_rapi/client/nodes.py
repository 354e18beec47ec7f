"""Nodes: the cluster's physical machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ganeti_rapi.client.base import Methods, given, options, path
from ganeti_rapi.client.errors import FeatureMissing
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import NodeSetParams
    from ganeti_rapi.client.results import Node

MIGRATE_BODY: Final = "node-migrate-reqv1"
EVACUATE_RESULT: Final = "node-evac-res1"


@frozen
class Move:
    """An instance that an evacuation moves. ``job_id`` is None on a dry run."""

    job_id: int | None
    instance: str
    node: str | None


class NodeMethods(Methods):
    """What concerns nodes. Every method that changes something returns the job's id."""

    async def list_nodes(self) -> list[str]:
        """The nodes' names."""
        return await self._names("nodes", "id")

    async def get_nodes(self, *, fields: Sequence[str] | None = None) -> list[Node]:
        """All nodes with their details, as `get_node` gives them.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("nodes", fields)

    async def get_node(self, node: str) -> Node:
        """A node: ``role``, ``mfree`` and ``dfree`` in mebibytes and more. Raises `NotFound`."""
        details: Node = await self._object("nodes", node)
        return details

    async def get_node_role(self, node: str) -> str:
        """drained, master, master-candidate, offline or regular."""
        return str(await self._get(path("nodes", node, "role")))

    async def set_node_role(
        self,
        node: str,
        role: str,
        *,
        force: bool = False,
        auto_promote: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Give a node a role, any but master.

        With ``auto_promote`` other nodes become master candidates if too few are left.
        """
        query = {**options(reason=reason, force=force), "auto-promote": auto_promote}
        body: Json = {"role": role} if self.common else role  # the form that every server knows
        return await self._submit("PUT", path("nodes", node, "role"), query, body)

    async def powercycle_node(
        self, node: str, *, force: bool = False, reason: str | None = None
    ) -> int:
        """Reset a node, hard; the master node only with ``force``."""
        query = options(reason=reason, force=force)
        return await self._submit("POST", path("nodes", node, "powercycle"), query)

    async def modify_node(
        self, node: str, *, reason: str | None = None, **parameters: Unpack[NodeSetParams]
    ) -> int:
        """Change parameters of OP_NODE_SET_PARAMS."""
        where = path("nodes", node, "modify")
        return await self._submit("POST", where, options(reason=reason), parameters)

    async def evacuate_node(
        self,
        node: str,
        mode: str | None,
        *,
        iallocator: str | None = None,
        remote_node: str | None = None,
        early_release: bool | None = None,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Move instances away from a node; the job's result lists the jobs that do it.

        ``mode`` is primary-only, secondary-only or all; servers refuse None. Raises
        `FeatureMissing` for Ganeti 2.4, which can only do `evacuate_secondaries`.
        """
        await self._need_feature(EVACUATE_RESULT, "evacuate a node by a job")
        body = given(
            mode=mode, iallocator=iallocator, remote_node=remote_node, early_release=early_release
        )
        where = path("nodes", node, "evacuate")
        return await self._submit("POST", where, options(dry_run, reason), body)

    async def evacuate_secondaries(
        self,
        node: str,
        *,
        iallocator: str | None = None,
        remote_node: str | None = None,
        early_release: bool = False,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> list[Move]:
        """Move the mirrors that a node holds; what is moved where. Not on Ganeti 2.5 to 3.2.

        Give either the ``iallocator`` that chooses the new nodes or the ``remote_node``.
        """
        query = {
            **options(dry_run, reason),
            "iallocator": iallocator,
            "remote_node": remote_node,
            "early_release": early_release or None,
        }
        moves = await self.transport.request("POST", path("nodes", node, "evacuate"), query)
        return [
            Move(None if job_id is None else int(job_id), instance, new_node)
            for job_id, instance, new_node in moves
        ]

    async def migrate_node(
        self,
        node: str,
        *,
        mode: str | None = None,
        iallocator: str | None = None,
        target_node: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Migrate all primary instances away from a node. ``mode`` is live or non-live.

        ``reason`` is only sent when there are no other arguments: beside one, stock servers ignore
        all others, ``dry_run`` too. Raises `FeatureMissing` for what an old server cannot do.
        """
        where = path("nodes", node, "migrate")
        newer = given(
            iallocator=iallocator, target_node=target_node, dry_run=True if dry_run else None
        )
        if await self.has_feature(MIGRATE_BODY):
            body = {**given(mode=mode), **newer}
            return await self._submit("POST", where, options(reason=None if body else reason), body)
        if newer:
            raise FeatureMissing(f"The server cannot migrate a node with {', '.join(newer)}")
        return await self._submit("POST", where, {"mode": mode})

    async def query_node_storage(
        self, node: str, storage_type: str, fields: Sequence[str], *, reason: str | None = None
    ) -> int:
        """List a node's storage units: the job's result is a list of rows of the fields' values.

        ``storage_type`` is file, lvm-pv, lvm-vg or another that Ganeti knows. Sizes are mebibytes.
        """
        query = {
            "storage_type": storage_type,
            "output_fields": ",".join(fields),
            **options(reason=reason),
        }
        return await self._submit("GET", path("nodes", node, "storage"), query)

    async def modify_node_storage(
        self,
        node: str,
        storage_type: str,
        name: str,
        *,
        allocatable: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Change a storage unit: whether instances may be put there."""
        query = {
            "storage_type": storage_type,
            "name": name,
            "allocatable": allocatable,
            **options(reason=reason),
        }
        return await self._submit("PUT", path("nodes", node, "storage", "modify"), query)

    async def repair_node_storage(
        self, node: str, storage_type: str, name: str, *, reason: str | None = None
    ) -> int:
        """Repair a storage unit; only lvm-vg can be repaired."""
        query = {"storage_type": storage_type, "name": name, **options(reason=reason)}
        return await self._submit("PUT", path("nodes", node, "storage", "repair"), query)

    async def get_node_tags(self, node: str) -> list[str]:
        """A node's tags, in no order. Raises `NotFound`."""
        return await self._tags("nodes", node)

    async def add_node_tags(
        self, node: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a node."""
        return await self._add_tags(path("nodes", node), tags, options(dry_run, reason))

    async def delete_node_tags(
        self, node: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a node."""
        return await self._delete_tags(path("nodes", node), tags, options(dry_run, reason))
