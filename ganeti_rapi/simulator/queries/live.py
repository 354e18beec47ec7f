"""What Ganeti has to ask the nodes for: whether they answer, and what runs on them."""

from __future__ import annotations

from typing import Any

from ganeti_rapi.simulator.queries.context import Context
from ganeti_rapi.simulator.queries.fields import (
    NO_DATA,
    NORMAL,
    OFFLINE,
    UNAVAILABLE,
    Read,
    Reading,
    ReadValue,
)
from ganeti_rapi.simulator.state import Instance, Node

# By wanted state and whether it runs. Source: the status field's description in Ganeti's manual.
_STATUS = {
    ("up", True): "running",
    ("up", False): "ERROR_down",
    ("down", True): "ERROR_up",
    ("down", False): "ADMIN_down",
    ("offline", True): "ERROR_up",
    ("offline", False): "ADMIN_offline",
}


def silence(node: Node) -> Reading | None:
    """The reading of everything that would have to be asked of a node that does not answer."""
    if node.offline:
        return OFFLINE
    return None if node.powered else NO_DATA


def from_node(read: ReadValue[Node]) -> Read[Node]:
    """Readings of what only the node itself knows."""

    def reading(context: Context, node: Node) -> Reading:
        if not node.vm_capable:
            return UNAVAILABLE
        return silence(node) or (NORMAL, read(context, node))

    return reading


def from_primary(read: ReadValue[Instance]) -> Read[Instance]:
    """Readings of what only an instance's primary node knows; None is unavailable."""

    def reading(context: Context, instance: Instance) -> Reading:
        if silent := silence(instance.primary):
            return silent
        value = read(context, instance)
        return UNAVAILABLE if value is None else (NORMAL, value)

    return reading


def status(instance: Instance) -> str:
    """The one word that compares what is wanted with what is."""
    if instance.primary.offline:
        return "ERROR_nodeoffline"
    if not instance.primary.powered:
        return "ERROR_nodedown"
    if instance.running and instance.runs_on not in (None, instance.primary):
        return "ERROR_wrongnode"
    if instance.stopped_by_user and (instance.admin_state, instance.running) == ("down", False):
        return "USER_down"
    return _STATUS[instance.admin_state, instance.running]


def spindles(context: Context, _: Node) -> Reading:
    """Disk spindles are counted for LVM only, and are zero without exclusive storage."""
    return (NORMAL, 0) if context.cluster.info.get("volume_group_name") else NO_DATA


_VNC_BASE_PORT = 5900

# By hypervisor: the command that opens a shell's console on the primary node.
_CONSOLE_COMMANDS = {
    "chroot": ["chroot", "/srv/ganeti/chroot/{name}"],
    "kvm": [
        "/usr/lib/ganeti/tools/kvm-console-wrapper",
        "/usr/bin/socat",
        "{name}",
        "/var/run/ganeti/kvm-hypervisor/ctrl/{name}.monitor",
        "STDIO,raw,echo=0,icanon=0",
        "UNIX-CONNECT:/var/run/ganeti/kvm-hypervisor/ctrl/{name}.serial",
    ],
    "lxc": ["lxc-console", "-n", "{name}"],
    "xen-hvm": ["/usr/lib/ganeti/tools/xen-console-wrapper", "xl", "{name}"],
    "xen-pvm": ["/usr/lib/ganeti/tools/xen-console-wrapper", "xl", "{name}"],
}


def console(context: Context, instance: Instance) -> dict[str, Any]:  # Any: ports and commands
    """How to get to an instance's console: over ssh, VNC or SPICE, or a message that says why not.

    The keys that do not apply are left out.
    """
    hvparams, port = context.hvparams(instance), instance.network_port
    by_serial_line = hvparams.get("serial_console", True)
    if instance.hypervisor in _CONSOLE_COMMANDS and by_serial_line:
        return {"instance": instance.name, "kind": "ssh", **_shell(context, instance)}
    if hvparams.get("vnc_bind_address") and port is not None and port > _VNC_BASE_PORT:
        host, display = hvparams["vnc_bind_address"], port - _VNC_BASE_PORT
        details = {"kind": "vnc", "host": host, "port": port, "display": display}
    elif hvparams.get("spice_bind"):
        details = {"kind": "spice", "host": hvparams["spice_bind"], "port": port}
    else:
        text = f"{instance.name} has no console ({instance.hypervisor} hypervisor)"
        details = {"kind": "msg", "message": text}
    return {"instance": instance.name, **details}


def _shell(context: Context, instance: Instance) -> dict[str, Any]:  # Any: as above
    command = _CONSOLE_COMMANDS[instance.hypervisor]
    return {
        "host": instance.primary.name,
        "port": context.node_ndparams(instance.primary)["ssh_port"],
        "user": "root",
        "command": [word.format(name=instance.name) for word in command],
    }
