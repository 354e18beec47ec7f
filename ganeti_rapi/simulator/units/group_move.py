"""The opcodes that move instances to other node groups, and the one that copies their disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Group, Instance, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import (
    Demand,
    Headroom,
    allocator,
    choose,
    headroom,
    memory_of,
    require_memory,
    require_storage,
)
from ganeti_rapi.simulator.units.children import child_for
from ganeti_rapi.simulator.units.instance_move import MIRRORED_TO_SECONDARY, NOT_MOVABLE
from ganeti_rapi.simulator.units.locks import exclusive, one_instance
from ganeti_rapi.simulator.units.lookup import (
    find_group,
    group_of,
    instance_of,
    node_in,
    nodes_of,
    require_usable,
)
from ganeti_rapi.simulator.units.policy import require_policy

_COPYABLE = ("plain", "file", "diskless")


def _move(task: Task) -> Steps:
    instance = instance_of(task)
    target = node_in(task.cluster, task.op, "target_node")
    assert target is not None  # the opcode needs it
    if instance.disk_template not in _COPYABLE:
        raise refusals.wrong_state(
            f"Instance disk 0 has disk type {instance.disk_template} and is not suitable for"
            " copying"
        )
    if target is instance.primary:
        raise refusals.wrong_state(f"Instance {instance.name} is already on the node {target.name}")
    require_usable(target, "target")
    if not task.op["ignore_ipolicy"]:
        require_policy(task, target.group, instance)
    _require_room(task, instance, target)
    yield 0.1
    task.log(
        f" - INFO: Shutting down instance {instance.name} on source node {instance.primary.name}"
    )
    yield 0.4
    _require_room(task, instance, target)
    instance.primary = target
    task.log(" - INFO: Removing the disks on the original node")
    if instance.admin_state == "up":
        task.log(f" - INFO: Starting instance {instance.name} on node {target.name}")
        instance.running = instance.disks_active = True
    instance.touch(task.now())
    return None


def _require_room(task: Task, instance: Instance, target: Node) -> None:
    if instance.admin_state == "up":
        needed = memory_of(Context(task.cluster, {}), instance)
        require_memory(task.cluster, target, f"failing over instance {instance.name}", needed)
    require_storage(task.cluster, [target], instance.disk_template, disk_usage(instance))


def _change_group(task: Task) -> Steps:
    instance = instance_of(task)
    used = {node.group for node in nodes_of(instance)}
    targets = _targets(task, used)
    if conflicts := [group.uuid for group in targets if group in used]:
        raise refusals.wrong_input(
            f"Can't use group(s) '{', '.join(conflicts)}' as targets, they are used by the instance"
            f" '{instance.name}'"
        )
    allocator(task)
    yield 0.2
    jobs = [_jobs_of(task, instance, targets, headroom(task.cluster))]
    task.log(
        f" - INFO: Iallocator returned {len(jobs)} job(s) for changing group of instance"
        f" '{instance.name}'"
    )
    return {"jobs": task.submit(jobs)}


def _evacuate(task: Task) -> Steps:
    group, op = group_of(task), task.op
    named = [find_group(task.cluster, name) for name in op["target_groups"] or ()]
    if group in named:
        raise refusals.wrong_input(
            f"Group to be evacuated ({group.uuid}) can not be used as a target group"
            f" (targets are {', '.join(each.uuid for each in named)})"
        )
    targets = _targets(task, {group})
    allocator(task)
    yield 0.2
    room = headroom(task.cluster)
    inside = [each for each in task.cluster.instances if group in _groups_of(each)]
    jobs = [_jobs_of(task, each, targets, room) for each in inside]
    task.log(
        f" - INFO: Iallocator returned {len(jobs)} job(s) for evacuating node group"
        f" {op['group_name']}"
    )
    if op["sequential"]:
        for job in jobs[1:]:
            job[0]["depends"] = [[-1, ["error", "success"]]]
    return {"jobs": task.submit(jobs)}


def _groups_of(instance: Instance) -> set[Group]:
    return {node.group for node in nodes_of(instance)}


def _targets(task: Task, used: set[Group]) -> list[Group]:
    """The groups that are named, or else all that are not used."""
    names = task.op["target_groups"]
    if names:
        return [find_group(task.cluster, name) for name in names]
    if others := [group for group in task.cluster.groups if group not in used]:
        return others
    raise refusals.wrong_input("There are no possible target groups")


def _jobs_of(
    task: Task, instance: Instance, targets: Sequence[Group], room: Headroom
) -> list[OpcodeJson]:
    """The opcodes that bring an instance into one of the groups."""
    if instance.disk_template in NOT_MOVABLE:
        raise refusals.failed(
            f"Unable to evacuate instances {instance.name}"
            f" ({instance.disk_template} disks stay on their node)"
        )
    mirrored = instance.disk_template == MIRRORED_TO_SECONDARY
    memory = memory_of(Context(task.cluster, {}), instance)
    disk = disk_usage(instance)
    demand = Demand(memory, disk, instance.disk_template, 2 if mirrored else 1)
    nodes = _chosen(task, instance, targets, demand, room)
    for at, node in enumerate(nodes):
        room.take(node, 0 if at else memory, disk, instance.disk_template)
    force = task.op.get("force_failover")
    name = "OP_INSTANCE_MIGRATE" if instance.running and not force else "OP_INSTANCE_FAILOVER"
    if not mirrored:
        return [child_for(task, name, instance, {"target_node": nodes[0].name})]
    there, beside = (_new_secondary(task, instance, node) for node in nodes)
    return [there, child_for(task, name, instance, {}), beside]


def _new_secondary(task: Task, instance: Instance, node: Node) -> OpcodeJson:
    values = {
        "mode": "replace_new_secondary",
        "remote_node": node.name,
        "early_release": task.op["early_release"],
    }
    return child_for(task, "OP_INSTANCE_REPLACE_DISKS", instance, values)


def _chosen(
    task: Task, instance: Instance, targets: Sequence[Group], demand: Demand, room: Headroom
) -> list[Node]:
    why = ""
    for group in targets:
        try:
            return choose(task, demand, room, group.name)
        except JobDaemonError as error:
            why = error.text.partition("Request failed: ")[2]
    raise refusals.failed(f"Unable to evacuate instances {instance.name} ({why})")


UNITS: Mapping[str, Unit] = {
    "OP_GROUP_EVACUATE": Unit(_evacuate, exclusive(nodegroup="group_name")),
    "OP_INSTANCE_CHANGE_GROUP": Unit(_change_group, one_instance),
    "OP_INSTANCE_MOVE": Unit(_move, one_instance),
}
