"""OP_NODE_EVACUATE and OP_NODE_MIGRATE: they submit one job for each instance of a node."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.queries.context import disk_usage
from ganeti_rapi.simulator.state import Instance, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import Demand, allocator, choose_among, headroom
from ganeti_rapi.simulator.units.children import child_for
from ganeti_rapi.simulator.units.instance_move import MIRRORED_TO_SECONDARY, NOT_MOVABLE
from ganeti_rapi.simulator.units.locks import exclusive
from ganeti_rapi.simulator.units.lookup import node_in, node_of, nodes_of

_PASSED_ON = "mode live iallocator target_node allow_runtime_changes ignore_ipolicy"


def _migrate(task: Task) -> Steps:
    op, node = task.op, node_of(task)
    if op["live"] is not None and op["mode"] is not None:
        raise refusals.wrong_input("Only one of the 'live' and 'mode' parameters are accepted")
    if op["iallocator"] and op["target_node"]:
        raise refusals.wrong_input("Do not specify both, iallocator and node")
    if op["target_node"]:
        node_in(task.cluster, op, "target_node")
    yield 0.1
    shared = {name: op[name] for name in _PASSED_ON.split()}
    instances = task.cluster.primaries_on(node)
    jobs = [[child_for(task, "OP_INSTANCE_MIGRATE", instance, shared)] for instance in instances]
    return {"jobs": task.submit(jobs)}


def _evacuate(task: Task) -> Steps:
    node = node_of(task)
    target = node_in(task.cluster, task.op, "remote_node")
    _check_evacuation(task, node, target)
    primary = task.op["mode"] == "primary-only"
    on_node = task.cluster.primaries_on if primary else task.cluster.secondaries_on
    instances = on_node(node)
    if instances:
        names = ", ".join(instance.name for instance in instances)
        task.log(f" - INFO: Evacuating instances from node '{node.name}': {names}")
    else:
        task.log(f" - INFO: No instances to evacuate from node '{node.name}'")
    yield 0.2
    _require_movable(instances)
    if primary:
        jobs = [[_away(task, instance)] for instance in instances]
    else:
        jobs = _new_mirrors(task, instances, target)
    return {"jobs": task.submit(jobs)}


def _check_evacuation(task: Task, node: Node, target: Node | None) -> None:
    op = task.op
    if target is not None and op["iallocator"]:
        raise refusals.wrong_input("Do not specify both, iallocator and node")
    if target is node:
        raise refusals.wrong_input("Can not use evacuated node as a new secondary node")
    if target is not None and op["mode"] != "secondary-only":
        raise refusals.wrong_input(
            "Without the use of an iallocator only secondary instances can be evacuated"
        )
    if op["mode"] == "all":
        raise refusals.wrong_input(
            "Due to an issue with the iallocator interface it is not possible to evacuate all"
            " instances at once; specify explicitly whether to evacuate primary or secondary"
            " instances"
        )
    if target is None:
        allocator(task)


def _require_movable(instances: list[Instance]) -> None:
    stuck = [instance for instance in instances if instance.disk_template in NOT_MOVABLE]
    if stuck:
        told = ", ".join(f"{i.name} ({i.disk_template} disks stay on their node)" for i in stuck)
        raise refusals.failed(f"Unable to evacuate instances {told}")


def _away(task: Task, instance: Instance) -> OpcodeJson:
    """The move of an instance to its mirror, or to a node that is chosen then."""
    mirrored = instance.disk_template == MIRRORED_TO_SECONDARY
    values = {} if mirrored else {"iallocator": allocator(task)}
    name = "OP_INSTANCE_MIGRATE" if instance.running else "OP_INSTANCE_FAILOVER"
    return child_for(task, name, instance, values)


def _new_mirrors(
    task: Task, instances: list[Instance], target: Node | None
) -> list[list[OpcodeJson]]:
    """The jobs that give instances another secondary node; choices count on each other."""
    room = headroom(task.cluster)
    jobs = []
    for instance in instances:
        needed = Demand(0, disk_usage(instance), instance.disk_template)
        candidates = task.cluster.nodes_of(instance.primary.group)
        new = target or choose_among(task, candidates, needed, nodes_of(instance), room)
        room.take(new, 0, needed.disk, needed.template)
        values = {
            "mode": "replace_new_secondary",
            "remote_node": new.name,
            "early_release": task.op["early_release"],
        }
        jobs.append([child_for(task, "OP_INSTANCE_REPLACE_DISKS", instance, values)])
    return jobs


_CLAIM = exclusive(node="node_name")

UNITS: Mapping[str, Unit] = {
    "OP_NODE_EVACUATE": Unit(_evacuate, _CLAIM),
    "OP_NODE_MIGRATE": Unit(_migrate, _CLAIM),
}
