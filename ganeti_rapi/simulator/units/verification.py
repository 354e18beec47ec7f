"""The opcodes that check the cluster: its configuration, its groups, the disks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ganeti_rapi.simulator.queries.context import Context, nicely_sorted
from ganeti_rapi.simulator.state import Cluster, Group, Instance, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units.capacity import headroom
from ganeti_rapi.simulator.units.children import child
from ganeti_rapi.simulator.units.instance_move import MIRRORED_TO_SECONDARY
from ganeti_rapi.simulator.units.locks import nothing
from ganeti_rapi.simulator.units.lookup import find_group, group_of

Finding = tuple[str, str, str, str]
"""A code, the kind of an object, its name, and what is wrong with it."""

_PASSED_ON = "debug_simulate_errors error_codes ignore_errors verbose priority"
_TO_GROUPS = f"{_PASSED_ON} skip_checks verify_clutter"


def _verify(task: Task) -> Steps:
    groups = _groups(task)
    yield 0.05
    jobs = [] if task.op["group_name"] else [[_part(task, "OP_CLUSTER_VERIFY_CONFIG", _PASSED_ON)]]
    for group in groups:
        values = {"group_name": group.uuid, "depends": [[-len(jobs), []]] if jobs else None}
        jobs.append([_part(task, "OP_CLUSTER_VERIFY_GROUP", _TO_GROUPS, **values)])
    return {"jobs": task.submit(jobs)}


def _groups(task: Task) -> list[Group]:
    """The group that the opcode names, or all."""
    name = task.op["group_name"]
    return [find_group(task.cluster, name)] if name else nicely_sorted(task.cluster.groups)


def _part(task: Task, name: str, passed_on: str, **values: object) -> OpcodeJson:
    given = {each: task.op[each] for each in passed_on.split()}
    comment = f"Submitted by {task.op['OP_ID']}"
    return child(task, name, {"comment": comment, **given, **values})


def _verify_config(task: Task) -> Steps:
    yield 0.1
    for step in (
        "cluster config",
        "cluster certificate files",
        "hypervisor parameters",
        "all nodes belong to an existing group",
    ):
        task.log(f"* Verifying {step}")
    return True


def _verify_group(task: Task) -> Steps:
    group = group_of(task)
    nodes = nicely_sorted(task.cluster.nodes_of(group))
    instances = [each for each in task.cluster.instances if each.primary.group is group]
    yield 0.1
    task.log(f"* Verifying group '{group.name}'")
    if not nodes:
        task.log("* Empty node group, skipping verification")
        return True
    task.log(f"* Gathering data ({len(nodes)} nodes)")
    yield 0.2
    task.log("* Verifying node status")
    for node in nodes:
        if node.offline:
            task.log(f"* Skipping offline node {node.name}")
    task.log("* Verifying instance status")
    found = [*_down(instances)]
    task.log("* Verifying N+1 Memory redundancy")
    if "nplusone_mem" not in task.op["skip_checks"]:
        found += _crowded(task.cluster, nodes)
    errors = [_tell(task, finding) for finding in found]
    _tell_notes(task, nodes, instances)
    return not any(errors)


def _down(instances: list[Instance]) -> Iterator[Finding]:
    for each in instances:
        if each.admin_state == "up" and not each.running and not each.primary.offline:
            text = f"instance not running on its primary node {each.primary.name}"
            yield "EINSTANCEDOWN", "instance", each.name, text


def _crowded(cluster: Cluster, nodes: list[Node]) -> Iterator[Finding]:
    """Nodes that could not start all instances of another one whose mirrors they hold."""
    context, room = Context(cluster, {}), headroom(cluster)
    for node in nodes:
        needed: dict[Node, int] = {}
        for each in cluster.secondaries_on(node):
            backend = context.beparams(each)
            if backend["auto_balance"]:
                needed[each.primary] = needed.get(each.primary, 0) + backend["minmem"]
        for other, memory in needed.items():
            if memory > room.memory[node]:
                text = (
                    "not enough memory to accomodate instance failovers should node"
                    f" {other.name} fail ({memory}MiB needed, {room.memory[node]}MiB available)"
                )
                yield "ENODEN1", "node", node.name, text


def _tell(task: Task, finding: Finding) -> bool:
    """Log a finding; whether it is an error."""
    code, kind, name, text = finding
    is_error = code not in task.op["ignore_errors"]
    severity = "ERROR" if is_error else "WARNING"
    if task.op["error_codes"]:
        task.log(f"  - {severity}:{code}:{kind}:{name}:{text}")
    else:
        task.log(f"  - {severity}: {kind} {name}: {text}")
    return is_error


def _tell_notes(task: Task, nodes: list[Node], instances: list[Instance]) -> None:
    task.log("* Other Notes")
    counts = {
        "non-redundant instance(s)": sum(
            each.disk_template != MIRRORED_TO_SECONDARY for each in instances
        ),
        "offline instance(s)": sum(each.admin_state == "offline" for each in instances),
        "offline node(s)": sum(node.offline for node in nodes),
        "drained node(s)": sum(node.drained for node in nodes),
    }
    for what, count in counts.items():
        if count:
            task.log(f"  - NOTICE: {count} {what} found.")


def _verify_disks(task: Task) -> Steps:
    groups = _groups(task)
    yield 0.05
    jobs = [
        [_part(task, "OP_GROUP_VERIFY_DISKS", "priority", group_name=group.uuid)]
        for group in groups
    ]
    return {"jobs": task.submit(jobs)}


def _verify_group_disks(task: Task) -> Steps:
    group = group_of(task)
    yield 0.1
    inactive = [
        each.name
        for each in task.cluster.instances
        if each.primary.group is group and each.admin_state == "up" and not each.disks_active
    ]
    return [{}, inactive, {}]


UNITS: Mapping[str, Unit] = {
    "OP_CLUSTER_VERIFY": Unit(_verify, nothing),
    "OP_CLUSTER_VERIFY_CONFIG": Unit(_verify_config, nothing),
    "OP_CLUSTER_VERIFY_DISKS": Unit(_verify_disks, nothing),
    "OP_CLUSTER_VERIFY_GROUP": Unit(_verify_group, nothing),
    "OP_GROUP_VERIFY_DISKS": Unit(_verify_group_disks, nothing),
}
