"""The opcodes on nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Cluster, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import parameters, refusals
from ganeti_rapi.simulator.units.locks import exclusive
from ganeti_rapi.simulator.units.lookup import node_of, require_ip

_ROLES = ("master_candidate", "drained", "offline")
"""The flags of which a node has at most one."""

_CAPABILITIES = ("master_capable", "vm_capable")

_STATES = ("hv_state", "disk_state")
"""Accepted and without effect: what a node reports of itself is simulated elsewhere."""

_CHANGES = (*_ROLES, *_CAPABILITIES, *_STATES, "secondary_ip", "ndparams")


def _set_params(task: Task) -> Steps:
    op, node = task.op, node_of(task)
    _check_flags(task, node)
    defaults = task.cluster.info["ndparams"]
    ndparams = parameters.merged(node.ndparams, op["ndparams"] or {}, defaults)
    _check_capabilities(task, node)
    _check_power(task, node)
    _check_secondary_ip(task, node)
    changes = _changes(task, node)
    promoted = _promotions(task, node, changes)
    yield 0.1
    node.ndparams = ndparams
    for name, value in changes.items():
        setattr(node, name, value)
    for other in promoted:
        task.log(f" - INFO: Promoted nodes to master candidate role: {other.name}")
        other.master_candidate = True
        other.touch(task.now())
    node.touch(task.now())
    if "master_candidate" in changes:
        node.touch(task.now())  # its certificate enters or leaves the list of the candidates'
    return [[name, str(value)] for name, value in changes.items()]


def _check_flags(task: Task, node: Node) -> None:
    op = task.op
    if all(op[name] is None for name in _CHANGES):
        raise refusals.wrong_input("Please pass at least one modification")
    if sum(op[name] is True for name in _ROLES) > 1:
        raise refusals.wrong_input("Can't set the node into more than one state at the same time")
    if node is task.cluster.master and any(op[name] is not None for name in _ROLES):
        raise refusals.wrong_input("The master role can be changed only via master-failover")


def _check_capabilities(task: Task, node: Node) -> None:
    op, cluster = task.op, task.cluster
    if op["master_candidate"] and not (node.master_capable or op["master_capable"]):
        raise refusals.wrong_state(
            f"Node {node.name} is not master capable, cannot make it a master candidate"
        )
    if op["master_capable"] is False and node is cluster.master:
        raise refusals.wrong_state("Master must remain master capable")
    if op["vm_capable"] is False and (cluster.primaries_on(node) or cluster.secondaries_on(node)):
        raise refusals.wrong_state(
            f"Node {node.name} hosts instances, cannot unset the vm_capable flag"
        )


def _check_power(task: Task, node: Node) -> None:
    powered = task.op["powered"]
    if powered is not None and not Context(task.cluster, {}).node_ndparams(node)["oob_program"]:
        raise refusals.wrong_state(
            f"Node {node.name} does not support out-of-band handling, can't change powered state"
        )


def _check_secondary_ip(task: Task, node: Node) -> None:
    address = task.op["secondary_ip"]
    if address is None:
        return
    require_ip(address)
    master = task.cluster.master
    if master.secondary_ip == master.primary_ip and not (task.op["force"] and node is master):
        raise refusals.wrong_input(
            "Changing the secondary ip on a single-homed cluster requires the --force option to be"
            " passed, and the target node to be the master"
        )
    mirrored = [i.name for i in task.cluster.primaries_on(node) if i.disk_template == "drbd"]
    if mirrored:
        told = ", ".join(mirrored)
        raise refusals.wrong_state(f"Cannot change secondary IP address: it is in use by {told}")


def _changes(task: Task, node: Node) -> dict[str, Any]:  # Any: flags and an address
    """The attributes that really change, in the order in which the result tells them."""
    wanted = {name: task.op[name] for name in ("powered", *_CAPABILITIES)}
    wanted |= {**_roles(task, node), "secondary_ip": task.op["secondary_ip"]}
    return {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(node, name)
    }


def _roles(task: Task, node: Node) -> dict[str, bool | None]:
    """The flags of the role after the change; taking one on gives up the others."""
    asked = {name: task.op[name] for name in _ROLES}
    for name, value in asked.items():
        if value is False and not getattr(node, name):
            task.log(f" - INFO: Ignoring request to unset flag {name}, already unset")
    if True in asked.values():
        return {name: value is True for name, value in asked.items()}
    if _back_in_service(task.op, node, asked) and _wants_candidates(task.cluster, node):
        task.log(f" - INFO: Auto-promoting node to master candidate: {node.name}")
        return {**asked, "master_candidate": True}
    if task.op["master_capable"] is False:
        return {**asked, "master_candidate": False}
    return asked


def _back_in_service(op: OpcodeJson, node: Node, asked: Mapping[str, bool | None]) -> bool:
    returns = any(getattr(node, flag) and asked[flag] is False for flag in ("offline", "drained"))
    capable = node.master_capable if op["master_capable"] is None else op["master_capable"]
    return capable and (returns or not node.master_capable)


def _others_in_service(cluster: Cluster, node: Node) -> list[Node]:
    return [
        other
        for other in cluster.nodes
        if other is not node and other.master_capable and not (other.offline or other.drained)
    ]


def _wants_candidates(cluster: Cluster, node: Node) -> bool:
    """Whether the pool of master candidates has a place for one more."""
    others = _others_in_service(cluster, node)
    pool_size = int(cluster.info["candidate_pool_size"])
    return sum(other.master_candidate for other in others) < pool_size


def _promotions(task: Task, node: Node, changes: Mapping[str, object]) -> list[Node]:
    """The nodes that step in for a master candidate that is lost."""
    if not (node.master_candidate and changes.get("master_candidate") is False):
        return []
    others = _others_in_service(task.cluster, node)
    target = min(task.cluster.info["candidate_pool_size"], len(others))
    regular = [other for other in others if not other.master_candidate]
    missing = target - (len(others) - len(regular))
    if missing > 0 and not task.op["auto_promote"]:
        raise refusals.wrong_state(
            "Not enough master candidates, please pass auto promote option to allow promotion"
            " (--auto-promote or RAPI auto_promote=True)"
        )
    return regular[: max(missing, 0)]


def _powercycle(task: Task) -> Steps:
    node = node_of(task)
    if node is task.cluster.master and not task.op["force"]:
        raise refusals.wrong_input("The node is the master and the force parameter was not set")
    yield 0.2
    node.bootid = task.identities.uuid()
    for instance in task.cluster.primaries_on(node):
        instance.running = instance.disks_active = False
        instance.runtime_memory = None
    return "Reboot scheduled in 5 seconds"


_CLAIM = exclusive(node="node_name")

UNITS: Mapping[str, Unit] = {
    "OP_NODE_POWERCYCLE": Unit(_powercycle, _CLAIM),
    "OP_NODE_SET_PARAMS": Unit(_set_params, _CLAIM),
}
