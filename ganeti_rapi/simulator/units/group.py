"""The opcodes on node groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ganeti_rapi.simulator.state import Cluster, Group, Instance, Node, Params
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import parameters, refusals
from ganeti_rapi.simulator.units.cluster_checks import require_group_policy
from ganeti_rapi.simulator.units.locks import exclusive, new
from ganeti_rapi.simulator.units.lookup import find_node, group_of

_CHANGES = ("alloc_policy", "ndparams", "diskparams", "ipolicy", "hv_state", "disk_state")

_REPORTED = ("ndparams", "diskparams")
"""The changes that OP_GROUP_SET_PARAMS answers with."""


def _with_parameters(group: Group, cluster: Cluster, op: OpcodeJson, refusal: str) -> Params:
    """The group's parameter dicts after a change; ``refusal`` is about the instance policy."""
    info = cluster.info
    policy = parameters.ipolicy(group.ipolicy, op["ipolicy"] or {}, refusal)
    return {
        "alloc_policy": op["alloc_policy"] or group.alloc_policy,
        "ndparams": parameters.merged(group.ndparams, op["ndparams"] or {}, info["ndparams"]),
        "diskparams": parameters.merged_by_key(
            group.diskparams, op["diskparams"] or {}, info["diskparams"]
        ),
        "ipolicy": policy,
    }


def _assign(group: Group, values: Params) -> None:
    for name, value in values.items():
        setattr(group, name, value)


def _add(task: Task) -> Steps:
    name, now = task.op["group_name"], task.now()
    _require_new_name(task.cluster, name, f"Desired group name '{name}' already exists as a")
    group = Group(task.identities.uuid(), name, now, now)
    refusal = "Invalid instance policy: Invalid keys in ipolicy"
    _assign(group, _with_parameters(group, task.cluster, task.op, refusal))
    yield 0.1
    task.cluster.groups.append(group)
    return None


def _require_new_name(cluster: Cluster, name: str, clash: str) -> None:
    for group in cluster.groups:
        if group.name == name:
            text = f"{clash} node group (UUID: {group.uuid})"
            raise refusals.already_exists(text)


def _remove(task: Task) -> Steps:
    group = group_of(task)
    if nodes := task.cluster.nodes_of(group):
        told = ", ".join(sorted(node.uuid for node in nodes))
        raise refusals.wrong_state(
            f"Group '{group.name}' not empty, has the following nodes: {told}"
        )
    if len(task.cluster.groups) == 1:
        raise refusals.wrong_state(f"Group '{group.name}' is the only group, cannot be removed")
    yield 0.1
    task.cluster.groups.remove(group)
    return None


def _rename(task: Task) -> Steps:
    group, name = group_of(task), task.op["new_name"]
    clash = f"Desired new name '{name}' clashes with existing"
    _require_new_name(task.cluster, name, clash)
    yield 0.1
    group.name = name
    group.touch(task.now())
    return name


def _set_params(task: Task) -> Steps:
    group, op = group_of(task), task.op
    if all(op[name] is None for name in _CHANGES):
        raise refusals.wrong_input("Please pass at least one modification")
    values = _with_parameters(group, task.cluster, op, "Invalid key in new ipolicy")
    require_group_policy(task.cluster, op["ipolicy"] or {})
    yield 0.1
    _assign(group, values)
    group.touch(task.now())
    return [[name, str(values[name])] for name in _REPORTED if op[name]]


def _assign_nodes(task: Task) -> Steps:
    group = group_of(task)
    names = task.op["node_uuids"] or task.op["nodes"]
    nodes = [find_node(task.cluster, name) for name in names]
    _check_split(task, group, nodes)
    yield 0.1
    for node in nodes:
        node.group = group
        node.touch(task.now())
    return None


def _check_split(task: Task, group: Group, moved: list[Node]) -> None:
    """Refuse to tear mirrored instances apart, unless forced."""
    before = _split(task.cluster.instances, {})
    after = _split(task.cluster.instances, dict.fromkeys(moved, group))
    if new := sorted(after - before):
        text = f"The following instances get split by this change: {', '.join(new)}"
        if not task.op["force"]:
            raise refusals.failed(f"{text}; give force to make it nevertheless")
        task.log(f" - WARNING: {text}")
    if still := sorted(after & before):
        task.log(f" - WARNING: Instances that stay split across groups: {', '.join(still)}")


def _split(instances: Iterable[Instance], moved: Mapping[Node, Group]) -> set[str]:
    """The names of the instances whose two nodes are in different groups."""
    return {
        instance.name
        for instance in instances
        if instance.secondary is not None
        and moved.get(instance.primary, instance.primary.group)
        is not moved.get(instance.secondary, instance.secondary.group)
    }


_CLAIM = exclusive(nodegroup="group_name")

UNITS: Mapping[str, Unit] = {
    "OP_GROUP_ADD": Unit(_add, new("nodegroup", "group_name")),
    "OP_GROUP_ASSIGN_NODES": Unit(_assign_nodes, exclusive(nodegroup="group_name", node="nodes")),
    "OP_GROUP_REMOVE": Unit(_remove, _CLAIM),
    "OP_GROUP_RENAME": Unit(_rename, _CLAIM),
    "OP_GROUP_SET_PARAMS": Unit(_set_params, _CLAIM),
}
