"""Makes simulated clusters: a small one with something of everything, and ones of any size.

The same seed makes the same cluster again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

from attrs import define, field, frozen

from ganeti_rapi.simulator.settings import settings
from ganeti_rapi.simulator.state import (
    Cluster,
    Disk,
    Group,
    Identities,
    Instance,
    Network,
    Nic,
    Node,
    OperatingSystem,
    Params,
    StorageUnit,
)

_DAY = 86400.0
_GIB = 1024
_TIB = 1024 * _GIB


@define
class SeededIdentities:
    """Implements `Identities`: uuids and MAC addresses from a seed, none of them twice.

    Those of one ``purpose`` are not those of another.
    """

    seed: int = 1
    purpose: str = "jobs"
    _random: random.Random = field(init=False)
    _macs: set[str] = field(factory=set, init=False)

    @_random.default
    def _make_random(self) -> random.Random:
        return random.Random(f"{self.purpose} {self.seed}")

    def uuid(self) -> str:
        """See `Identities.uuid`."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def mac(self, prefix: str) -> str:
        """See `Identities.mac`."""
        while (mac := self._random_mac(prefix)) in self._macs:
            pass
        self._macs.add(mac)
        return mac

    def _random_mac(self, prefix: str) -> str:
        octets = (f"{self._random.randrange(256):02x}" for _ in range(3))
        return ":".join([prefix.lower(), *octets])


@define
class _Builder:
    """Makes the objects of one cluster; each is a little younger than the one before."""

    identities: Identities
    clock: float

    def _entity(self, name: str) -> tuple[str, str, float, float]:
        self.clock += 1.0
        return self.identities.uuid(), name, self.clock, self.clock

    def cluster(self, groups: list[Group], nodes: list[Node]) -> Cluster:
        """A cluster without instances, whose first node is the master."""
        parameters = [("dhcp", "Whether the instance configures its network by DHCP")]
        oses = [
            OperatingSystem("debootstrap", ["default", "minimal"], parameters),
            OperatingSystem("image", []),
            OperatingSystem("noop", ["default", "testing"], parameters),
        ]
        named = self._entity("cluster.example.com")
        return Cluster(
            *named, info=settings(), master=nodes[0], groups=groups, nodes=nodes, oses=oses
        )

    def group(self, name: str) -> Group:
        """A node group with the cluster's parameters."""
        return Group(*self._entity(name))

    def node(self, number: int, group: Group, hardware: Hardware) -> Node:
        """The node of that number, counted from 1."""
        return Node(
            *self._entity(f"node{number}.example.com"),
            group=group,
            primary_ip=address("192.0.2.0", number),
            secondary_ip=address("198.51.100.0", number),
            memory_total=hardware.memory,
            disk_total=hardware.volume_group + hardware.files,
            master_candidate=number <= _CANDIDATES,
            storage=hardware.storage(),
            bootid=self.identities.uuid(),
        )

    def instance(self, sketch: _Sketch, primary: Node, secondary: Node | None = None) -> Instance:
        """The instance that a sketch describes."""
        return Instance(
            *self._entity(sketch.name),
            os=sketch.os,
            hypervisor="kvm",
            disk_template=sketch.template,
            primary=primary,
            secondary=secondary,
            admin_state=sketch.admin_state,
            running=sketch.running,
            disks_active=sketch.running,
            disks=[Disk(self.identities.uuid(), size) for size in sketch.disks],
            nics=[self._nic()],
            beparams=_beparams(sketch),
            tags=list(sketch.tags),
        )

    def _nic(self) -> Nic:
        return Nic(self.identities.uuid(), self.identities.mac("aa:00:00"))

    def network(self, name: str, subnet: str, gateway: str, reserved: list[str]) -> Network:
        """A network that no group is connected to."""
        named = self._entity(name)
        return Network(*named, network=subnet, gateway=gateway, reserved=reserved)


_CANDIDATES = 10

_FIRST_HOST = 10


def address(base: str, number: int) -> str:
    """The address of a node: in a documentation network, or with many nodes in a private one."""
    host = number + _FIRST_HOST
    if host < 255:
        return f"{base.rpartition('.')[0]}.{host}"
    second = 1 if base.startswith("192.") else 2
    return f"10.{second}.{host // 256}.{host % 256}"


