"""Network interfaces, made and changed from what the user asked for."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Group, Nic, Params
from ganeti_rapi.simulator.units import addresses, refusals
from ganeti_rapi.simulator.units.lookup import find_network, require_ip
from ganeti_rapi.simulator.work import Work

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


def new_nic(work: Work, params: Params, group: Group, index: int) -> Nic:
    """An interface as asked for, of an instance in a node group.

    An address from the pool stays ``pool``; `take_addresses` replaces it once nothing can fail.
    """
    check_nic(work.cluster, params)
    nic = Nic(uuid=work.identities.uuid(), mac="")
    _apply(work, nic, params, group, index)
    if not nic.mac:
        nic.mac = _generated_mac(work, nic)
    return nic


def modify_nic(work: Work, nic: Nic, params: Params, group: Group, index: int) -> None:
    """Change an interface to what is asked for; what is not mentioned stays."""
    check_nic(work.cluster, {"network": nic.network, **params} if _asks_pool(params) else params)
    _apply(work, nic, params, group, index)
    if params.get("mac") in _GENERATED:
        nic.mac = _generated_mac(work, nic)


def _asks_pool(params: Params) -> bool:
    return params.get("ip") == POOL


def _apply(work: Work, nic: Nic, params: Params, group: Group, index: int) -> None:
    if "name" in params:
        nic.name = none_as_null(params["name"])
    if params.get("mac") not in (None, *_GENERATED):
        nic.mac = params["mac"].lower()
    if "network" in params:
        _connect(work, nic, none_as_null(params["network"]), group, index)
    _set_link(nic, params)
    if "ip" in params:
        _set_ip(work, nic, none_as_null(params["ip"]))
    if nic.nicparams.get("mode") == "routed" and not (nic.ip or nic.network):
        raise refusals.wrong_input(
            "Cannot set the NIC IP address to None on a routed NIC if not attached to a network"
        )


def _connect(work: Work, nic: Nic, name: str | None, group: Group, index: int) -> None:
    if name is None:
        nic.network, nic.nicparams = None, {}
        return
    network = find_network(work.cluster, name)
    connection = group.networks.get(network.uuid)
    if connection is None:
        raise refusals.wrong_input(
            f"No netparams found for network {network.name}."
            f" Probably not connected to nodegroup {group.name}"
        )
    work.log(f" - INFO: NIC/{index} inherits netparams {list(connection.values())}")
    nic.network, nic.nicparams = network.uuid, dict(connection)


def _set_link(nic: Nic, params: Params) -> None:
    given = {key: params[key] for key in ("mode", "link", "vlan") if params.get(key)}
    if params.get("bridge"):
        given["link"] = params["bridge"]
    nic.nicparams = {**nic.nicparams, **given}


def _set_ip(work: Work, nic: Nic, ip: str | None) -> None:
    if nic.network and ip not in (None, POOL, nic.ip):
        addresses.require_free(work.cluster, find_network(work.cluster, nic.network), str(ip))
    elif not nic.network and ip is not None and work.op.get("conflicts_check", True):
        _require_no_network(work.cluster, ip)
    nic.ip = ip


def _require_no_network(cluster: Cluster, ip: str) -> None:
    for network in cluster.networks:
        if ":" not in ip and IPv4Address(ip) in IPv4Network(network.network):
            raise refusals.wrong_state(
                f"The requested IP address ({ip}) belongs to network {network.name},"
                " but the target NIC does not."
            )


def _generated_mac(work: Work, nic: Nic) -> str:
    network = find_network(work.cluster, nic.network) if nic.network else None
    prefix = (network.mac_prefix if network else None) or work.cluster.info["mac_prefix"]
    return addresses.new_mac(work.cluster, work.identities, prefix)


def take_addresses(work: Work, nics: list[Nic]) -> None:
    """Give the interfaces that want one an address of their network.

    To be called in one step with adding them to the cluster: the address is only taken then.
    """
    for nic in nics:
        if nic.ip == POOL and nic.network:
            network = find_network(work.cluster, nic.network)
            others = {other.ip for other in nics if other.network == nic.network}
            nic.ip = addresses.next_free(work.cluster, network, others)
            work.log(f" - INFO: Chose IP {nic.ip} from network {network.name}")
