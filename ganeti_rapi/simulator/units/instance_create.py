"""OP_INSTANCE_CREATE and OP_INSTANCE_MULTI_ALLOC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from ganeti_rapi.api.opcodes import OPCODES
from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.state import Cluster, Instance, Node
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import addresses, parameters, refusals
from ganeti_rapi.simulator.units.capacity import (
    Demand,
    Headroom,
    choose,
    headroom,
    memory_of,
    require_memory,
    require_storage,
    vcpus_of,
)
from ganeti_rapi.simulator.units.locks import one_instance
from ganeti_rapi.simulator.units.lookup import (
    node_in,
    nodes_of,
    require_online,
    require_os,
    require_usable,
)
from ganeti_rapi.simulator.units.names import (
    host_name,
    require_name_check_for_ip_check,
    require_new_name,
)
from ganeti_rapi.simulator.units.nics import new_nic, require_bridges, take_addresses
from ganeti_rapi.simulator.units.policy import require_policy
from ganeti_rapi.simulator.units.power import log_sync, power_on
from ganeti_rapi.simulator.units.tags import checked_tags
from ganeti_rapi.simulator.units.volumes import new_disk, shown_size

_PORT_HYPERVISORS = ("kvm", "xen-hvm")
"""Those whose instances get a TCP port for the console."""


def _create(task: Task) -> Steps:
    _check_arguments(task)
    instance = _planned(task)
    nodes = nodes_of(instance)
    task.dry_run_result = [node.uuid for node in nodes]
    yield 0.1
    _enter(task, instance)
    yield 0.2
    if instance.disks:
        log_sync(task, instance)
        yield 0.1
    if instance.disks and not task.op["no_install"] and task.op["mode"] == "create":
        task.log("* running the instance OS create scripts...")
        yield 0.2
    if _is_started(task.op):
        task.log("* starting instance...")
        yield 0.1
        power_on(task, instance)
    return [node.name for node in nodes]


def _is_started(op: OpcodeJson) -> bool:
    """Whether it runs afterwards; what was not installed has nothing to run."""
    return bool(op["start"] and not op["no_install"])


def _check_arguments(task: Task) -> None:
    op = task.op
    require_name_check_for_ip_check(op)
    if op["forthcoming"] or op["commit"]:
        raise refusals.wrong_input("The simulated cluster has no forthcoming instances")
    if op["mode"] == "remote-import":
        raise refusals.wrong_input("Missing or invalid remote import handshake")
    if not op["os_type"] and not op["no_install"]:
        raise refusals.wrong_input("No guest OS or OS image specified")
    if op["iallocator"] and op["pnode"]:
        raise refusals.wrong_input("Do not specify both, iallocator and node")
    require_allocator_for_opportunistic_locking(op)


def require_allocator_for_opportunistic_locking(op: OpcodeJson) -> None:
    """Refuse to lock what is free just now where no allocator can choose among it."""
    if op["opportunistic_locking"] and not op["iallocator"]:
        raise refusals.wrong_input(
            "Opportunistic locking is only available in combination with an instance allocator"
        )


def _require_export(cluster: Cluster, op: OpcodeJson) -> None:
    wanted = op["src_path"] or op["source_instance_name"] or op["instance_name"]
    name = wanted.rsplit("/", 1)[-1]
    on_node = cluster.exports if op["src_node"] is None else [op["src_node"]]
    if not any(name in cluster.exports.get(node, ()) for node in on_node):
        raise refusals.failed(f"No export found for relative path {wanted}")


def _planned(task: Task) -> Instance:
    """The instance as it will be, on its nodes, with all checks passed."""
    op, cluster = task.op, task.cluster
    name = host_name(cluster, op["instance_name"], must_resolve=op["name_check"])
    require_new_name(cluster, name)
    if op["mode"] == "import":
        _require_export(cluster, op)
    instance = _without_place(task, name, _template(task), _hypervisor(task))
    room = headroom(cluster)
    nodes = _given_nodes(task, instance) or _chosen_nodes(task, instance, room)
    instance.primary = nodes[0]
    instance.secondary = nodes[1] if len(nodes) > 1 else None
    group = instance.primary.group
    instance.nics = [new_nic(task, nic, group, i) for i, nic in enumerate(op["nics"])]
    require_bridges(cluster, instance.nics, f"destination node '{instance.primary.name}'")
    require_policy(task, group, instance)
    _require_room(task, instance)
    if instance.os:
        osparams = {
            **instance.osparams,
            **instance.osparams_private,
            **(op["osparams_secret"] or {}),
        }
        require_os(cluster, instance.primary, instance.os, osparams, op["force_variant"])
    return instance


def _template(task: Task) -> str:
    enabled = task.cluster.info["enabled_disk_templates"]
    asked = task.op["disk_template"]
    template = str(asked or enabled[0])
    if template not in enabled:
        raise refusals.unclassified(
            f"Disk template '{template}' is not enabled in cluster."
            f" Enabled disk templates are: {','.join(enabled)}"
        )
    return template


def _hypervisor(task: Task) -> str:
    enabled = task.cluster.info["enabled_hypervisors"]
    hypervisor = str(task.op["hypervisor"] or task.cluster.info["default_hypervisor"])
    if hypervisor not in enabled:
        raise refusals.wrong_state(
            f"Selected hypervisor ({hypervisor}) not enabled in the cluster ({','.join(enabled)})"
        )
    return hypervisor


def _without_place(task: Task, name: str, template: str, hypervisor: str) -> Instance:
    """The instance with everything but its nodes and NICs; the master stands in for them."""
    op, cluster, now = task.op, task.cluster, task.now()
    instance = Instance(
        uuid=task.identities.uuid(),
        name=name,
        ctime=now,
        mtime=now,
        tags=checked_tags(op["tags"]),
        os=op["os_type"] or "",
        hypervisor=hypervisor,
        disk_template=template,
        primary=cluster.master,
        admin_state="down",
        running=False,
        disks_active=False,
        disks=[
            new_disk(task, _disk(op, disk), template, "Missing disk size") for disk in op["disks"]
        ],
        hvparams=parameters.hvparams(cluster, hypervisor, {}, op["hvparams"]),
        beparams=parameters.beparams(cluster, {}, op["beparams"]),
        osparams=dict(op["osparams"]),
        osparams_private=dict(op["osparams_private"] or {}),
    )
    if template == "diskless":
        instance.disks = []
    if op["identify_defaults"]:
        _drop_defaults(cluster, instance)
    return instance


def _disk(op: OpcodeJson, params: dict[str, Any]) -> dict[str, Any]:  # Any: JSON values
    """A disk's parameters with those that the opcode has for all disks."""
    common = {key: op[key] for key in ("file_driver", "file_storage_dir") if op[key]}
    return {**common, **params}


