"""A dumped cluster without what tells whose it is, so that it can be shown to others.

Names become numbers, the same one wherever a thing is meant; addresses, UUIDs, tags and texts that
people wrote are left out. What stays are sizes, states, places and numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

File = Mapping[str, Any]  # Any, in this module: JSON

_KEPT: Mapping[str, str] = {
    "nodes": """
        state memory memory_own disk cpus sockets master_candidate master_capable vm_capable
    """,
    "groups": "alloc_policy ipolicy",
    "instances": "hypervisor disk_template state running beparams network_port",
}
"""By section: the keys whose values tell nothing of anybody."""

_SETTINGS = """
    beparams candidate_pool_size ipolicy max_running_jobs max_tracked_jobs software_version
"""


@define
class _Names:
    """New names, by what they were: the first ``web7`` becomes ``instance1.example.com``."""

    pattern: str
    _known: dict[str, str] = field(factory=dict)

    def __call__(self, name: str) -> str:
        return self._known.setdefault(name, self.pattern.format(len(self._known) + 1))


@define
class _Anonymous:
    groups: _Names = field(factory=lambda: _Names("group{}"))
    nodes: _Names = field(factory=lambda: _Names("node{}.example.com"))
    networks: _Names = field(factory=lambda: _Names("network{}"))
    instances: _Names = field(factory=lambda: _Names("instance{}.example.com"))
    systems: _Names = field(factory=lambda: _Names("os{}"))
    variants: _Names = field(factory=lambda: _Names("variant{}"))
    links: _Names = field(factory=lambda: _Names("br{}"))

    def file(self, file: File) -> dict[str, Any]:
        return {
            "cluster": self.cluster(file["cluster"]),
            "groups": [
                {"name": self.groups(group["name"]), **_kept(group, "groups")}
                for group in file["groups"]
            ],
            "nodes": list(map(self.node, file["nodes"])),
            "oses": list(map(self.system, file["oses"])),
            "networks": [self.network(i, each) for i, each in enumerate(file["networks"], 1)],
            "instances": list(map(self.instance, file["instances"])),
            "jobs": 0,
        }

    def cluster(self, cluster: File) -> dict[str, Any]:
        settings = cluster["settings"]
        return {
            "name": "cluster.example.com",
            "master": self.nodes(cluster["master"]),
            **_only(cluster, "hypervisors disk_templates"),
            "volume_group": "xenvg" if cluster.get("volume_group") else None,
            "settings": _only(settings, _SETTINGS),
        }

    def node(self, node: File) -> dict[str, Any]:
        place = {"name": self.nodes(node["name"]), "group": self.groups(node["group"])}
        return {**place, **_kept(node, "nodes")}

    def system(self, system: File) -> dict[str, Any]:
        return {
            "name": self.systems(system["name"]),
            "variants": list(map(self.variants, system["variants"])),
        }

    def network(self, number: int, network: File) -> dict[str, Any]:
        groups = {
            self.groups(name): {**link, "link": self.links(link["link"])}
            for name, link in network["groups"].items()
        }
        bits = network["network"].partition("/")[2]
        subnet = f"10.{number}.0.0/{bits}" if int(bits) >= 16 else f"10.0.0.0/{bits}"
        return {"name": self.networks(network["name"]), "network": subnet, "groups": groups}

    def instance(self, instance: File) -> dict[str, Any]:
        base, plus, variant = instance["os"].partition("+")
        second = instance.get("secondary")
        return {
            "name": self.instances(instance["name"]),
            "os": self.systems(base) + (plus and plus + self.variants(variant)),
            "primary": self.nodes(instance["primary"]),
            **({"secondary": self.nodes(second)} if second else {}),
            **_kept(instance, "instances"),
            "disks": [{"size": disk["size"]} for disk in instance["disks"]],
            "nics": [self.nic(nic) for nic in instance["nics"]],
        }

    def nic(self, nic: File) -> dict[str, Any]:
        network = nic.get("network")
        params = dict(nic["params"])
        if "link" in params:
            params["link"] = self.links(params["link"])
        return {**({"network": self.networks(network)} if network else {}), "params": params}


def anonymous(file: File) -> dict[str, Any]:
    """The file of a cluster without what tells whose it is."""
    hidden = _Anonymous()
    result = hidden.file(file)
    result["cluster"]["bridges"] = ["br0", *(f"br{i}" for i in range(1, 100))]
    return result


def _only(values: File, names: str) -> dict[str, Any]:
    return {name: values[name] for name in names.split() if name in values}


def _kept(item: File, section: str) -> dict[str, Any]:
    return _only(item, _KEPT[section])
