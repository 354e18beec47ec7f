"""What the cluster's settings must not become: checks of OP_CLUSTER_SET_PARAMS and group policies.

Source: each text and class was learned from luxid 3.0.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Params
from ganeti_rapi.simulator.task import OpcodeJson
from ganeti_rapi.simulator.units import hypervisors, refusals
from ganeti_rapi.simulator.units.lookup import require_os

MOST_BITS = 32

_LVM = ("plain", "drbd")

_DIRECTORIES = {
    "file": "file_storage_dir",
    "sharedfile": "shared_file_storage_dir",
    "gluster": "gluster_storage_dir",
}


def require_volume_group(cluster: Cluster, op: OpcodeJson) -> None:
    """Refuse LVM's disk templates without a volume group, or with one that the nodes lack."""
    wanted = op["enabled_disk_templates"] or cluster.info["enabled_disk_templates"]
    if not set(_LVM) & set(wanted):
        return
    group = cluster.info["volume_group_name"] if op["vg_name"] is None else op["vg_name"]
    if op["vg_name"] == "":
        raise refusals.wrong_input(
            "Cannot unset volume group if lvm-based disk templates are enabled."
        )
    if not group:
        raise refusals.wrong_input(
            "Please specify a volume group when enabling lvm-based disk-templates."
        )
    for node in cluster.nodes if op["vg_name"] else []:
        if ("lvm-vg", group) not in {(unit.type, unit.name) for unit in node.storage}:
            raise refusals.bad_environment(
                f"Error on node '{node.name}': volume group '{group}' missing"
            )


def require_directories(cluster: Cluster, op: OpcodeJson) -> None:
    """Refuse to take away the directory of a disk template that is on."""
    enabled = op["enabled_disk_templates"] or cluster.info["enabled_disk_templates"]
    for template, name in _DIRECTORIES.items():
        if op[name] == "" and template in enabled:
            raise refusals.wrong_input(
                f"Unsetting the '{template}' storage directory while having '{template}' storage"
                " enabled is not permitted."
            )


def require_hypervisors(cluster: Cluster, op: OpcodeJson) -> None:
    """Refuse hypervisors that the nodes lack, and parameters that one cannot read."""
    for name, params in (op["hvparams"] or {}).items():
        hypervisors.require_values(cluster, name, params)
    for name in op["enabled_hypervisors"] or []:
        hypervisors.require_installed(cluster, name)


def require_os_parameters(cluster: Cluster, by_os: Mapping[str, Params]) -> None:
    """Refuse parameters that an OS does not know."""
    for os, params in by_os.items():
        require_os(cluster, cluster.master, os, params, any_variant=False)


def require_policy(cluster: Cluster, op: OpcodeJson) -> None:
    """Refuse an instance policy for the cluster that is incomplete or contradicts itself."""
    policy = op["ipolicy"] or {}
    for name in ("minmax", "disk-templates"):
        if name in policy and not policy[name]:
            raise refusals.wrong_input(f"Can't unset ipolicy attribute '{name}' on the cluster'")
    enabled = op["enabled_disk_templates"] or cluster.info["enabled_disk_templates"]
    current = cluster.info["ipolicy"]
    require_enabled(policy.get("disk-templates"), enabled)
    _require_ratios(policy)
    std = {**current["std"], **_known(policy.get("std") or {}, current["std"])}
    pairs = policy.get("minmax") or current["minmax"]
    _require_bounds(pairs, current["std"])
    if not any(_within(std, pair) for pair in pairs):
        raise refusals.wrong_input("Invalid instance policy: Invalid std specifications")


def require_group_policy(cluster: Cluster, policy: Params) -> None:
    """Refuse what the instance policy of a node group cannot be."""
    if "std" in policy:
        raise refusals.wrong_input("std cannot appear in group instance specs")
    templates = policy.get("disk-templates")
    if isinstance(templates, list):
        require_enabled(templates, cluster.info["enabled_disk_templates"])
    _require_ratios(policy)
    if isinstance(policy.get("minmax"), list):
        _require_bounds(policy["minmax"], cluster.info["ipolicy"]["std"])


def require_enabled(templates: Sequence[str] | None, enabled: Sequence[str]) -> None:
    """Refuse to allow disk templates that the cluster has switched off."""
    if off := [template for template in templates or () if template not in enabled]:
        raise refusals.wrong_input(
            "The following disk templates are allowed by the ipolicy, but not enabled on the"
            f" cluster: {', '.join(off)}"
        )


def _require_ratios(policy: Params) -> None:
    for name in ("spindle-ratio", "vcpu-ratio"):
        value = policy.get(name, 0)
        try:
            value == "default" or float(value)
        except (TypeError, ValueError):
            raise refusals.wrong_input(
                f"Invalid value for attribute '{name}': '{value}', error: could not convert string"
                f" to float: '{value}'"
            ) from None


def _require_bounds(pairs: Iterable[Mapping[str, Params]], known: Params) -> None:
    for pair in pairs:
        for bound in ("min", "max"):
            if bound not in pair:
                raise refusals.wrong_input(
                    f"Invalid instance policy: Missing instance specification: {bound}"
                )
            _known(pair[bound], known)


def _known(spec: Params, known: Params) -> Params:
    if unknown := sorted(set(spec) - set(known)):
        raise refusals.wrong_type(f"Unknown parameter '{unknown[0]}'")
    return spec


def _within(std: Params, pair: Mapping[str, Any]) -> bool:  # Any: numbers by name
    return all(
        pair["min"].get(name, value) <= value <= pair["max"].get(name, value)
        for name, value in std.items()
    )
