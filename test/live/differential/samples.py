"""One good request for each method of each resource that the stock daemon has."""

from __future__ import annotations

from ganeti_rapi.jsontext import Json

from .probe import Known, Probe, same_status

NODE = "/2/nodes/node2"
INSTANCE = "/2/instances/instance1"
GROUP = "/2/groups/default"
NETWORK = "/2/networks/differential"
RULE_UUID = "11111111-2222-3333-4444-555555555555"
RULE: dict[str, Json] = {"priority": 5, "predicates": [["jobid", [">", "id", 0]]]}
"""The network and the filter rule are made before the probes are sent, and removed afterwards."""

DEFINITION: dict[str, Json] = {
    "mode": "create",
    "name": "instance61",
    "os": "noop+default",
    "disk_template": "diskless",
    "disks": [],
    "nics": [{}],
    "pnode": "node2",
}
CREATION: dict[str, Json] = {"__version__": 1, **DEFINITION}
WAIT: dict[str, Json] = {
    "fields": ["status"],
    "previous_job_info": None,
    "previous_log_serial": None,
}
CONNECTION = {"group_name": "default", "network_mode": "bridged", "network_link": "br0"}

LACKING = {
    ("PUT", "/2/networks/{network_name}/rename"): "since Ganeti 3.1",
    ("DELETE", "/2/instances/{instance_name}/export"): "since Ganeti 3.2",
    ("GET", "/2/events"): "our own",
    ("POST", "/2/instances/{instance_name}/console/ticket"): "our own",
    ("GET", "/2/instances/{instance_name}/console/websocket"): "our own",
    ("GET", "/2/openapi.json"): "our own",
    ("GET", "/healthz"): "our own",
    ("GET", "/readyz"): "our own",
    ("GET", "/metrics"): "our own",
    ("GET", "/2/jobs/{job_id}/events"): "our own",
    ("POST", "/2/jobs/{job_id}/archive"): "our own",
    ("PUT", "/2/jobs/{job_id}/priority"): "our own",
    ("POST", "/2/jobs-archive"): "our own",
    ("GET", "/2/tags-search"): "our own",
    ("GET", "/2/queue"): "our own",
    ("PUT", "/2/queue"): "our own",
    ("GET", "/2/watcher"): "our own",
    ("PUT", "/2/watcher"): "our own",
    ("GET", "/2/config"): "our own",
    ("GET", "/2/ext-storage"): "our own",
    ("GET", "/2/capacity"): "our own",
    ("GET", "/2/balance"): "our own",
    ("POST", "/2/verify"): "our own",
    ("GET", "/2/verify/{job_id}"): "our own",
    ("POST", "/2/verify-config"): "our own",
    ("POST", "/2/verify-disks"): "our own",
    ("POST", "/2/repair-disk-sizes"): "our own",
    ("PUT", "/2/rename"): "our own",
    ("POST", "/2/renew-crypto"): "our own",
    ("PUT", "/2/master-ip"): "our own",
    ("DELETE", "/2/master-ip"): "our own",
    ("POST", "/2/allocator"): "our own",
    ("DELETE", "/2/nodes/{node_name}"): "our own",
    ("GET", "/2/nodes/{node_name}/volumes"): "our own",
    ("GET", "/2/nodes/{node_name}/power"): "our own",
    ("PUT", "/2/nodes/{node_name}/power"): "our own",
    ("GET", "/2/nodes/{node_name}/health"): "our own",
    ("POST", "/2/nodes/{node_name}/restricted-command"): "our own",
    ("PUT", "/2/instances/{instance_name}/move"): "our own",
    ("PUT", "/2/instances/{instance_name}/change-group"): "our own",
    ("POST", "/2/groups/{group_name}/evacuate"): "our own",
    ("POST", "/2/groups/{group_name}/verify"): "our own",
    ("POST", "/2/groups/{group_name}/verify-disks"): "our own",
}
"""What the stock daemon 3.0.2 does not have, and since when there is it."""

OWN_TRAIL = same_status("reinstall-arguments", "reason")
NEWER_FIELDS = same_status("newer-fields", "custom_osparams", "hypervisor")


def _tags(uri: str) -> tuple[Probe, ...]:
    return (
        Probe("GET", uri),
        Probe("PUT", f"{uri}?tag=a&tag=b"),
        Probe("DELETE", f"{uri}?tag=a"),
    )


