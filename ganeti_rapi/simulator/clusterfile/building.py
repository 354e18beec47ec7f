"""Makes a cluster of what a file says; what does not go together is an error with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Any, NoReturn, TypeVar

from attrs import define, field

from ganeti_rapi.api.checks import CheckError, item_place, key_place
from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.build import Hardware, address
from ganeti_rapi.simulator.clusterfile.schema import checked
from ganeti_rapi.simulator.clusterfile.text import Document, FileError, parse
from ganeti_rapi.simulator.filter_rules import action, predicate
from ganeti_rapi.simulator.queries.context import Context, disk_usage
from ganeti_rapi.simulator.settings import settings
from ganeti_rapi.simulator.state import (
    Cluster,
    Disk,
    Entity,
    FilterRule,
    Group,
    Identities,
    Instance,
    Network,
    Nic,
    Node,
    OperatingSystem,
    StorageUnit,
    find,
)
from ganeti_rapi.simulator.units import parameters
from ganeti_rapi.simulator.units.capacity import Headroom, empty_nodes, memory_of, vcpus_of
from ganeti_rapi.simulator.units.lookup import nodes_of

Item = Mapping[str, Any]  # Any, in this module: JSON that the schema has passed

E_ = TypeVar("E_", bound=Entity)

_AGE = 30 * 86400.0
"""Seconds since the cluster was made."""


Jobs = int | list[Item]
"""Those of the past: how many, or what each was."""


def read_cluster(path: str, now: float, identities: Identities) -> tuple[Cluster, Jobs]:
    """The cluster that a file describes, and its jobs. Raises `FileError`."""
    try:
        text = FilePath(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"can't read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FileError(f"{path} is not in UTF-8") from None
    return build(parse(text, path), now, identities)


def build(document: Document, now: float, identities: Identities) -> tuple[Cluster, Jobs]:
    """The cluster of a document. Raises `FileError`."""
    try:
        said = checked(document.value)
    except CheckError as error:
        text = str(error).removeprefix("".join(f"{place}: " for place in error.path))
        raise document.error(error.path, text) from None
    builder = _Builder(document, said, now - _AGE, identities)
    return builder.cluster(), said.get("jobs", 6)  # type: ignore[return-value]  # by the schema


@define
class _Builder:
    """Makes the objects of one cluster, each a little younger than the one before."""

    document: Document
    said: Item
    clock: float
    identities: Identities
    _names: set[tuple[str, str]] = field(factory=set)

    def wrong(self, text: str, section: str, index: int, *keys: str | int) -> NoReturn:
        """Raise the error about a value of a section's item."""
        places = (key_place(key) if isinstance(key, str) else item_place(key) for key in keys)
        raise self.document.error((key_place(section), item_place(index), *places), text)

    def each(self, section: str, make: Callable[[int, Item], E_]) -> list[E_]:
        """The objects of a section, no two of which may have the same name."""
        return [make(index, item) for index, item in enumerate(self.said.get(section, []))]

    def entity(self, section: str, index: int, item: Item) -> tuple[str, str, float, float]:
        self.clock += 1.0
        name = item["name"]
        if (section, name) in self._names:
            self.wrong(f"there are two {section} of the name {name}", section, index, "name")
        self._names.add((section, name))
        return item.get("uuid") or self.identities.uuid(), name, self.clock, self.clock

    def named(self, among: Sequence[E_], name: str, what: str, *where: Any) -> E_:
        """What an item refers to by its name."""
        if (found := find(among, name)) is None:
            known = ", ".join(each.name for each in among[:5]) or "none"
            self.wrong(f"there is no {what} '{name}'; there are: {known}", *where)
        return found

    def cluster(self) -> Cluster:
        """The whole cluster, checked for room and references."""
        about = self.said.get("cluster", {})
        groups = self.each("groups", self.group) or [self.group(0, {"name": "default"})]
        nodes = self.each("nodes", lambda index, item: self.node(index, item, groups))
        cluster = Cluster(
            about.get("uuid") or self.identities.uuid(),
            about.get("name", "cluster.example.com"),
            self.clock,
            self.clock,
            info=self.settings(about),
            master=self.master(about, nodes),
            groups=groups,
            nodes=nodes,
            tags=list(about.get("tags", [])),
            drained=about.get("drained", False),
        )
        self.adopt(cluster, about)
        cluster.networks = self.each("networks", lambda i, item: self.network(i, item, groups))
        cluster.instances = self.each("instances", lambda i, item: self.instance(i, item, cluster))
        cluster.filters = [
            self.rule(i, item) for i, item in enumerate(self.said.get("filters", []))
        ]
        self.require_room(cluster)
        return cluster

    def adopt(self, cluster: Cluster, about: Item) -> None:
        for key in ("bridges", "hosts"):
            setattr(cluster, key, list(about.get(key, getattr(cluster, key))))
        enabled = cluster.info["enabled_hypervisors"]
        cluster.hypervisors = list(about.get("installed_hypervisors", enabled))
        for item in self.said.get("oses", [{"name": "noop", "variants": ["default"]}]):
            pairs = list(item.get("parameters", {}).items())
            cluster.oses.append(OperatingSystem(item["name"], item.get("variants", []), pairs))

    def settings(self, about: Item) -> dict[str, Any]:
        info = settings()
        own = about.get("settings", {})
        for key in own:
            if key not in info:
                place = (key_place("cluster"), key_place("settings"), key_place(key))
                raise self.document.error(place, "a cluster has no such setting")
        info.update(own)
        if "hypervisors" in about:
            info["enabled_hypervisors"] = about["hypervisors"]
        info["default_hypervisor"] = info["enabled_hypervisors"][0]
        if "disk_templates" in about:
            info["enabled_disk_templates"] = about["disk_templates"]
            if "ipolicy" not in own:
                info["ipolicy"]["disk-templates"] = list(about["disk_templates"])
        if "volume_group" in about:
            info["volume_group_name"] = about["volume_group"]
        return info

    def master(self, about: Item, nodes: Sequence[Node]) -> Node:
        name = about.get("master", nodes[0].name)
        if (master := find(nodes, name)) is None:
            place = (key_place("cluster"), key_place("master"))
            raise self.document.error(place, f"there is no node '{name}'")
        return master

    def group(self, index: int, item: Item) -> Group:
        keys = ("alloc_policy", "ndparams", "ipolicy", "diskparams", "tags", "serial_no")
        return Group(*self.entity("groups", index, item), **_given(item, keys))

    def node(self, index: int, item: Item, groups: Sequence[Group]) -> Node:
        name = item.get("group", groups[0].name)
        hardware = Hardware(
            memory=_size(item, "memory", Hardware().memory),
            volume_group=_size(item, "disk", Hardware().volume_group),
            files=_size(item, "disk", Hardware().files),
        )
        state = item.get("state", "online")
        keys = "cpus sockets master_capable vm_capable ndparams tags serial_no"
        return Node(
            *self.entity("nodes", index, item),
            group=self.named(groups, name, "group", "nodes", index, "group"),
            primary_ip=item.get("primary_ip", address("192.0.2.0", index + 1)),
            secondary_ip=item.get("secondary_ip")
            or item.get("primary_ip", address("198.51.100.0", index + 1)),
            memory_total=hardware.memory,
            memory_own=_size(item, "memory_own", min(2048, hardware.memory // 8)),
            disk_total=hardware.volume_group,
            master_candidate=item.get("master_candidate", state in ("online", "down")),
            offline=state == "offline",
            drained=state == "drained",
            powered=state != "down",
            storage=self.storage(hardware),
            bootid=self.identities.uuid(),
            **_given(item, keys.split()),
        )

    def storage(self, hardware: Hardware) -> list[StorageUnit]:
        """A node's storage units; of a volume group only if the cluster has one."""
        group = self.said.get("cluster", {}).get("volume_group", "xenvg")
        units = hardware.storage()
        for unit in units:
            unit.name = group if unit.type == "lvm-vg" and group else unit.name
        return [unit for unit in units if group or not unit.type.startswith("lvm")]

    def network(self, index: int, item: Item, groups: Sequence[Group]) -> Network:
        try:
            IPv4Network(item["network"])
        except ValueError as error:
            self.wrong(str(error), "networks", index, "network")
        keys = "gateway network6 gateway6 mac_prefix reserved tags serial_no"
        network = Network(
            *self.entity("networks", index, item),
            network=item["network"],
            **_given(item, keys.split()),
        )
        for name, link in item.get("groups", {}).items():
            where = ("networks", index, "groups", name)
            group = self.named(groups, name, "group", *where)
            group.networks[network.uuid] = {"mode": "bridged", "link": "br0", "vlan": "", **link}
        return network

    def instance(self, index: int, item: Item, cluster: Cluster) -> Instance:
        info = cluster.info
        nodes = {
            key: self.named(cluster.nodes, item[key], "node", "instances", index, key)
            for key in ("primary", "secondary", "runs_on")
            if item.get(key)
        }
        template = item.get("disk_template", "drbd" if "secondary" in nodes else "plain")
        if (template == "drbd") != ("secondary" in nodes):
            need = "needs a" if template == "drbd" else "has no"
            text = f"the disk template {template} {need} secondary node"
            self.wrong(text, "instances", index, "disk_template")
        state = item.get("state", "up")
        running = item.get("running", state == "up")
        return Instance(
            *self.entity("instances", index, item),
            os=item.get("os", cluster.oses[0].name),
            hypervisor=self.one_of(item, info, "hypervisor", "enabled_hypervisors", index),
            disk_template=self.template(template, info, index),
            primary=nodes["primary"],
            secondary=nodes.get("secondary"),
            admin_state="down" if state == "user_down" else state,
            stopped_by_user=state == "user_down",
            running=running,
            runs_on=nodes.get("runs_on"),
            disks_active=running,
            disks=[self.disk(disk) for disk in item.get("disks", _disks(template))],
            nics=[
                self.nic(index, number, nic, cluster)
                for number, nic in enumerate(item.get("nics", [{}]))
            ],
            beparams=self.checked(
                index, "beparams", item, lambda new: parameters.beparams(cluster, {}, new)
            ),
            **_given(item, ("hvparams", "osparams", "network_port", "tags", "serial_no")),
        )

    def template(self, template: str, info: Item, index: int) -> str:
        if template not in info["enabled_disk_templates"]:
            on = ", ".join(info["enabled_disk_templates"])
            text = f"the disk template {template} is not enabled; these are: {on}"
            self.wrong(text, "instances", index, "disk_template")
        return template

    def one_of(self, item: Item, info: Item, key: str, setting: str, index: int) -> str:
        value = str(item.get(key, info[setting][0]))
        if value not in info[setting]:
            text = f"'{value}' is not enabled; these are: {', '.join(info[setting])}"
            self.wrong(text, "instances", index, key)
        return value

    def checked(
        self, index: int, key: str, item: Item, read: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """Parameters as an opcode would check them."""
        try:
            return read(item.get(key, {}))
        except JobDaemonError as error:
            self.wrong(error.text, "instances", index, key)

    def disk(self, said: Any) -> Disk:
        said = said if isinstance(said, dict) else {"size": said}
        return Disk(
            said.get("uuid") or self.identities.uuid(),
            _size(said, "size", 1024),
            **_given(said, ("mode", "name", "params")),
        )

    def nic(self, index: int, number: int, said: Item, cluster: Cluster) -> Nic:
        nic = Nic(
            said.get("uuid") or self.identities.uuid(),
            said.get("mac") or self.identities.mac(cluster.info["mac_prefix"]),
            **_given(said, ("ip", "name")),
        )
        nic.nicparams = dict(said.get("params", {}))
        if name := said.get("network"):
            where = ("instances", index, "nics", number, "network")
            nic.network = self.named(cluster.networks, name, "network", *where).uuid
        return nic

    def rule(self, index: int, item: Item) -> FilterRule:
        try:
            predicates = [predicate(each) for each in item["predicates"]]
            what = action(item["action"])
        except (ValueError, JobDaemonError) as error:
            self.wrong(str(error), "filters", index)
        uuid = item.get("uuid") or self.identities.uuid()
        return FilterRule(uuid, 0, item.get("priority", 0), predicates, what, [])

    def require_room(self, cluster: Cluster) -> None:
        """Refuse more instances than a node has memory and storage for."""
        room, context = empty_nodes(cluster), Context(cluster, {})
        for index, instance in enumerate(cluster.instances):
            _count_in(room, context, instance)
            for node in nodes_of(instance):
                if (lacking := _lacking(room, node, instance)) is not None:
                    self.wrong(
                        f"node {node.name} has no room for it: {lacking}", "instances", index
                    )


def _count_in(room: Headroom, context: Context, instance: Instance) -> None:
    memory = memory_of(context, instance) if instance.running else 0
    vcpus = vcpus_of(context, instance) if instance.running else 0
    for node in nodes_of(instance):
        room.take(node, memory, disk_usage(instance), instance.disk_template, vcpus)
        memory = vcpus = 0


def _lacking(room: Headroom, node: Node, instance: Instance) -> str | None:
    if room.memory[node] < 0:
        return f"{-room.memory[node]} MiB of memory too few"
    if (storage := room.storage_for(node, instance.disk_template)) < 0:
        return f"{-storage:.0f} MiB of storage too few"
    return None


def _given(item: Item, keys: Sequence[str]) -> dict[str, Any]:
    return {key: item[key] for key in keys if key in item}


def _size(item: Item, key: str, default: int) -> int:
    """MiB: a number as it is, a string as Ganeti reads it."""
    value = item.get(key, default)
    return value if isinstance(value, int) else parameters.parse_size(key, value)


def _disks(template: str) -> list[int]:
    return [] if template == "diskless" else [1024]
