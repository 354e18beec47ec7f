"""What the clients' methods return, for type checkers and editors.

Made by `make doc` from the table of the API; change ganeti_rapi/api instead. What the fields mean
is in doc/api.md. Memory and disk space are mebibytes, times seconds since the epoch or pairs of
them and microseconds. A list that was asked for with ``fields`` has these only.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

# Any: what Ganeti has there, of many kinds


class Cluster(TypedDict):
    """The settings of the cluster."""

    software_version: str
    protocol_version: int
    config_version: int
    os_api_version: int
    export_version: int
    vcs_version: str
    architecture: list[str]
    name: str
    master: str
    default_hypervisor: str
    enabled_hypervisors: list[str]
    hvparams: dict[str, dict[str, Any]]
    os_hvp: dict[str, dict[str, Any]]
    beparams: dict[str, dict[str, Any]]
    osparams: dict[str, dict[str, Any]]
    ipolicy: dict[str, Any]
    nicparams: dict[str, dict[str, Any]]
    ndparams: dict[str, Any]
    diskparams: dict[str, dict[str, Any]]
    candidate_pool_size: int
    max_running_jobs: int
    max_tracked_jobs: int
    mac_prefix: str
    master_netdev: str
    master_netmask: int
    use_external_mip_script: bool
    volume_group_name: str | None
    drbd_usermode_helper: str | None
    file_storage_dir: str
    shared_file_storage_dir: str
    gluster_storage_dir: str
    maintain_node_health: bool
    ctime: float
    mtime: float
    uuid: str
    tags: list[str]
    uid_pool: list[list[int]]
    default_iallocator: str
    default_iallocator_params: dict[str, Any]
    reserved_lvs: list[str]
    primary_ip_version: int
    prealloc_wipe_disks: bool
    hidden_os: list[str]
    blacklisted_os: list[str]
    enabled_disk_templates: list[str]
    install_image: str
    instance_communication_network: str
    zeroing_image: str
    compression_tools: list[str]
    enabled_user_shutdown: bool
    enabled_data_collectors: dict[str, bool]
    data_collector_interval: dict[str, int]
    modify_ssh_setup: bool
    ssh_key_type: str
    ssh_key_bits: int
    vg_name: str | None
    drbd_helper: str | None


_Node = TypedDict(
    "_Node",
    {
        "name": str,
        "offline": bool,
        "master_candidate": bool,
        "drained": bool,
        "dtotal": int | None,
        "dfree": int | None,
        "sptotal": int | None,
        "spfree": int | None,
        "mtotal": int | None,
        "mnode": int | None,
        "mfree": int | None,
        "pinst_cnt": int,
        "sinst_cnt": int,
        "ctotal": int | None,
        "cnos": int | None,
        "cnodes": int | None,
        "csockets": int | None,
        "pip": str,
        "sip": str,
        "role": Literal["M", "C", "R", "D", "O"],
        "pinst_list": list[str],
        "sinst_list": list[str],
        "master_capable": bool,
        "vm_capable": bool,
        "ndparams": dict[str, Any],
        "group.uuid": str,
        "ctime": float,
        "mtime": float,
        "uuid": str,
        "serial_no": int,
        "tags": list[str],
    },
)


class Node(_Node, total=False):
    """A node."""

    secondary_ip: str


Instance = TypedDict(
    "Instance",
    {
        "name": str,
        "admin_state": Literal["up", "down", "offline"],
        "os": str,
        "pnode": str,
        "snodes": list[str],
        "disk_template": str,
        "nic.ips": list[str | None],
        "nic.macs": list[str],
        "nic.modes": list[str],
        "nic.uuids": list[str],
        "nic.names": list[str | None],
        "nic.links": list[str | None],
        "nic.networks": list[str | None],
        "nic.networks.names": list[str | None],
        "nic.bridges": list[str | None],
        "network_port": int | None,
        "disk.sizes": list[int],
        "disk.spindles": list[int | None],
        "disk_usage": int,
        "disk.uuids": list[str],
        "disk.names": list[str | None],
        "beparams": dict[str, Any],
        "hvparams": dict[str, Any],
        "oper_state": bool | None,
        "oper_ram": int | None,
        "oper_vcpus": int | None,
        "status": str,
        "custom_hvparams": dict[str, Any],
        "custom_beparams": dict[str, Any],
        "custom_nicparams": list[dict[str, Any]],
        "custom_osparams": dict[str, Any],
        "hypervisor": str,
        "ctime": float,
        "mtime": float,
        "uuid": str,
        "serial_no": int,
        "tags": list[str],
    },
)
"""An instance."""


class Group(TypedDict):
    """A node group."""

    alloc_policy: str
    name: str
    node_cnt: int
    node_list: list[str]
    ipolicy: dict[str, Any]
    custom_ipolicy: dict[str, Any]
    diskparams: dict[str, Any]
    custom_diskparams: dict[str, Any]
    ndparams: dict[str, Any]
    custom_ndparams: dict[str, Any]
    ctime: float
    mtime: float
    uuid: str
    serial_no: int
    tags: list[str]


class Network(TypedDict):
    """A network."""

    name: str
    network: str
    gateway: str | None
    network6: str | None
    gateway6: str | None
    mac_prefix: str | None
    free_count: int
    reserved_count: int
    map: str
    group_list: list[list[str]]
    inst_list: list[str]
    external_reservations: str
    ctime: float
    mtime: float
    uuid: str
    serial_no: int
    tags: list[str]


class _Job(TypedDict):
    id: int
    ops: list[dict[str, Any]]
    status: Literal["queued", "waiting", "canceling", "running", "canceled", "success", "error"]
    summary: list[str]
    opstatus: list[
        Literal["queued", "waiting", "canceling", "running", "canceled", "success", "error"]
    ]
    received_ts: list[int] | None
    start_ts: list[int] | None
    end_ts: list[int] | None


class Job(_Job, total=False):
    """A job."""

    oplog: list[list[list[Any]]]
    opresult: list[Any]


class JobNews(TypedDict):
    """What is new of a job."""

    job_info: list[Any]
    log_entries: list[list[Any]]


class Filter(TypedDict):
    """A filter rule."""

    watermark: int
    priority: int
    predicates: list[list[Any]]
    action: Literal["ACCEPT", "PAUSE", "REJECT", "CONTINUE"] | list[str | int]
    reason_trail: list[Any]
    uuid: str


class OperatingSystem(TypedDict):
    """An operating system that instances may have."""

    name: str
    valid: bool
    variants: list[str]
    parameters: list[dict[str, Any]]
    api_versions: list[int]
    blacklisted: bool
    hidden: bool
    trusted: bool


class Tagged(TypedDict):
    """An object with a tag that was searched for."""

    kind: Literal["cluster", "instance", "node", "group", "network"]
    name: str | None
    tag: str


class Resource(TypedDict):
    """A resource of the API."""

    name: str
    uri: str


class Health(TypedDict):
    """How the server is."""

    status: str


class Queue(TypedDict):
    """Whether the queue takes jobs."""

    drained: bool


class Watcher(TypedDict):
    """Whether the watcher is paused."""

    paused_until: float | None


class Archived(TypedDict):
    """What became of old jobs."""

    archived: int
    left: int


class Verification(TypedDict):
    """What a verification found."""

    id: int
    done: bool
    ok: bool | None
    findings: list[dict[str, Any]]
    jobs: list[dict[str, Any]]


class Config(TypedDict):
    """Who is the master, and what is paused."""

    cluster_name: str
    master_node: str
    drain_flag: bool
    watcher_pause: float | None
    modify_ssh_setup: bool | None
    ssh_key_type: str | None
    ssh_key_bits: int | None


class ExtStorage(TypedDict):
    """A provider of external storage."""

    name: str
    node_status: Any
    nodegroup_status: Any
    parameters: Any


class Capacity(TypedDict):
    """How many more instances fit."""

    fits: int
    limited_by: str | None
    size: dict[str, Any]
    disk_template: str
    tiers: list[dict[str, Any]]
    values: dict[str, Any]


class Balance(TypedDict):
    """How well a node group is balanced."""

    group: str | None
    score: float | None
    score_after: float | None
    moves: list[dict[str, Any]]
    commands: list[str]


class _Console(TypedDict):
    instance: str
    kind: str


class Console(_Console, total=False):
    """How to reach a console."""

    message: str | None
    host: str | None
    port: int | None
    user: str | None
    command: list[str] | str | None
    display: int | None


class Ticket(TypedDict):
    """A ticket for a console."""

    url: str
    kind: Literal["vnc"]
    expires: int


class Answer(TypedDict):
    """Fields of objects."""

    fields: list[dict[str, Any]]
    data: list[list[list[Any]]]


class Fields(TypedDict):
    """The fields that there are."""

    fields: list[dict[str, Any]]
