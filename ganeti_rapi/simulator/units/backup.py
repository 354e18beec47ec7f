"""The opcodes that export instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Instance
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.locks import exclusive, nothing, one_instance
from ganeti_rapi.simulator.units.lookup import find_node, instance_of, require_online
from ganeti_rapi.simulator.units.power import power_off, power_on, set_disks_active

_NOT_A_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n"


def _prepare(task: Task) -> Steps:
    instance = instance_of(task)
    require_online(instance.primary)
    yield 0.1
    if task.op["mode"] == "local":
        return None
    task.log(f"Generating X509 certificate on {instance.primary.name}")
    return _secrets(task)


def _secrets(task: Task) -> dict[str, Any]:  # Any: strings and lists of them
    """What the other cluster needs for a remote export; in the right shape and of no use."""
    salt = task.identities.uuid()[:8]
    key = f"x509-{task.identities.uuid()}"
    return {
        "handshake": [0, task.identities.uuid(), salt],
        "x509_key_name": [key, task.identities.uuid(), salt],
        "x509_ca": f"X-Ganeti-Signature: {salt}/{task.identities.uuid()}\n\n{_NOT_A_CERTIFICATE}",
    }


def _export(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    target = _checked_target(task, instance)
    _check_export(op, instance)
    was_running = instance.running
    yield 0.1
    _require_snapshots(task, instance)
    if op["shutdown"] and was_running:
        task.log(f"Shutting down instance {instance.name}")
        power_off(task, instance)
    if not instance.disks_active:
        set_disks_active(task, instance, True)
        set_disks_active(task, instance, False)
    for index in range(len(instance.disks)):
        task.log(f"Exporting disk/{index} from {instance.primary.name} to {target}")
        yield 0.2
    task.log(f"Finalizing export on {target}")
    _add_export(task.cluster, target, instance.name)
    if op["remove_instance"]:
        task.log(f"Removing instance {instance.name}")
        task.cluster.instances.remove(instance)
    elif op["shutdown"] and was_running:
        task.log(f"Starting instance {instance.name}")
        power_on(task, instance)
    return [True, [True for _ in instance.disks]]


def _check_export(op: OpcodeJson, instance: Instance) -> None:
    if op["remove_instance"] and not op["shutdown"] and instance.running:
        raise refusals.wrong_state("Can not remove instance without shutting it down before")
    require_online(instance.primary)


_SNAPSHOTS = ("plain", "drbd")
"""The disk templates whose disks can be copied while the instance runs on."""


def _require_snapshots(task: Task, instance: Instance) -> None:
    """Fail where the instance would be down for the whole export; it is left down by then."""
    if not instance.running or task.op["long_sleep"] or instance.disk_template in _SNAPSHOTS:
        return
    if task.op["shutdown"]:
        instance.running = False
    raise refusals.failed(
        "Not all disks could be snapshotted, and you did not allow the instance to remain offline"
        " for a longer time through the --long-sleep option; aborting"
    )


def _checked_target(task: Task, instance: Instance) -> str | None:
    """The name of the node that gets a local export; None for a remote one."""
    op = task.op
    if op["mode"] == "local":
        if not isinstance(op["target_node"], str):
            raise refusals.wrong_input("A local export needs the name of one target node")
        node = find_node(task.cluster, op["target_node_uuid"] or op["target_node"])
        require_online(node)
        return node.name
    for parameter in ("x509_key_name", "destination_x509_ca"):
        if not op[parameter]:
            raise refusals.wrong_input(f"A remote export needs the parameter {parameter}")
    if len(op["target_node"]) != len(instance.disks):
        raise refusals.wrong_input(
            f"Number of destination disks does not match the {len(instance.disks)} disks of"
            f" instance {instance.name}"
        )
    return None


def _add_export(cluster: Cluster, node: str | None, name: str) -> None:
    """Keep the export on its node; an older one elsewhere goes."""
    if node is None:
        return
    _drop_exports(cluster, name)
    cluster.exports.setdefault(node, []).append(name)


def _drop_exports(cluster: Cluster, name: str) -> int:
    holders = [names for names in cluster.exports.values() if name in names]
    for names in holders:
        names.remove(name)
    return len(holders)


def _remove(task: Task) -> Steps:
    yield 0.1
    if not _drop_exports(task.cluster, task.op["instance_name"]):
        task.log(
            "Export not found. If trying to remove an export belonging to a deleted instance"
            " please use its Fully Qualified Domain Name."
        )
    return None


UNITS: Mapping[str, Unit] = {
    "OP_BACKUP_EXPORT": Unit(_export, one_instance),
    "OP_BACKUP_PREPARE": Unit(_prepare, nothing),
    "OP_BACKUP_REMOVE": Unit(_remove, exclusive()),
}
