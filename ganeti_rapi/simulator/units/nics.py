"""Network interfaces, made and changed from what the user asked for."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Cluster, Group, Nic, Params
from ganeti_rapi.simulator.task import Task
from ganeti_rapi.simulator.units import addresses, refusals
from ganeti_rapi.simulator.units.lookup import find_network, require_ip

POOL = "pool"
"""As an interface's IP address: the next free one of its network."""

NONE = "none"
"""The word by which a value is taken back."""

_GENERATED = ("auto", "generate")

_MODES = ("bridged", "routed", "openvswitch", "ext")


def none_as_null(value: object) -> Any:  # Any: whatever it is
    """A parameter's value, or None where it is taken back."""
    return None if value == NONE else value


def check_nic(cluster: Cluster, params: Params) -> None:
    """Refuse an interface's parameters that contradict each other."""
    network, ip = none_as_null(params.get("network")), none_as_null(params.get("ip"))
    if network and any(params.get(key) for key in ("mode", "link", "bridge", "vlan")):
        raise refusals.wrong_input("If network is given, no mode or link is allowed to be passed")
    if ip == POOL and not network:
        raise refusals.wrong_input("if ip=pool, parameter network must be passed too")
    require_mode(params.get("mode"))
    if ip not in (None, POOL):
        require_ip(ip)
    if params.get("mac") not in (None, *_GENERATED):
        addresses.require_mac(cluster, params["mac"])


def require_mode(mode: str | None) -> None:
    """Refuse a mode that interfaces do not have; None is no change."""
    if mode not in (None, *_MODES):
        raise refusals.bad_setting(f"Invalid NIC mode '{mode}'")


def require_bridges(cluster: Cluster, nics: Iterable[Nic], where: str) -> None:
    """Refuse bridges that the nodes do not have; ``where`` as in ``node 'node2'``."""
    context = Context(cluster, {})
    links = [context.nicparams(nic) for nic in nics]
    wanted = {link["link"] for link in links if link["mode"] == "bridged"}
    if missing := sorted(wanted - set(cluster.bridges)):
        raise refusals.bad_environment(
            f"Error checking bridges on {where}: Missing bridges {', '.join(missing)}"
        )


def new_nic(task: Task, params: Params, group: Group, index: int) -> Nic:
    """An interface as asked for, of an instance in a node group.

    An address from the pool stays ``pool``; `take_addresses` replaces it once nothing can fail.
    """
    check_nic(task.cluster, params)
    nic = Nic(uuid=task.identities.uuid(), mac="")
    _apply(task, nic, params, group, index)
    if not nic.mac:
        nic.mac = _generated_mac(task, nic)
    return nic


def modify_nic(task: Task, nic: Nic, params: Params, group: Group, index: int) -> None:
    """Change an interface to what is asked for; what is not mentioned stays."""
    check_nic(task.cluster, {"network": nic.network, **params} if _asks_pool(params) else params)
    _apply(task, nic, params, group, index)
    if params.get("mac") in _GENERATED:
        nic.mac = _generated_mac(task, nic)


def _asks_pool(params: Params) -> bool:
    return params.get("ip") == POOL


def _apply(task: Task, nic: Nic, params: Params, group: Group, index: int) -> None:
    if "name" in params:
        nic.name = none_as_null(params["name"])
    if params.get("mac") not in (None, *_GENERATED):
        nic.mac = params["mac"].lower()
    if "network" in params:
        _connect(task, nic, none_as_null(params["network"]), group, index)
    _set_link(nic, params)
    if "ip" in params:
        _set_ip(task, nic, none_as_null(params["ip"]))
    if nic.nicparams.get("mode") == "routed" and not (nic.ip or nic.network):
        raise refusals.wrong_input(
            "Cannot set the NIC IP address to None on a routed NIC if not attached to a network"
        )


def _connect(task: Task, nic: Nic, name: str | None, group: Group, index: int) -> None:
    if name is None:
        nic.network, nic.nicparams = None, {}
        return
    network = find_network(task.cluster, name)
    connection = group.networks.get(network.uuid)
    if connection is None:
        raise refusals.wrong_input(
            f"No netparams found for network {network.name}."
            f" Probably not connected to nodegroup {group.name}"
        )
    task.log(f" - INFO: NIC/{index} inherits netparams {list(connection.values())}")
    nic.network, nic.nicparams = network.uuid, dict(connection)


def _set_link(nic: Nic, params: Params) -> None:
    given = {key: params[key] for key in ("mode", "link", "vlan") if params.get(key)}
    if params.get("bridge"):
        given["link"] = params["bridge"]
    nic.nicparams = {**nic.nicparams, **given}


def _set_ip(task: Task, nic: Nic, ip: str | None) -> None:
    if nic.network and ip not in (None, POOL, nic.ip):
        addresses.require_free(task.cluster, find_network(task.cluster, nic.network), str(ip))
    elif not nic.network and ip is not None and task.op.get("conflicts_check", True):
        _require_no_network(task.cluster, ip)
    nic.ip = ip


def _require_no_network(cluster: Cluster, ip: str) -> None:
    for network in cluster.networks:
        if ":" not in ip and IPv4Address(ip) in IPv4Network(network.network):
            raise refusals.wrong_state(
                f"The requested IP address ({ip}) belongs to network {network.name},"
                " but the target NIC does not."
            )


def _generated_mac(task: Task, nic: Nic) -> str:
    network = find_network(task.cluster, nic.network) if nic.network else None
    prefix = (network.mac_prefix if network else None) or task.cluster.info["mac_prefix"]
    return addresses.new_mac(task.cluster, task.identities, prefix)


def take_addresses(task: Task, nics: list[Nic]) -> None:
    """Give the interfaces that want one an address of their network.

    To be called in one step with adding them to the cluster: the address is only taken then.
    """
    for nic in nics:
        if nic.ip == POOL and nic.network:
            network = find_network(task.cluster, nic.network)
            others = {other.ip for other in nics if other.network == nic.network}
            nic.ip = addresses.next_free(task.cluster, network, others)
            task.log(f" - INFO: Chose IP {nic.ip} from network {network.name}")