def _drop_defaults(cluster: Cluster, instance: Instance) -> None:
    info = cluster.info
    instance.beparams = parameters.without(info["beparams"]["default"], instance.beparams)
    defaults = info["hvparams"].get(instance.hypervisor, {})
    instance.hvparams = parameters.without(defaults, instance.hvparams)
    instance.osparams = parameters.without(info["osparams"].get(instance.os, {}), instance.osparams)


def _given_nodes(task: Task, instance: Instance) -> list[Node]:
    """The nodes that the opcode names, or none when it leaves them to an allocator."""
    primary = node_in(task.cluster, task.op, "pnode")
    if primary is None:
        return []
    require_usable(primary, "primary")
    if instance.disk_template != "drbd":
        if task.op["snode"]:
            task.log(" - WARNING: Secondary node will be ignored on non-mirrored disk template")
        return [primary]
    return [primary, _mirror(primary, node_in(task.cluster, task.op, "snode"))]


def _mirror(primary: Node, secondary: Node | None) -> Node:
    if secondary is None:
        raise refusals.wrong_input(
            "The networked disk templates need a mirror node; please specify a secondary node"
        )
    if secondary is primary:
        raise refusals.wrong_input("The secondary node cannot be the primary node")
    require_online(secondary)
    require_usable(secondary, "secondary")
    return secondary


def _demand(cluster: Cluster, instance: Instance) -> Demand:
    return Demand(
        memory=memory_of(Context(cluster, {}), instance),
        disk=disk_usage(instance),
        template=instance.disk_template,
        count=2 if instance.disk_template == "drbd" else 1,
        vcpus=vcpus_of(Context(cluster, {}), instance),
    )


