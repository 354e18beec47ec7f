"""The opcodes on IP networks."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.state import Cluster, Group, Network
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import addresses, parameters, refusals
from ganeti_rapi.simulator.units.locks import exclusive, new
from ganeti_rapi.simulator.units.lookup import group_of, network_of
from ganeti_rapi.simulator.units.tags import checked_tags

_SMALLEST_PREFIX, _LARGEST_PREFIX = 30, 16

_WITHDRAWN = "none"


def _add(task: Task) -> Steps:
    op, now = task.op, task.now()
    _require_new_name(task.cluster, op["network_name"])
    if op["mac_prefix"]:
        parameters.require_mac_prefix(op["mac_prefix"])
    network = Network(
        task.identities.uuid(),
        op["network_name"],
        now,
        now,
        tags=checked_tags(op["tags"]),
        **{key: op[key] for key in ("network", "gateway", "network6", "gateway6", "mac_prefix")},
    )
    # Ganeti finds these only when it makes the pool, so a dry run does not see them.
    yield 0.1
    _check_pool(network)
    _reserve(network, op["add_reserved_ips"] or [])
    task.cluster.networks.append(network)
    return None


def _require_new_name(cluster: Cluster, name: str) -> None:
    for network in cluster.networks:
        if network.name == name:
            raise refusals.already_exists(
                f"Desired network name '{name}' already exists as a network (UUID: {network.uuid})"
            )


def _check_pool(network: Network) -> None:
    try:
        subnet = IPv4Network(network.network)
    except ValueError as error:
        raise refusals.failed(str(error)) from None
    if flaw := _flaw_of_pool(subnet, network.gateway):
        raise refusals.failed(f"Cannot create IP address pool for network '{network.name}': {flaw}")


def _flaw_of_pool(subnet: IPv4Network, gateway: str | None) -> str | None:
    hosts = subnet.num_addresses
    if subnet.prefixlen > _SMALLEST_PREFIX:
        return (
            f"A network with only {hosts} host(s) is too small,"
            f" please specify at least a /{_SMALLEST_PREFIX} network"
        )
    if subnet.prefixlen < _LARGEST_PREFIX:
        return (
            f"A big network with {hosts} host(s) is currently not supported."
            f" please specify at most a /{_LARGEST_PREFIX} network"
        )
    if gateway and IPv4Address(gateway) not in subnet:
        return f"{subnet} does not contain {gateway}"
    return None


def _reserve(network: Network, wanted: list[str]) -> None:
    for address in wanted:
        if flaw := _not_reservable(network, address):
            raise refusals.failed(f"Cannot reserve IP address '{address}': {flaw}")
        network.reserved.append(address)


def _not_reservable(network: Network, address: str) -> str | None:
    if IPv4Address(address) not in IPv4Network(network.network):
        return f"{network.network} does not contain {address}"
    if IPv4Address(address) in addresses.externally_reserved(network):
        return f"IP {address} is already externally reserved"
    return None


def _remove(task: Task) -> Steps:
    network = network_of(task)
    connected = [group.name for group in task.cluster.groups if network.uuid in group.networks]
    if connected:
        task.log(
            f" - WARNING: Network '{network.name}' is connected to the following node groups:"
            f" {', '.join(connected)}"
        )
        raise refusals.wrong_state("Network still connected")
    yield 0.1
    task.cluster.networks.remove(network)
    return None


def _rename(task: Task) -> Steps:
    network, name = network_of(task), task.op["new_name"]
    _require_new_name(task.cluster, name)
    yield 0.1
    network.name = name
    network.touch(task.now())
    return name


def _set_params(task: Task) -> Steps:
    network, op = network_of(task), task.op
    if op["gateway"] and (op["add_reserved_ips"] or op["remove_reserved_ips"]):
        raise refusals.wrong_input("Cannot modify gateway and reserved ips at once")
    if op["mac_prefix"] not in (None, _WITHDRAWN):
        parameters.require_mac_prefix(op["mac_prefix"])
    if op["gateway"] not in (None, _WITHDRAWN, network.gateway):
        _check_gateway(task.cluster, network, op["gateway"])
    yield 0.1
    _change_reserved(task, network)
    for name in ("gateway", "network6", "gateway6", "mac_prefix"):
        if op[name] is not None:
            setattr(network, name, None if op[name] == _WITHDRAWN else op[name])
    network.touch(task.now())
    return None


def _check_gateway(cluster: Cluster, network: Network, gateway: str) -> None:
    if flaw := _not_reservable(network, gateway):
        raise refusals.bad_address(flaw)
    if IPv4Address(gateway) in addresses.used_by_instances(cluster, network):
        raise refusals.bad_address(f"IP {gateway} is already reserved")


def _change_reserved(task: Task, network: Network) -> None:
    for address in task.op["add_reserved_ips"] or []:
        if flaw := _not_reservable(network, address):
            task.log(f" - WARNING: Cannot reserve IP address {address}: {flaw}")
        else:
            network.reserved.append(address)
    for address in task.op["remove_reserved_ips"] or []:
        if address in network.reserved:
            network.reserved.remove(address)
        else:
            flaw = f"IP {address} is not externally reserved"
            task.log(f" - WARNING: Cannot release IP address {address}: {flaw}")


def _connect(task: Task) -> Steps:
    op, network, group = task.op, network_of(task), group_of(task)
    connected = network.uuid in group.networks
    if op["conflicts_check"] and not connected:
        _require_no_conflict(task, network, group)
    yield 0.1
    if connected:
        task.log(f" - WARNING: Network '{network.name}' is already mapped to group '{group.name}'")
        return None
    link = {"mode": "network_mode", "link": "network_link", "vlan": "network_vlan"}
    group.networks[network.uuid] = {key: op[parameter] for key, parameter in link.items()}
    group.touch(task.now())
    return None


def _disconnect(task: Task) -> Steps:
    network, group = network_of(task), group_of(task)
    used = _addresses_in(task.cluster, network, group)
    if used:
        task.log(
            f" - WARNING: IP addresses from network '{network.name}', which is about to disconnect"
            f" from node group '{group.name}', are in use: {', '.join(used)}"
        )
        raise _conflict()
    yield 0.1
    if group.networks.pop(network.uuid, None) is None:
        task.log(f" - WARNING: Network '{network.name}' is not mapped to group '{group.name}'")
    else:
        group.touch(task.now())
    return None


def _addresses_in(cluster: Cluster, network: Network, group: Group) -> list[str]:
    """The addresses of a network that a group's instances have, each with its interface."""
    return [
        f"{instance.name}: nic{index}/{nic.ip}"
        for instance, index, nic in addresses.nics(cluster)
        if nic.network == network.uuid and instance.primary.group is group and nic.ip
    ]


