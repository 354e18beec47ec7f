"""The fields of instances: a few hundred, most of them one pattern times an index or a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.queries.fields import (
    NO_DATA,
    NORMAL,
    UNAVAILABLE,
    Field,
    FieldKind,
    Read,
    Reading,
    Table,
    aliases,
    always,
    attribute,
    attribute_if_any,
    configuration_fields,
    if_any,
    table,
)
from ganeti_rapi.simulator.queries.live import console, from_primary, silence, status
from ganeti_rapi.simulator.state import Disk, Instance, Nic, Node

MAX_NICS = 8
MAX_DISKS = 16

I_ = TypeVar("I_", Disk, Nic)


@frozen
class _Column(Generic[I_]):
    """A property of every disk or NIC: a field for the list of all, and one for each index."""

    name: str
    title: str
    list_name: str
    list_title: str
    kind: FieldKind
    doc: str
    read: Callable[[Context, I_], Any]  # Any: text or number, or None


def _vlan(context: Context, nic: Nic) -> str | None:
    params = context.nicparams(nic)
    return params["vlan"] if params["mode"] == "openvswitch" else None


def _bridge(context: Context, nic: Nic) -> str | None:
    params = context.nicparams(nic)
    return params["link"] if params["mode"] == "bridged" else None


def _network_name(context: Context, nic: Nic) -> str | None:
    return context.network_names.get(nic.network) if nic.network else None


# fmt: off
_NIC_COLUMNS: list[_Column[Nic]] = [
    _Column("nic.bridge", "NicBridge", "nic.bridges", "NIC_bridges", "text", "Bridge",
            _bridge),
    _Column("nic.ip", "NicIP", "nic.ips", "NIC_IPs", "text", "IP address",
            lambda _, nic: nic.ip),
    _Column("nic.link", "NicLink", "nic.links", "NIC_links", "text", "Link",
            lambda context, nic: context.nicparams(nic)["link"]),
    _Column("nic.mac", "NicMAC", "nic.macs", "NIC_MACs", "text", "MAC address",
            lambda _, nic: nic.mac),
    _Column("nic.mode", "NicMode", "nic.modes", "NIC_modes", "text", "Mode",
            lambda context, nic: context.nicparams(nic)["mode"]),
    _Column("nic.name", "NicName", "nic.names", "NIC_Names", "text", "Name",
            lambda _, nic: nic.name),
    _Column("nic.network", "NicNetwork", "nic.networks", "NIC_networks", "text", "Network UUID",
            lambda _, nic: nic.network),
    _Column("nic.network.name", "NicNetworkName", "nic.networks.names", "NIC_networks_names",
            "text", "Network name", _network_name),
    _Column("nic.uuid", "NicUUID", "nic.uuids", "NIC_UUIDs", "text", "UUID",
            lambda _, nic: nic.uuid),
    _Column("nic.vlan", "NicVLAN", "nic.vlans", "NIC_VLANs", "text", "VLAN",
            _vlan),
]

_DISK_COLUMNS: list[_Column[Disk]] = [
    _Column("disk.name", "DiskName", "disk.names", "Disk_names", "text", "Name",
            lambda _, disk: disk.name),
    _Column("disk.size", "Disk", "disk.sizes", "Disk_sizes", "unit", "Size",
            lambda _, disk: disk.size),
    _Column("disk.spindles", "DiskSpindles", "disk.spindles", "Disk_spindles", "number",
            "Number of spindles", lambda _, disk: disk.spindles),
    _Column("disk.uuid", "DiskUUID", "disk.uuids", "Disk_UUIDs", "text", "UUID",
            lambda _, disk: disk.uuid),
]
# fmt: on


def _column_fields(
    columns: Sequence[_Column[I_]],
    noun: str,
    count: int,
    items_of: Callable[[Instance], Sequence[I_]],
) -> Iterator[Field[Instance]]:
    for column in columns:
        read_all = _read_all(column, items_of)
        doc = f"{column.doc} of each {noun}"
        yield Field(column.list_name, column.list_title, "other", doc, read_all)
        for index in range(count):
            yield Field(
                f"{column.name}/{index}",
                f"{column.title}/{index}",
                column.kind,
                f"{column.doc} of {noun} {index}, counted from 0",
                _read_one(column, items_of, index),
            )


def _read_all(column: _Column[I_], items_of: Callable[[Instance], Sequence[I_]]) -> Read[Instance]:
    read = column.read
    return lambda context, instance: (NORMAL, [read(context, i) for i in items_of(instance)])


def _read_one(
    column: _Column[I_], items_of: Callable[[Instance], Sequence[I_]], index: int
) -> Read[Instance]:
    def reading(context: Context, instance: Instance) -> Reading:
        items = items_of(instance)
        value = column.read(context, items[index]) if index < len(items) else None
        return UNAVAILABLE if value is None else (NORMAL, value)

    return reading


# By name: title and kind of each backend parameter.
_BACKEND_PARAMETERS: dict[str, tuple[str, FieldKind]] = {
    "always_failover": ("be/always_failover", "bool"),
    "auto_balance": ("Auto_balance", "bool"),
    "maxmem": ("ConfigMaxMem", "unit"),
    "minmem": ("ConfigMinMem", "unit"),
    "spindle_use": ("be/spindle_use", "number"),
    "vcpus": ("ConfigVCPUs", "number"),
}

_BOOL_HVPARAMS = """
    acpi pae serial_console spice_playback_compression spice_use_tls spice_use_vdagent
    use_bootloader use_chroot use_guest_agent use_localtime user_shutdown vhost_net viridian
    vnc_tls vnc_x509_verify vnet_hdr
