"""The opcodes on the storage units of nodes: volume groups, physical volumes, directories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Node, StorageUnit
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import LOCAL_STORAGE, storage_used
from ganeti_rapi.simulator.units.locks import exclusive, nothing
from ganeti_rapi.simulator.units.lookup import find_node, node_of

_REPORTED = ("file", "lvm-pv", "lvm-vg", "sharedfile", "gluster")
"""The types of storage that nodes can report on."""

_NEEDED_TYPE = {"lvm-pv": "lvm-vg"}
"""Physical volumes are there where a disk template uses volume groups."""

_MODIFIABLE = {"lvm-pv": ("allocatable",)}

_REPAIRABLE = ("lvm-vg",)

_Read = Callable[[Cluster, Node, StorageUnit], Any]  # Any: text, a number or a flag

_FIELDS: Mapping[str, _Read] = {
    "allocatable": lambda _cluster, _node, unit: unit.allocatable,
    "free": lambda cluster, node, unit: unit.size - _used(cluster, node, unit),
    "name": lambda _cluster, _node, unit: unit.name,
    "node": lambda _cluster, node, _unit: node.name,
    "size": lambda _cluster, _node, unit: unit.size,
    "type": lambda _cluster, _node, unit: unit.type,
    "used": lambda cluster, node, unit: _used(cluster, node, unit),
}


def _used(cluster: Cluster, node: Node, unit: StorageUnit) -> int:
    return unit.used + storage_used(cluster, node, unit.type)


def storage_type_of(template: str) -> str:
    """The type of storage that the disks of a template are on."""
    return LOCAL_STORAGE.get(template, template)


def _require_enabled(cluster: Cluster, kind: str) -> None:
    enabled = cluster.info["enabled_disk_templates"]
    needed = _NEEDED_TYPE.get(kind, kind)
    if needed not in map(storage_type_of, enabled):
        raise refusals.unclassified(
            f"No disk template of storage type '{needed}' is enabled in this cluster."
            f" Enabled disk templates are: {','.join(enabled)}"
        )


def _query(task: Task) -> Steps:
    op, cluster = task.op, task.cluster
    _require_known_fields(op["output_fields"])
    nodes = [find_node(cluster, name) for name in op["nodes"]] or cluster.nodes
    kind = op["storage_type"] or _default_type(cluster)
    _require_enabled(cluster, kind)
    yield 0.05
    return [
        [_FIELDS[name](cluster, node, unit) for name in op["output_fields"]]
        for node, unit in _units(task, nodes, kind)
    ]


def _require_known_fields(names: Iterable[str]) -> None:
    if unknown := [name for name in names if name not in _FIELDS]:
        text = f"Unknown output fields selected: {', '.join(unknown)}"
        raise refusals.wrong_input(text)


def _default_type(cluster: Cluster) -> str:
    kind = storage_type_of(cluster.info["enabled_disk_templates"][0])
    if kind not in _REPORTED:
        raise refusals.unclassified(
            f"Storage reporting for storage type '{kind}' is not supported;"
            f" specify one of {', '.join(_REPORTED)}"
        )
    return kind


def _units(task: Task, nodes: Iterable[Node], kind: str) -> Iterable[tuple[Node, StorageUnit]]:
    wanted = task.op["name"]
    for node in nodes:
        if node.offline or kind not in _REPORTED:
            task.log(f" - WARNING: Can't get storage data from node {node.name}")
            continue
        for unit in node.storage:
            if unit.type == kind and wanted in (None, unit.name):
                yield node, unit


def _modify(task: Task) -> Steps:
    op, node, kind = task.op, node_of(task), task.op["storage_type"]
    if kind not in _MODIFIABLE:
        raise refusals.wrong_input(f"Storage units of type '{kind}' can not be modified")
    if unknown := sorted(set(op["changes"]) - set(_MODIFIABLE[kind])):
        raise refusals.wrong_input(
            "The following fields can not be modified for storage units of type"
            f" '{kind}': {unknown}"
        )
    _require_enabled(task.cluster, kind)
    yield 0.1
    unit = _unit_named(node, kind, op["name"], "modify")
    unit.allocatable = op["changes"].get("allocatable", unit.allocatable)
    return None


def _repair(task: Task) -> Steps:
    op, node, kind = task.op, node_of(task), task.op["storage_type"]
    if kind not in _REPAIRABLE:
        raise refusals.wrong_input(f"Storage units of type '{kind}' can not be repaired")
    _require_enabled(task.cluster, kind)
    yield 0.1
    unit = _unit_named(node, kind, op["name"], "repair")
    task.log(f"Repairing storage unit '{unit.name}' on {node.name} ...")
    yield 0.3
    return None


def _unit_named(node: Node, kind: str, name: str | None, what: str) -> StorageUnit:
    for unit in node.storage:
        if unit.type == kind and unit.name == name:
            return unit
    raise refusals.failed(
        f"Failed to {what} storage unit '{name}' on {node.name}: there is no {kind} of that name"
    )


_CLAIM = exclusive(node="node_name")

UNITS: Mapping[str, Unit] = {
    "OP_NODE_MODIFY_STORAGE": Unit(_modify, _CLAIM),
    "OP_NODE_QUERY_STORAGE": Unit(_query, nothing),
    "OP_REPAIR_NODE_STORAGE": Unit(_repair, _CLAIM),
}
