"""The instance policy: how large an instance may be in a node group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Group, Instance
from ganeti_rapi.simulator.task import Task
from ganeti_rapi.simulator.units import refusals


@frozen
class Measure:
    """A number that the policy bounds; ``label`` is ``spec`` or, for a disk, ``disk-size/0``."""

    spec: str
    label: str
    value: int


def measures(context: Context, instance: Instance) -> Iterator[Measure]:
    """All that the policy bounds of an instance."""
    backend = context.beparams(instance)
    plain = {
        "memory-size": backend["maxmem"],
        "cpu-count": backend["vcpus"],
        "nic-count": len(instance.nics),
        "spindle-use": backend["spindle_use"],
    }
    if instance.disk_template != "diskless":
        plain["disk-count"] = len(instance.disks)
    yield from (Measure(spec, spec, value) for spec, value in plain.items())
    for index, disk in enumerate(instance.disks):
        yield disk_measure(index, disk.size)


def disk_measure(index: int, size: int) -> Measure:
    """The measure of one disk."""
    return Measure("disk-size", f"disk-size/{index}", size)


Bounds = Mapping[str, Mapping[str, Any]]  # Any: numbers, as the user set them


def _outside(measure: Measure, bounds: Bounds) -> str | None:
    low = bounds.get("min", {}).get(measure.spec, measure.value)
    high = bounds.get("max", {}).get(measure.spec, measure.value)
    if low <= measure.value <= high:
        return None
    return f"{measure.label} value {measure.value} is not in range [{low}, {high}]"


def violations(context: Context, group: Group, checked: list[Measure]) -> list[str]:
    """What is outside the bounds; a policy with several pairs of bounds needs one that fits."""
    found: list[str] = []
    for bounds in context.ipolicy(group)["minmax"]:
        found = [text for measure in checked if (text := _outside(measure, bounds))]
        if not found:
            return []
    return found


def require_policy(task: Task, group: Group, instance: Instance) -> None:
    """Refuse an instance that the group's policy forbids, or only warn with ``ignore_ipolicy``."""
    context = Context(task.cluster, {})
    found = violations(context, group, list(measures(context, instance)))
    allowed = context.ipolicy(group).get("disk-templates")
    if allowed is not None and instance.disk_template not in allowed:
        found.append(
            f"Disk template {instance.disk_template} is not allowed"
            f" (allowed templates: {', '.join(allowed)})"
        )
    place = f"Instance allocation to group {group.uuid} ({group.name})"
    refuse_or_warn(task, place, found)


def refuse_or_warn(task: Task, what: str, found: list[str]) -> None:
    """Refuse when anything was found, unless the opcode wants the policy ignored."""
    if not found:
        return
    text = f"{what} violates policy: {', '.join(found)}"
    if not task.op.get("ignore_ipolicy"):
        raise refusals.wrong_input(text)
    task.log(f" - WARNING: {text}")