"""
_NUMBER_HVPARAMS = """
    cpu_cap cpu_cores cpu_sockets cpu_threads cpu_weight kvm_pci_reservations migration_downtime
    num_ttys serial_speed spice_ip_version startup_timeout virtio_net_queues
"""
_OTHER_HVPARAMS = """
    blockdev_prefix boot_order bootloader_args bootloader_path cdrom2_image_path cdrom_disk_type
    cdrom_image_path cpu_mask cpu_type cpuid device_model devices disk_aio disk_cache disk_discard
    disk_type drop_capabilities extra_cgroups extra_config floppy_image_path init_script
    initrd_path kernel_args kernel_path keymap kvm_extra kvm_flag kvm_path machine_version mem_path
    migration_caps nic_type pci_pass reboot_behavior root_path scsi_controller_type security_domain
    security_model soundhw spice_bind spice_image_compression spice_jpeg_wan_compression
    spice_password_file spice_streaming_video spice_tls_ciphers spice_zlib_glz_wan_compression
    usb_devices usb_mouse vga vif_script vif_type vnc_bind_address vnc_password_file vnc_x509_path
"""
# The titles that are not just the field's name.
_HVPARAM_TITLES = {
    "acpi": "ACPI",
    "boot_order": "Boot_order",
    "cdrom_image_path": "CDROM_image_path",
    "cpu_type": "cpu_type",
    "disk_type": "Disk_type",
    "initrd_path": "Initrd_path",
    "kernel_path": "Kernel_path",
    "nic_type": "NIC_type",
    "pae": "PAE",
    "pci_pass": "pci_pass",
    "vnc_bind_address": "VNC_bind_address",
}


def _backend_fields() -> Iterator[Field[Instance]]:
    for name, (title, kind) in _BACKEND_PARAMETERS.items():
        doc = f"Value of the backend parameter {name}"
        yield Field(f"be/{name}", title, kind, doc, _backend_reader(name))


def _backend_reader(name: str) -> Read[Instance]:
    return if_any(lambda context, instance: context.beparams(instance).get(name))


def _hypervisor_fields(kind: FieldKind, names: str) -> Iterator[Field[Instance]]:
    for name in names.split():
        title = _HVPARAM_TITLES.get(name, f"hv/{name}")
        doc = f"Value of the hypervisor parameter {name}"
        yield Field(f"hv/{name}", title, kind, doc, _hypervisor_reader(name))


def _hypervisor_reader(name: str) -> Read[Instance]:
    return if_any(lambda context, instance: context.hvparams(instance).get(name))


def _oper_state(_: Context, instance: Instance) -> Reading:
    """An offline node is no data here, where luxid's other fields say that it is offline."""
    return NO_DATA if silence(instance.primary) else (NORMAL, instance.running)


def _secondaries(instance: Instance) -> list[Node]:
    return [instance.secondary] if instance.secondary else []


