"""Disks, made and changed from what the user asked for, and where they are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from attrs import frozen

from ganeti_rapi.simulator.state import Cluster, Disk, Instance, Nic, Node, Params
from ganeti_rapi.simulator.task import Task
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.lookup import nodes_of
from ganeti_rapi.simulator.units.nics import none_as_null
from ganeti_rapi.simulator.units.parameters import parse_size

_DISK_PARAMETERS = frozenset(
    ["access", "adopt", "metavg", "mode", "name", "provider", "size", "spindles", "vg"]
)

_OF_FILES = frozenset(["file_driver", "file_storage_dir"])
"""What an opcode says of all disks of a file template."""

_NAMED = frozenset(["mode", "name", "size", "spindles"])

_ARBITRARY_PARAMETERS = ("ext",)
# Disk templates whose providers define parameters of their own.

_FILE_DIRECTORIES = {
    "file": "file_storage_dir",
    "sharedfile": "shared_file_storage_dir",
    "gluster": "gluster_storage_dir",
}

FILE_TEMPLATES = tuple(_FILE_DIRECTORIES)
"""The disk templates whose disks are files, in a directory with the instance's name."""

_DRBD_PORTS = 11000, 25000


def new_disk(task: Task, params: Params, template: str, missing_size: str) -> Disk:
    """A disk as asked for; ``missing_size`` is what to say when its size was left out."""
    require_disk_parameters(params, template)
    if "size" not in params:
        raise refusals.wrong_input(missing_size)
    if params.get("spindles") is not None:
        raise refusals.wrong_input(
            "Spindles in instance disks cannot be specified when exclusive storage is not active"
        )
    return Disk(
        uuid=task.identities.uuid(),
        size=parse_size("size", params["size"]),
        mode=_disk_mode(params.get("mode", "rw")),
        name=none_as_null(params.get("name")),
        spindles=params.get("spindles"),
        params={name: value for name, value in params.items() if name not in _NAMED},
    )


def require_disk_parameters(params: Params, template: str) -> None:
    """Refuse keys that disks of a template do not have."""
    unknown = sorted(set(params) - _DISK_PARAMETERS - _OF_FILES)
    if unknown and template not in _ARBITRARY_PARAMETERS:
        raise refusals.wrong_type(f"Unknown parameter '{unknown[0]}'")


def _disk_mode(mode: str) -> str:
    if mode not in ("rw", "ro"):
        raise refusals.wrong_input(f"Invalid disk access mode '{mode}'")
    return mode


def modify_disk(disk: Disk, params: Params, template: str) -> list[str]:
    """Change the access mode or the name of a disk; return which of them were changed."""
    require_disk_parameters(params, template)
    if "size" in params:
        raise refusals.wrong_input("Disk size change not possible, use grow-disk")
    if unknown := sorted(set(params) - {"mode", "name"}):
        raise refusals.wrong_input(f"Disk modification doesn't support '{unknown[0]}'")
    if "mode" in params:
        disk.mode = _disk_mode(params["mode"])
    if "name" in params:
        disk.name = none_as_null(params["name"])
    return sorted(params)


def find_device(devices: Sequence[Disk | Nic], identifier: int | str, what: str) -> int:
    """The index of a disk or NIC, by index, uuid or name; ``-1`` is the last.

    ``what`` is ``disk`` or ``NIC``.
    """
    by_name = [i for i, device in enumerate(devices) if identifier in (device.name, device.uuid)]
    if by_name:
        return by_name[0]
    try:
        index = int(identifier)
    except ValueError:
        raise refusals.unknown_entity(f"Cannot find {what} with identifier {identifier}") from None
    if not devices or not -1 <= index < len(devices):
        raise refusals.failed(f"Got {what} index {index}, but there are only {len(devices)}")
    return index % len(devices)


def path(cluster: Cluster, instance: Instance, index: int) -> str:
    """Where a disk of an instance is seen on its node."""
    device = logical_id(cluster, instance, index)
    if instance.disk_template == "plain":
        return f"/dev/{device[0]}/{device[1]}"
    if instance.disk_template == "drbd":
        return f"/dev/drbd{device[3]}"
    return str(device[1])


def logical_id(
    cluster: Cluster, instance: Instance, index: int
) -> list[Any]:  # Any: names and numbers
    """What identifies a disk on its storage, in the shape of its template's type."""
    disk, template = instance.disks[index], instance.disk_template
    if template == "drbd":
        return _drbd_id(instance, disk, index)
    if template in _FILE_DIRECTORIES:
        base = cluster.info.get(_FILE_DIRECTORIES[template])
        directory = "/".join(filter(None, [base, disk.params.get("file_storage_dir")]))
        driver = disk.params.get("file_driver", "loop")
        return [driver, f"{directory}/{instance.name}/{_unique(disk)}.{template}.disk{index}"]
    group = disk.params.get("vg") or cluster.info.get("volume_group_name")
    return [group, disk.params.get("adopt") or f"{_unique(disk)}.disk{index}"]


def _unique(disk: Disk) -> str:
    """What the storage calls a disk: another random name than the disk's own uuid."""
    return str(uuid5(NAMESPACE_OID, disk.uuid))


META_SIZE = 128
"""MiB of the volume beside each disk that DRBD mirrors."""


@frozen
class Volume:
    """A logical volume of a node; ``size`` is in MiB."""

    group: str
    name: str
    size: int
    instance: str


def volumes_on(cluster: Cluster, node: Node) -> Iterator[Volume]:
    """The logical volumes that instances have on a node."""
    default = cluster.info.get("volume_group_name")
    for instance in cluster.instances:
        if node not in nodes_of(instance) or instance.disk_template not in ("plain", "drbd"):
            continue
        for index, disk in enumerate(instance.disks):
            group = str(disk.params.get("vg") or default)
            if instance.disk_template == "plain":
                name = logical_id(cluster, instance, index)[1]
                yield Volume(group, name, disk.size, instance.name)
            else:
                stem = f"{disk.uuid}.disk{index}"
                yield Volume(group, f"{stem}_data", disk.size, instance.name)
                yield Volume(group, f"{stem}_meta", META_SIZE, instance.name)


def _drbd_id(instance: Instance, disk: Disk, index: int) -> list[Any]:  # Any: as logical_id
    number = int(disk.uuid.replace("-", "")[:8], 16)
    low, high = _DRBD_PORTS
    nodes = [instance.primary.uuid, instance.secondary.uuid if instance.secondary else None]
    minor = number % 1000 + index
    return [*nodes, low + number % (high - low), minor, minor, None]


def shown_size(mebibytes: int) -> str:
    """A size as log messages tell it: ``16M``, ``1.0G``."""
    units = {"T": 1024 * 1024, "G": 1024}
    for unit, size in units.items():
        if mebibytes >= size:
            return f"{mebibytes / size:.1f}{unit}"
    return f"{mebibytes}M"
