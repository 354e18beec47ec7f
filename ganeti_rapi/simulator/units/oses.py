"""OP_OS_DIAGNOSE: the operating systems that can be installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ganeti_rapi.simulator.state import Cluster, OperatingSystem
from ganeti_rapi.simulator.task import Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.locks import nothing

_API_VERSIONS = [20]

_DIRECTORY = "/srv/ganeti/os"

_Read = Callable[[Cluster, OperatingSystem], Any]  # Any: a field is JSON of any shape

_FIELDS: Mapping[str, _Read] = {
    "api_versions": lambda _cluster, _os: _API_VERSIONS,
    "blacklisted": lambda cluster, os: os.name in cluster.info["blacklisted_os"],
    "hidden": lambda cluster, os: os.name in cluster.info["hidden_os"],
    "name": lambda _cluster, os: os.name,
    "node_status": lambda cluster, os: _node_status(cluster, os),
    "os_hvp": lambda cluster, os: cluster.info["os_hvp"].get(os.name, {}),
    "osparams": lambda cluster, os: cluster.info["osparams"].get(os.name, {}),
    "parameters": lambda _cluster, os: [list(parameter) for parameter in os.parameters],
    "trusted": lambda _cluster, _os: True,
    "valid": lambda _cluster, _os: True,
    "variants": lambda _cluster, os: list(os.variants),
}

_SHUNNED = ("hidden", "blacklisted")
"""An OS for which one of these is true is only listed if that field is asked for."""


def _node_status(cluster: Cluster, os: OperatingSystem) -> Mapping[str, Any]:  # Any: a field
    """By node: path, validity, diagnosis, variants, parameters, API versions and trust."""
    found = [
        f"{_DIRECTORY}/{os.name}",
        True,
        "",
        *(_FIELDS[name](cluster, os) for name in ("variants", "parameters", "api_versions")),
        True,
    ]
    return {node.uuid: [found] for node in cluster.nodes if node.vm_capable and not node.offline}


def _diagnose(task: Task) -> Steps:
    op, cluster = task.op, task.cluster
    if unknown := [name for name in op["output_fields"] if name not in _FIELDS]:
        text = f"Unknown output fields selected: {', '.join(unknown)}"
        raise refusals.wrong_input(text)
    yield 0.05
    shunned = [name for name in _SHUNNED if name not in op["output_fields"]]
    return [
        [_FIELDS[name](cluster, os) for name in op["output_fields"]]
        for os in sorted(cluster.oses, key=lambda os: os.name)
        if not op["names"] or os.name in op["names"]
        if not any(_FIELDS[name](cluster, os) for name in shunned)
    ]


UNITS: Mapping[str, Unit] = {"OP_OS_DIAGNOSE": Unit(_diagnose, nothing)}
