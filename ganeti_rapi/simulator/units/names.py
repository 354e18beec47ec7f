"""The names of instances."""

from __future__ import annotations

import re

from ganeti_rapi.simulator.state import Cluster
from ganeti_rapi.simulator.task import OpcodeJson
from ganeti_rapi.simulator.units import refusals

_NAME = re.compile(r"[a-z0-9_.-]{1,255}")

_NEVER_RESOLVES = ".invalid"
"""RFC 2606: the top-level domain that is sure to have no names."""


def host_name(name: str, *, must_resolve: bool) -> str:
    """A name as the cluster keeps it. The simulator resolves all but those in ``.invalid``."""
    normal = name.lower()
    if not _NAME.fullmatch(normal):
        raise refusals.wrong_input(f"Invalid name '{name}'")
    if must_resolve and normal.endswith(_NEVER_RESOLVES):
        raise refusals.unresolvable(name)
    return normal


def require_new_name(cluster: Cluster, name: str) -> None:
    """Refuse a name that an instance has."""
    if any(instance.name == name for instance in cluster.instances):
        raise refusals.already_exists(f"Instance '{name}' is already in the cluster")


def require_name_check_for_ip_check(op: OpcodeJson) -> None:
    """Refuse to look whether an address answers, when the name may have none."""
    if op["ip_check"] and not op["name_check"]:
        raise refusals.wrong_input("Cannot do IP address check without a name check")