def _chosen_nodes(task: Task, instance: Instance, room: Headroom) -> list[Node]:
    demand = _demand(task.cluster, instance)
    nodes = choose(task, demand, room, task.op["group_name"])
    name = task.op["iallocator"] or task.cluster.info["default_iallocator"]
    told = ", ".join(node.name for node in nodes)
    task.log(f" - INFO: Selected nodes for instance {instance.name} via iallocator {name}: {told}")
    return nodes


def _require_room(task: Task, instance: Instance) -> None:
    needed = memory_of(Context(task.cluster, {}), instance)
    if _is_started(task.op):
        purpose = f"creating instance {instance.name}"
        require_memory(task.cluster, instance.primary, purpose, needed)
    usage = disk_usage(instance)
    require_storage(task.cluster, nodes_of(instance), instance.disk_template, usage)


def _enter(task: Task, instance: Instance) -> None:
    """Add the instance to the cluster, if there still is room for it."""
    usage = disk_usage(instance)
    require_storage(task.cluster, nodes_of(instance), instance.disk_template, usage)
    take_addresses(task, instance.nics)
    if instance.hypervisor in _PORT_HYPERVISORS:
        instance.network_port = addresses.new_port(task.cluster)
    instance.disks_active = bool(instance.disks)
    instance.serial_no += len(instance.disks)
    for index, disk in enumerate(instance.disks):
        task.log(f"* disk {index}, size {shown_size(disk.size)}")
    task.cluster.instances.append(instance)
    task.log("* creating instance disks...")
    task.log(f"adding instance {instance.name} to cluster config")
    task.log("adding disks to cluster config")


def _multi_alloc(task: Task) -> Steps:
    ops = [_nested(op) for op in task.op["instances"]]
    require_allocator_for_opportunistic_locking(task.op)
    _check_nested(ops)
    room = headroom(task.cluster)
    jobs = [[op if op["pnode"] else _placed(task, op, room)] for op in ops]
    names = [op["instance_name"] for op in ops]
    task.dry_run_result = {"jobs": [], "allocatable": names, "failed": []}
    yield 0.2
    return {"jobs": task.submit(jobs), "allocatable": names, "failed": []}


def _nested(op: OpcodeJson) -> OpcodeJson:
    return dict(OPCODES["OP_INSTANCE_CREATE"].with_defaults({**op, "OP_ID": "OP_INSTANCE_CREATE"}))


def _check_nested(ops: list[OpcodeJson]) -> None:
    if any(op["iallocator"] for op in ops):
        raise refusals.wrong_input("iallocator are not allowed to be set on instance objects")
    if len({bool(op["pnode"]) for op in ops}) != 1:
        raise refusals.wrong_input(
            "There are instance objects providing pnode/snode while others do not"
        )
    counted = Counter(op["instance_name"] for op in ops)
    if twice := sorted(name for name, count in counted.items() if count > 1):
        raise refusals.wrong_input(f"There are duplicate instance names: {', '.join(twice)}")


def _placed(task: Task, op: OpcodeJson, room: Headroom) -> OpcodeJson:
    """The nested opcode with the nodes that an allocator chose, counted off the room."""
    inner = evolve(task, op=op)
    name = host_name(task.cluster, op["instance_name"], must_resolve=op["name_check"])
    instance = _without_place(inner, name, _template(inner), _hypervisor(inner))
    demand = _demand(task.cluster, instance)
    nodes = choose(task, demand, room, op["group_name"])
    needed = [(demand.memory, demand.vcpus), (0, 0)]
    for node, (memory, vcpus) in zip(nodes, needed, strict=False):
        room.take(node, memory, demand.disk, demand.template, vcpus)
    chosen = dict(zip(("pnode", "snode"), (node.name for node in nodes), strict=False))
    return {**op, **chosen}


UNITS: Mapping[str, Unit] = {
    "OP_INSTANCE_CREATE": Unit(_create, one_instance),
    "OP_INSTANCE_MULTI_ALLOC": Unit(_multi_alloc, one_instance),
}