SAMPLES = (
    Probe("GET", "/", known=same_status("roots", "reply")),
    Probe("GET", "/2", known=same_status("roots", "reply")),
    Probe("GET", "/version"),
    Probe("GET", "/2/info"),
    Probe("GET", "/2/features"),
    Probe("GET", "/2/os"),
    Probe("PUT", "/2/redistribute-config"),
    Probe("PUT", "/2/modify", {"candidate_pool_size": 10}),
    *_tags("/2/tags"),
    Probe("GET", "/2/filters"),
    Probe("POST", "/2/filters", RULE),
    Probe("GET", f"/2/filters/{RULE_UUID}"),
    Probe("PUT", f"/2/filters/{RULE_UUID}", RULE),
    Probe("DELETE", "/2/filters/nosuch", known=Known("unknown-object", 500, 404)),
    Probe("GET", "/2/jobs"),
    Probe("GET", "/2/jobs/1"),
    Probe("DELETE", "/2/jobs/1"),
    Probe("GET", "/2/jobs/1/wait", WAIT),
    Probe("GET", "/2/nodes"),
    Probe("GET", NODE),
    # NEVER of a node that exists: with the fake hypervisor the job reboots this machine (sysrq).
    Probe("POST", "/2/nodes/nosuch/powercycle"),
    Probe("GET", f"{NODE}/role"),
    Probe("PUT", f"{NODE}/role", "regular"),
    Probe("POST", f"{NODE}/evacuate", {"mode": "all", "iallocator": "hail"}),
    Probe("POST", f"{NODE}/migrate", {"iallocator": "hail"}),
    Probe("POST", f"{NODE}/modify", {"drained": True}),
    Probe("GET", f"{NODE}/storage?storage_type=file&output_fields=name,size"),
    Probe("PUT", f"{NODE}/storage/modify?storage_type=lvm-pv&name=sda&allocatable=1"),
    Probe("PUT", f"{NODE}/storage/repair?storage_type=lvm-vg&name=xenvg"),
    *_tags(f"{NODE}/tags"),
    Probe("GET", "/2/instances"),
    Probe("POST", "/2/instances", CREATION),
    Probe("POST", "/2/instances-multi-alloc", {"instances": [DEFINITION], "iallocator": "hail"}),
    Probe("GET", INSTANCE, known=NEWER_FIELDS),
    Probe("DELETE", INSTANCE, {"shutdown_timeout": 5}),
    Probe("GET", f"{INSTANCE}/info"),
    Probe("POST", f"{INSTANCE}/reboot", {"shutdown_timeout": 5}),
    Probe("PUT", f"{INSTANCE}/shutdown", {"timeout": 5}),
    Probe("PUT", f"{INSTANCE}/startup"),
    Probe("POST", f"{INSTANCE}/reinstall", {"os": "noop+testing", "start": False}, OWN_TRAIL),
    Probe("POST", f"{INSTANCE}/replace-disks", {"mode": "replace_auto", "disks": [0]}),
    Probe("PUT", f"{INSTANCE}/activate-disks"),
    Probe("PUT", f"{INSTANCE}/deactivate-disks"),
    Probe("POST", f"{INSTANCE}/recreate-disks", {"disks": [[0, {"size": 16}]]}),
    Probe("PUT", f"{INSTANCE}/prepare-export?mode=local"),
    Probe("PUT", f"{INSTANCE}/export", {"destination": "node2"}),
    Probe("PUT", f"{INSTANCE}/migrate", {"mode": "live"}),
    Probe("PUT", f"{INSTANCE}/failover", {"ignore_consistency": True}),
    Probe("PUT", f"{INSTANCE}/rename", {"new_name": "instance61"}),
    Probe("PUT", f"{INSTANCE}/modify", {"beparams": {"minmem": 64}}),
    Probe("POST", f"{INSTANCE}/disk/0/grow", {"amount": 16}),
    Probe("GET", f"{INSTANCE}/console"),
    *_tags(f"{INSTANCE}/tags"),
    Probe("GET", "/2/groups"),
    Probe("POST", "/2/groups", {"name": "nosuch"}),
    Probe("GET", GROUP),
    Probe("DELETE", GROUP),
    Probe("PUT", f"{GROUP}/modify", {"alloc_policy": "preferred"}),
    Probe("PUT", f"{GROUP}/rename", {"new_name": "other"}),
    Probe("PUT", f"{GROUP}/assign-nodes", {"nodes": ["node2"]}),
    *_tags(f"{GROUP}/tags"),
    Probe("GET", "/2/networks"),
    Probe("POST", "/2/networks", {"name": "nosuch", "network": "198.51.100.0/28"}),
    Probe("GET", NETWORK),
    Probe("DELETE", NETWORK, {"force": True}),
    Probe("PUT", f"{NETWORK}/connect", CONNECTION),
    Probe("PUT", f"{NETWORK}/disconnect", {"group_name": "default"}),
    Probe("PUT", f"{NETWORK}/modify", {"mac_prefix": "aa:bb:cc"}),
    *_tags(f"{NETWORK}/tags"),
    Probe("GET", "/2/query/node?fields=name,role"),
    Probe("PUT", "/2/query/node", {"fields": ["name"], "qfilter": ["=", "name", "node1"]}),
    Probe("GET", "/2/query/node/fields"),
)
