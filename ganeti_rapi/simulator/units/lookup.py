"""The objects that an opcode names, and the states that they must be in."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from ganeti_rapi.simulator.state import (
    Cluster,
    Group,
    Instance,
    Network,
    Node,
    OperatingSystem,
    Params,
    find,
)
from ganeti_rapi.simulator.task import OpcodeJson, Task
from ganeti_rapi.simulator.units import refusals


def instance_of(task: Task) -> Instance:
    """The instance that the opcode is about."""
    return find_instance(task.cluster, task.op.get("instance_uuid") or task.op["instance_name"])


def node_of(task: Task) -> Node:
    """The node that the opcode is about."""
    return find_node(task.cluster, task.op.get("node_uuid") or task.op["node_name"])


def group_of(task: Task) -> Group:
    """The node group that the opcode is about."""
    return find_group(task.cluster, task.op["group_name"])


def network_of(task: Task) -> Network:
    """The network that the opcode is about."""
    return find_network(task.cluster, task.op["network_name"])


def node_in(cluster: Cluster, op: OpcodeJson, parameter: str) -> Node | None:
    """The node that an optional parameter names, by its uuid or its name."""
    name = op.get(f"{parameter}_uuid") or op.get(parameter)
    return None if name is None else find_node(cluster, name)


def find_instance(cluster: Cluster, name: str) -> Instance:
    """The instance of that name or uuid. Raises ``unknown_entity``, as all of these do."""
    if (instance := find(cluster.instances, name)) is None:
        raise refusals.unknown_entity(f"Instance '{name}' not known")
    return instance


def find_node(cluster: Cluster, name: str) -> Node:
    """The node of that name or uuid."""
    if (node := find(cluster.nodes, name)) is None:
        raise refusals.unknown_entity(f"Node '{name}' not known")
    return node


def find_group(cluster: Cluster, name: str) -> Group:
    """The node group of that name or uuid."""
    if (group := find(cluster.groups, name)) is None:
        raise refusals.unknown_entity(f"Node group '{name}' not found")
    return group


def find_network(cluster: Cluster, name: str) -> Network:
    """The network of that name or uuid."""
    if (network := find(cluster.networks, name)) is None:
        raise refusals.unknown_entity(f"Network '{name}' not found")
    return network


def nodes_of(instance: Instance) -> list[Node]:
    """The nodes that hold an instance: its primary one, then its secondary one."""
    return [instance.primary, *([instance.secondary] if instance.secondary else [])]


def require_online(node: Node) -> None:
    """Refuse a node that is marked offline."""
    if node.offline:
        raise refusals.wrong_state(f"Can't use offline node: {node.name}")


def require_usable(node: Node, role: str) -> None:
    """Refuse a node that gets no new instances; ``role`` is ``primary`` or ``secondary``."""
    flaws = {
        "offline": node.offline,
        "drained": node.drained,
        "non-vm_capable": not node.vm_capable,
    }
    for word, applies in flaws.items():
        if applies:
            raise refusals.wrong_state(f"Cannot use {word} {role} node '{node.name}'")


def require_up_or_down(instance: Instance) -> None:
    """Refuse an instance that is marked offline."""
    if instance.admin_state == "offline":
        raise refusals.wrong_state(
            f"Instance '{instance.name}' is marked to be offline,"
            " can't use instance from outside down, up states"
        )


def require_stopped(instance: Instance, consequence: str) -> None:
    """Refuse an instance that runs or should; ``consequence`` as in ``cannot rename``."""
    name = instance.name
    if instance.admin_state == "up":
        raise refusals.wrong_state(f"Instance '{name}' is marked to be up, {consequence}")
    if instance.running:
        raise refusals.wrong_state(f"Instance {name} is running, {consequence}")


def require_os(
    cluster: Cluster, node: Node, name: str, osparams: Params, any_variant: bool
) -> None:
    """Refuse an OS that the nodes do not have, or parameters that it does not know."""
    if flaw := _flaw_of_os(cluster.oses, name, osparams, any_variant):
        raise refusals.failed(f"OS Parameters validation failed on node {node.name}: {flaw}")


def _flaw_of_os(
    oses: Iterable[OperatingSystem], name: str, osparams: Params, any_variant: bool
) -> str | None:
    base, _, variant = name.partition("+")
    os = next((os for os in oses if os.name == base), None)
    if os is None:
        return f"Directory for OS {base} not found in search path"
    unknown = sorted(set(osparams) - {parameter for parameter, _ in os.parameters})
    if unknown:
        return f"The following parameters are not supported by the OS {base}: {', '.join(unknown)}"
    return None if any_variant else _flaw_of_variant(os, variant)


def _flaw_of_variant(os: OperatingSystem, variant: str) -> str | None:
    if os.variants and not variant:
        return f"OS name '{os.name}' must include a variant"
    if variant and not os.variants:
        return f"OS '{os.name}' does not support variants ('{variant}' passed)"
    if variant and variant not in os.variants:
        return f"OS '{os.name}' does not support variant '{variant}'"
    return None


def require_ip(address: str) -> None:
    """Refuse what is neither an IPv4 nor an IPv6 address."""
    for kind in (IPv4Address, IPv6Address):
        try:
            kind(address)
        except AddressValueError:
            continue
        return
    raise refusals.wrong_input(f"Invalid IP address '{address}'")
