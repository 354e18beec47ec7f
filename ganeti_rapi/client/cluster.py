"""The cluster: its settings, operating systems and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, Object, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import ClusterSetParams
    from ganeti_rapi.client.results import Cluster, Health, OperatingSystem, Resource, Tagged


class ClusterMethods(Methods):
    """What concerns the whole cluster."""

    async def get_version(self) -> int:
        """The version of the remote API, which is 2."""
        version: int = await self._get("/version")
        return version

    async def list_versions(self) -> list[Resource]:
        """The resources at the root, each with ``name`` and ``uri``. Stock servers tell none."""
        return await self._get("/") or []

    async def list_resources(self) -> list[Resource]:
        """The resources under /2, each with ``name`` and ``uri``. Stock servers tell none."""
        return await self._get("/2") or []

    async def get_openapi(self) -> Object:
        """The description of the API as an OpenAPI document; not on stock servers."""
        document: Object = await self._get(path("openapi.json"))
        return document

    async def get_health(self) -> Health:
        """``{"status": "ok"}``: the server runs; not on stock servers."""
        health: Health = await self._get("/healthz")
        return health

    async def get_readiness(self) -> Health:
        """``{"status": "ready"}``: the server can do its work; not on stock servers.

        Raises `HttpError` with the status 503, and all that is wrong, when it cannot.
        """
        readiness: Health = await self._get("/readyz")
        return readiness

    async def get_info(self) -> Cluster:
        """The cluster's settings: ``name``, ``master``, ``software_version`` and many more."""
        info: Cluster = await self._get(path("info"))
        return info

    async def list_operating_systems(self, *, reason: str | None = None) -> list[str]:
        """The names that an instance's ``os`` may have. The server runs a job for this."""
        names: list[str] = await self.transport.request(
            "GET", path("os"), {"reason": reason}, repeat=False
        )
        return names

    async def get_operating_systems(self, *, reason: str | None = None) -> list[OperatingSystem]:
        """The operating systems with ``variants``, ``parameters`` and more; not on stock servers.

        The server runs a job for this.
        """
        details: list[OperatingSystem] = await self.transport.request(
            "GET", path("os"), {"bulk": True, "reason": reason}, repeat=False
        )
        return details

    async def redistribute_config(self, *, reason: str | None = None) -> int:
        """Send the configuration to all nodes again; the job's id."""
        return await self._submit("PUT", path("redistribute-config"), options(reason=reason))

    async def modify_cluster(
        self, *, reason: str | None = None, **parameters: Unpack[ClusterSetParams]
    ) -> int:
        """Change parameters of OP_CLUSTER_SET_PARAMS; the job's id."""
        return await self._submit("PUT", path("modify"), options(reason=reason), parameters)

    async def search_tags(self, pattern: str) -> list[Tagged]:
        """What has tags that a regular expression fits: ``kind``, ``name`` and ``tag`` of each.

        The server runs a job for this. Not on stock servers.
        """
        found: list[Tagged] = await self.transport.request(
            "GET", path("tags-search"), {"pattern": pattern}, repeat=False
        )
        return found

    async def get_cluster_tags(self) -> list[str]:
        """The cluster's tags, in no order."""
        return await self._tags()

    async def add_cluster_tags(
        self, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to the cluster; the job's id."""
        return await self._add_tags(path(), tags, options(dry_run, reason))

    async def delete_cluster_tags(
        self, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from the cluster; the job's id."""
        return await self._delete_tags(path(), tags, options(dry_run, reason))