@frozen
class Hardware:
    """What a node has, in MiB: memory, LVM volume group and file storage."""

    memory: int = 64 * _GIB
    volume_group: int = 2 * _TIB
    files: int = 512 * _GIB

    def storage(self) -> list[StorageUnit]:
        """The storage units of a node."""
        return [
            StorageUnit("lvm-vg", "xenvg", self.volume_group, 0),
            StorageUnit("lvm-pv", "/dev/sda3", self.volume_group, 0),
            StorageUnit("file", "/srv/ganeti/file-storage", self.files, 0),
            StorageUnit("sharedfile", "/srv/ganeti/shared-file-storage", 4 * _TIB, 0),
        ]


@frozen
class _Sketch:
    """An instance: ``nodes`` counts from 1, ``memory`` and ``disks`` are MiB."""

    name: str
    template: str
    nodes: tuple[int, ...] = ()
    os: str = "debootstrap+default"
    memory: int = 1024
    vcpus: int = 1
    disks: tuple[int, ...] = (10 * _GIB,)
    admin_state: str = "up"
    running: bool = True
    tags: tuple[str, ...] = ()


def _beparams(sketch: _Sketch) -> Params:
    return {"minmem": sketch.memory, "maxmem": sketch.memory, "vcpus": sketch.vcpus}


_MINIMAL = "debootstrap+minimal"

# fmt: off
_INSTANCES = (
    _Sketch("web1.example.com", "drbd", (1, 2), memory=2048, vcpus=2, tags=("web", "production")),
    _Sketch("web2.example.com", "drbd", (2, 3), memory=2048, vcpus=2, tags=("web", "production")),
    _Sketch("web3.example.com", "drbd", (4, 5), memory=2048, vcpus=2, tags=("web", "staging")),
    _Sketch("db1.example.com", "plain", (3,), memory=8192, vcpus=4,
         disks=(20 * _GIB, 200 * _GIB), tags=("db", "production")),
    _Sketch("db2.example.com", "plain", (5,), memory=8192, vcpus=4,
         disks=(20 * _GIB, 200 * _GIB), tags=("db", "staging")),
    _Sketch("mail1.example.com", "drbd", (3, 1), memory=4096, vcpus=2, disks=(50 * _GIB,)),
    _Sketch("files1.example.com", "file", (1,), disks=(100 * _GIB,)),
    _Sketch("shared1.example.com", "sharedfile", (4,), os=_MINIMAL),
    _Sketch("router1.example.com", "diskless", (2,), os="noop+default", memory=512, disks=()),
    _Sketch("build1.example.com", "plain", (4,), os=_MINIMAL, vcpus=4,
         admin_state="down", running=False),
    _Sketch("test1.example.com", "file", (5,), os=_MINIMAL, admin_state="down", running=False),
    _Sketch("test2.example.com", "drbd", (5, 4), os=_MINIMAL, running=False, tags=("broken",)),
    _Sketch("old1.example.com", "plain", (1,), admin_state="offline", running=False),
)
# fmt: on

_CONNECTION = {"mode": "bridged", "link": "br0", "vlan": ""}


def small(now: float, identities: Identities) -> Cluster:
    """Two groups, five nodes and an instance of each kind and state.

    ``web1`` and ``web2`` have addresses in the network ``internal``; ``test2`` should run and does
    not.
    """
    builder = _Builder(identities, now - 30 * _DAY)
    groups = [builder.group("default"), builder.group("racks-b")]
    places = (groups[0], groups[0], groups[0], groups[1], groups[1])
    nodes = [builder.node(i, group, Hardware()) for i, group in enumerate(places, 1)]
    cluster = builder.cluster(groups, nodes)
    cluster.tags.append("simulated")
    for sketch in _INSTANCES:
        on_nodes = [nodes[number - 1] for number in sketch.nodes]
        cluster.instances.append(builder.instance(sketch, *on_nodes))
    _add_network(cluster, builder)
    _give_ports(cluster)
    return cluster


