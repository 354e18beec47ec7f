"""The opcodes that remove, rename, reinstall and describe instances."""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.simulator.state import Instance
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import parameters, refusals
from ganeti_rapi.simulator.units.description import description
from ganeti_rapi.simulator.units.locks import nothing, one_instance
from ganeti_rapi.simulator.units.lookup import (
    find_instance,
    instance_of,
    require_online,
    require_os,
    require_stopped,
)
from ganeti_rapi.simulator.units.names import (
    host_name,
    require_name_check_for_ip_check,
    require_new_name,
)
from ganeti_rapi.simulator.units.power import power_off
from ganeti_rapi.simulator.units.volumes import FILE_TEMPLATES


def _remove(task: Task) -> Steps:
    instance = instance_of(task)
    if not task.op["ignore_failures"]:
        require_online(instance.primary)
    yield 0.2
    power_off(task, instance)
    yield 0.1
    task.cluster.instances.remove(instance)
    return None


def _rename(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    require_name_check_for_ip_check(op)
    new_name = host_name(task.cluster, op["new_name"], must_resolve=op["name_check"])
    require_online(instance.primary)
    require_stopped(instance, "cannot rename")
    if new_name != instance.name:
        require_new_name(task.cluster, new_name)
    yield 0.2
    instance.name = new_name
    instance.touch(task.now())
    if instance.disk_template in FILE_TEMPLATES:
        instance.touch(task.now())  # the paths of its disks change with the name
    return new_name


def require_disks(instance: Instance) -> None:
    """Refuse an instance without disks."""
    if not instance.disks:
        raise refusals.wrong_input(f"Instance '{instance.name}' has no disks")


_WRITES = 4
"""How often a reinstallation writes the configuration: its disks are in use and again not."""


def _reinstall(task: Task) -> Steps:
    op, instance = task.op, instance_of(task)
    require_online(instance.primary)
    require_disks(instance)
    require_stopped(instance, "cannot reinstall")
    name = op["os_type"] or instance.os
    osparams = parameters.merged_free(instance.osparams, op["osparams"] or {})
    private = parameters.merged_free(instance.osparams_private, op["osparams_private"] or {})
    given = {**osparams, **private, **(op["osparams_secret"] or {})}
    require_os(task.cluster, instance.primary, name, given, op["force_variant"])
    yield 0.1
    if op["os_type"]:
        task.log(f"Changing OS scripts to '{name}'...")
    instance.os, instance.osparams, instance.osparams_private = name, osparams, private
    for _ in range(_WRITES if op["os_type"] else _WRITES - 1):
        instance.touch(task.now())
    task.log(" - INFO: Running instance OS create scripts...")
    yield 0.3
    return None


def _query_data(task: Task) -> Steps:
    static, cluster = task.op["static"], task.cluster
    if not (static or task.op["use_locking"]):
        task.log(" - WARNING: Non-static data requested, locks need to be acquired")
    named = [find_instance(cluster, name) for name in task.op["instances"]]
    yield 0.05
    there = [instance for instance in named or cluster.instances if instance in cluster.instances]
    return {instance.name: description(cluster, instance, static=static) for instance in there}


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_QUERY_DATA": Unit(_query_data, nothing),
    "OP_INSTANCE_REINSTALL": Unit(_reinstall, one_instance),
    "OP_INSTANCE_REMOVE": Unit(_remove, one_instance),
    "OP_INSTANCE_RENAME": Unit(_rename, one_instance),
}
