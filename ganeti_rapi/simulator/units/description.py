"""What OP_INSTANCE_QUERY_DATA tells about an instance."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.state import Cluster, Disk, Instance, Network, Nic, find
from ganeti_rapi.simulator.units import addresses
from ganeti_rapi.simulator.units.volumes import logical_id, path

Json = dict[str, Any]  # Any: a report with values of many kinds


def description(cluster: Cluster, instance: Instance, *, static: bool) -> Json:
    """Everything about an instance; ``static`` leaves out what the nodes would be asked for."""
    return {
        **_configuration(instance),
        "run_state": None if static else ("up" if instance.running else "down"),
        **_place(instance),
        "nics": [_nic(cluster, nic) for nic in instance.nics],
        "disks": [_disk(cluster, instance, i, static) for i in range(len(instance.disks))],
        **_parameters(Context(cluster, {}), instance),
    }


def _configuration(instance: Instance) -> Json:
    return {
        "name": instance.name,
        "config_state": instance.admin_state,
        "os": instance.os,
        "disk_template": instance.disk_template,
        "hypervisor": instance.hypervisor,
        "network_port": instance.network_port,
        "serial_no": instance.serial_no,
        "mtime": instance.mtime,
        "ctime": instance.ctime,
        "uuid": instance.uuid,
    }


def _place(instance: Instance) -> Json:
    secondaries = [instance.secondary] if instance.secondary else []
    return {
        "pnode": instance.primary.name,
        "pnode_group_uuid": instance.primary.group.uuid,
        "pnode_group_name": instance.primary.group.name,
        "snodes": [node.name for node in secondaries],
        "snodes_group_uuids": [node.group.uuid for node in secondaries],
        "snodes_group_names": [node.group.name for node in secondaries],
    }


def _parameters(context: Context, instance: Instance) -> Json:
    return {
        "hv_instance": instance.hvparams,
        "hv_actual": context.hvparams(instance),
        "be_instance": instance.beparams,
        "be_actual": context.beparams(instance),
        "os_instance": instance.osparams,
        "os_actual": context.osparams(instance),
    }


def _nic(cluster: Cluster, nic: Nic) -> list[Any]:  # Any: nine values, in Ganeti's order
    params = Context(cluster, {}).nicparams(nic)
    network = find(cluster.networks, nic.network) if nic.network else None
    about = None if network is None else _network(cluster, network)
    link = [params["mode"], params["link"], params["vlan"]]
    return [nic.name, nic.uuid, nic.ip, nic.mac, *link, nic.network, about]


def _network(cluster: Cluster, network: Network) -> Json:
    used = addresses.used_by_instances(cluster, network)
    return {
        "name": network.name,
        "serial_no": network.serial_no,
        "network": network.network,
        "gateway": network.gateway,
        "reservations": addresses.bits(network, used),
        "ext_reservations": addresses.bits(network, addresses.externally_reserved(network)),
        "ctime": network.ctime,
        "mtime": network.mtime,
        "uuid": network.uuid,
        "tags": network.tags,
    }


def _disk(cluster: Cluster, instance: Instance, index: int, static: bool) -> Json:
    disk, template = instance.disks[index], instance.disk_template
    status = None if static else _status(cluster, instance, index)
    mirrored = template == "drbd"
    return {
        "iv_name": f"disk/{index}",
        "dev_type": template,
        "logical_id": logical_id(cluster, instance, index),
        "drbd_info": _drbd_info(cluster, instance, index) if mirrored else None,
        "pstatus": status,
        "sstatus": status if mirrored else None,
        "children": _children(cluster, disk) if mirrored else [],
        "mode": disk.mode,
        "size": disk.size,
        "spindles": disk.spindles,
        "name": disk.name,
        "uuid": disk.uuid,
    }


def _status(cluster: Cluster, instance: Instance, index: int) -> list[object] | None:
    """Path, major, minor, percent synced, seconds left, degraded, and 1 for a good local disk."""
    if not instance.disks_active:
        return None
    return [path(cluster, instance, index), None, None, None, None, False, 1]


def _drbd_info(cluster: Cluster, instance: Instance, index: int) -> Json:
    primary, secondary, port, minor, other_minor, _ = logical_id(cluster, instance, index)
    return {
        "primary_node": instance.primary.name if primary else None,
        "primary_minor": minor,
        "secondary_node": instance.secondary.name if secondary and instance.secondary else None,
        "secondary_minor": other_minor,
        "port": port,
    }


_METADATA_SIZE = 128


def _children(cluster: Cluster, disk: Disk) -> list[Json]:
    """The two logical volumes below a mirrored disk."""
    group = disk.params.get("vg") or cluster.info.get("volume_group_name")
    sizes = {"data": disk.size, "meta": _METADATA_SIZE}
    return [
        {
            "iv_name": "",
            "dev_type": "plain",
            "logical_id": [group, f"{disk.uuid}_{part}"],
            "drbd_info": None,
            "pstatus": None,
            "sstatus": None,
            "children": [],
            "mode": "rw",
            "size": size,
            "spindles": None,
            "name": None,
            "uuid": f"{disk.uuid}_{part}",
        }
        for part, size in sizes.items()
    ]
