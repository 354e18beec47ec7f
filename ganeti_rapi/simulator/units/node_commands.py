"""The opcodes that run programs for nodes, list their volumes, and take nodes away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ganeti_rapi.simulator.queries.context import Context, nicely_sorted
from ganeti_rapi.simulator.state import Cluster, Node
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.locks import exclusive, nothing, whole_cluster
from ganeti_rapi.simulator.units.lookup import find_node, node_of
from ganeti_rapi.simulator.units.volumes import volumes_on

_NOT_ON_MASTER = ("power-off", "power-cycle")
_NORMAL, _UNAVAILABLE = 0, 3
"""The statuses of a value, as queries have them."""


def _oob(task: Task) -> Steps:
    op, master = task.op, task.cluster.master
    nodes = [find_node(task.cluster, name) for name in op["node_names"]]
    if master in nodes and op["command"] in _NOT_ON_MASTER:
        raise refusals.wrong_input(
            f"Operating on the master node {master.name} is not allowed for {op['command']};"
            f" {_instead(task, master)}"
        )
    if not nodes:
        nodes = [*task.cluster.nodes]
        if op["command"] in _NOT_ON_MASTER:
            nodes.remove(master)
    for node in nodes:
        if op["command"] == "power-off" and not (node.offline or op["ignore_status"]):
            raise refusals.wrong_state(
                f"Cannot power off node {node.name} because it is not marked offline"
            )
    yield 0.2
    return [[[_NORMAL, node.name], _command(task, node)] for node in nicely_sorted(nodes)]


def _program(task: Task, node: Node) -> str:
    return str(Context(task.cluster, {}).node_ndparams(node)["oob_program"] or "")


def _instead(task: Task, master: Node) -> str:
    if program := _program(task, master):
        return (
            f"run '{program} {task.op['command']} {master.name}' if you want to operate on the"
            " master regardless"
        )
    return "it does not support out-of-band operations"


def _command(task: Task, node: Node) -> list[Any]:  # Any: a status and what the program gave
    if not _program(task, node):
        return [_UNAVAILABLE, None]
    command = task.op["command"]
    if command == "power-status":
        return [_NORMAL, {"powered": node.powered}]
    if command == "health":
        return [_NORMAL, [["PSU0", "OK"], ["FAN0", "OK"], ["TEMP0", "OK"]]]
    if command in ("power-on", "power-off"):
        node.powered = command == "power-on"
        node.touch(task.now())
    return [_NORMAL, None]


def _restricted(task: Task) -> Steps:
    nodes = [find_node(task.cluster, name) for name in task.op["nodes"]]
    yield 0.1
    command = task.op["command"]
    return [
        [
            False,
            f"Command '{command}' on node '{node.name}' failed: Executing command '{command}'"
            " failed",
        ]
        for node in nodes
    ]


_VOLUME_FIELDS = ("node", "phys", "vg", "name", "size", "instance")


def _volumes(task: Task) -> Steps:
    fields = task.op["output_fields"]
    if unknown := [name for name in fields if name not in _VOLUME_FIELDS]:
        text = f"Unknown output fields selected: {', '.join(unknown)}"
        raise refusals.wrong_input(text)
    nodes = [find_node(task.cluster, name) for name in task.op["nodes"]] or task.cluster.nodes
    yield 0.1
    online = [node for node in nodes if not node.offline]
    return [[row[name] for name in fields] for node in online for row in _rows(task.cluster, node)]


def _rows(cluster: Cluster, node: Node) -> Iterator[dict[str, str]]:
    for volume in sorted(volumes_on(cluster, node), key=lambda each: each.name):
        yield {
            "node": node.name,
            "phys": "/dev/sdb1(0)",
            "vg": volume.group,
            "name": volume.name,
            "size": str(volume.size),
            "instance": volume.instance,
        }


def _remove(task: Task) -> Steps:
    node, cluster = node_of(task), task.cluster
    if node is cluster.master:
        raise refusals.wrong_input("Node is the master node, failover to another node is required")
    for instance in [*cluster.primaries_on(node), *cluster.secondaries_on(node)]:
        raise refusals.wrong_input(
            f"Instance {instance.name} is still running on the node, please remove first"
        )
    yield 0.2
    cluster.nodes.remove(node)
    cluster.touch(task.now())
    return None


UNITS: Mapping[str, Unit] = {
    "OP_NODE_QUERYVOLS": Unit(_volumes, nothing),
    "OP_NODE_REMOVE": Unit(_remove, whole_cluster),
    "OP_OOB_COMMAND": Unit(_oob, exclusive(node="node_names")),
    "OP_RESTRICTED_COMMAND": Unit(_restricted, nothing),
}
