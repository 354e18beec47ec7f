"""OP_INSTANCE_SET_PARAMS.

The checks work on a copy of the instance, to which all changes are made. When they have passed,
the copy's values become the instance's in one step.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field

from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Disk, Instance, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import parameters, refusals
from ganeti_rapi.simulator.units.capacity import (
    LOCAL_STORAGE,
    memory_of,
    require_memory,
    require_storage,
)
from ganeti_rapi.simulator.units.device_changes import (
    DeviceChanges,
    Result,
    changes,
    shown_result,
)
from ganeti_rapi.simulator.units.locks import one_instance
from ganeti_rapi.simulator.units.lookup import (
    instance_of,
    node_in,
    nodes_of,
    require_online,
    require_os,
    require_stopped,
    require_usable,
)
from ganeti_rapi.simulator.units.nics import require_bridges, take_addresses
from ganeti_rapi.simulator.units.policy import require_policy
from ganeti_rapi.simulator.units.power import log_sync
from ganeti_rapi.simulator.units.volumes import shown_size

_CHANGES = """
    nics disks beparams runtime_mem hvparams disk_template pnode os_name osparams osparams_private
    offline instance_communication
"""

_SIZING = ("nics", "disks", "beparams", "disk_template")
"""The changes that the instance policy bounds."""

_COMMITTED = """
    primary secondary disk_template disks nics hvparams beparams osparams osparams_private os
    admin_state runtime_memory runtime_vcpus
"""


@define
class _Plan:
    """What the instance will be, and what the opcode will answer."""

    task: Task
    current: Instance
    instance: Instance
    results: list[Result] = field(factory=list)
    extra_writes: int = 0
    """How often Ganeti writes the configuration beside the last time."""

    @property
    def op(self) -> OpcodeJson:
        """The opcode's parameters."""
        return self.task.op


def _set_params(task: Task) -> Steps:
    if not any(task.op[name] not in (None, [], {}) for name in _CHANGES.split()):
        raise refusals.wrong_input("No changes submitted")
    parameters.refuse_cluster_wide(task.op["hvparams"])
    current = instance_of(task)
    require_online(current.primary)
    plan = _Plan(task, current, _copy(current))
    devices = DeviceChanges(task, plan.instance, plan.results)
    _plan_place(plan)
    _plan_runtime_memory(plan)
    _require_hotplug(task, current)
    devices.apply()
    _require_bridges(task, plan.instance)
    _plan_template(plan)
    _plan_parameters(plan)
    _plan_offline(plan)
    if any(task.op[name] for name in _SIZING):
        require_policy(task, plan.instance.primary.group, plan.instance)
    _require_room(plan)
    yield 0.2
    _require_room(plan)
    take_addresses(task, plan.instance.nics)
    _keep_memory(plan)
    plan.extra_writes += sum(action != "modify" for action, _, _ in changes(task.op["disks"]))
    _commit(plan)
    devices.commit(task.cluster)
    yield from _log_disks(task, current, devices.added)
    return [shown_result(result, Context(task.cluster, {})) for result in plan.results]


_HOTPLUG = ("kvm",)
"""The hypervisors that change the devices of instances that run."""


def _require_hotplug(task: Task, instance: Instance) -> None:
    op = task.op
    if op["hotplug"] and (op["nics"] or op["disks"]) and instance.hypervisor not in _HOTPLUG:
        raise refusals.wrong_state(
            "Hotplug is not possible: Hotplug is not supported by this hypervisor"
        )


def _require_bridges(task: Task, instance: Instance) -> None:
    if task.op["nics"]:
        require_bridges(task.cluster, instance.nics, f"node '{instance.primary.name}'")


def _copy(instance: Instance) -> Instance:
    return evolve(
        instance,
        disks=[evolve(disk) for disk in instance.disks],
        nics=[evolve(nic) for nic in instance.nics],
    )


def _plan_place(plan: _Plan) -> None:
    node = node_in(plan.task.cluster, plan.op, "pnode")
    if node is None or node is plan.current.primary:
        return
    if plan.current.running and not plan.op["force"]:
        where = plan.current.primary.name
        raise refusals.wrong_state(f"Instance is still running on {where}")
    require_online(node)
    plan.instance.primary = node


def _plan_runtime_memory(plan: _Plan) -> None:
    wanted = plan.op["runtime_mem"]
    if wanted is None:
        return
    backend = Context(plan.task.cluster, {}).beparams(plan.current)
    low, high = backend["minmem"], backend["maxmem"]
    if not plan.current.running:
        raise refusals.wrong_state(f"Instance {plan.current.name} is not running")
    if not low <= wanted <= high and not plan.op["force"]:
        raise refusals.wrong_input(
            f"Instance {plan.current.name} must have memory between {low} and {high} MB of memory"
            " unless --force is given"
        )
    plan.instance.runtime_memory = wanted
    plan.results.append(("runtime_memory", wanted))


