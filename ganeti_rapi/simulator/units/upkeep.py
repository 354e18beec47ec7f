"""The opcodes for the upkeep of the cluster, and the one that asks the allocator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.state import find
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.capacity import Demand, allocator, choose, headroom
from ganeti_rapi.simulator.units.locks import nothing, whole_cluster
from ganeti_rapi.simulator.units.lookup import find_instance

_KEY_BITS = {"rsa": 1024, "dsa": 1024, "ecdsa": 256}
"""The fewest bits of an SSH key, by type."""

_EXT_STORAGE_FIELDS = ("name", "node_status", "nodegroup_status", "parameters")


def _rename(task: Task) -> Steps:
    name = task.op["name"]
    if name == task.cluster.name:
        raise refusals.wrong_input("Neither the name nor the IP address of the cluster has changed")
    yield 0.2
    task.cluster.name = name
    task.cluster.touch(task.now())
    return name


def _renew_crypto(task: Task) -> Steps:
    op = task.op
    kind, bits = op["ssh_key_type"] or "rsa", op["ssh_key_bits"]
    if bits is not None and bits < _KEY_BITS[kind]:
        raise refusals.wrong_input(
            f"Invalid key type and bit size combination: {kind} with {bits} bits"
        )
    yield 0.3
    return None


def _repair_disk_sizes(task: Task) -> Steps:
    for name in task.op["instances"]:
        find_instance(task.cluster, name)
    yield 0.1
    return []


def _master_ip(_task: Task) -> Steps:
    yield 0.05
    return None


def _ext_storage(task: Task) -> Steps:
    unknown = [name for name in task.op["output_fields"] if name not in _EXT_STORAGE_FIELDS]
    if unknown:
        text = f"Unknown output fields selected: {', '.join(unknown)}"
        raise refusals.wrong_input(text)
    yield 0.05
    return []


_PLACES = ("allocate", "multi-allocate")
_NEEDED = ("memory", "vcpus", "nics", "os", "disk_template")


def _ask_allocator(task: Task) -> Steps:
    op = task.op
    if op["mode"] not in _PLACES:
        raise refusals.failed(
            f"The simulated allocator knows the modes {' and '.join(_PLACES)} only"
        )
    if find(task.cluster.instances, op["name"]):
        raise refusals.already_exists(f"Instance '{op['name']}' already in the cluster")
    for disk in op["disks"] or ():
        if not _is_disk(disk):
            raise refusals.wrong_input("Invalid contents of the 'disks' parameter")
    if not op["iallocator"]:
        raise refusals.wrong_input("Missing allocator name")
    yield 0.1
    for name in _NEEDED:
        if op[name] is None:
            raise refusals.wrong_input(
                f"Request parameter '{name}' has invalid type <class 'NoneType'>/value None"
            )
    allocator(task)
    return json.dumps(_placed(task), separators=(",", ":")) + "\n"


def _is_disk(value: Any) -> bool:  # Any: JSON
    return (
        isinstance(value, dict)
        and isinstance(value.get("size"), int)
        and value.get("mode") in ("ro", "rw")
    )


def _placed(task: Task) -> dict[str, Any]:  # Any: an allocator's answer
    """Where one instance goes, or each of several."""
    op = task.op
    one = op["mode"] == "allocate"
    names = [op["name"]] if one else [f"{op['name']}{number}" for number in range(op["count"])]
    disk = sum(each["size"] for each in op["disks"] or ())
    mirrored = op["disk_template"] == "drbd"
    demand = Demand(op["memory"], disk, op["disk_template"], 2 if mirrored else 1)
    room, found, failed, why = headroom(task.cluster), [], [], ""
    for name in names:
        try:
            nodes = choose(task, demand, room, op["group_name"])
        except JobDaemonError as error:
            failed.append(name)
            why = error.text.partition("Request failed: ")[2]
            continue
        found.append([name, [node.name for node in nodes]])
        for at, node in enumerate(nodes):
            room.take(node, 0 if at else demand.memory, disk, demand.template)
    if not one:
        info = (
            f"Request successful: {len(failed)} instances failed to allocate and {len(found)}"
            " were allocated successfully"
        )
        return {"success": True, "info": info, "result": [found, failed]}
    if failed:
        return {"success": False, "info": f"Request failed: {why}", "result": []}
    info = f"Request successful: for node(s) {', '.join(found[0][1])}"
    return {"success": True, "info": info, "result": found[0][1]}


UNITS: Mapping[str, Unit] = {
    "OP_CLUSTER_ACTIVATE_MASTER_IP": Unit(_master_ip, nothing),
    "OP_CLUSTER_DEACTIVATE_MASTER_IP": Unit(_master_ip, nothing),
    "OP_CLUSTER_RENAME": Unit(_rename, whole_cluster),
    "OP_CLUSTER_RENEW_CRYPTO": Unit(_renew_crypto, nothing),
    "OP_CLUSTER_REPAIR_DISK_SIZES": Unit(_repair_disk_sizes, nothing),
    "OP_EXT_STORAGE_DIAGNOSE": Unit(_ext_storage, nothing),
    "OP_TEST_ALLOCATOR": Unit(_ask_allocator, nothing),
}
