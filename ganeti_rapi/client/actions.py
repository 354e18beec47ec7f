"""Starting, stopping, moving and exporting instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.base import Methods, given, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import (
        BackupExport,
        InstanceChangeGroup,
        InstanceFailover,
        InstanceMigrate,
        InstanceMove,
        InstanceReboot,
        InstanceShutdown,
    )


class InstanceActionMethods(Methods):
    """What happens to instances as a whole. Every method returns the job's id."""

    async def start_instance(
        self,
        instance: str,
        *,
        force: bool = False,
        no_remember: bool = False,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Start an instance; with ``force`` even if secondary disks are failing.

        With ``no_remember`` it is not noted that the instance shall be up.
        """
        query = {**options(dry_run, reason, force), "no_remember": no_remember or None}
        return await self._submit("PUT", path("instances", instance, "startup"), query)

    async def stop_instance(
        self,
        instance: str,
        *,
        timeout: int | None = None,
        no_remember: bool = False,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[InstanceShutdown],
    ) -> int:
        """Shut an instance down, hard after ``timeout`` seconds.

        With ``no_remember`` it is not noted that the instance shall be down. ``parameters`` are
        more of OP_INSTANCE_SHUTDOWN.
        """
        query = {**options(dry_run, reason), "no_remember": no_remember or None}
        body = {**given(timeout=timeout), **parameters}
        where = path("instances", instance, "shutdown")
        return await self._submit("PUT", where, query, body or None)

    async def reboot_instance(
        self,
        instance: str,
        *,
        reboot_type: str | None = None,
        ignore_secondaries: bool | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[InstanceReboot],
    ) -> int:
        """Reboot an instance. ``reboot_type`` is soft, hard (the server's default) or full.

        ``parameters`` are more of OP_INSTANCE_REBOOT, such as ``shutdown_timeout`` in seconds.
        """
        query = {
            **options(dry_run, reason),
            "type": reboot_type,
            "ignore_secondaries": ignore_secondaries,
        }
        where = path("instances", instance, "reboot")
        return await self._submit("POST", where, query, parameters or None)

    async def migrate_instance(
        self,
        instance: str,
        *,
        mode: str | None = None,
        cleanup: bool | None = None,
        target_node: str | None = None,
        reason: str | None = None,
        **parameters: Unpack[InstanceMigrate],
    ) -> int:
        """Move an instance to another node while it runs. ``mode`` is live or non-live.

        ``cleanup`` repairs what a migration left that failed. ``parameters`` are more of
        OP_INSTANCE_MIGRATE.
        """
        body = {**given(mode=mode, cleanup=cleanup, target_node=target_node), **parameters}
        where = path("instances", instance, "migrate")
        return await self._submit("PUT", where, options(reason=reason), body)

    async def failover_instance(
        self,
        instance: str,
        *,
        iallocator: str | None = None,
        target_node: str | None = None,
        ignore_consistency: bool | None = None,
        reason: str | None = None,
        **parameters: Unpack[InstanceFailover],
    ) -> int:
        """Stop an instance and start it on another node.

        ``ignore_consistency`` does so though disks differ. ``parameters`` are more of
        OP_INSTANCE_FAILOVER.
        """
        body = given(
            iallocator=iallocator, target_node=target_node, ignore_consistency=ignore_consistency
        )
        where = path("instances", instance, "failover")
        return await self._submit("PUT", where, options(reason=reason), {**body, **parameters})

    async def move_instance(
        self,
        instance: str,
        target_node: str,
        *,
        ignore_consistency: bool | None = None,
        reason: str | None = None,
        **parameters: Unpack[InstanceMove],
    ) -> int:
        """Move an instance by copying its disks; it is down meanwhile. Not on stock servers.

        ``parameters`` are more of OP_INSTANCE_MOVE, such as ``compress``.
        """
        body = {"target_node": target_node, **given(ignore_consistency=ignore_consistency)}
        where = path("instances", instance, "move")
        return await self._submit("PUT", where, options(reason=reason), {**body, **parameters})

    async def change_instance_group(
        self,
        instance: str,
        *,
        target_groups: Sequence[str] | None = None,
        iallocator: str | None = None,
        reason: str | None = None,
        **parameters: Unpack[InstanceChangeGroup],
    ) -> int:
        """Move an instance into another node group. Not on stock servers.

        The job's result lists the jobs that do it. ``target_groups`` are the groups to choose from;
        any other by default.
        """
        groups = None if target_groups is None else list(target_groups)
        body = {**given(target_groups=groups, iallocator=iallocator), **parameters}
        where = path("instances", instance, "change-group")
        return await self._submit("PUT", where, options(reason=reason), body)

    async def prepare_export(self, instance: str, mode: str, *, reason: str | None = None) -> int:
        """Prepare an export; the job's result is what the destination needs.

        ``mode`` is local or remote.
        """
        query = {"mode": mode, **options(reason=reason)}
        return await self._submit("PUT", path("instances", instance, "prepare-export"), query)

    async def export_instance(
        self,
        instance: str,
        destination: Any,  # Any: a node's name, or what prepare_export gave of the other cluster
        *,
        mode: str = "local",
        reason: str | None = None,
        **parameters: Unpack[BackupExport],
    ) -> int:
        """Export an instance to a node, or with the mode remote to another cluster.

        ``parameters`` are more of OP_BACKUP_EXPORT: ``shutdown``, ``remove_instance``,
        ``x509_key_name``, ``destination_x509_ca``, ``compress`` and so on.
        """
        body = {"mode": mode, "destination": destination, **parameters}
        where = path("instances", instance, "export")
        return await self._submit("PUT", where, options(reason=reason), body)

    async def delete_export(self, instance: str, *, reason: str | None = None) -> int:
        """Remove an instance's exports from the nodes. Stock servers cannot do it."""
        where = path("instances", instance, "export")
        return await self._submit("DELETE", where, options(reason=reason))