# fmt: off
_PLAIN_FIELDS: list[Field[Instance]] = [
    Field("admin_state", "InstanceState", "text",
          "The state that is wanted: up, down or offline", attribute("admin_state")),
    Field("admin_state_source", "InstanceStateSource", "text",
          "Who decided on the wanted state: admin or user",
          always(lambda _, i: "user" if i.stopped_by_user else "admin")),
    Field("admin_up", "Autostart", "bool",
          "Whether it is wanted to run", always(lambda _, i: i.admin_state == "up")),
    Field("beparams", "BackendParameters", "other",
          "All backend parameters, defaults included", always(lambda c, i: c.beparams(i))),
    Field("console", "Console", "other",
          "How to reach its console", from_primary(console)),
    Field("custom_beparams", "CustomBackendParameters", "other",
          "The backend parameters set on it", attribute("beparams")),
    Field("custom_hvparams", "CustomHypervisorParameters", "other",
          "The hypervisor parameters set on it", attribute("hvparams")),
    Field("custom_nicparams", "CustomNicParameters", "other",
          "The parameters set on each of its NICs",
          always(lambda _, i: [nic.nicparams for nic in i.nics])),
    Field("custom_osparams", "CustomOpSysParameters", "other",
          "The OS parameters set on it", attribute("osparams")),
    Field("disk.count", "Disks", "number",
          "How many disks it has", always(lambda _, i: len(i.disks))),
    Field("disk_template", "Disk_template", "text",
          "How its disks are stored", attribute("disk_template")),
    Field("disk_usage", "DiskUsage", "unit",
          "What its disks take on each of its nodes, which may be more than it sees itself",
          always(lambda _, i: disk_usage(i))),
    Field("disks_active", "DisksActive", "bool",
          "Whether its disks are wanted to be active", attribute("disks_active")),
    Field("forthcoming", "Forthcoming", "bool",
          "Whether it is only planned yet", always(lambda *_: False)),
    Field("hvparams", "HypervisorParameters", "other",
          "All hypervisor parameters, defaults included", always(lambda c, i: c.hvparams(i))),
    Field("hypervisor", "Hypervisor", "text", "Its hypervisor", attribute("hypervisor")),
    Field("name", "Instance", "text", "Its name", attribute("name")),
    Field("network_port", "Network_port", "other",
          "The TCP port that is reserved for it, for VNC say", attribute_if_any("network_port")),
    Field("nic.count", "NICs", "number",
          "How many NICs it has", always(lambda _, i: len(i.nics))),
    Field("oper_ram", "Memory", "unit", "The memory that it uses now",
          from_primary(lambda c, i: c.memory(i) if i.running else None)),
    Field("oper_state", "Running", "bool",
          "Whether it runs", _oper_state),
    Field("oper_vcpus", "VCPUs", "number", "The virtual CPUs that it uses now",
          from_primary(lambda c, i: c.vcpus(i) if i.running else None)),
    Field("os", "OS", "text", "Its operating system", attribute("os")),
    Field("osparams", "OpSysParameters", "other",
          "All OS parameters, defaults included", always(lambda c, i: c.osparams(i))),
    Field("pnode", "Primary_node", "text",
          "The node that it runs on", attribute("primary.name")),
    Field("pnode.group", "PrimaryNodeGroup", "text",
          "The group of its primary node", attribute("primary.group.name")),
    Field("pnode.group.uuid", "PrimaryNodeGroupUUID", "text",
          "The UUID of its primary node's group", attribute("primary.group.uuid")),
    Field("snodes", "Secondary_Nodes", "other",
          "The nodes that its disks are mirrored to; none or one",
          always(lambda _, i: [node.name for node in _secondaries(i)])),
    Field("snodes.group", "SecondaryNodesGroups", "other",
          "The groups of its secondary nodes",
          always(lambda _, i: [node.group.name for node in _secondaries(i)])),
    Field("snodes.group.uuid", "SecondaryNodesGroupsUUID", "other",
          "The UUIDs of its secondary nodes' groups",
          always(lambda _, i: [node.group.uuid for node in _secondaries(i)])),
    Field("status", "Status", "text",
          "What is wanted and what is, in one word: running, ADMIN_down and ADMIN_offline are as"
          " wanted; ERROR_down and ERROR_up are the opposite of what is wanted; ERROR_nodedown and"
          " ERROR_nodeoffline mean that its primary node cannot be asked",
          always(lambda _, i: status(i))),
]
# fmt: on

_FIELDS: list[Field[Instance]] = [
    *_PLAIN_FIELDS,
    *configuration_fields("Instance"),
    *_column_fields(_NIC_COLUMNS, "NIC", MAX_NICS, lambda instance: instance.nics),
    *_column_fields(_DISK_COLUMNS, "disk", MAX_DISKS, lambda instance: instance.disks),
    *_backend_fields(),
    *_hypervisor_fields("bool", _BOOL_HVPARAMS),
    *_hypervisor_fields("number", _NUMBER_HVPARAMS),
    *_hypervisor_fields("other", _OTHER_HVPARAMS),
]

INSTANCE_FIELDS: Table[Instance] = table(
    [
        *_FIELDS,
        *aliases(
            _FIELDS,
            {
                "be/memory": "be/maxmem",
                "bridge": "nic.bridge/0",
                "ip": "nic.ip/0",
                "mac": "nic.mac/0",
                "nic_link": "nic.link/0",
                "nic_mode": "nic.mode/0",
                "nic_network": "nic.network/0",
                "sda_size": "disk.size/0",
                "sdb_size": "disk.size/1",
                "vcpus": "be/vcpus",
            },
        ),
    ]
)
