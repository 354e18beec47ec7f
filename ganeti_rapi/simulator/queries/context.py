"""What the cells of one answer share: indices over the cluster and merged parameters.

A `Context` lives as long as one query. Each index is built once, when the first cell needs it, so
that a list of all nodes with their instances costs time linear in both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol, TypeVar

from attrs import define, field

from ganeti_rapi.simulator.state import Cluster, Entity, Group, Instance, Network, Nic, Node, Params

Timestamp = Sequence[int]
"""Seconds and microseconds."""


class JobView(Protocol):
    """What the queries read of a job. Lists that begin with ``op`` have an entry per opcode."""

    @property
    def id(self) -> int: ...
    @property
    def ops(self) -> Sequence[Mapping[str, Any]]: ...  # Any: opcodes are JSON of any shape
    @property
    def status(self) -> str: ...
    @property
    def opstatus(self) -> Sequence[str]: ...
    @property
    def opresult(self) -> Sequence[Any]: ...  # Any: each opcode has its own result
    @property
    def oplog(self) -> Sequence[Sequence[Sequence[Any]]]: ...  # Any: [serial, time, type, message]
    @property
    def received_ts(self) -> Timestamp | None: ...
    @property
    def start_ts(self) -> Timestamp | None: ...
    @property
    def end_ts(self) -> Timestamp | None: ...
    @property
    def opstart(self) -> Sequence[Timestamp | None]: ...
    @property
    def opexec(self) -> Sequence[Timestamp | None]: ...
    @property
    def opend(self) -> Sequence[Timestamp | None]: ...
    @property
    def oppriority(self) -> Sequence[int]: ...
    @property
    def priority(self) -> int: ...
    @property
    def archived(self) -> bool: ...
    @property
    def summary(self) -> Sequence[str]: ...


class LockView(Protocol):
    """What the queries read of a lock."""

    @property
    def name(self) -> str: ...
    @property
    def mode(self) -> str | None: ...
    @property
    def owner(self) -> Sequence[str]: ...
    @property
    def pending(self) -> Sequence[tuple[str, Sequence[str]]]: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
E_ = TypeVar("E_", bound=Entity)

_NUMBERS = re.compile(r"([0-9]+)")

# These belong to the whole cluster, so an instance does not have them.
_CLUSTER_WIDE_HVPARAMS = frozenset(
    ["migration_bandwidth", "migration_mode", "migration_port", "xen_cmd"]
)

_NODE_LOCAL_TEMPLATES = frozenset(["plain", "drbd", "file"])

_DRBD_METADATA_SIZE = 128
"""MiB, per disk."""


@lru_cache(1 << 16)  # the same names are sorted again and again
def nice_key(name: str) -> tuple[str | int, ...]:
    """Sorts names as people do: ``node2`` comes before ``node10``."""
    parts: list[str | int] = list(_NUMBERS.split(name))
    parts[1::2] = [int(digits) for digits in parts[1::2]]
    return tuple(parts)


def nicely_sorted(entities: Iterable[E_]) -> list[E_]:
    """Objects in the order in which queries list them."""
    return sorted(entities, key=lambda entity: nice_key(entity.name))


def disk_usage(instance: Instance) -> int:
    """MiB that an instance takes on each of its nodes."""
    if instance.disk_template in ("diskless", "blockdev"):
        return 0
    metadata = _DRBD_METADATA_SIZE if instance.disk_template == "drbd" else 0
    return sum(disk.size + metadata for disk in instance.disks)


def _grouped(pairs: Iterable[tuple[K, V]]) -> Mapping[K, list[V]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


@define(eq=False, slots=False)  # slots=False: cached_property keeps its values in __dict__
class Context:
    """The cluster and the jobs as one query sees them."""

    cluster: Cluster
    jobs: Mapping[int, JobView]
    locks: Callable[[], Sequence[LockView]] = tuple
    """The locks of the moment."""
    _hvparams: dict[tuple[str, str], Params] = field(factory=dict, init=False)

    @cached_property
    def instances(self) -> list[Instance]:
        """All instances, in the order of queries."""
        return nicely_sorted(self.cluster.instances)

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, in the order of queries."""
        return nicely_sorted(self.cluster.nodes)

    @cached_property
    def _primaries(self) -> Mapping[Node, list[Instance]]:
        return _grouped((instance.primary, instance) for instance in self.instances)

    @cached_property
    def _secondaries(self) -> Mapping[Node, list[Instance]]:
        return _grouped((i.secondary, i) for i in self.instances if i.secondary is not None)

    @cached_property
    def _nodes_by_group(self) -> Mapping[Group, list[Node]]:
        return _grouped((node.group, node) for node in self.nodes)

    @cached_property
    def _primaries_by_group(self) -> Mapping[Group, list[Instance]]:
        return _grouped((instance.primary.group, instance) for instance in self.instances)

    @cached_property
    def _nics_by_network(self) -> Mapping[str, list[tuple[Instance, Nic]]]:
        return _grouped(
            (nic.network, (instance, nic))
            for instance in self.instances
            for nic in instance.nics
            if nic.network is not None
        )

    @cached_property
    def network_names(self) -> Mapping[str, str]:
        """The networks' names by uuid."""
        return {network.uuid: network.name for network in self.cluster.networks}

    def primaries_on(self, node: Node) -> Sequence[Instance]:
        """The instances whose primary node this is."""
        return self._primaries.get(node, ())

    def secondaries_on(self, node: Node) -> Sequence[Instance]:
        """The instances whose secondary node this is."""
        return self._secondaries.get(node, ())

    def nodes_of(self, group: Group) -> Sequence[Node]:
        """The nodes of a group."""
        return self._nodes_by_group.get(group, ())

    def primaries_in(self, group: Group) -> Sequence[Instance]:
        """The instances whose primary node is in a group."""
        return self._primaries_by_group.get(group, ())

    def nics_in(self, network: Network) -> Sequence[tuple[Instance, Nic]]:
        """The interfaces that are connected to a network, each with its instance."""
        return self._nics_by_network.get(network.uuid, ())

    def memory_used(self, node: Node) -> int:
        """MiB that the running instances of a node take."""
        running = (i for i in self.primaries_on(node) if i.running)
        return sum(map(self.memory, running))

    def memory(self, instance: Instance) -> int:
        """MiB that an instance takes while it runs: what it was given, or else its ``maxmem``."""
        return int(instance.runtime_memory or self.beparams(instance)["maxmem"])

    def vcpus(self, instance: Instance) -> int:
        """The virtual CPUs that an instance has while it runs."""
        return int(instance.runtime_vcpus or self.beparams(instance)["vcpus"])

    def disk_used(self, node: Node) -> int:
        """MiB of a node's own storage that instances take."""
        instances = (*self.primaries_on(node), *self.secondaries_on(node))
        return sum(disk_usage(i) for i in instances if i.disk_template in _NODE_LOCAL_TEMPLATES)

    def beparams(self, instance: Instance) -> Params:
        """Backend parameters: the cluster's, then the instance's own."""
        return {**self.cluster.info["beparams"]["default"], **instance.beparams}

    def hvparams(self, instance: Instance) -> Params:
        """Hypervisor parameters: the cluster's, then those of the OS, then the instance's own."""
        defaults = self._default_hvparams(instance.hypervisor, instance.os)
        return {**defaults, **instance.hvparams}

    def _default_hvparams(self, hypervisor: str, os: str) -> Params:
        if (known := self._hvparams.get((hypervisor, os))) is not None:
            return known
        info = self.cluster.info
        for_os = info.get("os_hvp", {}).get(os, {}).get(hypervisor, {})
        merged = {**info["hvparams"].get(hypervisor, {}), **for_os}
        merged = {k: v for k, v in merged.items() if k not in _CLUSTER_WIDE_HVPARAMS}
        self._hvparams[hypervisor, os] = merged
        return merged

    def osparams(self, instance: Instance) -> Params:
        """OS parameters: of the OS, of its variant, then the instance's own."""
        by_os = self.cluster.info.get("osparams", {})
        base = instance.os.partition("+")[0]
        return {**by_os.get(base, {}), **by_os.get(instance.os, {}), **instance.osparams}

    def nicparams(self, nic: Nic) -> Params:
        """Mode, link and vlan of an interface: the cluster's, then its own."""
        return {**self.cluster.info["nicparams"]["default"], **nic.nicparams}

    def group_ndparams(self, group: Group) -> Params:
        """Node parameters: the cluster's, then the group's."""
        return {**self.cluster.info["ndparams"], **group.ndparams}

    def node_ndparams(self, node: Node) -> Params:
        """Node parameters: the cluster's, then the group's, then the node's own."""
        return {**self.group_ndparams(node.group), **node.ndparams}

    def ipolicy(self, group: Group) -> Params:
        """The instance policy: the cluster's, then the group's; ``std`` is merged by key."""
        default = self.cluster.info["ipolicy"]
        std = {**default.get("std", {}), **group.ipolicy.get("std", {})}
        return {**default, **group.ipolicy, "std": std}

    def diskparams(self, group: Group) -> Params:
        """Disk parameters by disk template: the cluster's, then the group's."""
        return {
            template: {**defaults, **group.diskparams.get(template, {})}
            for template, defaults in self.cluster.info["diskparams"].items()
        }
