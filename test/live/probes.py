"""The requests that the stock daemon and ours are both sent, as data.

`SAMPLES` has one good request for each method of each resource. From these `everyones`, `bodies`
and `arguments` make the variations that suit all of them. What is peculiar to one resource is a
row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve, frozen

from ganeti_rapi.api.call import ABSENT, Absent
from ganeti_rapi.api.cells import Arg, Cell
from ganeti_rapi.api.resources import RESOURCES, Resource
from ganeti_rapi.jsontext import Json

JSON = "application/json"


@frozen
class Known:
    """A purposeful difference that a probe shows: its id, and the statuses of both daemons."""

    id: str
    stock: int
    here: int


@frozen
class Probe:
    method: str
    path: str
    body: Json | bytes | Absent = ABSENT
    who: str = "writer"
    content_type: str = JSON
    also: tuple[str, ...] = ()
    known: Known | None = None

    @property
    def segments(self) -> Sequence[str]:
        path = self.path.partition("?")[0]
        return path.strip("/").split("/") if path != "/" else ()

    def with_query(self, text: str) -> Probe:
        return evolve(self, path=f"{self.path}{'&' if '?' in self.path else '?'}{text}")


def fits(resource: Resource, probe: Probe) -> bool:
    template = resource.segments
    return len(template) == len(probe.segments) and all(
        part.startswith("{") or part == given for part, given in zip(template, probe.segments)
    )


def resource_of(probe: Probe) -> Resource | None:
    return next((resource for resource in RESOURCES if fits(resource, probe)), None)


FILTER = "11111111-2222-3333-4444-555555555555"
RULE = {"priority": 5, "predicates": [["jobid", [">", "id", 0]]], "action": "CONTINUE"}
CREATE = {
    "__version__": 1,
    "mode": "create",
    "name": "instance61",
    "os": "noop+default",
    "disk_template": "diskless",
    "disks": [],
    "nics": [{}],
    "pnode": "node2",
}
WAIT = {"fields": ["status"], "previous_job_info": None, "previous_log_serial": None}


def _tags(uri: str) -> tuple[Probe, ...]:
    return (
        Probe("GET", uri),
        Probe("PUT", f"{uri}?tag=a&tag=b"),
        Probe("DELETE", f"{uri}?tag=a"),
    )


SAMPLES = (
    Probe("GET", "/"),
    Probe("GET", "/2"),
    Probe("GET", "/version"),
    Probe("GET", "/2/info"),
    Probe("GET", "/2/features"),
    Probe("GET", "/2/os"),
    Probe("PUT", "/2/redistribute-config"),
    Probe("PUT", "/2/modify", {"candidate_pool_size": 10}),
    *_tags("/2/tags"),
    Probe("GET", "/2/filters"),
    Probe("POST", "/2/filters", RULE),
    Probe("GET", f"/2/filters/{FILTER}"),
    Probe("PUT", f"/2/filters/{FILTER}", RULE),
    Probe("DELETE", "/2/filters/nosuch"),
    Probe("GET", "/2/jobs"),
    Probe("GET", "/2/jobs/1"),
    Probe("DELETE", "/2/jobs/1"),
    Probe("GET", "/2/jobs/1/wait", WAIT),
    Probe("GET", "/2/nodes"),
    Probe("GET", "/2/nodes/node2"),
    Probe("POST", "/2/nodes/node2/powercycle"),
    Probe("GET", "/2/nodes/node2/role"),
    Probe("PUT", "/2/nodes/node2/role", "regular"),
    Probe("POST", "/2/nodes/node2/evacuate", {"mode": "all", "iallocator": "hail"}),
    Probe("POST", "/2/nodes/node2/migrate", {"iallocator": "hail"}),
    Probe("POST", "/2/nodes/node2/modify", {"drained": True}),
    Probe("GET", "/2/nodes/node2/storage?storage_type=file&output_fields=name,size"),
    Probe("PUT", "/2/nodes/node2/storage/modify?storage_type=lvm-pv&name=sda&allocatable=1"),
    Probe("PUT", "/2/nodes/node2/storage/repair?storage_type=lvm-vg&name=xenvg"),
    *_tags("/2/nodes/node2/tags"),
    Probe("GET", "/2/instances"),
    Probe("POST", "/2/instances", CREATE),
    Probe(
        "POST",
        "/2/instances-multi-alloc",
        {
            "instances": [{k: v for k, v in CREATE.items() if k != "__version__"}],
            "iallocator": "hail",
        },
    ),
    Probe("GET", "/2/instances/instance1"),
    Probe("DELETE", "/2/instances/instance1", {"shutdown_timeout": 5}),
    Probe("GET", "/2/instances/instance1/info"),
    Probe("POST", "/2/instances/instance1/reboot", {"shutdown_timeout": 5}),
    Probe("PUT", "/2/instances/instance1/shutdown", {"timeout": 5}),
    Probe("PUT", "/2/instances/instance1/startup"),
    Probe("POST", "/2/instances/instance1/reinstall", {"os": "noop+testing", "start": False}),
    Probe("POST", "/2/instances/instance1/replace-disks", {"mode": "replace_auto", "disks": [0]}),
    Probe("PUT", "/2/instances/instance1/activate-disks"),
    Probe("PUT", "/2/instances/instance1/deactivate-disks"),
    Probe("POST", "/2/instances/instance1/recreate-disks", {"disks": [[0, {"size": 16}]]}),
    Probe("PUT", "/2/instances/instance1/prepare-export?mode=local"),
    Probe("PUT", "/2/instances/instance1/export", {"destination": "node2"}),
    Probe("DELETE", "/2/instances/instance1/export"),
    Probe("PUT", "/2/instances/instance1/migrate", {"mode": "live"}),
    Probe("PUT", "/2/instances/instance1/failover", {"ignore_consistency": True}),
    Probe("PUT", "/2/instances/instance1/rename", {"new_name": "instance61"}),
    Probe("PUT", "/2/instances/instance1/modify", {"beparams": {"minmem": 64}}),
    Probe("POST", "/2/instances/instance1/disk/0/grow", {"amount": 16}),
    Probe("GET", "/2/instances/instance1/console"),
    *_tags("/2/instances/instance1/tags"),
    Probe("GET", "/2/groups"),
    Probe("POST", "/2/groups", {"name": "nosuch"}),
    Probe("GET", "/2/groups/default"),
    Probe("DELETE", "/2/groups/default"),
    Probe("PUT", "/2/groups/default/modify", {"alloc_policy": "preferred"}),
    Probe("PUT", "/2/groups/default/rename", {"new_name": "other"}),
    Probe("PUT", "/2/groups/default/assign-nodes", {"nodes": ["node2"]}),
    *_tags("/2/groups/default/tags"),
    Probe("GET", "/2/networks"),
    Probe("POST", "/2/networks", {"name": "nosuch", "network": "198.51.100.0/28"}),
    Probe("GET", "/2/networks/differential"),
    Probe("DELETE", "/2/networks/differential", {"force": True}),
    Probe(
        "PUT",
        "/2/networks/differential/connect",
        {"group_name": "default", "network_mode": "bridged", "network_link": "br0"},
    ),
    Probe("PUT", "/2/networks/differential/disconnect", {"group_name": "default"}),
    Probe("PUT", "/2/networks/differential/modify", {"mac_prefix": "aa:bb:cc"}),
    Probe("PUT", "/2/networks/differential/rename", {"new_name": "other"}),
    *_tags("/2/networks/differential/tags"),
    Probe("GET", "/2/query/node?fields=name,role"),
    Probe("PUT", "/2/query/node", {"fields": ["name"], "qfilter": ["=", "name", "node1"]}),
    Probe("GET", "/2/query/node/fields"),
)
