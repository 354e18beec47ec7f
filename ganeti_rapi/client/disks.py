"""The disks of instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, given, options, path
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import InstanceGrowDisk


class DiskMethods(Methods):
    """What concerns the disks of instances. Every method returns the job's id."""

    async def activate_disks(
        self, instance: str, *, ignore_size: bool = False, reason: str | None = None
    ) -> int:
        """Make a stopped instance's disks available on its node.

        ``ignore_size`` does so though they are not as large as recorded.
        """
        query = {"ignore_size": ignore_size or None, **options(reason=reason)}
        return await self._submit("PUT", path("instances", instance, "activate-disks"), query)

    async def deactivate_disks(
        self, instance: str, *, force: bool = False, reason: str | None = None
    ) -> int:
        """Undo `activate_disks`; with ``force`` even if the instance seems to run."""
        query = options(reason=reason, force=force)
        return await self._submit("PUT", path("instances", instance, "deactivate-disks"), query)

    async def grow_disk(
        self,
        instance: str,
        disk: int,
        amount: int,
        *,
        wait_for_sync: bool | None = None,
        reason: str | None = None,
        **parameters: Unpack[InstanceGrowDisk],
    ) -> int:
        """Make a disk larger by ``amount`` mebibytes. ``disk`` is its index.

        ``parameters`` are more of OP_INSTANCE_GROW_DISK: ``absolute`` makes it the size.
        """
        body = {"amount": amount, **given(wait_for_sync=wait_for_sync), **parameters}
        where = path("instances", instance, "disk", disk, "grow")
        return await self._submit("POST", where, options(reason=reason), body)

    async def recreate_disks(
        self,
        instance: str,
        *,
        disks: Sequence[Json] | None = None,
        nodes: Sequence[str] | None = None,
        iallocator: str | None = None,
        reason: str | None = None,
    ) -> int:
        """Create lost disks again, empty: all of them, or those in ``disks``.

        A disk is its index, or a list of its index and an object with changes. The new disks are on
        ``nodes`` or where ``iallocator`` puts them; without both, where they were.
        """
        body = given(disks=disks, nodes=nodes, iallocator=iallocator)
        where = path("instances", instance, "recreate-disks")
        return await self._submit("POST", where, options(reason=reason), body)

    async def replace_disks(
        self,
        instance: str,
        mode: str,
        *,
        disks: Sequence[int] | None = None,
        remote_node: str | None = None,
        iallocator: str | None = None,
        early_release: bool | None = None,
        reason: str | None = None,
    ) -> int:
        """Replace the disks of a mirrored instance, all of them or those with these indexes.

        ``mode`` is replace_on_primary, replace_on_secondary, replace_new_secondary (to
        ``remote_node``, or where ``iallocator`` chooses) or replace_auto. ``early_release``, not
        on Ganeti 2.4, gives locks and old disks back before the mirrors are in sync.
        """
        where = path("instances", instance, "replace-disks")
        query = {"mode": mode, "remote_node": remote_node, "iallocator": iallocator}
        if early_release is None and not self.common:  # the form that every server knows
            indexes = None if disks is None else ",".join(map(str, disks))
            arguments = {**query, "disks": indexes, **options(reason=reason)}
            return await self._submit("POST", where, arguments)
        body = given(**query, disks=disks, early_release=early_release)
        return await self._submit("POST", where, options(reason=reason), body)
