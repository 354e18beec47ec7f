"""Which parameters of opcodes the clients' methods take, for type checkers and editors.

Made by `make doc` from the table of the API; change ganeti_rapi/api instead. What the parameters
mean is in doc/api.md. The server chooses those that are left out. Where the table has a choice
of words this has ``str``, as the methods' own parameters have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from ganeti_rapi.jsontext import Json


class Common(TypedDict, total=False):
    """What every opcode has."""

    comment: str | None
    debug_level: int | None
    depends: Sequence[Sequence[int | str | Sequence[str]]] | None
    priority: int


class ClusterSetParams(Common, total=False):
    """More parameters of OP_CLUSTER_SET_PARAMS, for `RapiClient.modify_cluster`."""

    force: bool
    hv_state: Mapping[str, Json] | None
    disk_state: Mapping[str, Json] | None
    vg_name: str | None
    enabled_hypervisors: Sequence[str] | None
    hvparams: Mapping[str, Mapping[str, Json]] | None
    beparams: Mapping[str, Json] | None
    os_hvp: Mapping[str, Mapping[str, Json]] | None
    osparams: Mapping[str, Mapping[str, Json]] | None
    osparams_private_cluster: Mapping[str, Mapping[str, Json]] | None
    diskparams: Mapping[str, Mapping[str, Json]] | None
    candidate_pool_size: int | None
    max_running_jobs: int | None
    max_tracked_jobs: int | None
    uid_pool: Sequence[Sequence[int]] | None
    add_uids: Sequence[Sequence[int]] | None
    remove_uids: Sequence[Sequence[int]] | None
    maintain_node_health: bool | None
    prealloc_wipe_disks: bool | None
    nicparams: Mapping[str, Json] | None
    ndparams: Mapping[str, Json] | None
    ipolicy: Mapping[str, Json] | None
    drbd_helper: str | None
    default_iallocator: str | None
    default_iallocator_params: Mapping[str, Json] | None
    mac_prefix: str | None
    master_netdev: str | None
    master_netmask: int | None
    reserved_lvs: Sequence[str] | None
    hidden_os: Sequence[Sequence[str]] | None
    blacklisted_os: Sequence[Sequence[str]] | None
    use_external_mip_script: bool | None
    enabled_disk_templates: Sequence[str] | None
    modify_etc_hosts: bool | None
    file_storage_dir: str | None
    shared_file_storage_dir: str | None
    gluster_storage_dir: str | None
    install_image: str | None
    instance_communication_network: str | None
    zeroing_image: str | None
    enabled_user_shutdown: bool | None
    enabled_data_collectors: Mapping[str, bool] | None
    data_collector_interval: Mapping[str, int] | None
    dry_run: bool | None


class NodeSetParams(Common, total=False):
    """More parameters of OP_NODE_SET_PARAMS, for `RapiClient.modify_node`."""

    node_uuid: str | None
    force: bool
    hv_state: Mapping[str, Json] | None
    disk_state: Mapping[str, Json] | None
    master_candidate: bool | None
    offline: bool | None
    drained: bool | None
    auto_promote: bool
    master_capable: bool | None
    vm_capable: bool | None
    secondary_ip: str | None
    ndparams: Mapping[str, Json] | None
    powered: bool | None
    dry_run: bool | None


class InstanceCreate(Common, total=False):
    """More parameters of OP_INSTANCE_CREATE, for `RapiClient.create_instance`."""

    name_check: bool
    ip_check: bool
    pnode: str | None
    pnode_uuid: str | None
    snode: str | None
    snode_uuid: str | None
    iallocator: str | None
    group_name: str | None
    opportunistic_locking: bool
    ignore_ipolicy: bool
    file_driver: str | None
    file_storage_dir: str | None
    wait_for_sync: bool
    conflicts_check: bool
    hypervisor: str | None
    hvparams: Mapping[str, Json]
    beparams: Mapping[str, Json]
    identify_defaults: bool
    instance_communication: bool
    os: str | None
    os_type: str | None
    force_variant: bool
    osparams: Mapping[str, Json]
    osparams_private: Mapping[str, Json] | None
    osparams_secret: Mapping[str, Json] | None
    no_install: bool | None
    helper_startup_timeout: int | None
    helper_shutdown_timeout: int | None
    src_node: str | None
    src_node_uuid: str | None
    src_path: str | None
    compress: str
    source_handshake: Sequence[Json] | None
    source_instance_name: str | None
    source_shutdown_timeout: int
    source_x509_ca: str | None
    start: bool
    forthcoming: bool
    commit: bool
    tags: Sequence[str]


class InstanceMultiAlloc(Common, total=False):
    """More parameters of OP_INSTANCE_MULTI_ALLOC, for `RapiClient.create_instances`."""

    opportunistic_locking: bool


class InstanceRemove(Common, total=False):
    """More parameters of OP_INSTANCE_REMOVE, for `RapiClient.delete_instance`."""

    instance_uuid: str | None
    shutdown_timeout: int


class InstanceSetParams(Common, total=False):
    """More parameters of OP_INSTANCE_SET_PARAMS, for `RapiClient.modify_instance`."""

    instance_uuid: str | None
    force: bool
    force_variant: bool
    ignore_ipolicy: bool
    nics: Sequence[Sequence[str | int | Mapping[str, Json]]]
    disks: Sequence[Sequence[str | int | Mapping[str, str | int]]]
    custom_beparams: Mapping[str, Json]
    beparams: Mapping[str, Json]
    runtime_mem: int | None
    custom_hvparams: Mapping[str, Json]
    hvparams: Mapping[str, Json]
    disk_template: str | None
    ext_params: Mapping[str, Json]
    file_driver: str | None
    file_storage_dir: str | None
    pnode: str | None
    pnode_uuid: str | None
    remote_node: str | None
    remote_node_uuid: str | None
    iallocator: str | None
    os_name: str | None
    osparams: Mapping[str, Json]
    osparams_private: Mapping[str, Json] | None
    wait_for_sync: bool
    offline: bool | None
    conflicts_check: bool
    hotplug: bool
    hotplug_if_possible: bool
    instance_communication: bool | None
    dry_run: bool | None


class InstanceShutdown(Common, total=False):
    """More parameters of OP_INSTANCE_SHUTDOWN, for `RapiClient.stop_instance`."""

    instance_uuid: str | None
    force: bool
    ignore_offline_nodes: bool
    admin_state_source: str | None


class InstanceReboot(Common, total=False):
    """More parameters of OP_INSTANCE_REBOOT, for `RapiClient.reboot_instance`."""

    instance_uuid: str | None
    shutdown_timeout: int


class InstanceMigrate(Common, total=False):
    """More parameters of OP_INSTANCE_MIGRATE, for `RapiClient.migrate_instance`."""

    instance_uuid: str | None
    live: bool | None
    target_node_uuid: str | None
    allow_runtime_changes: bool
    ignore_ipolicy: bool
    iallocator: str | None
    allow_failover: bool
    ignore_hvversions: bool
    dry_run: bool | None


class InstanceFailover(Common, total=False):
    """More parameters of OP_INSTANCE_FAILOVER, for `RapiClient.failover_instance`."""

    instance_uuid: str | None
    shutdown_timeout: int
    target_node_uuid: str | None
    ignore_ipolicy: bool
    cleanup: bool
    dry_run: bool | None


class BackupExport(Common, total=False):
    """More parameters of OP_BACKUP_EXPORT, for `RapiClient.export_instance`."""

    instance_uuid: str | None
    compress: str
    shutdown_timeout: int
    target_node_uuid: str | None
    shutdown: bool
    remove_instance: bool
    ignore_remove_failures: bool
    x509_key_name: Sequence[Json] | None
    destination_x509_ca: str | None
    zero_free_space: bool
    zeroing_timeout_fixed: int | None
    zeroing_timeout_per_mib: float | None
    long_sleep: bool
    dry_run: bool | None


class InstanceGrowDisk(Common, total=False):
    """More parameters of OP_INSTANCE_GROW_DISK, for `RapiClient.grow_disk`."""

    instance_uuid: str | None
    absolute: bool
    ignore_ipolicy: bool
    dry_run: bool | None


class InstanceMove(Common, total=False):
    """More parameters of OP_INSTANCE_MOVE, for `RapiClient.move_instance`."""

    instance_uuid: str | None
    shutdown_timeout: int
    ignore_ipolicy: bool
    target_node_uuid: str | None
    compress: str
    dry_run: bool | None


class InstanceChangeGroup(Common, total=False):
    """More parameters of OP_INSTANCE_CHANGE_GROUP, for `RapiClient.change_instance_group`."""

    instance_uuid: str | None
    early_release: bool
    dry_run: bool | None


class GroupEvacuate(Common, total=False):
    """More parameters of OP_GROUP_EVACUATE, for `RapiClient.evacuate_group`."""

    early_release: bool
    sequential: bool
    force_failover: bool


class OobCommand(Common, total=False):
    """More parameters of OP_OOB_COMMAND, for `RapiClient.set_node_power`."""

    node_uuids: Sequence[str] | None
    timeout: int
    ignore_status: bool
    power_delay: float
    dry_run: bool | None


class RestrictedCommand(Common, total=False):
    """More parameters of OP_RESTRICTED_COMMAND, for `RapiClient.run_restricted_command`."""

    use_locking: bool
    node_uuids: Sequence[str] | None
    dry_run: bool | None


class ClusterVerify(Common, total=False):
    """More parameters of OP_CLUSTER_VERIFY, for `RapiClient.verify_cluster`."""

    debug_simulate_errors: bool
    ignore_errors: Sequence[str]
    verbose: bool
    skip_checks: Sequence[str]
    verify_clutter: bool
    dry_run: bool | None


class ClusterVerifyConfig(Common, total=False):
    """More parameters of OP_CLUSTER_VERIFY_CONFIG, for `RapiClient.verify_config`."""

    debug_simulate_errors: bool
    ignore_errors: Sequence[str]
    verbose: bool
    dry_run: bool | None


class ClusterVerifyGroup(Common, total=False):
    """More parameters of OP_CLUSTER_VERIFY_GROUP, for `RapiClient.verify_group`."""

    debug_simulate_errors: bool
    ignore_errors: Sequence[str]
    verbose: bool
    skip_checks: Sequence[str]
    verify_clutter: bool
    dry_run: bool | None


class ClusterRenewCrypto(Common, total=False):
    """More parameters of OP_CLUSTER_RENEW_CRYPTO, for `RapiClient.renew_crypto`."""

    node_certificates: bool
    renew_ssh_keys: bool
    ssh_key_type: str | None
    ssh_key_bits: int | None
    verbose: bool
    debug: bool
    dry_run: bool | None


class TestAllocator(Common, total=False):
    """More parameters of OP_TEST_ALLOCATOR, for `RapiClient.ask_allocator`."""

    memory: int | None
    vcpus: int | None
    disks: Sequence[Json] | None
    disk_template: str | None
    nics: Sequence[Mapping[str, Json]] | None
    os: str | None
    hypervisor: str | None
    tags: Sequence[str]
    spindle_use: int
    group_name: str | None
    count: int
    instances: Sequence[str] | None
    evac_mode: str | None
    target_groups: Sequence[str] | None
    dry_run: bool | None


class GroupAdd(Common, total=False):
    """More parameters of OP_GROUP_ADD, for `RapiClient.create_group`."""

    ndparams: Mapping[str, Json] | None
    diskparams: Mapping[str, Mapping[str, Json]] | None
    hv_state: Mapping[str, Json] | None
    disk_state: Mapping[str, Json] | None
    ipolicy: Mapping[str, Json] | None


class GroupSetParams(Common, total=False):
    """More parameters of OP_GROUP_SET_PARAMS, for `RapiClient.modify_group`."""

    alloc_policy: str | None
    custom_ndparams: Mapping[str, Json] | None
    ndparams: Mapping[str, Json] | None
    custom_diskparams: Mapping[str, Mapping[str, Json]] | None
    diskparams: Mapping[str, Mapping[str, Json]] | None
    hv_state: Mapping[str, Json] | None
    disk_state: Mapping[str, Json] | None
    custom_ipolicy: Mapping[str, Json] | None
    ipolicy: Mapping[str, Json] | None
    dry_run: bool | None


class NetworkAdd(Common, total=False):
    """More parameters of OP_NETWORK_ADD, for `RapiClient.create_network`."""

    conflicts_check: bool


class NetworkConnect(Common, total=False):
    """More parameters of OP_NETWORK_CONNECT, for `RapiClient.connect_network`."""

    conflicts_check: bool


class NetworkSetParams(Common, total=False):
    """More parameters of OP_NETWORK_SET_PARAMS, for `RapiClient.modify_network`."""

    gateway: str | None
    network6: str | None
    gateway6: str | None
    mac_prefix: str | None
    add_reserved_ips: Sequence[str] | None
    remove_reserved_ips: Sequence[str] | None
    dry_run: bool | None