def _add_network(cluster: Cluster, builder: _Builder) -> None:
    subnet, gateway = "203.0.113.0/24", "203.0.113.1"
    network = builder.network("internal", subnet, gateway, ["203.0.113.2"])
    cluster.networks.append(network)
    cluster.groups[0].networks[network.uuid] = dict(_CONNECTION)
    for number, instance in enumerate(cluster.instances[:2]):
        nic = instance.nics[0]
        nic.network, nic.ip = network.uuid, f"203.0.113.{10 + number}"
        nic.nicparams = dict(_CONNECTION)


_FIRST_PORT = 11000


def _give_ports(cluster: Cluster) -> None:
    for number, instance in enumerate(cluster.instances):
        instance.network_port = _FIRST_PORT + number


_NODES_PER_GROUP = 50

_MEMORY_CHOICES = (512, 1024, 2048, 4096)

_DISK_CHOICES = ((10 * _GIB,), (20 * _GIB,), (10 * _GIB, 50 * _GIB))

# Template, operating system and state of an instance are drawn from these, with weights.
_TEMPLATES = {"drbd": 70, "plain": 20, "file": 5, "diskless": 5}
_OSES = {"debootstrap+default": 70, _MINIMAL: 25, "image": 5}
_STATES = {("up", True): 88, ("down", False): 10, ("up", False): 1, ("offline", False): 1}


def sized(nodes: int, instances: int, seed: int, now: float) -> Cluster:
    """A cluster with so many nodes and instances, spread evenly; the nodes are large enough."""
    builder = _Builder(SeededIdentities(seed, "cluster"), now - 30 * _DAY)
    groups = [builder.group(_group_name(i)) for i in range(-(-nodes // _NODES_PER_GROUP))]
    hardware = _hardware_for(-(-instances // nodes))
    machines = [
        builder.node(i + 1, groups[i * len(groups) // nodes], hardware) for i in range(nodes)
    ]
    cluster = builder.cluster(groups, machines)
    draw = random.Random(seed)
    mirrors = _mirrors(machines)
    for number in range(instances):
        primary = machines[number % nodes]
        cluster.instances.append(_drawn(builder, draw, number + 1, primary, mirrors.get(primary)))
    _give_ports(cluster)
    return cluster


def _group_name(index: int) -> str:
    return "default" if index == 0 else f"racks-{index + 1}"


def _hardware_for(per_node: int) -> Hardware:
    """Nodes that hold so many of the largest instances, and as many mirrors of a neighbour's."""
    usual = Hardware()
    memory = (per_node + 1) * max(_MEMORY_CHOICES)
    disk = 2 * per_node * (max(map(sum, _DISK_CHOICES)) + _GIB)
    return Hardware(
        max(usual.memory, memory), max(usual.volume_group, disk), max(usual.files, disk)
    )


def _mirrors(nodes: Sequence[Node]) -> dict[Node, Node]:
    """For each node the next one of its group, which gets its mirrors; none when it is alone."""
    by_group: dict[Group, list[Node]] = {}
    for node in nodes:
        by_group.setdefault(node.group, []).append(node)
    return {
        node: members[(index + 1) % len(members)]
        for members in by_group.values()
        if len(members) > 1
        for index, node in enumerate(members)
    }


def _drawn(
    builder: _Builder, draw: random.Random, number: int, primary: Node, mirror: Node | None
) -> Instance:
    template = draw.choices(list(_TEMPLATES), list(_TEMPLATES.values()))[0]
    if template == "drbd" and mirror is None:
        template = "plain"
    admin_state, running = draw.choices(list(_STATES), list(_STATES.values()))[0]
    sketch = _Sketch(
        f"instance{number}.example.com",
        template,
        os=draw.choices(list(_OSES), list(_OSES.values()))[0],
        memory=draw.choice(_MEMORY_CHOICES),
        vcpus=draw.choice((1, 2, 4)),
        disks=() if template == "diskless" else draw.choice(_DISK_CHOICES),
        admin_state=admin_state,
        running=running,
    )
    return builder.instance(sketch, primary, mirror if template == "drbd" else None)
