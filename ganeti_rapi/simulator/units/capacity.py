"""What room the nodes have, and the allocator that chooses among them.

Memory and storage are finite: whatever starts or grows asks here first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from attrs import define, frozen

from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Cluster, Group, Instance, Node, find
from ganeti_rapi.simulator.task import Task
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.lookup import nodes_of

LOCAL_STORAGE = {"plain": "lvm-vg", "drbd": "lvm-vg", "file": "file"}
"""By disk template: the type of the storage unit on the node that its disks come from."""

# By type of storage unit: the one whose use it shows. Physical volumes make up the volume group.
_STORAGE_POOL = {"lvm-vg": "lvm-vg", "lvm-pv": "lvm-vg", "file": "file"}

_ALLOCATORS = ("hail",)

_POLICIES = ("preferred", "last_resort")


@define
class Headroom:
    """Free MiB of memory by node, and of storage by node and type of storage unit; free VCPUs.

    Of VCPUs a node has as many as its CPUs and the ratio in its group's instance policy give.
    """

    memory: dict[Node, int]
    storage: dict[tuple[Node, str], int]
    vcpus: dict[Node, float]

    def take(self, node: Node, memory: int, disk: int, template: str, vcpus: int = 0) -> None:
        """Count an instance in."""
        self.memory[node] -= memory
        self.vcpus[node] -= vcpus
        if kind := LOCAL_STORAGE.get(template):
            self.storage[node, kind] = self.storage.get((node, kind), 0) - disk

    def storage_for(self, node: Node, template: str) -> float:
        """MiB that disks of a template can still take on a node."""
        kind = LOCAL_STORAGE.get(template)
        return float("inf") if kind is None else self.storage.get((node, kind), 0)


def empty_nodes(cluster: Cluster) -> Headroom:
    """What the nodes have without any instances."""
    context = Context(cluster, {})
    return Headroom(
        {node: node.memory_total - node.memory_own for node in cluster.nodes},
        {
            (node, unit.type): unit.size - unit.used
            for node in cluster.nodes
            for unit in node.storage
        },
        {node: node.cpus * context.ipolicy(node.group)["vcpu-ratio"] for node in cluster.nodes},
    )


def headroom(cluster: Cluster) -> Headroom:
    """What is free now."""
    room, context = empty_nodes(cluster), Context(cluster, {})
    for instance in cluster.instances:
        used = memory_of(context, instance) if instance.running else 0
        vcpus = vcpus_of(context, instance) if instance.running else 0
        for node in nodes_of(instance):
            room.take(node, used, disk_usage(instance), instance.disk_template, vcpus)
            used = vcpus = 0
    return room


def memory_of(context: Context, instance: Instance) -> int:
    """MiB that an instance takes when it runs."""
    return context.memory(instance)


def vcpus_of(context: Context, instance: Instance) -> int:
    """The VCPUs that an instance takes when it runs."""
    return int(context.beparams(instance)["vcpus"])


def storage_used(cluster: Cluster, node: Node, kind: str) -> int:
    """MiB that the instances take of a node's storage units of a type."""
    pool = _STORAGE_POOL.get(kind)
    return sum(
        disk_usage(instance)
        for instance in cluster.instances
        if node in nodes_of(instance) and LOCAL_STORAGE.get(instance.disk_template) == pool
    )


def require_memory(cluster: Cluster, node: Node, purpose: str, needed: int) -> None:
    """Refuse when a node has less free memory; ``purpose`` as in ``starting instance web1``."""
    available = headroom(cluster).memory[node]
    if needed > available:
        raise refusals.insufficient_resources(
            f"Not enough memory on node {node.name} for {purpose}:"
            f" needed {needed} MiB, available {available} MiB"
        )


def require_storage(cluster: Cluster, nodes: Iterable[Node], template: str, needed: int) -> None:
    """Refuse when a node has less free storage for disks of a template."""
    room = headroom(cluster)
    for node in nodes:
        if needed > (available := room.storage_for(node, template)):
            raise refusals.insufficient_resources(
                f"Not enough disk space on target node {node.name} for {template} disks:"
                f" required {needed} MiB, available {available:.0f} MiB"
            )


@frozen
class Demand:
    """What an instance needs of each of its nodes; ``count`` nodes, the first with the memory."""

    memory: int
    disk: int
    template: str
    count: int = 1
    vcpus: int = 0