def _require_no_conflict(task: Task, network: Network, group: Group) -> None:
    """Refuse to connect when instances of the group have addresses of the network by chance."""
    subnet = IPv4Network(network.network)
    used = [
        f"{instance.name}: nic{index}/{nic.ip}"
        for instance, index, nic in addresses.nics(task.cluster)
        if nic.network is None and instance.primary.group is group
        if nic.ip and ":" not in nic.ip and IPv4Address(nic.ip) in subnet
    ]
    if used:
        task.log(
            f" - WARNING: IP addresses from network '{network.name}', which is about to connect"
            f" to node group '{group.name}', are in use: {', '.join(used)}"
        )
        raise _conflict()


def _conflict() -> JobDaemonError:
    return refusals.wrong_state(
        "Conflicting IP addresses found;  remove/modify the corresponding network interfaces"
    )


_CLAIM = exclusive(network="network_name")
_CLAIM_BOTH = exclusive(network="network_name", nodegroup="group_name")

UNITS: Mapping[str, Unit] = {
    "OP_NETWORK_ADD": Unit(_add, new("network", "network_name")),
    "OP_NETWORK_CONNECT": Unit(_connect, _CLAIM_BOTH),
    "OP_NETWORK_DISCONNECT": Unit(_disconnect, _CLAIM_BOTH),
    "OP_NETWORK_REMOVE": Unit(_remove, _CLAIM),
    "OP_NETWORK_RENAME": Unit(_rename, _CLAIM),
    "OP_NETWORK_SET_PARAMS": Unit(_set_params, _CLAIM),
}