_CONVERTIBLE = ("plain", "drbd", "file", "sharedfile")


def _plan_template(plan: _Plan) -> None:
    template = plan.op["disk_template"]
    if template is None:
        return
    _check_conversion(plan, template)
    plan.task.log(f"Converting disk template from '{plan.current.disk_template}' to '{template}'")
    plan.instance.disk_template = template
    plan.instance.secondary = None
    if template == "drbd":
        plan.instance.secondary = _new_mirror(plan)
    plan.results.append(("disk_template", template))


def _check_conversion(plan: _Plan, template: str) -> None:
    enabled = plan.task.cluster.info["enabled_disk_templates"]
    if template not in enabled:
        raise refusals.wrong_state(
            f"Disk template '{template}' is not enabled for this cluster"
            f" (enabled templates: {', '.join(enabled)})"
        )
    if template == plan.current.disk_template:
        raise refusals.wrong_input(f"Instance already has disk template {template}")
    for kind in (plan.current.disk_template, template):
        if kind not in _CONVERTIBLE:
            raise refusals.wrong_input(
                f"Conversion to the '{template}' disk template is not supported"
                if kind == template
                else f"Conversion from the '{kind}' disk template is not supported"
            )
    require_stopped(plan.current, "cannot change disk template")


def _new_mirror(plan: _Plan) -> Node:
    node = node_in(plan.task.cluster, plan.op, "remote_node")
    if node is None:
        raise refusals.wrong_input(
            "Changing the disk template to a mirrored one requires specifying a secondary node"
        )
    if node is plan.instance.primary:
        raise refusals.wrong_input(
            f"Given new secondary node {node.name} is the same as the primary node of the instance"
        )
    require_online(node)
    require_usable(node, "secondary")
    return node


def _plan_parameters(plan: _Plan) -> None:
    op, instance, cluster = plan.op, plan.instance, plan.task.cluster
    instance.hvparams = parameters.hvparams(
        cluster, instance.hypervisor, instance.hvparams, op["hvparams"]
    )
    instance.beparams = parameters.beparams(cluster, instance.beparams, op["beparams"])
    instance.osparams = parameters.merged_free(instance.osparams, op["osparams"])
    private = op["osparams_private"] or {}
    instance.osparams_private = parameters.merged_free(instance.osparams_private, private)
    if op["osparams"] or private:
        given = {**instance.osparams, **instance.osparams_private}
        require_os(cluster, instance.primary, instance.os, given, any_variant=False)
    instance.os = op["os_name"] or instance.os
    for prefix, name in (("hv", "hvparams"), ("be", "beparams"), ("os", "osparams")):
        plan.results.extend((f"{prefix}/{key}", value) for key, value in op[name].items())


def _plan_offline(plan: _Plan) -> None:
    offline = plan.op["offline"]
    if offline is None:
        return
    state = "offline" if offline else "down"
    require_stopped(plan.current, f"can't change to {state} without being down first")
    plan.instance.admin_state = state
    plan.extra_writes += state != plan.current.admin_state
    plan.results.append(("admin_state", state))


def _require_room(plan: _Plan) -> None:
    """Refuse disks that do not fit, and more memory for a running instance than there is."""
    new, old = plan.instance, plan.current
    for node in nodes_of(new):
        require_storage(plan.task.cluster, [node], new.disk_template, _growth_on(node, new, old))
    context = Context(plan.task.cluster, {})
    more = memory_of(context, new) - memory_of(context, old)
    if old.running and more > 0:
        purpose = f"changing instance {old.name}"
        require_memory(plan.task.cluster, new.primary, purpose, more)


def _growth_on(node: Node, new: Instance, old: Instance) -> int:
    kinds = [LOCAL_STORAGE.get(instance.disk_template) for instance in (new, old)]
    is_there = node in nodes_of(old) and kinds[0] == kinds[1]
    return disk_usage(new) - (disk_usage(old) if is_there else 0)


def _keep_memory(plan: _Plan) -> None:
    """Other bounds and counts do not change what an instance has that runs."""
    if not plan.current.running:
        return
    context = Context(plan.task.cluster, {})
    plan.instance.runtime_vcpus = context.vcpus(plan.current)
    if plan.instance.runtime_memory is None:
        plan.instance.runtime_memory = memory_of(context, plan.current)


def _commit(plan: _Plan) -> None:
    for name in _COMMITTED.split():
        setattr(plan.current, name, getattr(plan.instance, name))
    for _ in range(1 + plan.extra_writes):
        plan.current.touch(plan.task.now())


def _log_disks(task: Task, instance: Instance, added: list[Disk]) -> Steps:
    for disk in added:
        task.log(f"* disk {instance.disks.index(disk)}, size {shown_size(disk.size)}")
        yield 0.1
        log_sync(task, instance)


UNITS: Mapping[str, Unit] = {"OP_INSTANCE_SET_PARAMS": Unit(_set_params, one_instance)}
