"""Checks for the free dicts of parameters: ``beparams``, ``hvparams``, ``ndparams``, …

Which names exist, and of what type they are, is read off the cluster's defaults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ganeti_rapi.simulator.state import Cluster, Params
from ganeti_rapi.simulator.units import hypervisors, refusals

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)

_MEBIBYTES = {
    **dict.fromkeys(("", "m", "mb", "mib"), 1),
    **dict.fromkeys(("g", "gb", "gib"), 1024),
    **dict.fromkeys(("t", "tb", "tib"), 1024 * 1024),
}

_GRANULARITY = 4

_SIZES = frozenset(["minmem", "maxmem", "size"])

_DEFAULT = "default"


def parse_size(name: str, value: object) -> int:
    """MiB, rounded up to a multiple of four as Ganeti does. ``512``, ``"1g"`` and ``"1.5T"``."""
    match = _SIZE.fullmatch(str(value))
    factor = _MEBIBYTES.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise refusals.wrong_type(f"'{name}' (value {value}) is not a valid size")
    return -(-round(float(match[1]) * factor) // _GRANULARITY) * _GRANULARITY


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise refusals.wrong_type(f"'{name}' (value {value}) is not a valid boolean")


def _integer(name: str, value: Any) -> int:  # Any: whatever the user sent
    try:
        return int(value)
    except (TypeError, ValueError):
        raise refusals.wrong_type(f"'{name}' (value {value}) is not a valid integer") from None


def _number(name: str, value: Any) -> float:  # Any: as above
    try:
        return float(value)
    except (TypeError, ValueError):
        raise refusals.wrong_type(f"'{name}' (value {value}) is not a valid float") from None


def _text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if not value:
        return ""
    raise refusals.wrong_type(f"'{name}' (value {value}) is not a valid string")


_CONVERSIONS: Mapping[type, Callable[[str, Any], Any]] = {  # Any: what was sent
    bool: _boolean,
    int: _integer,
    float: _number,
    str: _text,
}


def _converted(name: str, value: object, default: object) -> Any:  # Any: of the default's type
    convert = parse_size if name in _SIZES else _CONVERSIONS.get(type(default))
    return value if convert is None else convert(name, value)


def merged(current: Params, changes: Params, defaults: Params) -> Params:
    """Parameters after a change; the value ``default`` (or None) takes one back.

    Raises ``TypeEnforcementError`` for a name that is not among the defaults and for a value that
    is not of the default's type.
    """
    result = dict(current)
    for name, value in changes.items():
        if name not in defaults:
            raise refusals.wrong_type(f"Unknown parameter '{name}'")
        if value in (_DEFAULT, None):
            result.pop(name, None)
        else:
            result[name] = _converted(name, value, defaults[name])
    return result


def merged_by_key(
    current: Mapping[str, Params], changes: Mapping[str, Params], defaults: Mapping[str, Params]
) -> dict[str, Params]:
    """As `merged`, one level deeper: ``diskparams`` have parameters by disk template."""
    result = dict(current)
    for key, values in changes.items():
        if not isinstance(values, dict):
            raise refusals.wrong_type(f"Expected dictionary, got '{values}'")
        result[key] = merged(current.get(key, {}), values, defaults.get(key, {}))
    return result


def merged_free(current: Params, changes: Params) -> Params:
    """Parameters after a change, where any name goes, as for the parameters of an OS."""
    result = {**current, **changes}
    return {name: value for name, value in result.items() if value not in (_DEFAULT, None)}


def without(defaults: Params, values: Params) -> Params:
    """The values that differ from the defaults."""
    return {name: value for name, value in values.items() if defaults.get(name) != value}


def beparams(cluster: Cluster, current: Params, changes: Params) -> Params:
    """An instance's backend parameters after a change."""
    return merged(current, with_memory_bounds(changes), cluster.info["beparams"]["default"])


def with_memory_bounds(changes: Params) -> Params:
    """The changes with both bounds in place of ``memory``."""
    if "memory" not in changes:
        return changes
    others = {name: value for name, value in changes.items() if name != "memory"}
    return {**others, "minmem": changes["memory"], "maxmem": changes["memory"]}


def hvparams(cluster: Cluster, hypervisor: str, current: Params, changes: Params) -> Params:
    """An instance's hypervisor parameters after a change."""
    defaults = cluster.info["hvparams"].get(hypervisor, {})
    refuse_cluster_wide(changes)
    result = merged(current, changes, defaults)
    hypervisors.require_values(cluster, hypervisor, changes)
    return result


CLUSTER_WIDE_HVPARAMS = frozenset(
    ["migration_bandwidth", "migration_mode", "migration_port", "xen_cmd"]
)
"""Hypervisor parameters that no single instance has."""


def refuse_cluster_wide(names: Iterable[str]) -> None:
    """Refuse hypervisor parameters that belong to the whole cluster."""
    if both := sorted(CLUSTER_WIDE_HVPARAMS & set(names)):
        raise refusals.wrong_input(
            "The following hypervisor parameters are global and cannot be customized at instance"
            f" level, please modify them at cluster level: {', '.join(both)}"
        )


_MAC_PREFIX = re.compile(r"([0-9a-f]{2}):([0-9a-f]{2}):([0-9a-f]{2})", re.IGNORECASE)


def require_mac_prefix(prefix: str) -> None:
    """Refuse what is not the first half of a MAC address."""
    if not _MAC_PREFIX.fullmatch(prefix):
        raise refusals.wrong_input(f"Invalid MAC address prefix '{prefix}'")


_IPOLICY_KEYS = frozenset(["minmax", "std", "spindle-ratio", "vcpu-ratio", "disk-templates"])


def ipolicy(current: Params, changes: Params, refusal: str) -> Params:
    """An instance policy after a change; ``refusal`` is how an unknown key is told."""
    if unknown := sorted(set(changes) - _IPOLICY_KEYS):
        raise refusals.wrong_input(f"{refusal}: {', '.join(unknown)}")
    return merged_free(current, changes)
