"""Checking the cluster, its upkeep, and what it has room for. Not on stock servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, given, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import (
        ClusterRenewCrypto,
        ClusterVerify,
        ClusterVerifyConfig,
        ClusterVerifyGroup,
        TestAllocator,
    )
    from ganeti_rapi.client.results import Balance, Capacity, Config, ExtStorage, Verification


class UpkeepMethods(Methods):
    """What a cluster's administrator does from time to time. Stock servers can do none of it."""

    async def verify_cluster(
        self,
        group: str | None = None,
        *,
        reason: str | None = None,
        **parameters: Unpack[ClusterVerify],
    ) -> int:
        """Check the cluster, or one node group; the job's id, for `get_verification`.

        ``parameters`` are more of OP_CLUSTER_VERIFY: ``ignore_errors`` and ``skip_checks``, lists
        of codes and of names, ``verify_clutter``.
        """
        body = {**given(group_name=group), **parameters}
        return await self._submit("POST", path("verify"), options(reason=reason), body)

    async def verify_config(
        self, *, reason: str | None = None, **parameters: Unpack[ClusterVerifyConfig]
    ) -> int:
        """Check the cluster's configuration alone; the job's id, for `get_verification`."""
        where = path("verify-config")
        return await self._submit("POST", where, options(reason=reason), parameters)

    async def verify_group(
        self, group: str, *, reason: str | None = None, **parameters: Unpack[ClusterVerifyGroup]
    ) -> int:
        """Check the nodes and instances of a group; the job's id, for `get_verification`."""
        where = path("groups", group, "verify")
        return await self._submit("POST", where, options(reason=reason), parameters)

    async def verify_disks(self, group: str | None = None, *, reason: str | None = None) -> int:
        """Check the disks of all instances, or of a group's; the id, for `get_verification`."""
        body = given(group_name=group)
        return await self._submit("POST", path("verify-disks"), options(reason=reason), body)

    async def verify_group_disks(self, group: str, *, reason: str | None = None) -> int:
        """Check the disks of a group's instances; the job's id, for `get_verification`."""
        where = path("groups", group, "verify-disks")
        return await self._submit("POST", where, options(reason=reason))

    async def get_verification(self, job_id: int) -> Verification:
        """What a verification has found so far.

        ``findings`` is a list of objects with ``severity``, ``code``, ``kind``, ``object``,
        ``text`` and ``job``; ``done`` says whether all ``jobs`` have ended, and ``ok`` then whether
        nothing is in error. Raises `NotFound` for a job that is none.
        """
        details: Verification = await self._object("verify", str(job_id))
        return details

    async def repair_disk_sizes(
        self, instances: Sequence[str] = (), *, reason: str | None = None
    ) -> int:
        """Correct the recorded sizes of disks, of all instances or of some; the job's id."""
        where, body = path("repair-disk-sizes"), {"instances": list(instances)}
        return await self._submit("POST", where, options(reason=reason), body)

    async def rename_cluster(
        self, name: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Give the cluster another name, and the address that it stands for; the job's id."""
        return await self._submit("PUT", path("rename"), options(dry_run, reason), {"name": name})

    async def renew_crypto(
        self, *, reason: str | None = None, **parameters: Unpack[ClusterRenewCrypto]
    ) -> int:
        """Renew the nodes' certificates or SSH keys; the job's id.

        ``parameters`` are those of OP_CLUSTER_RENEW_CRYPTO: ``node_certificates``,
        ``renew_ssh_keys``, ``ssh_key_type``, ``ssh_key_bits``.
        """
        where = path("renew-crypto")
        return await self._submit("POST", where, options(reason=reason), parameters)

    async def activate_master_ip(self, *, reason: str | None = None) -> int:
        """Set up the cluster's address on the master node; the job's id."""
        return await self._submit("PUT", path("master-ip"), options(reason=reason))

    async def deactivate_master_ip(self, *, reason: str | None = None) -> int:
        """Take the cluster's address from the master node; the job's id."""
        return await self._submit("DELETE", path("master-ip"), options(reason=reason))

    async def get_config(self) -> Config:
        """``cluster_name``, ``master_node``, ``drain_flag``, ``watcher_pause`` and others."""
        details: Config = await self._object("config")
        return details

    async def list_ext_storage(self, *, reason: str | None = None) -> list[str]:
        """The names of the providers of external storage. The server runs a job for this."""
        names: list[str] = await self.transport.request(
            "GET", path("ext-storage"), {"reason": reason}, repeat=False
        )
        return names

    async def get_ext_storage(self, *, reason: str | None = None) -> list[ExtStorage]:
        """The providers of external storage with details. The server runs a job for this."""
        details: list[ExtStorage] = await self.transport.request(
            "GET", path("ext-storage"), {"bulk": True, "reason": reason}, repeat=False
        )
        return details

    async def get_capacity(
        self,
        disk_template: str | None = None,
        *,
        memory: int | None = None,
        disk: int | None = None,
        vcpus: int | None = None,
    ) -> Capacity:
        """How many more instances there is room for: ``fits``, ``limited_by``, ``tiers``, ….

        ``memory`` and ``disk`` are MiB; give them and ``vcpus`` all, or none for the size that the
        cluster's policy calls the standard.
        """
        capacity: Capacity = await self._get(
            path("capacity"), disk_template=disk_template, memory=memory, disk=disk, vcpus=vcpus
        )
        return capacity

    async def get_balance(
        self,
        group: str | None = None,
        *,
        max_moves: int | None = None,
        no_disk_moves: bool = False,
    ) -> Balance:
        """How well a node group is balanced: ``score``, and ``moves`` that would better it.

        The group must be named where there are several.
        """
        balance: Balance = await self._get(
            path("balance"),
            group=group,
            max_moves=max_moves,
            no_disk_moves=no_disk_moves or None,
        )
        return balance

    async def ask_allocator(
        self,
        name: str,
        mode: str = "allocate",
        *,
        iallocator: str = "hail",
        reason: str | None = None,
        **parameters: Unpack[TestAllocator],
    ) -> int:
        """Ask where an instance would go; the job's id, whose result is the answer, as JSON text.

        ``parameters`` are more of OP_TEST_ALLOCATOR: ``memory`` in MiB, ``vcpus``, ``disks``,
        ``nics``, ``os``, ``disk_template``.
        """
        body = {"name": name, "mode": mode, "iallocator": iallocator, **parameters}
        return await self._submit("POST", path("allocator"), options(reason=reason), body)
