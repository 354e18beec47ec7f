"""OP_INSTANCE_MIGRATE and OP_INSTANCE_FAILOVER: to another node, alive or not."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Instance, Node
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import (
    Demand,
    allocator,
    choose_among,
    memory_of,
    require_memory,
)
from ganeti_rapi.simulator.units.locks import allocation
from ganeti_rapi.simulator.units.lookup import (
    instance_of,
    node_in,
    require_online,
    require_usable,
)
from ganeti_rapi.simulator.units.policy import require_policy

MIRRORED_TO_SECONDARY = "drbd"
"""The disk template that fixes where an instance can go."""

NOT_MOVABLE = ("plain", "file")
"""The disk templates whose data is on one node only."""


def _failover(task: Task) -> Steps:
    _refuse_two_targets(task)
    instance = instance_of(task)
    _require_movable(instance, "failovers")
    target = _target(task, instance)
    _check_target(task, instance, target)
    yield 0.1
    yield from _carry_over(task, instance, target)
    return None


def _migrate(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    _refuse_two_targets(task)
    if op["live"] is not None and op["mode"] is not None:
        raise refusals.wrong_input("Only one of the 'live' and 'mode' parameters are accepted")
    fall_back = op["allow_failover"] and not instance.running
    if fall_back:
        task.log(
            " - INFO: Instance is marked down or offline, fallback allowed, switching to failover"
        )
    _require_movable(instance, "failovers" if fall_back else "migrations")
    target = _target(task, instance)
    _check_target(task, instance, target)
    if not (instance.running or fall_back or op["cleanup"]):
        raise refusals.wrong_state(
            f"Can't migrate, please use failover: Instance {instance.name} is not running"
        )
    if not fall_back:
        require_online(instance.primary)
    yield 0.1
    if op["cleanup"]:
        _clean_up(task, instance)
    else:
        yield from (_carry_over if fall_back else _transfer)(task, instance, target)
    return None


def _refuse_two_targets(task: Task) -> None:
    if task.op["iallocator"] and task.op["target_node"]:
        raise refusals.wrong_input("Do not specify both, iallocator and node")


def _require_movable(instance: Instance, what: str) -> None:
    if instance.disk_template in NOT_MOVABLE:
        raise refusals.wrong_state(
            f"Instance's disk layout '{instance.disk_template}' does not allow {what}"
        )


def _target(task: Task, instance: Instance) -> Node:
    """Where the instance goes: to its mirror, to the node named, or where the allocator says."""
    named = node_in(task.cluster, task.op, "target_node")
    if instance.disk_template == MIRRORED_TO_SECONDARY:
        return _secondary(task, instance, named)
    return named or _allocated(task, instance)


def _secondary(task: Task, instance: Instance, named: Node | None) -> Node:
    if task.op["iallocator"] or named not in (None, instance.secondary):
        raise refusals.wrong_state(
            f"Instances with disk template {instance.disk_template} cannot be migrated or failed"
            " over to arbitrary nodes; replace their secondary node first"
        )
    if instance.secondary is None:
        raise refusals.strange_layout(f"Instance '{instance.name}' has no secondary node")
    return instance.secondary


def _allocated(task: Task, instance: Instance) -> Node:
    memory = memory_of(Context(task.cluster, {}), instance) if instance.running else 0
    demand = Demand(memory, disk_usage(instance), instance.disk_template)
    nodes = task.cluster.nodes_of(instance.primary.group)
    target = choose_among(task, nodes, demand, exclude=[instance.primary])
    task.log(
        f" - INFO: Selected nodes for instance {instance.name}"
        f" via iallocator {allocator(task)}: {target.name}"
    )
    return target


def _check_target(task: Task, instance: Instance, target: Node) -> None:
    if target is instance.primary:
        raise refusals.wrong_state(
            f"Cannot migrate instance {instance.name} to its primary ({target.name})"
        )
    require_online(target)
    require_usable(target, "target")
    if target.group is not instance.primary.group:
        require_policy(task, target.group, instance)
    if not instance.running or task.op["cleanup"]:
        task.log(
            " - INFO: Not checking memory on the secondary node as instance will not be started"
        )
    else:
        _require_memory_on(task, instance, target)


def _require_memory_on(task: Task, instance: Instance, target: Node) -> None:
    needed = memory_of(Context(task.cluster, {}), instance)
    require_memory(task.cluster, target, f"failing over instance {instance.name}", needed)


def _settle(task: Task, instance: Instance, target: Node) -> None:
    """Make the target the primary node, if it still has the memory for it."""
    if instance.running:
        _require_memory_on(task, instance, target)
    if instance.secondary is not None:
        instance.secondary = instance.primary
    instance.primary = target


_WRITES = 2
"""How often a failover of what runs changes the serial number: its disks rest in between."""


def _carry_over(task: Task, instance: Instance, target: Node) -> Steps:
    running = instance.running
    task.log(f"Failover instance {instance.name}")
    if running:
        task.log("* checking disk consistency between source and target")
    else:
        task.log("* not checking disk consistency as instance is not running")
    task.log("* shutting down instance on source node")
    yield 0.2
    task.log("* deactivating the instance's disks on source node")
    _settle(task, instance, target)
    if running:
        task.log(f"* activating the instance's disks on target node {target.name}")
        task.log(f"* starting the instance on the target node {target.name}")
        for _ in range(_WRITES):
            instance.touch(task.now())
        yield 0.1


def _transfer(task: Task, instance: Instance, target: Node) -> Steps:
    task.log(f"Migrating instance {instance.name}")
    task.log("* checking disk consistency between source and target")
    task.log(f"* preparing {target.name} to accept the instance")
    yield 0.1
    task.log(f"* migrating instance to {target.name}")
    task.log("* starting memory transfer")
    yield 0.3
    task.log("* memory transfer complete")
    _settle(task, instance, target)
    task.log("* done")


def _clean_up(task: Task, instance: Instance) -> None:
    where = instance.primary.name
    task.log(
        "* checking where the instance actually runs"
        " (if this hangs, the hypervisor might be in a bad state)"
    )
    task.log(f"* instance running on: {where}")
    task.log(f"* instance confirmed to be running on its primary node ({where})")
    task.log("* done")


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_FAILOVER": Unit(_failover, allocation),
    "OP_INSTANCE_MIGRATE": Unit(_migrate, allocation),
}
