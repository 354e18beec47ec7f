"""The simulated cluster as plain data: what Ganeti keeps in its configuration, and what runs.

Nothing here acts. `ganeti_rapi.simulator.build` makes a cluster, the units change it, the queries
read it. Names are Ganeti's own; sizes are MiB, times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from attrs import define, field

Params = dict[str, Any]  # Any: hypervisor, backend, … parameters are the user's JSON


@define(eq=False)
class Entity:
    """What every object of the configuration has."""

    uuid: str
    name: str
    ctime: float
    mtime: float
    serial_no: int = field(default=1, kw_only=True)
    tags: list[str] = field(factory=list, kw_only=True)

    def touch(self, now: float) -> None:
        """Note that the object was changed, as Ganeti's configuration writer does."""
        self.mtime = now
        self.serial_no += 1


@define(eq=False)
class Group(Entity):
    """A node group. The parameter dicts hold only what differs from the cluster's."""

    alloc_policy: str = "preferred"
    ndparams: Params = field(factory=dict)
    ipolicy: Params = field(factory=dict)
    diskparams: Params = field(factory=dict)
    networks: dict[str, Params] = field(factory=dict)
    """By network uuid: {mode, link, vlan} of the connection."""


@define
class StorageUnit:
    """A storage unit of a node, as OP_NODE_QUERY_STORAGE lists it."""

    type: str
    name: str
    size: int
    used: int
    allocatable: bool = True


@define(eq=False)
class Node(Entity):
    """A physical machine."""

    group: Group
    primary_ip: str
    secondary_ip: str
    memory_total: int = 65536
    memory_own: int = 2048
    disk_total: int = 2097152
    cpus: int = 32
    sockets: int = 2
    master_candidate: bool = True
    offline: bool = False
    drained: bool = False
    powered: bool = True
    master_capable: bool = True
    vm_capable: bool = True
    ndparams: Params = field(factory=dict)
    storage: list[StorageUnit] = field(factory=list)
    bootid: str = ""


@define(eq=False)
class Disk:
    """A disk of an instance."""

    uuid: str
    size: int
    mode: str = "rw"
    name: str | None = None
    spindles: int | None = None
    params: Params = field(factory=dict)
    """What else was asked for: ``vg``, ``metavg``, ``adopt``, ``file_driver``, …"""


@define(eq=False)
class Nic:
    """A network interface of an instance. ``nicparams`` holds what differs from the cluster's."""

    uuid: str
    mac: str
    ip: str | None = None
    name: str | None = None
    network: str | None = None
    """The uuid of a network."""
    nicparams: Params = field(factory=dict)


@define(eq=False)
class Instance(Entity):
    """A virtual machine. The parameter dicts hold only what differs from the cluster's."""

    os: str
    hypervisor: str
    disk_template: str
    primary: Node
    secondary: Node | None = None
    admin_state: str = "up"
    """What is wanted: ``up``, ``down`` or ``offline``."""
    running: bool = True
    """What is."""
    disks_active: bool = True
    disks: list[Disk] = field(factory=list)
    nics: list[Nic] = field(factory=list)
    hvparams: Params = field(factory=dict)
    beparams: Params = field(factory=dict)
    osparams: Params = field(factory=dict)
    osparams_private: Params = field(factory=dict)
    """Never shown."""
    network_port: int | None = None
    runtime_vcpus: int | None = None
    """The virtual CPUs that it was started with, where ``vcpus`` was changed since."""
    stopped_by_user: bool = False
    """Whether it was shut down from inside, while it is wanted down."""
    runs_on: Node | None = None
    """The node that it was found on, where that is not its primary one."""
    runtime_memory: int | None = None
    """MiB that it has now, where that was set apart from ``maxmem``."""


@define(eq=False)
class Network(Entity):
    """An IP network. ``reserved`` are the addresses kept from instances by hand."""

    network: str
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    reserved: list[str] = field(factory=list)


@define(eq=False)
class FilterRule:
    """A rule that decides which jobs may run. Source: LUXI ReplaceFilter."""

    uuid: str
    watermark: int
    priority: int
    predicates: list[Any]  # Any: nested lists of the query language
    action: Any  # Any: a word or a list
    reason_trail: list[Any]  # Any: triples


@define
class OperatingSystem:
    """An OS definition that all nodes have."""

    name: str
    variants: list[str]
    parameters: list[tuple[str, str]] = field(factory=list)
    """Pairs of name and description."""


E_ = TypeVar("E_", bound=Entity)


def find(entities: Iterable[E_], name_or_uuid: str) -> E_ | None:
    """The entity with that name or uuid, or None.

    As in Ganeti, a name that is the first labels of exactly one full name finds that one too.
    """
    entities = list(entities)
    for entity in entities:
        if name_or_uuid in (entity.name, entity.uuid):
            return entity
    by_prefix = [entity for entity in entities if entity.name.startswith(name_or_uuid + ".")]
    return by_prefix[0] if len(by_prefix) == 1 else None


def find_all(entities: Iterable[E_], names: Iterable[str]) -> list[E_]:
    """What `find` finds for each name, each entity once; what is not there is passed over."""
    entities = list(entities)
    by_name = {name: each for each in entities for name in (each.name, each.uuid)}
    found = (by_name.get(name) or find(entities, name) for name in names)
    return list(dict.fromkeys(each for each in found if each is not None))


@define(eq=False)
class Cluster(Entity):
    """The whole cluster. ``info`` holds the values of QueryClusterInfo that are only settings."""

    info: Params
    master: Node
    groups: list[Group]
    nodes: list[Node]
    instances: list[Instance] = field(factory=list)
    networks: list[Network] = field(factory=list)
    filters: list[FilterRule] = field(factory=list)
    oses: list[OperatingSystem] = field(factory=list)
    exports: dict[str, list[str]] = field(factory=dict)
    """By node name: the names of the exported instances."""
    detached_disks: list[Disk] = field(factory=list)
    """Disks that belong to no instance."""
    osparams_private: dict[str, Params] = field(factory=dict)
    """By OS: parameters that are never shown."""
    bridges: list[str] = field(factory=lambda: ["br0", "br1"])
    """Those that every node has."""
    hypervisors: list[str] = field(factory=lambda: ["kvm", "fake", "chroot"])
    """Those whose programs every node has."""
    hosts: list[str] = field(factory=list)
    """Names that resolve beside those in the cluster's own domain."""
    drained: bool = False
    """Whether the job queue refuses new jobs."""
    watcher_pause: float | None = None

    def nodes_of(self, group: Group) -> list[Node]:
        """The nodes of a group, in the configuration's order."""
        return [node for node in self.nodes if node.group is group]

    def primaries_on(self, node: Node) -> list[Instance]:
        """The instances that run, or would run, on a node."""
        return [instance for instance in self.instances if instance.primary is node]

    def secondaries_on(self, node: Node) -> list[Instance]:
        """The instances whose disks are mirrored to a node."""
        return [instance for instance in self.instances if instance.secondary is node]


class Identities(Protocol):
    """Where new uuids and MAC addresses come from; seeded, so that a cluster can be made again."""

    def uuid(self) -> str:
        """A new uuid in its text form."""

    def mac(self, prefix: str) -> str:
        """A new MAC address that starts with ``prefix``, such as ``aa:00:00``."""
