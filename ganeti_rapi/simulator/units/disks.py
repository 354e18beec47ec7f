"""The opcodes on the disks of an instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Disk, Instance, Node, Params
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import (
    Demand,
    allocator,
    choose_among,
    require_storage,
)
from ganeti_rapi.simulator.units.instance import require_disks
from ganeti_rapi.simulator.units.locks import allocation, one_instance
from ganeti_rapi.simulator.units.lookup import (
    find_node,
    instance_of,
    node_in,
    nodes_of,
    require_online,
    require_stopped,
    require_usable,
)
from ganeti_rapi.simulator.units.policy import disk_measure, refuse_or_warn, violations
from ganeti_rapi.simulator.units.power import log_sync, set_disks_active
from ganeti_rapi.simulator.units.volumes import path, shown_size


def _activate(task: Task) -> Steps:
    instance = instance_of(task)
    require_online(instance.primary)
    yield 0.2
    set_disks_active(task, instance, True)
    node = instance.primary.name
    return [
        [node, f"disk/{index}", path(task.cluster, instance, index)]
        for index in range(len(instance.disks))
    ]


def _deactivate(task: Task) -> Steps:
    instance = instance_of(task)
    require_online(instance.primary)
    if not task.op["force"]:
        require_stopped(instance, "cannot shutdown disks")
    yield 0.2
    set_disks_active(task, instance, False)
    return None


def _grow(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    disk = _disk_at(instance, op["disk"])
    require_online(instance.primary)
    growth = _growth(disk, op["amount"], absolute=op["absolute"])
    _check_growth(task, instance, disk.size + growth)
    require_storage(task.cluster, nodes_of(instance), instance.disk_template, growth)
    yield 0.2
    require_storage(task.cluster, nodes_of(instance), instance.disk_template, growth)
    disk.size += growth
    instance.touch(task.now())
    task.log(
        f"Growing disk {op['disk']} of instance '{instance.name}'"
        f" by {shown_size(growth)} to {shown_size(disk.size)}"
    )
    if op["wait_for_sync"]:
        yield 0.2
        log_sync(task, instance)
    return None


def _disk_at(instance: Instance, index: int) -> Disk:
    if not 0 <= index < len(instance.disks):
        raise refusals.wrong_input(
            f"Invalid disk index: {index} (instance has disks 0 to {len(instance.disks) - 1})"
        )
    return instance.disks[index]


def _growth(disk: Disk, amount: int, *, absolute: bool) -> int:
    growth = amount - disk.size if absolute else amount
    if growth < 0:
        raise refusals.wrong_state(
            f"Requested size ({shown_size(amount)}) is smaller than"
            f" current disk size ({shown_size(disk.size)})"
        )
    return growth


def _check_growth(task: Task, instance: Instance, size: int) -> None:
    index = task.op["disk"]
    context = Context(task.cluster, {})
    found = violations(context, instance.primary.group, [disk_measure(index, size)])
    refuse_or_warn(task, f"Growing disk {index}", found)


def _recreate(task: Task) -> Steps:
    instance = instance_of(task)
    require_disks(instance)
    require_stopped(instance, "cannot recreate disks")
    changes = _recreated(instance, task.op["disks"])
    nodes = _nodes_for_recreation(task, instance)
    yield 0.2
    _require_no_disks_on(task, instance, nodes, changes)
    _require_room_on_new(task, instance, nodes)
    for index, params in changes.items():
        _change_recreated(instance.disks[index], params)
    instance.primary, instance.secondary = nodes[0], nodes[1] if len(nodes) > 1 else None
    instance.touch(task.now())
    yield 0.2
    return None


def _require_no_disks_on(
    task: Task, instance: Instance, nodes: list[Node], indices: Iterable[int]
) -> None:
    """Fail as the storage does, where a disk that should be made is there already."""
    if there := [node for node in nodes if node in nodes_of(instance)]:
        device = path(task.cluster, instance, min(indices))
        raise refusals.failed(
            f"Can't create block device {device} on node {there[0].name}"
            f" for instance {instance.name}: Can't create block device: it exists"
        )


def _recreated(instance: Instance, wanted: list[Any]) -> dict[int, Params]:  # Any: either
    """By index: what changes about each disk that is made again; no wish means all disks."""
    pairs: list[tuple[int, Params]] = [
        tuple(item) if isinstance(item, list) else (item, {}) for item in wanted
    ]
    for index, _ in pairs:
        if index >= len(instance.disks):
            raise refusals.wrong_input(f"Invalid disk index '{index}'")
    everything: list[tuple[int, Params]] = [(index, {}) for index in range(len(instance.disks))]
    return dict(pairs or everything)


def _change_recreated(disk: Disk, params: Params) -> None:
    disk.mode = params.get("mode", disk.mode)
    disk.spindles = params.get("spindles", disk.spindles)


def _nodes_for_recreation(task: Task, instance: Instance) -> list[Node]:
    current = nodes_of(instance)
    wanted = task.op["node_uuids"] or task.op["nodes"]
    if wanted and task.op["iallocator"]:
        raise refusals.wrong_input("Do not specify both, iallocator and node")
    if wanted and len(wanted) != len(current):
        raise refusals.wrong_input(
            f"Instance {instance.name} currently has {len(current)} nodes, but {len(wanted)}"
            " replacement nodes were specified"
        )
    nodes = [find_node(task.cluster, name) for name in wanted] or current
    if task.op["iallocator"]:
        nodes = _allocated(task, instance, len(current))
    for node in nodes:
        require_online(node)
    _require_room_on_new(task, instance, nodes)
    return nodes


def _require_room_on_new(task: Task, instance: Instance, nodes: list[Node]) -> None:
    new = [node for node in nodes if node not in nodes_of(instance)]
    require_storage(task.cluster, new, instance.disk_template, disk_usage(instance))


def _allocated(task: Task, instance: Instance, count: int) -> list[Node]:
    nodes: list[Node] = []
    for _ in range(count):
        nodes.append(_other_node(task, instance, nodes))
    return nodes


def _other_node(task: Task, instance: Instance, exclude: list[Node]) -> Node:
    """A node of the instance's group with room for its disks, as the allocator chooses."""
    demand = Demand(0, disk_usage(instance), instance.disk_template)
    candidates = task.cluster.nodes_of(instance.primary.group)
    return choose_among(task, candidates, demand, exclude)


