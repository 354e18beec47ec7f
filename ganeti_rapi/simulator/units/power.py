"""Switching instances on and off, and the opcodes that do just that."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Instance, Params
from ganeti_rapi.simulator.units import parameters
from ganeti_rapi.simulator.units.capacity import memory_of, require_memory
from ganeti_rapi.simulator.units.locks import one_instance
from ganeti_rapi.simulator.units.lookup import instance_of, require_online, require_up_or_down
from ganeti_rapi.simulator.work import Steps, Unit, Work


def log_sync(work: Work, instance: Instance) -> None:
    """Log that the mirrors of the disks are up to date."""
    work.log(f" - INFO: Waiting for instance {instance.name} to sync disks")
    work.log(f" - INFO: Instance {instance.name}'s disks are in sync")


def power_on(work: Work, instance: Instance, *, remember: bool = True) -> None:
    """Let an instance run; refuses when its node has too little memory by now."""
    needed = memory_of(Context(work.cluster, {}), instance)
    if not instance.running:
        purpose = f"starting instance {instance.name}"
        require_memory(work.cluster, instance.primary, purpose, needed)
    instance.running = instance.disks_active = True
    instance.runtime_memory = None
    if remember:
        instance.admin_state = "up"
    instance.touch(work.now())


def power_off(work: Work, instance: Instance, *, remember: bool = True) -> None:
    """Stop an instance; what is offline stays marked so."""
    instance.running = instance.disks_active = False
    if remember and instance.admin_state == "up":
        instance.admin_state = "down"
    instance.touch(work.now())


def _startup(work: Work) -> Steps:
    op, instance = work.op, instance_of(work)
    require_up_or_down(instance)
    beparams = parameters.beparams(work.cluster, instance.beparams, op["beparams"])
    parameters.hvparams(work.cluster, instance.hypervisor, {}, op["hvparams"])
    absent = instance.primary.offline and op["ignore_offline_nodes"]
    if not absent:
        require_online(instance.primary)
        _require_memory_to_start(work, instance, beparams)
    yield 0.2
    if absent:
        work.log(" - WARNING: Primary node offline, marked instance as started")
        instance.admin_state = "up"
    else:
        _start_with(work, instance, beparams)
    return None


def _require_memory_to_start(work: Work, instance: Instance, beparams: Params) -> None:
    if instance.running:
        return
    needed = {**work.cluster.info["beparams"]["default"], **beparams}["maxmem"]
    require_memory(work.cluster, instance.primary, f"starting instance {instance.name}", needed)


def _start_with(work: Work, instance: Instance, beparams: Params) -> None:
    """Start with backend parameters that hold for this run only."""
    kept, instance.beparams = instance.beparams, beparams
    needed = memory_of(Context(work.cluster, {}), instance)
    try:
        power_on(work, instance, remember=not work.op["no_remember"])
    finally:
        instance.beparams = kept
    if needed != memory_of(Context(work.cluster, {}), instance):
        instance.runtime_memory = needed


def _shutdown(work: Work) -> Steps:
    op, instance = work.op, instance_of(work)
    if op["force"]:
        work.log(" - WARNING: Ignoring offline instance check")
    else:
        require_up_or_down(instance)
    absent = instance.primary.offline and op["ignore_offline_nodes"]
    if not absent:
        require_online(instance.primary)
    yield 0.2
    if absent:
        work.log(" - WARNING: Primary node offline, marked instance as stopped")
    power_off(work, instance, remember=not op["no_remember"])
    return None


def _reboot(work: Work) -> Steps:
    instance = instance_of(work)
    require_up_or_down(instance)
    require_online(instance.primary)
    if not instance.running:
        _require_memory_to_start(work, instance, instance.beparams)
    yield 0.3
    if not instance.running:
        work.log(f" - INFO: Instance {instance.name} was already stopped, starting now")
    power_on(work, instance)
    return None


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_REBOOT": Unit(_reboot, one_instance),
    "OP_INSTANCE_SHUTDOWN": Unit(_shutdown, one_instance),
    "OP_INSTANCE_STARTUP": Unit(_startup, one_instance),
}
