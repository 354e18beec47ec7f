"""The names of instances."""

from __future__ import annotations

import re

from ganeti_rapi.simulator.state import Cluster
from ganeti_rapi.simulator.task import OpcodeJson
from ganeti_rapi.simulator.units import refusals

_NAME = re.compile(r"[a-z0-9_.-]{1,255}")


def host_name(cluster: Cluster, name: str, *, must_resolve: bool) -> str:
    """A name as the cluster keeps it; one that must resolve gets the domain that it lacks.

    What resolves are all names in the domain of the cluster's own name, and `Cluster.hosts`.
    """
    normal = name.lower()
    if not _NAME.fullmatch(normal):
        raise refusals.wrong_input(f"Invalid name '{name}'")
    return _resolved(cluster, normal) if must_resolve else normal


def _resolved(cluster: Cluster, name: str) -> str:
    domain = cluster.name.partition(".")[2]
    if name in cluster.hosts or (domain and name.endswith(f".{domain}")):
        return name
    if domain and "." not in name:
        return f"{name}.{domain}"
    raise refusals.unresolvable(name)


def require_new_name(cluster: Cluster, name: str) -> None:
    """Refuse a name that an instance has."""
    if any(instance.name == name for instance in cluster.instances):
        raise refusals.already_exists(f"Instance '{name}' is already in the cluster")


def require_name_check_for_ip_check(op: OpcodeJson) -> None:
    """Refuse to look whether an address answers, when the name may have none."""
    if op["ip_check"] and not op["name_check"]:
        raise refusals.wrong_input("Cannot do IP address check without a name check")
