"""Nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from ganeti_rapi.client.blocking.base import BlockingMethods
from ganeti_rapi.client.blocking.constants import NODE_EVAC_RES1, NODE_EVAC_SEC
from ganeti_rapi.client.blocking.errors import GanetiApiError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import NodeSetParams
    from ganeti_rapi.client.results import Node


class NodeMethods(BlockingMethods):
    """Nodes."""

    @overload
    def GetNodes(self, bulk: Literal[False] = False, reason: str | None = None) -> list[str]: ...

    @overload
    def GetNodes(self, bulk: Literal[True], reason: str | None = None) -> list[Node]: ...

    @overload
    def GetNodes(self, bulk: bool = False, reason: str | None = None) -> list[str] | list[Node]: ...

    def GetNodes(self, bulk: bool = False, reason: str | None = None) -> list[str] | list[Node]:
        """The nodes' names, or with ``bulk`` all that is known of them.

        See `RapiClient.get_nodes`.
        """
        return self._do(self._rapi.get_nodes()) if bulk else self._do(self._rapi.list_nodes())

    def GetNode(self, node: str, reason: str | None = None) -> Node:
        """A node: ``role``, ``mfree`` and ``dfree`` in mebibytes and more.

        See `RapiClient.get_node`.
        """
        return self._do(self._rapi.get_node(node))

    def EvacuateNode(
        self,
        node: str,
        iallocator: str | None = None,
        remote_node: str | None = None,
        dry_run: bool = False,
        early_release: bool | None = None,
        mode: str | None = None,
        accept_old: bool = False,
        reason: str | None = None,
    ) -> Any:  # Any: a job's id, or rows from an old server
        """As `RapiClient.evacuate_node`.

        With ``accept_old``, a server that lacks the feature answers a list of rows of job id,
        instance and node.
        """
        if iallocator and remote_node:
            raise GanetiApiError("Give either iallocator or remote_node, not both")
        if accept_old and not self._do(self._rapi.has_feature(NODE_EVAC_RES1)):
            if mode not in (None, NODE_EVAC_SEC):
                raise GanetiApiError("This server can evacuate secondary instances only")
            moves = self._rapi.evacuate_secondaries(
                node,
                iallocator=iallocator,
                remote_node=remote_node,
                early_release=bool(early_release),
                dry_run=dry_run,
                reason=reason,
            )
            return [[move.job_id, move.instance, move.node] for move in self._do(moves)]
        work = self._rapi.evacuate_node(
            node,
            mode,
            iallocator=iallocator,
            remote_node=remote_node,
            early_release=early_release,
            dry_run=dry_run,
            reason=reason,
        )
        return self._do(work)

    def MigrateNode(
        self,
        node: str,
        mode: str | None = None,
        dry_run: bool = False,
        iallocator: str | None = None,
        target_node: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Migrate all primary instances away from a node. ``mode`` is live or non-live; the job's
        id.

        See `RapiClient.migrate_node`.
        """
        work = self._rapi.migrate_node(
            node,
            mode=mode,
            iallocator=iallocator,
            target_node=target_node,
            dry_run=dry_run,
            reason=reason,
        )
        return self._do(work)

    def GetNodeRole(self, node: str, reason: str | None = None) -> str:
        """drained, master, master-candidate, offline or regular. See `RapiClient.get_node_role`."""
        return self._do(self._rapi.get_node_role(node))

    def SetNodeRole(
        self,
        node: str,
        role: str,
        force: bool = False,
        auto_promote: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Give a node a role, any but master; the job's id. See `RapiClient.set_node_role`."""
        work = self._rapi.set_node_role(
            node, role, force=force, auto_promote=auto_promote, reason=reason
        )
        return self._do(work)

    def PowercycleNode(self, node: str, force: bool = False, reason: str | None = None) -> int:
        """Reset a node, hard; the master node only with ``force``; the job's id.

        See `RapiClient.powercycle_node`.
        """
        return self._do(self._rapi.powercycle_node(node, force=force, reason=reason))

    def ModifyNode(
        self, node: str, reason: str | None = None, **kwargs: Unpack[NodeSetParams]
    ) -> int:
        """Change parameters of OP_NODE_SET_PARAMS; the job's id. See `RapiClient.modify_node`."""
        return self._do(self._rapi.modify_node(node, reason=reason, **kwargs))

    def GetNodeStorageUnits(
        self, node: str, storage_type: str, output_fields: str, reason: str | None = None
    ) -> int:
        """As `RapiClient.query_node_storage`; the fields are words with commas."""
        fields = output_fields.split(",")
        return self._do(self._rapi.query_node_storage(node, storage_type, fields, reason=reason))

    def ModifyNodeStorageUnits(
        self,
        node: str,
        storage_type: str,
        name: str,
        allocatable: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Change a storage unit: whether instances may be put there; the job's id.

        See `RapiClient.modify_node_storage`.
        """
        work = self._rapi.modify_node_storage(
            node, storage_type, name, allocatable=allocatable, reason=reason
        )
        return self._do(work)

    def RepairNodeStorageUnits(
        self, node: str, storage_type: str, name: str, reason: str | None = None
    ) -> int:
        """Repair a storage unit; only lvm-vg can be repaired; the job's id.

        See `RapiClient.repair_node_storage`.
        """
        return self._do(self._rapi.repair_node_storage(node, storage_type, name, reason=reason))

    def GetNodeTags(self, node: str, reason: str | None = None) -> list[str]:
        """A node's tags, in no order. See `RapiClient.get_node_tags`."""
        return self._do(self._rapi.get_node_tags(node))

    def AddNodeTags(
        self, node: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a node; the job's id. See `RapiClient.add_node_tags`."""
        return self._do(self._rapi.add_node_tags(node, tags, dry_run=dry_run, reason=reason))

    def DeleteNodeTags(
        self, node: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a node; the job's id. See `RapiClient.delete_node_tags`."""
        return self._do(self._rapi.delete_node_tags(node, tags, dry_run=dry_run, reason=reason))
