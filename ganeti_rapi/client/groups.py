"""Node groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, given, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import GroupAdd, GroupEvacuate, GroupSetParams
    from ganeti_rapi.client.results import Group


class GroupMethods(Methods):
    """What concerns node groups. Every method that changes something returns the job's id."""

    async def list_groups(self) -> list[str]:
        """The groups' names."""
        return await self._names("groups", "name")

    async def get_groups(self, *, fields: Sequence[str] | None = None) -> list[Group]:
        """All groups with their details, as `get_group` gives them.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("groups", fields)

    async def get_group(self, group: str) -> Group:
        """A group: ``node_list``, ``alloc_policy``, ``ipolicy`` and more. Raises `NotFound`."""
        details: Group = await self._object("groups", group)
        return details

    async def create_group(
        self,
        name: str,
        *,
        alloc_policy: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[GroupAdd],
    ) -> int:
        """Create an empty group.

        ``alloc_policy`` is preferred, last_resort or unallocable; ``parameters`` are more of
        OP_GROUP_ADD.
        """
        body = {"name": name, **given(alloc_policy=alloc_policy), **parameters}
        return await self._submit("POST", path("groups"), options(dry_run, reason), body)

    async def delete_group(
        self, group: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove a group, which must be empty and not the last one."""
        return await self._submit("DELETE", path("groups", group), options(dry_run, reason))

    async def evacuate_group(
        self,
        group: str,
        *,
        target_groups: Sequence[str] | None = None,
        iallocator: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[GroupEvacuate],
    ) -> int:
        """Move all instances of a group into others. Not on stock servers.

        The job's result lists the jobs that do it. ``parameters`` are more of OP_GROUP_EVACUATE:
        ``early_release``, ``sequential``, ``force_failover``.
        """
        groups = None if target_groups is None else list(target_groups)
        body = {**given(target_groups=groups, iallocator=iallocator), **parameters}
        where = path("groups", group, "evacuate")
        return await self._submit("POST", where, options(dry_run, reason), body)

    async def modify_group(
        self, group: str, *, reason: str | None = None, **parameters: Unpack[GroupSetParams]
    ) -> int:
        """Change parameters of OP_GROUP_SET_PARAMS."""
        where = path("groups", group, "modify")
        return await self._submit("PUT", where, options(reason=reason), parameters)

    async def rename_group(
        self, group: str, new_name: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Give a group another name."""
        where = path("groups", group, "rename")
        return await self._submit("PUT", where, options(dry_run, reason), {"new_name": new_name})

    async def assign_nodes(
        self,
        group: str,
        nodes: Sequence[str],
        *,
        force: bool = False,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Move nodes into a group; with ``force`` even if that splits instances between groups."""
        where = path("groups", group, "assign-nodes")
        query = options(dry_run, reason, force)
        return await self._submit("PUT", where, query, {"nodes": nodes})

    async def get_group_tags(self, group: str) -> list[str]:
        """A group's tags, in no order. Raises `NotFound`."""
        return await self._tags("groups", group)

    async def add_group_tags(
        self, group: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a group."""
        return await self._add_tags(path("groups", group), tags, options(dry_run, reason))

    async def delete_group_tags(
        self, group: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a group."""
        return await self._delete_tags(path("groups", group), tags, options(dry_run, reason))
