"""Hypervisors: which there are, what they need on a node, and what their parameters may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from posixpath import isabs, normpath

from ganeti_rapi.simulator.state import Cluster, Params
from ganeti_rapi.simulator.units import refusals

_PROGRAMS = {"kvm": "kvm_path", "xen-pvm": "kernel_path", "xen-hvm": "kernel_path"}
"""By hypervisor: the parameter whose file a node has only if it can run that hypervisor."""


def require_installed(cluster: Cluster, hypervisor: str) -> None:
    """Refuse a hypervisor whose programs the nodes lack."""
    program = _PROGRAMS.get(hypervisor)
    if hypervisor in cluster.hypervisors or program is None:
        return
    path = cluster.info["hvparams"].get(hypervisor, {}).get(program)
    raise refusals.failed(
        f"Hypervisor parameter validation failed on node {cluster.master.name}: Parameter"
        f" '{program}' fails validation: not found or not a file (current value: '{path}')"
    )


def require_values(cluster: Cluster, hypervisor: str, params: Params) -> None:
    """Refuse an unknown hypervisor, and values that it cannot read; unknown names pass here."""
    if hypervisor not in cluster.info["hvparams"]:
        raise refusals.bad_hypervisor(f"Unknown hypervisor type '{hypervisor}'")
    for name, value in params.items():
        check = _CHECKS.get(name)
        if check is not None and value not in (None, "default") and (flaw := check(value)):
            raise refusals.bad_hypervisor(
                f"Parameter '{name}' fails syntax check: {flaw} (current value: '{value}')"
            )


def _one_of(*choices: str) -> Callable[[object], str | None]:
    flaw = f"The value must be one of: {', '.join(choices)}"
    return lambda value: None if value in choices else flaw


def _path(value: object) -> str | None:
    if value == "" or (isinstance(value, str) and isabs(value) and normpath(value) == value):
        return None
    return "must be an absolute normalized path"


def _mode(value: object) -> str | None:
    return None if value in ("live", "non-live") else "invalid migration mode"


_PATHS = """
    kernel_path initrd_path floppy_image_path vnc_password_file vnc_x509_path kvm_path
"""

_CHECKS: Mapping[str, Callable[[object], str | None]] = {
    **dict.fromkeys(_PATHS.split(), _path),
    "boot_order": _one_of("network", "floppy", "cdrom", "disk"),
    "disk_cache": _one_of("default", "none", "writeback", "writethrough"),
    "migration_mode": _mode,
    "reboot_behavior": _one_of("reboot", "exit"),
    "security_model": _one_of("none", "user", "pool"),
}
