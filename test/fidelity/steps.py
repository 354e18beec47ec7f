"""The requests of the fidelity suite, in chains that leave the cluster as they found it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

Json = Any  # Any: JSON of any shape


@frozen
class Step:
    """A request; ``chain`` says what it belongs to, for people."""

    chain: str
    method: str
    path: str
    body: Json = None

    def __str__(self) -> str:
        return f"{self.chain}: {self.method} {self.path} {'' if self.body is None else self.body}"


NAME = "fid.example.com"
FID = f"/2/instances/{NAME}"

_CREATION: Mapping[str, Json] = {
    "__version__": 1,
    "mode": "create",
    "instance_name": NAME,
    "os_type": "noop+default",
    "disk_template": "file",
    "disks": [{"size": 16}],
    "nics": [{}],
    "pnode": "node2",
    "ip_check": False,
    "name_check": False,
}

LEFT_OUT = "left out"


def creation(**changes: Json) -> Json:
    """The body of a creation; what is `LEFT_OUT` is not in it."""
    body = {**_CREATION, **changes}
    return {name: value for name, value in body.items() if value != LEFT_OUT}


REFUSED_CREATIONS: Sequence[Json] = (
    {"nics": [{"link": "nobridge"}]},
    {"osparams": {"nosuch": "1"}},
    {"opportunistic_locking": True},
    {"disks": [{"size": "big"}]},
    {"disks": [{"size": "1.5g"}]},
    {"disks": [{"size": 16, "mode": "rx"}]},
    {"disks": [{"size": 16, "nosuch": "rx"}]},
    {"disks": [{"size": 16, "spindles": "x"}]},
    {"disks": [{"size": 16, "spindles": 1}]},
    {"disks": [{"size": 16, "vg": 5}]},
    {"disks": [{}]},
    {"disks": [{"size": -5}]},
    {"nics": [{"network": ""}]},
    {"nics": [{"network": "nosuch"}]},
    {"nics": [{"mode": "nosuch"}]},
    {"nics": [{"ip": "nosuch"}]},
    {"nics": [{"ip": "pool"}]},
    {"nics": [{"mac": "nosuch"}]},
    {"nics": [{"mode": "routed"}]},
    {"os_type": "nosuch"},
    {"os_type": "noop"},
    {"os_type": "noop+nosuch"},
    {"os_type": LEFT_OUT},
    {"hvparams": {"nosuch": 1}},
    {"hvparams": {"migration_mode": "live"}},
    {"beparams": {"nosuch": 1}},
    {"beparams": {"vcpus": "x"}},
    {"beparams": {"vcpus": 144}},
    {"beparams": {"memory": "big"}},
    {"hypervisor": "kvm"},
    {"disk_template": "drbd", "snode": "node3"},
    {"disk_template": "plain"},
    {"pnode": "nosuch"},
    {"pnode": LEFT_OUT, "snode": "node2"},
    {"iallocator": "hail"},
    {"iallocator": "nosuch", "pnode": LEFT_OUT},
    {"iallocator": "hail", "pnode": LEFT_OUT, "beparams": {"vcpus": 144}},
    {"iallocator": "hail", "pnode": LEFT_OUT, "beparams": {"memory": 900000}},
    {"name_check": True},
    {"ip_check": True},
    {"instance_name": "instance1"},
    {"instance_name": "not a name"},
    {"tags": ["not a tag"]},
    {"mode": "import", "src_node": "node2", "src_path": "nosuch"},
)

TAKEN_CREATIONS: Sequence[Json] = (
    {"file_driver": "blktap"},
    {"file_driver": "loop", "file_storage_dir": "sub"},
    {"snode": "nosuch"},
    {"snode": "node3", "start": False},
    {"disks": [{"size": "1g", "name": "root", "mode": "ro"}, {"size": " 16"}]},
    {"disks": [{"size": 16, "access": "x"}], "start": False},
    {"disk_template": "diskless", "disks": [], "nics": [], "no_install": True},
    {"disk_template": "sharedfile", "beparams": {"minmem": 64, "maxmem": "256m", "vcpus": "2"}},
    {"iallocator": "hail", "pnode": LEFT_OUT, "start": False},
    {"nics": [{"mode": "routed", "ip": "192.0.2.77", "mac": "aa:00:00:12:34:56"}, {}, {}]},
    {"osparams": {"dhcp": "no"}, "hvparams": {}, "tags": ["a", "b"]},
)

MODIFICATIONS: Sequence[Json] = (
    {},
    {"beparams": {"maxmem": 256}},
    {"beparams": {"maxmem": 250, "vcpus": 3}},
    {"beparams": {"maxmem": "default"}},
    {"beparams": {"vcpus": 99}},
    {"beparams": {"nosuch": 1}},
    {"hvparams": {"nosuch": 1}},
    {"osparams": {"dhcp": "yes"}},
    {"osparams": {"dhcp": "default"}},
    {"osparams": {"nosuch": "x"}},
    {"os_name": "noop+testing"},
    {"nics": [["add", {}]]},
    {"nics": [["modify", -1, {"ip": "192.0.2.78"}]]},
    {"nics": [["modify", 0, {"link": "nobridge"}]]},
    {"nics": [["modify", 0, {"mac": "generate"}]]},
    {"nics": [["modify", 7, {}]]},
    {"nics": [["remove", -1, {}]]},
    {"nics": [["remove", 7, {}]]},
    {"nics": [["attach", 0, {}]]},
    {"disks": [["add", {"size": "big"}]]},
    {"disks": [["add", {}]]},
    {"disks": [["modify", 0, {"mode": "ro"}]]},
    {"disks": [["modify", 0, {"name": "root"}]]},
    {"disks": [["modify", 0, {"size": 128}]]},
    {"disks": [["modify", 0, {"nosuch": "x"}]]},
    {"disks": [["remove", 0, {}]]},
    {"hotplug": True, "nics": [["add", {}]]},
    {"offline": True},
    {"runtime_mem": 9000},
    {"disk_template": "file"},
    {"disk_template": "drbd"},
    {"pnode": "node3"},
)

STOPPED_MODIFICATIONS: Sequence[Json] = (
    {"disks": [["add", {"size": 16}]]},
    {"disks": [["remove", -1, {}]]},
    {"offline": True},
    {"offline": True},
    {"offline": False},
    {"runtime_mem": 128},
)

CLUSTER: Sequence[Json] = (
    {"enabled_disk_templates": ["file", "sharedfile", "diskless", "drbd"]},
    {"enabled_disk_templates": ["file", "sharedfile", "diskless", "plain"], "vg_name": "xenvg"},
    {"enabled_disk_templates": ["sharedfile", "diskless"]},
    {"enabled_disk_templates": []},
    {"ipolicy": {"disk-templates": ["drbd"]}},
    {"ipolicy": {"disk-templates": []}},
    {"ipolicy": {"std": {"memory-size": 999999}}},
    {"ipolicy": {"std": {"nosuch": 1}}},
    {"ipolicy": {"nosuch": 1}},
    {"ipolicy": {"vcpu-ratio": "x"}},
    {"ipolicy": {"minmax": []}},
    {"ipolicy": {"minmax": [{"min": {"memory-size": 64}}]}},
    {"hvparams": {"fake": {"nosuch": 1}}},
    {"hvparams": {"kvm": {"boot_order": "q"}}},
    {"hvparams": {"kvm": {"kernel_path": "relative"}}},
    {"hvparams": {"nosuch": {"x": 1}}},
    {"hvparams": {"fake": {"migration_mode": "x"}}},
    {"enabled_hypervisors": ["kvm"]},
    {"enabled_hypervisors": ["fake", "chroot"]},
    {"enabled_hypervisors": []},
    {"enabled_hypervisors": ["fake"]},
    {"nicparams": {"mode": "nosuch"}},
    {"nicparams": {"link": ""}},
    {"beparams": {"nosuch": "x"}},
    {"beparams": {"vcpus": "x"}},
    {"candidate_pool_size": 0},
    {"mac_prefix": "zz"},
    {"default_iallocator": "nosuch"},
    {"ndparams": {"nosuch": "x"}},
    {"diskparams": {"drbd": {"nosuch": 1}}},
    {"master_netmask": 99},
    {"file_storage_dir": ""},
    {"os_hvp": {"noop": {"fake": {"nosuch": 1}}}},
    {"osparams": {"noop": {"nosuch": 1}}},
    {"add_uids": [[5, 4]]},
    {"max_running_jobs": 20},
)

GROUP: Sequence[Json] = (
    {},
    {"ipolicy": {"std": {"memory-size": 128}}},
    {"ipolicy": {"disk-templates": ["drbd"]}},
    {"ipolicy": {"nosuch": ["drbd"]}},
    {"ipolicy": {"vcpu-ratio": 2.5}},
    {"ipolicy": {"vcpu-ratio": "default"}},
    {"ndparams": {"nosuch": 1}},
    {"ndparams": {"oob_program": "/x"}},
    {"ndparams": {"oob_program": "default"}},
    {"diskparams": {"drbd": {"nosuch": 1}}},
    {"alloc_policy": "last_resort"},
    {"alloc_policy": "preferred"},
)

ROLES = ("drained", "regular", "offline", "regular", "master-candidate", "regular", "nosuch")

NODE: Sequence[Json] = (
    {},
    {"ndparams": {"nosuch": 1}},
    {"ndparams": {"spindle_count": 2}},
    {"ndparams": {"spindle_count": "default"}},
    {"master_capable": False},
    {"master_capable": True},
    {"vm_capable": False},
    {"powered": True},
    {"secondary_ip": "192.0.2.77"},
    {"drained": True, "offline": True},
)

FILTERS: Sequence[Json] = (
    ["=", "name", "fid"],
    ["==", "name", "fid"],
    ["!=", "name", "fid"],
    ["&", ["=", "name", "fid"]],
    ["=", "name", "fi"],
    ["=", "name", "FID"],
    ["=", "pnode", "nod"],
    ["|", ["=", "name", "fid"], ["=", "name", "instance1"]],
    ["|", ["=", "name", "fid"], ["=", "pnode", "instance1"]],
    ["=[]", "tags", "a"],
    ["=~", "name", "^fid"],
    ["=~", "name", "("],
    ["?", "admin_up"],
    ["?", "name"],
    ["<", "disk.count", 2],
    ["<", "name", 2],
    ["nosuch"],
    ["=", "nosuch", 1],
)

NETWORKS: Sequence[tuple[str, str, Json]] = (
    ("POST", "/2/networks", {"name": "fidnet", "network": "198.51.100.0/28"}),
    ("POST", "/2/networks", {"name": "fidnet", "network": "198.51.100.0/28"}),
    ("POST", "/2/networks", {"name": "other", "network": "198.51.100.0/30"}),
    ("PUT", "/2/networks/fidnet/connect", {"group_name": "default", "network_mode": "bridged",
                                           "network_link": "br0"}),
    ("PUT", "/2/networks/fidnet/connect", {"group_name": "nosuch", "network_mode": "bridged",
                                           "network_link": "br0"}),
    ("PUT", "/2/networks/fidnet/modify", {"add_reserved_ips": ["198.51.100.5"]}),
    ("PUT", "/2/networks/fidnet/modify", {"add_reserved_ips": ["203.0.113.5"]}),
    ("PUT", "/2/networks/fidnet/modify", {"gateway": "198.51.100.1"}),
    ("DELETE", "/2/networks/fidnet", None),
    ("PUT", "/2/networks/fidnet/disconnect", {"group_name": "default"}),
    ("DELETE", "/2/networks/nosuch", None),
)  # fmt: skip

LIFE: Sequence[tuple[str, str, Json]] = (
    ("PUT", "startup", None),
    ("PUT", "shutdown", None),
    ("PUT", "shutdown", None),
    ("PUT", "startup", None),
    ("PUT", "startup?dry-run=1", None),
    ("POST", "reboot", None),
    ("POST", "reboot?type=soft", None),
    ("PUT", "tags?tag=a", None),
    ("PUT", "tags?tag=a", None),
    ("DELETE", "tags?tag=a", None),
    ("DELETE", "tags?tag=a", None),
    ("PUT", "migrate", {}),
    ("PUT", "failover", {}),
    ("POST", "replace-disks?mode=replace_auto", None),
    ("POST", "replace-disks?mode=replace_new_secondary", None),
    ("POST", "recreate-disks", {}),
    ("PUT", "deactivate-disks", None),
    ("PUT", "export", {"destination": "node3", "shutdown": False, "remove_instance": True}),
    ("PUT", "export", {"destination": "nosuch"}),
    ("DELETE", "export", None),
    ("PUT", "rename", {"new_name": "fud.example.com"}),
    ("PUT", "shutdown", None),
    ("POST", "disk/0/grow", {"amount": 16}),
    ("POST", "disk/7/grow", {"amount": 16}),
    ("POST", "disk/0/grow", {"amount": 8, "absolute": True}),
    ("PUT", "activate-disks", None),
    ("PUT", "activate-disks", None),
    ("PUT", "deactivate-disks", None),
    ("PUT", "deactivate-disks", None),
    ("POST", "recreate-disks", {}),
    ("POST", "reinstall", {"os": "noop+testing", "start": False}),
    ("POST", "reinstall", {"os": "nosuch", "start": False}),
    ("PUT", "rename", {"new_name": "fud.example.com", "name_check": True}),
    ("PUT", "rename", {"new_name": "instance1", "name_check": False, "ip_check": False}),
    ("PUT", "rename", {"new_name": NAME, "name_check": False, "ip_check": False}),
)

MOVES: Sequence[tuple[str, str, Json]] = (
    ("PUT", "migrate", {"target_node": "node1"}),
    ("PUT", "migrate", {"target_node": "node1"}),
    ("PUT", "migrate", {"target_node": "nosuch"}),
    ("PUT", "migrate", {"mode": "live", "live": True}),
    ("PUT", "failover", {"target_node": "node3"}),
    ("PUT", "failover", {"target_node": "node3", "iallocator": "hail"}),
    ("POST", "replace-disks?mode=replace_auto", None),
    ("PUT", "shutdown", None),
    ("PUT", "failover", {"target_node": "node1"}),
    ("PUT", "migrate", {"target_node": "node2"}),
    ("PUT", "migrate", {"allow_failover": True, "target_node": "node2"}),
    ("PUT", "modify", {"pnode": "node3"}),
    ("PUT", "startup", None),
    ("PUT", "modify", {"pnode": "node1"}),
)

LATE: Sequence[tuple[str, str, Json]] = (
    ("GET", "/2/instances/fid", None),
    ("GET", "/2/instances/fi", None),
    ("GET", "/2/instances/fid/console", None),
    ("GET", "/2/instances", None),
    ("GET", "/2/nodes", None),
    ("GET", "/2/groups", None),
    ("GET", "/2/networks", None),
    ("GET", "/2/tags", None),
    ("GET", "/2/instances/nosuch", None),
    ("GET", "/2/nodes/nosuch", None),
    ("GET", "/2/nodes/node2/role", None),
    ("GET", "/2/jobs/999999", None),
    ("DELETE", "/2/instances/nosuch", None),
    ("PUT", "/2/instances/nosuch/startup", None),
    ("GET", "/2/query/lock/fields?fields=name,mode,owner,pending", None),
)


def steps() -> Iterator[Step]:
    """All requests, in order. After each write comes a look at what it was about."""
    for more in REFUSED_CREATIONS:
        yield Step("refused creation", "POST", "/2/instances", creation(**more))
    for more in TAKEN_CREATIONS:
        yield Step("creation", "POST", "/2/instances", creation(**more))
        yield Step("creation", "GET", FID)
        yield Step("creation", "DELETE", FID)
    yield Step("life", "POST", "/2/instances", creation())
    yield from _watched("life", FID, [(m, f"{FID}/{p}", b) for m, p, b in LIFE])
    for method, path, body in LATE:
        yield Step("reading", method, path, body)
    for condition in FILTERS:
        question = {"fields": ["name"], "qfilter": condition}
        yield Step("query", "PUT", "/2/query/instance", question)
    yield from _watched("stopped", FID, _modified(FID, "PUT", STOPPED_MODIFICATIONS))
    yield Step("modified", "PUT", f"{FID}/startup")
    yield from _watched("modified", FID, _modified(FID, "PUT", MODIFICATIONS))
    yield Step("modified", "DELETE", FID)
    yield Step("moves", "POST", "/2/instances", creation(disk_template="sharedfile"))
    yield from _watched("moves", FID, [(m, f"{FID}/{p}", b) for m, p, b in MOVES])
    yield Step("moves", "DELETE", FID)
    yield from _watched("network", "/2/networks/fidnet", NETWORKS)
    yield Step("network", "DELETE", "/2/networks/fidnet")
    for body in CLUSTER:
        yield Step("cluster", "PUT", "/2/modify", body)
    group = "/2/groups/default"
    yield from _watched("group", group, _modified(group, "PUT", GROUP))
    node = "/2/nodes/node2"
    yield from _watched("role", node, [("PUT", f"{node}/role", role) for role in ROLES])
    yield from _watched("node", node, _modified(node, "POST", NODE))


def _modified(path: str, method: str, bodies: Sequence[Json]) -> list[tuple[str, str, Json]]:
    return [(method, f"{path}/modify", body) for body in bodies]


def _watched(chain: str, look: str, requests: Sequence[tuple[str, str, Json]]) -> Iterator[Step]:
    for method, path, body in requests:
        yield Step(chain, method, path, body)
        yield Step(chain, "GET", look)
