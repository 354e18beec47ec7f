"""Networks: the IP networks that instances' interfaces may belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, given, options, path

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import NetworkAdd, NetworkConnect, NetworkSetParams
    from ganeti_rapi.client.results import Network


class NetworkMethods(Methods):
    """What concerns networks. Every method that changes something returns the job's id."""

    async def list_networks(self) -> list[str]:
        """The networks' names."""
        return await self._names("networks", "name")

    async def get_networks(self, *, fields: Sequence[str] | None = None) -> list[Network]:
        """All networks with their details, as `get_network` gives them.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("networks", fields)

    async def get_network(self, network: str) -> Network:
        """A network: ``network``, ``gateway``, ``group_list`` and more. Raises `NotFound`."""
        details: Network = await self._object("networks", network)
        return details

    async def create_network(
        self,
        name: str,
        network: str,
        *,
        gateway: str | None = None,
        network6: str | None = None,
        gateway6: str | None = None,
        mac_prefix: str | None = None,
        add_reserved_ips: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[NetworkAdd],
    ) -> int:
        """Create a network.

        ``network`` and ``network6`` are in CIDR form such as 192.0.2.0/24, ``mac_prefix`` is three
        bytes such as aa:00:00, and ``parameters`` are more of OP_NETWORK_ADD.
        """
        body = given(
            gateway=gateway,
            network6=network6,
            gateway6=gateway6,
            mac_prefix=mac_prefix,
            add_reserved_ips=add_reserved_ips,
            tags=tags,
        )
        body = {"network_name": name, "network": network, **body, **parameters}
        return await self._submit("POST", path("networks"), options(dry_run, reason), body)

    async def delete_network(
        self, network: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove a network, which must not be connected to a group."""
        return await self._submit("DELETE", path("networks", network), options(dry_run, reason))

    async def connect_network(
        self,
        network: str,
        group: str,
        mode: str,
        link: str,
        *,
        vlan: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
        **parameters: Unpack[NetworkConnect],
    ) -> int:
        """Connect a network to a group.

        ``mode`` is bridged, routed or openvswitch, ``link`` the bridge or routing table, and
        ``parameters`` are more of OP_NETWORK_CONNECT.
        """
        body = {"group_name": group, "network_mode": mode, "network_link": link}
        where = path("networks", network, "connect")
        more = {**given(network_vlan=vlan), **parameters}
        return await self._submit("PUT", where, options(dry_run, reason), {**body, **more})

    async def disconnect_network(
        self, network: str, group: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Disconnect a network from a group."""
        where = path("networks", network, "disconnect")
        return await self._submit("PUT", where, options(dry_run, reason), {"group_name": group})

    async def modify_network(
        self, network: str, *, reason: str | None = None, **parameters: Unpack[NetworkSetParams]
    ) -> int:
        """Change parameters of OP_NETWORK_SET_PARAMS."""
        where = path("networks", network, "modify")
        return await self._submit("PUT", where, options(reason=reason), parameters)

    async def rename_network(
        self, network: str, new_name: str, *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Give a network another name; needs Ganeti 3.1."""
        where = path("networks", network, "rename")
        return await self._submit("PUT", where, options(dry_run, reason), {"new_name": new_name})

    async def get_network_tags(self, network: str) -> list[str]:
        """A network's tags, in no order. Raises `NotFound`."""
        return await self._tags("networks", network)

    async def add_network_tags(
        self, network: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a network."""
        return await self._add_tags(path("networks", network), tags, options(dry_run, reason))

    async def delete_network_tags(
        self, network: str, tags: Sequence[str], *, dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a network."""
        return await self._delete_tags(path("networks", network), tags, options(dry_run, reason))
