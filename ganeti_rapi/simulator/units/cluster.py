"""The opcodes on the cluster as a whole, and those on nothing in particular."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Params
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import cluster_checks as checks
from ganeti_rapi.simulator.units import parameters, refusals
from ganeti_rapi.simulator.units.capacity import is_allocator
from ganeti_rapi.simulator.units.locks import exclusive, whole_cluster
from ganeti_rapi.simulator.units.lookup import find_node
from ganeti_rapi.simulator.units.nics import require_mode

_SIMPLE = """
    candidate_pool_size max_running_jobs max_tracked_jobs uid_pool maintain_node_health
    prealloc_wipe_disks default_iallocator default_iallocator_params mac_prefix master_netdev
    master_netmask reserved_lvs use_external_mip_script enabled_hypervisors enabled_disk_templates
    file_storage_dir shared_file_storage_dir gluster_storage_dir install_image
    instance_communication_network zeroing_image compression_tools enabled_user_shutdown
"""
# The parameters that replace the setting of the same name.

_NEVER_EMPTY = ("enabled_disk_templates", "enabled_hypervisors")
"""The settings that an empty list leaves as they are."""

_EMPTY_IS_NONE = {"vg_name": "volume_group_name", "drbd_helper": "drbd_usermode_helper"}
"""The parameters whose setting has another name; an empty string takes it away."""

Changed = Callable[[Params, Any], Any]  # Any: a setting and its change, of the setting's own shape

_MERGED: Mapping[str, Changed] = {
    "beparams": lambda info, changes: {"default": _changed_beparams(info, changes)},
    "data_collector_interval": lambda info, new: {**info["data_collector_interval"], **new},
    "diskparams": lambda info, new: _merged_defaults(info["diskparams"], new),
    "enabled_data_collectors": lambda info, new: {**info["enabled_data_collectors"], **new},
    "hvparams": lambda info, new: _merged_defaults(info["hvparams"], new),
    "ipolicy": lambda info, new: parameters.ipolicy(
        info["ipolicy"], new, "Invalid key in new ipolicy"
    ),
    "ndparams": lambda info, new: _merged_default(info["ndparams"], new),
    "nicparams": lambda info, new: {"default": _changed_nicparams(info, new)},
    "os_hvp": lambda info, new: _changed_os_hvp(info, new),
    "osparams": lambda info, new: _by_os(info["osparams"], new),
}
"""The parameters that change a part of a setting."""

_LISTS = ("hidden_os", "blacklisted_os")
"""The settings to which names are added and from which they are removed."""


def _merged_default(defaults: Params, changes: Params) -> Params:
    """Defaults after a change; there is nothing below them to go back to."""
    return {**defaults, **parameters.merged({}, changes, defaults)}


def _merged_defaults(defaults: Mapping[str, Params], changes: Mapping[str, Params]) -> Params:
    changed = {key: _merged_default(defaults.get(key, {}), new) for key, new in changes.items()}
    return {**defaults, **changed}


def _changed_beparams(info: Params, changes: Params) -> Params:
    defaults = info["beparams"]["default"]
    return _merged_default(defaults, parameters.with_memory_bounds(changes))


def _changed_nicparams(info: Params, changes: Params) -> Params:
    require_mode(changes.get("mode"))
    return _merged_default(info["nicparams"]["default"], changes)


def _changed_os_hvp(info: Params, changes: Mapping[str, Mapping[str, Params | None]]) -> Params:
    """The parameters by OS and hypervisor after a change; null takes those of a hypervisor away."""
    changed = {}
    for os, by_hypervisor in changes.items():
        new = {name: params for name, params in by_hypervisor.items() if params is not None}
        gone = by_hypervisor.keys() - new.keys()
        if gone and os not in info["os_hvp"]:
            raise refusals.wrong_type("Expected dictionary, got 'None'")
        current = info["os_hvp"].get(os, {})
        kept = {name: params for name, params in current.items() if name not in gone}
        changed[os] = parameters.merged_by_key(kept, new, info["hvparams"])
    return {os: params for os, params in {**info["os_hvp"], **changed}.items() if params}


def _by_os(current: Mapping[str, Params], changes: Mapping[str, Params]) -> Params:
    changed = {os: parameters.merged_free(current.get(os, {}), new) for os, new in changes.items()}
    return {os: params for os, params in {**current, **changed}.items() if params}


def _set_params(task: Task) -> Steps:
    op, info = task.op, task.cluster.info
    _check(task.cluster, op)
    changes = {name: op[name] for name in _SIMPLE.split() if op[name] is not None}
    changes = {name: value for name, value in changes.items() if value or name not in _NEVER_EMPTY}
    for parameter, setting in _EMPTY_IS_NONE.items():
        if op[parameter] is not None:
            changes[setting] = op[parameter] or None
    if "enabled_hypervisors" in changes:
        changes["default_hypervisor"] = changes["enabled_hypervisors"][0]
    for name, changed in _MERGED.items():
        if op[name] is not None:
            changes[name] = changed(info, op[name])
    yield 0.1
    info.update(changes)
    info["uid_pool"] = _changed_pool(info["uid_pool"], op)
    for name in _LISTS:
        info[name] = _changed_list(task, name)
    private = op["osparams_private_cluster"] or {}
    task.cluster.osparams_private = _by_os(task.cluster.osparams_private, private)
    task.cluster.touch(task.now())
    return None


def _check(cluster: Cluster, op: OpcodeJson) -> None:
    if op["mac_prefix"] is not None:
        parameters.require_mac_prefix(op["mac_prefix"])
    if op["default_iallocator"] and not is_allocator(op["default_iallocator"]):
        raise refusals.wrong_input(
            f"Invalid default iallocator script '{op['default_iallocator']}' specified"
        )
    for name in ("uid_pool", "add_uids", "remove_uids"):
        for low, high in op[name] or []:
            _require_range(low, high)
    _require_no_use(cluster, op["enabled_disk_templates"])
    checks.require_volume_group(cluster, op)
    checks.require_directories(cluster, op)
    checks.require_hypervisors(cluster, op)
    checks.require_policy(cluster, op)
    checks.require_os_parameters(cluster, op["osparams"] or {})
    if op["master_netmask"] is not None and not 0 <= op["master_netmask"] <= checks.MOST_BITS:
        raise refusals.wrong_input(f"CIDR netmask ({op['master_netmask']}) not valid")


def _require_range(low: int, high: int) -> None:
    if low > high:
        raise refusals.wrong_input(
            f"Lower user-id range boundary value ({low}) is larger than higher boundary"
            f" value ({high})"
        )


def _require_no_use(cluster: Cluster, enabled: list[str] | None) -> None:
    """Refuse to disable a disk template that an instance has."""
    for instance in cluster.instances if enabled else []:
        if instance.disks and instance.disk_template not in (enabled or []):
            raise refusals.wrong_state(
                f"Cannot disable disk template '{instance.disk_template}', because there is at"
                f" least one disk using it (on {instance.name})"
            )


def _changed_pool(current: list[Any], op: OpcodeJson) -> list[Any]:  # Any: pairs of user ids
    removed = [list(pair) for pair in op["remove_uids"] or []]
    added = [list(pair) for pair in op["add_uids"] or []]
    return [*(pair for pair in map(list, current) if pair not in removed), *added]


def _changed_list(task: Task, name: str) -> list[str]:
    current = list(task.cluster.info[name])
    shown = name.removesuffix("_os")
    for action, os in task.op[name] or []:
        if action == "add" and os in current:
            task.log(f"OS {os} already in {shown} OS list, ignoring")
        elif action == "add":
            current.append(os)
        elif os in current:
            current.remove(os)
        else:
            task.log(f"OS {os} not found in {shown} OS list, ignoring")
    return current


def _redistribute(_work: Task) -> Steps:
    yield 0.3
    return None


def _delay(task: Task) -> Steps:
    op = task.op
    if op["duration"] <= 0:
        raise refusals.unclassified("Duration must be greater than zero")
    for name in op["on_node_uuids"] or op["on_nodes"]:
        find_node(task.cluster, name)
    if not op["repeat"]:
        yield op["duration"]
    for iteration in range(op["repeat"]):
        task.log(f" - INFO: Test delay iteration {iteration}/{op['repeat'] - 1}")
        yield op["duration"]
    return None


def _delay_claim(cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
    return {} if op["no_locks"] else exclusive(node="on_nodes")(cluster, op)


UNITS: Mapping[str, Unit] = {
    "OP_CLUSTER_REDIST_CONF": Unit(_redistribute, whole_cluster),
    "OP_CLUSTER_SET_PARAMS": Unit(_set_params, whole_cluster),
    "OP_TEST_DELAY": Unit(_delay, _delay_claim),
}
