"""Switching instances on and off, and the opcodes that do just that."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Instance, Params
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import parameters
from ganeti_rapi.simulator.units.capacity import memory_of, require_memory
from ganeti_rapi.simulator.units.locks import one_instance
from ganeti_rapi.simulator.units.lookup import instance_of, require_online, require_up_or_down


def log_sync(task: Task, instance: Instance) -> None:
    """Log that the mirrors of the disks are up to date."""
    task.log(f" - INFO: Waiting for instance {instance.name} to sync disks")
    task.log(f" - INFO: Instance {instance.name}'s disks are in sync")


def power_on(task: Task, instance: Instance, *, remember: bool = True) -> None:
    """Let an instance run; refuses when its node has too little memory by now."""
    needed = memory_of(Context(task.cluster, {}), instance)
    if not instance.running:
        purpose = f"starting instance {instance.name}"
        require_memory(task.cluster, instance.primary, purpose, needed)
    wanted = "up" if remember else instance.admin_state
    if (instance.admin_state, instance.disks_active) != (wanted, True):
        instance.touch(task.now())
    instance.admin_state = wanted
    instance.running = instance.disks_active = True
    instance.stopped_by_user, instance.runs_on = False, None
    instance.runtime_memory = instance.runtime_vcpus = None


def power_off(task: Task, instance: Instance, *, remember: bool = True) -> None:
    """Stop an instance; what is offline stays marked so."""
    instance.running = False
    instance.runtime_memory = instance.runtime_vcpus = None
    if remember and instance.admin_state == "up":
        instance.admin_state = "down"
        instance.touch(task.now())
    set_disks_active(task, instance, False)


def set_disks_active(task: Task, instance: Instance, active: bool) -> None:
    """Note whether the disks are in use, which the configuration counts as a change."""
    if instance.disks_active != active:
        instance.disks_active = active
        instance.touch(task.now())


def _startup(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    require_up_or_down(instance)
    beparams = parameters.beparams(task.cluster, instance.beparams, op["beparams"])
    parameters.hvparams(task.cluster, instance.hypervisor, {}, op["hvparams"])
    absent = instance.primary.offline and op["ignore_offline_nodes"]
    if not absent:
        require_online(instance.primary)
        _require_memory_to_start(task, instance, beparams)
    yield 0.2
    if absent:
        task.log(" - WARNING: Primary node offline, marked instance as started")
        instance.admin_state = "up"
    else:
        _start_with(task, instance, beparams)
    return None


def _require_memory_to_start(task: Task, instance: Instance, beparams: Params) -> None:
    if instance.running:
        return
    needed = {**task.cluster.info["beparams"]["default"], **beparams}["maxmem"]
    require_memory(task.cluster, instance.primary, f"starting instance {instance.name}", needed)


def _start_with(task: Task, instance: Instance, beparams: Params) -> None:
    """Start with backend parameters that hold for this run only."""
    kept, instance.beparams = instance.beparams, beparams
    needed = memory_of(Context(task.cluster, {}), instance)
    try:
        power_on(task, instance, remember=not task.op["no_remember"])
    finally:
        instance.beparams = kept
    if needed != memory_of(Context(task.cluster, {}), instance):
        instance.runtime_memory = needed


def _shutdown(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    if op["force"]:
        task.log(" - WARNING: Ignoring offline instance check")
    else:
        require_up_or_down(instance)
    absent = instance.primary.offline and op["ignore_offline_nodes"]
    if not absent:
        require_online(instance.primary)
    yield 0.2
    if absent:
        task.log(" - WARNING: Primary node offline, marked instance as stopped")
    power_off(task, instance, remember=not op["no_remember"])
    return None


def _reboot(task: Task) -> Steps:
    instance = instance_of(task)
    require_up_or_down(instance)
    require_online(instance.primary)
    if not instance.running:
        _require_memory_to_start(task, instance, instance.beparams)
    yield 0.3
    if not instance.running:
        task.log(f" - INFO: Instance {instance.name} was already stopped, starting now")
    power_on(task, instance)
    return None


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_REBOOT": Unit(_reboot, one_instance),
    "OP_INSTANCE_SHUTDOWN": Unit(_shutdown, one_instance),
    "OP_INSTANCE_STARTUP": Unit(_startup, one_instance),
}
