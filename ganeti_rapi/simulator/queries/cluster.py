"""The replies to the calls that ask about the cluster as a whole, and to QueryTags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.queries.kinds import KINDS
from ganeti_rapi.simulator.queries.refusals import unparsable
from ganeti_rapi.simulator.state import Cluster

# In luxid's order.
_INFO_KEYS = """
    software_version protocol_version config_version os_api_version export_version vcs_version
    architecture name master default_hypervisor enabled_hypervisors hvparams os_hvp beparams
    osparams ipolicy nicparams ndparams diskparams candidate_pool_size max_running_jobs
    max_tracked_jobs mac_prefix master_netdev master_netmask use_external_mip_script
    volume_group_name drbd_usermode_helper file_storage_dir shared_file_storage_dir
    gluster_storage_dir maintain_node_health ctime mtime uuid tags uid_pool default_iallocator
    default_iallocator_params reserved_lvs primary_ip_version prealloc_wipe_disks hidden_os
    blacklisted_os enabled_disk_templates install_image instance_communication_network
    zeroing_image compression_tools enabled_user_shutdown enabled_data_collectors
    data_collector_interval modify_ssh_setup ssh_key_type ssh_key_bits
"""

_ReadCluster = Callable[[Cluster], Any]  # Any: a setting is JSON of any shape

_LIVE_INFO: dict[str, _ReadCluster] = {
    "ctime": lambda cluster: cluster.ctime,
    "master": lambda cluster: cluster.master.name,
    "mtime": lambda cluster: cluster.mtime,
    "name": lambda cluster: cluster.name,
    "tags": lambda cluster: sorted(cluster.tags),
    "uuid": lambda cluster: cluster.uuid,
}

_CONFIG_VALUES: dict[str, _ReadCluster] = {
    "cluster_name": lambda cluster: cluster.name,
    "drain_flag": lambda cluster: cluster.drained,
    "master_node": lambda cluster: cluster.master.name,
    "modify_ssh_setup": lambda cluster: cluster.info.get("modify_ssh_setup"),
    "ssh_key_bits": lambda cluster: cluster.info.get("ssh_key_bits"),
    "ssh_key_type": lambda cluster: cluster.info.get("ssh_key_type"),
    "watcher_pause": lambda cluster: cluster.watcher_pause,
}

# By QueryTags' word for what has tags: the kind in queries, None for the cluster itself.
_TAGGED = {
    "cluster": None,
    "instance": "instance",
    "network": "network",
    "node": "node",
    "nodegroup": "group",
}


def cluster_info(cluster: Cluster) -> dict[str, Any]:  # Any: as above
    """The reply to QueryClusterInfo. A setting that the cluster does not have is None."""
    live = {key: read(cluster) for key, read in _LIVE_INFO.items()}
    return {key: live[key] if key in live else cluster.info.get(key) for key in _INFO_KEYS.split()}


def config_values(cluster: Cluster, names: Sequence[str]) -> list[Any]:  # Any: as above
    """The reply to QueryConfigValues: a value for each name, None where there is no such name."""
    return [_CONFIG_VALUES[name](cluster) if name in _CONFIG_VALUES else None for name in names]


def tags(cluster: Cluster, kind: str, name: str) -> list[str]:
    """The reply to QueryTags, sorted. ``name`` (or uuid) is ignored for the kind ``cluster``.

    Raises `JobDaemonError` with the classification ``unknown_entity`` when there is no such object,
    and with an empty class name when there is no such ``kind``.
    """
    if kind not in _TAGGED:
        reason = f'Invalid string value for type TagKind: "{kind}"'
        raise unparsable([kind, name], reason)
    if (in_queries := _TAGGED[kind]) is None:
        return sorted(cluster.tags)
    (entity,) = KINDS[in_queries].named(Context(cluster, {}), [name])
    return sorted(entity.tags)