_NEW_SECONDARY = "replace_new_secondary"


def _replace(task: Task) -> Steps:
    instance = instance_of(task)
    _check_replacement(task)
    if instance.disk_template != "drbd":
        raise refusals.strange_layout(
            "The instance has a strange layout, expected one secondary but found 0"
        )
    for index in task.op["disks"]:
        _disk_at(instance, index)
    target = _new_secondary(task, instance) if task.op["mode"] == _NEW_SECONDARY else None
    yield 0.1
    task.log(f"Replacing disk(s) {_told_indices(task, instance)} for instance '{instance.name}'")
    yield 0.3
    if target is not None:
        require_storage(task.cluster, [target], instance.disk_template, disk_usage(instance))
        instance.secondary = target
    instance.touch(task.now())
    log_sync(task, instance)
    return None


def _told_indices(task: Task, instance: Instance) -> str:
    indices = task.op["disks"] or range(len(instance.disks))
    return ", ".join(str(index) for index in indices)


def _check_replacement(task: Task) -> None:
    op = task.op
    if op["mode"] == _NEW_SECONDARY:
        if op["remote_node"] and op["iallocator"]:
            raise refusals.wrong_input("Do not specify both, iallocator and node")
        if not (op["remote_node"] or op["iallocator"]):
            raise refusals.wrong_input(
                "When changing the secondary either an iallocator script must be used or the new"
                " node given"
            )
    elif op["remote_node"] or op["iallocator"]:
        raise refusals.wrong_input(
            "The iallocator and new node options can only be used when changing the secondary node"
        )
    if op["mode"] == "replace_auto" and op["disks"]:
        raise refusals.wrong_input("Cannot specify disks to be replaced")


def _new_secondary(task: Task, instance: Instance) -> Node:
    named = node_in(task.cluster, task.op, "remote_node")
    if named is None:
        chosen = _other_node(task, instance, nodes_of(instance))
        task.log(f"Selected new secondary for instance '{instance.name}': {chosen.name}")
        task.log(f" - INFO: Chosen by iallocator {allocator(task)}")
        return chosen
    if named is instance.primary:
        raise refusals.wrong_input("The specified node is the primary node of the instance")
    if named is instance.secondary:
        raise refusals.wrong_input("The specified node is already the secondary node")
    require_online(named)
    require_usable(named, "secondary")
    require_storage(task.cluster, [named], instance.disk_template, disk_usage(instance))
    return named


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_ACTIVATE_DISKS": Unit(_activate, one_instance),
    "OP_INSTANCE_DEACTIVATE_DISKS": Unit(_deactivate, one_instance),
    "OP_INSTANCE_GROW_DISK": Unit(_grow, one_instance),
    "OP_INSTANCE_RECREATE_DISKS": Unit(_recreate, one_instance),
    "OP_INSTANCE_REPLACE_DISKS": Unit(_replace, allocation),
}