def allocator(task: Task) -> str:
    """The name of the allocator that the opcode asks for, or else the cluster's."""
    asked = task.op.get("iallocator")
    name = task.cluster.info["default_iallocator"] if asked in (None, ".") else asked
    if not name:
        raise refusals.wrong_input(
            "No iallocator or node given and no cluster-wide default iallocator found;"
            " please specify either an iallocator or a node,"
            " or set a cluster-wide default iallocator"
        )
    if not is_allocator(name):
        raise refusals.failed(
            "Failure while running the iallocator script:"
            f" iallocator module '{name}' not found in the search path"
        )
    return str(name)


def is_allocator(name: str) -> bool:
    """Whether there is an allocator of that name."""
    return name in _ALLOCATORS


def choose(task: Task, demand: Demand, room: Headroom, group: str | None = None) -> list[Node]:
    """The nodes that suit a new instance best: those with most free memory, all in one group.

    Raises ``insufficient_resources`` when no group has room.
    """
    name = allocator(task)
    groups = _groups(task.cluster, group)
    for candidate in groups:
        if nodes := _best(task.cluster.nodes_of(candidate), demand, room):
            return nodes
    raise refusals.insufficient_resources(
        f"Can't compute nodes using iallocator '{name}': Request failed:"
        f" {_failure(task.cluster, groups, demand, room)}"
    )


def choose_among(
    task: Task,
    nodes: Iterable[Node],
    demand: Demand,
    exclude: Collection[Node],
    room: Headroom | None = None,
) -> Node:
    """The node that suits an existing instance best, of those that it is not on.

    ``room`` is what is left after choices that are not carried out yet.
    """
    name = allocator(task)
    candidates = [node for node in nodes if node not in exclude]
    if best := _best(candidates, demand, room or headroom(task.cluster)):
        return best[0]
    raise refusals.insufficient_resources(
        f"Can't compute nodes using iallocator '{name}': Request failed:"
        " No valid allocation solutions, no other node has room"
    )


def _groups(cluster: Cluster, name: str | None) -> list[Group]:
    if name is not None:
        group = find(cluster.groups, name)
        return [] if group is None else [group]
    usable = [group for group in cluster.groups if group.alloc_policy in _POLICIES]
    return sorted(usable, key=lambda group: _POLICIES.index(group.alloc_policy))


def _best(nodes: Iterable[Node], demand: Demand, room: Headroom) -> list[Node]:
    """As many nodes as the demand counts, or none."""
    usable = [n for n in nodes if n.vm_capable and not n.offline and not n.drained]
    fitting = [n for n in usable if room.storage_for(n, demand.template) >= demand.disk]
    fitting.sort(key=lambda node: -room.memory[node])
    primaries = [
        node
        for node in fitting
        if room.memory[node] >= demand.memory and room.vcpus[node] >= demand.vcpus
    ]
    if not primaries or len(fitting) < demand.count:
        return []
    others = [node for node in fitting if node is not primaries[0]]
    return [primaries[0], *others][: demand.count]


def _failure(cluster: Cluster, groups: list[Group], demand: Demand, room: Headroom) -> str:
    if not groups:
        return "No group to allocate in"
    return "; ".join(_failure_of(cluster, group, demand, room) for group in groups)


def _failure_of(cluster: Cluster, group: Group, demand: Demand, room: Headroom) -> str:
    nodes = cluster.nodes_of(group)
    reasons = Counter(filter(None, (_flaw(node, demand, room) for node in nodes)))
    told = ", ".join(f"{reason}: {number}" for reason, number in sorted(reasons.items()))
    return (
        f"Group {group.name} ({group.alloc_policy}): No valid allocation solutions,"
        f" failure reasons: {told or 'not enough usable nodes'}"
    )


def _flaw(node: Node, demand: Demand, room: Headroom) -> str | None:
    """The first reason, in hail's own words, why a node does not suit."""
    lacking = {
        "FailMem": room.memory[node] < demand.memory,
        "FailDisk": room.storage_for(node, demand.template) < demand.disk,
        "FailCPU": room.vcpus[node] < demand.vcpus,
    }
    return next((reason for reason, lacks in lacking.items() if lacks), None)
