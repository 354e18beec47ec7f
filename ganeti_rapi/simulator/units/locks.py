"""Which locks an opcode takes, as data.

A lock's name is Ganeti's: the level and the object, as in ``instance/web1`` or ``node/<uuid>``.
Everything but the cluster's own operations holds the big lock in shared mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ganeti_rapi.simulator.state import Cluster, Entity, Node, find
from ganeti_rapi.simulator.task import OpcodeJson
from ganeti_rapi.simulator.units.lookup import nodes_of

Claim = Callable[[Cluster, OpcodeJson], Mapping[str, bool]]
"""See `Unit.locks`."""

BIG_LOCK = "cluster/BGL"
ALLOCATION_LOCK = "cluster/NAL"

_NODE_PARAMETERS = ("pnode", "snode", "target_node", "remote_node")

_ENTITIES: Mapping[str, Callable[[Cluster], Sequence[Entity]]] = {
    "node": lambda cluster: cluster.nodes,
    "nodegroup": lambda cluster: cluster.groups,
    "network": lambda cluster: cluster.networks,
}


def nothing(_cluster: Cluster, _op: OpcodeJson) -> Mapping[str, bool]:
    """The claim of what only reads."""
    return {}


def whole_cluster(_cluster: Cluster, _op: OpcodeJson) -> Mapping[str, bool]:
    """The claim of what changes the cluster's settings."""
    return {BIG_LOCK: True}


def one_instance(cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
    """An instance exclusively, and in shared mode its nodes and those that are named.

    An opcode that lets an allocator choose takes the allocation lock too, so that two choices do
    not count on the same room.
    """
    names = [op[key] for key in ("instance_name", "new_name") if op.get(key)]
    instances = [find(cluster.instances, name) for name in names]
    nodes = {node for instance in instances if instance for node in nodes_of(instance)}
    nodes |= set(_named_nodes(cluster, op))
    held = [
        instance.name if instance else name for instance, name in zip(instances, names, strict=True)
    ]
    return {
        BIG_LOCK: False,
        **{f"node/{node.uuid}": False for node in nodes},
        **{f"instance/{name}": True for name in held},
        **({} if nodes and not op.get("iallocator") else {ALLOCATION_LOCK: True}),
    }


def _named_nodes(cluster: Cluster, op: OpcodeJson) -> Iterable[Node]:
    names = (op.get(key) for key in _NODE_PARAMETERS)
    nodes = (find(cluster.nodes, name) for name in names if isinstance(name, str))
    return (node for node in nodes if node is not None)


def allocation(cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
    """As `one_instance`, for a move whose target an allocator may have to choose."""
    chosen = any(op.get(key) for key in ("target_node", "target_node_uuid"))
    return {**one_instance(cluster, op), **({} if chosen else {ALLOCATION_LOCK: True})}


def exclusive(**parameters: str) -> Claim:
    """The claim of the objects that the named parameters hold, by level: ``node="node_name"``.

    A parameter may be a list of names. What does not exist has no lock; the opcode will fail.
    """

    def claim(cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
        locks = {BIG_LOCK: False}
        for level, parameter in parameters.items():
            value = op.get(parameter) or []
            for name in [value] if isinstance(value, str) else value:
                if entity := find(_ENTITIES[level](cluster), name):
                    locks[f"{level}/{entity.uuid}"] = True
        return locks

    return claim


def new(level: str, parameter: str) -> Claim:
    """The claim of an object that is made: no other job makes one of that name meanwhile."""

    def claim(_cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
        return {BIG_LOCK: False, f"{level}/{op[parameter]}": True}

    return claim
