"""The lists of changes to an instance's disks and NICs, as OP_INSTANCE_SET_PARAMS has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import define, field

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Cluster, Disk, Instance, Nic, Params
from ganeti_rapi.simulator.task import Task
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.lookup import require_stopped
from ganeti_rapi.simulator.units.nics import modify_nic, new_nic
from ganeti_rapi.simulator.units.volumes import find_device, modify_disk, new_disk

Result = tuple[str, Any]  # Any: a value, or the NIC or disk that was added

Which = int | str
"""A device: its index, which may be a string of digits, its name or its uuid."""

Change = tuple[str, Which, Params]
"""What to do (``add``, ``remove``, ``modify``, ``attach``, ``detach``), to which, and how."""

_LAST = -1


def changes(items: Sequence[Sequence[Any]]) -> list[Change]:  # Any: as in Change
    """The changes in their form of three items; that of two is older."""
    return [_from_pair(*item) if len(item) == 2 else tuple(item) for item in items]


def _from_pair(what: Any, params: Params) -> Change:  # Any: an action or an index
    if what in ("add", "remove", "attach", "detach"):
        return what, _LAST, params
    return "modify", what, params


I_ = TypeVar("I_", Disk, Nic)


def _insert(devices: list[I_], position: Which, device: I_) -> int:
    """Put a device at its place; return the index."""
    index = int(position)
    index = len(devices) if index == _LAST else index
    if not 0 <= index <= len(devices):
        raise refusals.failed(f"Got device index {index}, but there are only {len(devices)}")
    devices.insert(index, device)
    return index


@define
class DeviceChanges:
    """Makes the changes to a copy of the instance; `commit` settles disks without an owner."""

    task: Task
    instance: Instance
    results: list[Result]
    added: list[Disk] = field(factory=list)
    _attached: list[Disk] = field(factory=list)
    _detached: list[Disk] = field(factory=list)

    def apply(self) -> None:
        """Make all changes, disks first."""
        on_disks = {
            "add": self._add_disk,
            "attach": self._attach_disk,
            "detach": self._detach_disk,
            "modify": self._modify_disk,
            "remove": self._remove_disk,
        }
        for action, which, params in changes(self.task.op["disks"]):
            self._check_disk_change(action)
            on_disks[action](which, params)
        on_nics = {"add": self._add_nic, "modify": self._modify_nic, "remove": self._remove_nic}
        for action, which, params in changes(self.task.op["nics"]):
            if action not in on_nics:
                raise refusals.wrong_input(f"NICs do not support the action '{action}'")
            on_nics[action](which, params)

    def commit(self, cluster: Cluster) -> None:
        """Hand the detached disks to the cluster, and take the attached ones from it."""
        kept = [disk for disk in cluster.detached_disks if disk not in self._attached]
        cluster.detached_disks = [*kept, *self._detached]

    def _check_disk_change(self, action: str) -> None:
        if self.instance.disk_template == "diskless":
            raise refusals.wrong_input("Disk operations not supported for diskless instances")
        hot = self.task.op["hotplug"] or self.task.op.get("hotplug_if_possible")
        if action in ("remove", "detach") and not hot:
            require_stopped(self.instance, f"cannot {action} disks")

    def _add_disk(self, position: Which, params: Params) -> None:
        missing = "Required disk parameter 'size' missing"
        disk = new_disk(self.task, params, self.instance.disk_template, missing)
        self.added.append(disk)
        index = _insert(self.instance.disks, position, disk)
        self.results.append((f"disk/{index}", f"add:{_told_disk(disk)}"))

    def _attach_disk(self, position: Which, params: Params) -> None:
        wanted = params.get("uuid") or params.get("name")
        free = [d for d in self.task.cluster.detached_disks if wanted in (d.uuid, d.name)]
        if not wanted or not free:
            raise refusals.unknown_entity(f"Disk '{wanted}' not found among the detached disks")
        self._attached.append(free[0])
        index = _insert(self.instance.disks, position, free[0])
        self.results.append((f"disk/{index}", f"attach:{_told_disk(free[0])}"))

    def _modify_disk(self, which: Which, params: Params) -> None:
        index = find_device(self.instance.disks, which, "disk")
        disk = self.instance.disks[index]
        for name in modify_disk(disk, params, self.instance.disk_template):
            self.results.append((f"disk.{name}/{index}", params[name]))

    def _remove_disk(self, which: Which, _params: Params) -> None:
        index = find_device(self.instance.disks, which, "disk")
        del self.instance.disks[index]
        self.results.append((f"disk/{index}", "remove"))

    def _detach_disk(self, which: Which, _params: Params) -> None:
        index = find_device(self.instance.disks, which, "disk")
        self._detached.append(self.instance.disks.pop(index))
        self.results.append((f"disk/{index}", "detach"))

    def _add_nic(self, position: Which, params: Params) -> None:
        group = self.instance.primary.group
        nic = new_nic(self.task, params, group, len(self.instance.nics))
        self._complete(nic)
        index = _insert(self.instance.nics, position, nic)
        self.results.append((f"nic.{index}", nic))

    def _modify_nic(self, which: Which, params: Params) -> None:
        index = find_device(self.instance.nics, which, "NIC")
        nic = self.instance.nics[index]
        modify_nic(self.task, nic, params, self.instance.primary.group, index)
        for name in ("mac", "ip", "name"):
            if name in params:
                self.results.append((f"nic.{name}/{index}", getattr(nic, name)))
        link = self._complete(nic)
        self.results.extend((f"nic.{key}/{index}", link[key]) for key in ("link", "mode", "vlan"))

    def _complete(self, nic: Nic) -> Params:
        """Let an interface keep all its parameters, so that other defaults do not change it."""
        nic.nicparams = Context(self.task.cluster, {}).nicparams(nic)
        return nic.nicparams

    def _remove_nic(self, which: Which, _params: Params) -> None:
        index = find_device(self.instance.nics, which, "NIC")
        del self.instance.nics[index]
        self.results.append((f"NIC/{index}", "remove"))


def _told_disk(disk: Disk) -> str:
    return f"size={disk.size},mode={disk.mode}"


def shown_result(result: Result, context: Context) -> list[Any]:  # Any: a name and a value
    """A change as the opcode's result tells it; an added NIC has its address by then."""
    name, value = result
    if not isinstance(value, Nic):
        return [name, value]
    link = context.nicparams(value)
    told = f"mac={value.mac},ip={value.ip},mode={link['mode']},link={link['link']}"
    return [name, f"add:{told},network={value.network}"]
