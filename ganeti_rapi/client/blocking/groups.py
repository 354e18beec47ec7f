"""Node groups and networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, overload

from ganeti_rapi.client.blocking.base import BlockingMethods

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ganeti_rapi.client.parameters import GroupSetParams, NetworkSetParams
    from ganeti_rapi.client.results import Group, Network


class GroupMethods(BlockingMethods):
    """Node groups."""

    @overload
    def GetGroups(self, bulk: Literal[False] = False, reason: str | None = None) -> list[str]: ...

    @overload
    def GetGroups(self, bulk: Literal[True], reason: str | None = None) -> list[Group]: ...

    @overload
    def GetGroups(
        self, bulk: bool = False, reason: str | None = None
    ) -> list[str] | list[Group]: ...

    def GetGroups(self, bulk: bool = False, reason: str | None = None) -> list[str] | list[Group]:
        """The groups' names, or with ``bulk`` all that is known of them.

        See `RapiClient.get_groups`.
        """
        return self._do(self._rapi.get_groups()) if bulk else self._do(self._rapi.list_groups())

    def GetGroup(self, group: str, reason: str | None = None) -> Group:
        """A group: ``node_list``, ``alloc_policy``, ``ipolicy`` and more.

        See `RapiClient.get_group`.
        """
        return self._do(self._rapi.get_group(group))

    def CreateGroup(
        self,
        name: str,
        alloc_policy: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Create an empty group; the job's id. See `RapiClient.create_group`."""
        work = self._rapi.create_group(
            name, alloc_policy=alloc_policy, dry_run=dry_run, reason=reason
        )
        return self._do(work)

    def ModifyGroup(
        self, group: str, reason: str | None = None, **kwargs: Unpack[GroupSetParams]
    ) -> int:
        """Change parameters of OP_GROUP_SET_PARAMS; the job's id. See `RapiClient.modify_group`."""
        return self._do(self._rapi.modify_group(group, reason=reason, **kwargs))

    def DeleteGroup(self, group: str, dry_run: bool = False, reason: str | None = None) -> int:
        """Remove a group, which must be empty and not the last one; the job's id.

        See `RapiClient.delete_group`.
        """
        return self._do(self._rapi.delete_group(group, dry_run=dry_run, reason=reason))

    def RenameGroup(self, group: str, new_name: str, reason: str | None = None) -> int:
        """Give a group another name; the job's id. See `RapiClient.rename_group`."""
        return self._do(self._rapi.rename_group(group, new_name, reason=reason))

    def AssignGroupNodes(
        self,
        group: str,
        nodes: Sequence[str],
        force: bool = False,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Move nodes into a group; with ``force`` even if that splits instances between groups; the
        job's id.

        See `RapiClient.assign_nodes`.
        """
        work = self._rapi.assign_nodes(group, nodes, force=force, dry_run=dry_run, reason=reason)
        return self._do(work)

    def GetGroupTags(self, group: str, reason: str | None = None) -> list[str]:
        """A group's tags, in no order. See `RapiClient.get_group_tags`."""
        return self._do(self._rapi.get_group_tags(group))

    def AddGroupTags(
        self, group: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a group; the job's id. See `RapiClient.add_group_tags`."""
        return self._do(self._rapi.add_group_tags(group, tags, dry_run=dry_run, reason=reason))

    def DeleteGroupTags(
        self, group: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a group; the job's id. See `RapiClient.delete_group_tags`."""
        return self._do(self._rapi.delete_group_tags(group, tags, dry_run=dry_run, reason=reason))


class NetworkMethods(BlockingMethods):
    """Networks."""

    @overload
    def GetNetworks(self, bulk: Literal[False] = False, reason: str | None = None) -> list[str]: ...

    @overload
    def GetNetworks(self, bulk: Literal[True], reason: str | None = None) -> list[Network]: ...

    @overload
    def GetNetworks(
        self, bulk: bool = False, reason: str | None = None
    ) -> list[str] | list[Network]: ...

    def GetNetworks(
        self, bulk: bool = False, reason: str | None = None
    ) -> list[str] | list[Network]:
        """The networks' names, or with ``bulk`` all that is known of them.

        See `RapiClient.get_networks`.
        """
        return self._do(self._rapi.get_networks()) if bulk else self._do(self._rapi.list_networks())

    def GetNetwork(self, network: str, reason: str | None = None) -> Network:
        """A network: ``network``, ``gateway``, ``group_list`` and more.

        See `RapiClient.get_network`.
        """
        return self._do(self._rapi.get_network(network))

    def CreateNetwork(
        self,
        network_name: str,
        network: str,
        gateway: str | None = None,
        network6: str | None = None,
        gateway6: str | None = None,
        mac_prefix: str | None = None,
        add_reserved_ips: str | None = None,
        tags: str | None = None,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """As `RapiClient.create_network`; the addresses and the tags are words with commas.

        Ganeti's own client needs ``tags``; here they may be left out.
        """
        work = self._rapi.create_network(
            network_name,
            network,
            gateway=gateway,
            network6=network6,
            gateway6=gateway6,
            mac_prefix=mac_prefix,
            add_reserved_ips=add_reserved_ips.split(",") if add_reserved_ips else None,
            tags=tags.split(",") if tags else None,
            dry_run=dry_run,
            reason=reason,
        )
        return self._do(work)

    def ConnectNetwork(
        self,
        network_name: str,
        group_name: str,
        mode: str,
        link: str,
        vlan: str = "",
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Connect a network to a group; the job's id. See `RapiClient.connect_network`."""
        work = self._rapi.connect_network(
            network_name, group_name, mode, link, vlan=vlan, dry_run=dry_run, reason=reason
        )
        return self._do(work)

    def DisconnectNetwork(
        self,
        network_name: str,
        group_name: str,
        dry_run: bool = False,
        reason: str | None = None,
    ) -> int:
        """Disconnect a network from a group; the job's id. See `RapiClient.disconnect_network`."""
        work = self._rapi.disconnect_network(
            network_name, group_name, dry_run=dry_run, reason=reason
        )
        return self._do(work)

    def ModifyNetwork(
        self, network: str, reason: str | None = None, **kwargs: Unpack[NetworkSetParams]
    ) -> int:
        """Change parameters of OP_NETWORK_SET_PARAMS; the job's id.

        See `RapiClient.modify_network`.
        """
        return self._do(self._rapi.modify_network(network, reason=reason, **kwargs))

    def RenameNetwork(self, network: str, new_name: str, reason: str | None = None) -> int:
        """Give a network another name; needs Ganeti 3.1; the job's id.

        See `RapiClient.rename_network`.
        """
        return self._do(self._rapi.rename_network(network, new_name, reason=reason))

    def DeleteNetwork(self, network: str, dry_run: bool = False, reason: str | None = None) -> int:
        """Remove a network, which must not be connected to a group; the job's id.

        See `RapiClient.delete_network`.
        """
        return self._do(self._rapi.delete_network(network, dry_run=dry_run, reason=reason))

    def GetNetworkTags(self, network: str, reason: str | None = None) -> list[str]:
        """A network's tags, in no order. See `RapiClient.get_network_tags`."""
        return self._do(self._rapi.get_network_tags(network))

    def AddNetworkTags(
        self, network: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Add tags to a network; the job's id. See `RapiClient.add_network_tags`."""
        return self._do(self._rapi.add_network_tags(network, tags, dry_run=dry_run, reason=reason))

    def DeleteNetworkTags(
        self, network: str, tags: Sequence[str], dry_run: bool = False, reason: str | None = None
    ) -> int:
        """Remove tags from a network; the job's id. See `RapiClient.delete_network_tags`."""
        work = self._rapi.delete_network_tags(network, tags, dry_run=dry_run, reason=reason)
        return self._do(work)
