"""Requests that are peculiar to one resource and ask for changes."""

from __future__ import annotations

from ganeti_rapi.jsontext import Json

from .probe import Known, Probe, same_status
from .samples import (
    CREATION,
    DEFINITION,
    GROUP,
    INSTANCE,
    NETWORK,
    NODE,
    OWN_TRAIL,
    RULE,
    RULE_UUID,
)

_NO_BODY = Known("no-body", 500, 400)
_WRONG_VALUE = Known("wrong-values", 500, 400)
_UNREADABLE = Known("luxid-refuses", 502, 400)
_BOOLEAN = Known("booleans", 400, 200)
_REINSTALL_BODY = Known("reinstall-body", 502, 400)


def _creation(known: Known | None = None, **changes: object) -> Probe:
    return Probe("POST", "/2/instances", {**CREATION, **changes}, known)  # type: ignore[dict-item]


def _several(*instances: object, known: Known | None = None) -> Probe:
    body = {"instances": list(instances), "iallocator": "hail"}
    return Probe("POST", "/2/instances-multi-alloc", body, known)  # type: ignore[arg-type]


def _without(name: str) -> dict[str, Json]:
    return {key: value for key, value in CREATION.items() if key != name}


def _of_instance(
    method: str, action: str, *bodies: Json | bytes, known: Known | None = None
) -> tuple[Probe, ...]:
    return tuple(Probe(method, f"{INSTANCE}/{action}", body, known) for body in bodies)


def _filter(known: Known | None = None, **changes: object) -> Probe:
    return Probe("POST", "/2/filters", {**RULE, **changes}, known)  # type: ignore[dict-item]


CLUSTER = (
    Probe("PUT", "/2/modify", known=_NO_BODY),
    Probe("PUT", "/2/modify", None, _NO_BODY),
    Probe("PUT", "/2/modify", {}),
    Probe("PUT", "/2/modify", {"compression_tools": ["gzip"]}, also=("message",)),
    Probe("PUT", "/2/modify?compression_tools=gzip", {}),
    Probe("PUT", "/2/modify?compression_tools=", {}),
    Probe("PUT", "/2/modify", {"maintain_node_health": 1}, _BOOLEAN),
    Probe("PUT", "/2/modify", {"osparams_private_cluster": {"noop": {"a": "b"}}, "uid_pool": []}),
    Probe("PUT", "/2/redistribute-config", {"dry_run": True, "priority": -10, "comment": "<&'"}),
    Probe("PUT", "/2/redistribute-config", {"priority": 5}),
    Probe("PUT", "/2/redistribute-config", {"depends": [[1, ["success"]], ["2", []]]}),
    Probe("PUT", "/2/redistribute-config", {"depends": [[1, ["nosuch"]]]}),
    Probe("PUT", "/2/redistribute-config?reason=a%20b+c%26&reason=d", None),
    Probe("PUT", "/2/redistribute-config", {}, content_type="APPLICATION/JSON"),
    Probe("PUT", "/2/redistribute-config", {"nosuch": 1}, content_type=""),
    Probe(
        "PUT",
        "/2/redistribute-config",
        {},
        Known("media-type", 415, 200),
        content_type="application/json; charset=utf-8",
    ),
    Probe(
        "PUT", "/2/redistribute-config?return_timeout=soon", known=Known("return-timeout", 200, 400)
    ),
)

TAGS = (
    Probe("PUT", "/2/tags", ["a"], same_status("tags-in-body", "tags")),
    Probe("PUT", "/2/tags?tag=a", ["b", "a"], same_status("tags-in-body", "tags")),
    Probe("PUT", "/2/tags?tag=a&tag=a", known=same_status("tags-in-body", "tags")),
    Probe("PUT", "/2/tags?tag=a", "b", Known("tags-in-body", 200, 400)),
    Probe("PUT", "/2/tags?tag="),
    Probe("PUT", "/2/tags?tag=a%2Fb+c", {"depends": [[1, ["success"]]]}),
    Probe("PUT", "/2/tags?tag=a", {"depends": "nosuch"}),
    Probe("DELETE", "/2/tags"),
)

FILTERS = (
    _filter(reason=[["me", "because", 1]], action=["RATE_LIMIT", 5]),
    _filter(_UNREADABLE, action="NOSUCH"),
    _filter(_UNREADABLE, action=True),
    _filter(_UNREADABLE, priority=-1),
    _filter(priority="high"),
    _filter(_UNREADABLE, priority=True),
    _filter(predicates=5),
    _filter(_UNREADABLE, predicates=[["nosuch", []]]),
    _filter(reason="x"),
    _filter(_UNREADABLE, reason=["x"]),
    _filter(uuid=RULE_UUID),
    Probe("POST", "/2/filters"),
    Probe("PUT", "/2/filters/nosuch", RULE, Known("luxid-refuses", 500, 400)),
)

NODES = (
    *(Probe("PUT", f"{NODE}/role", role) for role in ("drained", "offline", "master-candidate")),
    *(Probe("PUT", f"{NODE}/role", role) for role in ("master", "Regular", "", ["regular"])),
    Probe("PUT", f"{NODE}/role"),
    Probe("PUT", f"{NODE}/role", '"\u00e9"'.encode(), Known("utf-8", 0, 400)),
    Probe("POST", f"{NODE}/migrate"),
    Probe("POST", f"{NODE}/migrate?live=1"),
    Probe("POST", f"{NODE}/migrate?live=0", {"mode": "live", "iallocator": "hail"}),
    Probe("POST", f"{NODE}/migrate?mode=non-live"),
    Probe("POST", f"{NODE}/migrate?mode=nosuch"),
    Probe("POST", f"{NODE}/migrate?live=1&mode=live"),
    Probe("POST", f"{NODE}/evacuate"),
    Probe("POST", f"{NODE}/evacuate", {}),
    Probe("POST", f"{NODE}/evacuate", {"mode": "nosuch"}),
    Probe("POST", f"{NODE}/evacuate", {"mode": "all", "dry_run": True}),
    Probe("POST", f"{NODE}/modify", {"drained": 1}, _BOOLEAN),
    Probe("POST", f"{NODE}/modify", {"ndparams": {"oob_program": "/x"}, "powered": True}),
    # NEVER of a node that exists: with the fake hypervisor the job reboots this machine (sysrq).
    Probe("POST", "/2/nodes/nosuch/powercycle", {"force": True}),
    Probe("POST", "/2/nodes/nosuch/powercycle"),
)

STORAGE = (
    Probe("GET", f"{NODE}/storage?output_fields=name", known=Known("storage-type", 200, 400)),
    Probe("GET", f"{NODE}/storage?storage_type=file"),
    Probe("GET", f"{NODE}/storage?storage_type=nosuch&output_fields=name"),
    Probe("GET", f"{NODE}/storage?storage_type=lvm-vg&output_fields=%20name%20,,x"),
    Probe("PUT", f"{NODE}/storage/modify?storage_type=lvm-pv&name=sda"),
    Probe("PUT", f"{NODE}/storage/modify?storage_type=lvm-pv"),
    Probe("PUT", f"{NODE}/storage/modify?name=sda"),
    Probe("PUT", f"{NODE}/storage/repair?storage_type=lvm-vg"),
    Probe("PUT", f"{NODE}/storage/repair?storage_type=nosuch&name=a"),
)

CREATIONS = (
    Probe("POST", "/2/instances"),
    Probe("POST", "/2/instances", _without("__version__")),
    Probe("POST", "/2/instances", _without("mode")),
    *(_creation(__version__=version) for version in (0, 2, "1", None)),
    _creation(known=Known("strict-forms", 200, 400), __version__=True),
    _creation(_BOOLEAN, ip_check=1, name_check=0),
    _creation(ip_check="yes"),
    _creation(hvparams={"usb_devices": "a b"}, osparams_private={"a": "b"}, tags=["a"]),
    _creation(osparams_secret={"a": "b"}, beparams={"maxmem": "512M"}, hypervisor="fake"),
    _creation(_WRONG_VALUE, hvparams={"usb_devices": 5}),
    _creation(os_type="x"),
    _creation(instance_name="x"),
    _creation(dry_run=True),
    _creation(disks=[{"size": 16}, {"size": "1g", "vg": "x"}], nics=[{"link": "a", "mode": None}]),
    _creation(disks=[{"size": 1.5}]),
    _creation(disks="many"),
    _creation(nics=[{"nosuch": "x"}]),
    _creation(mode="nosuch"),
    _creation(name=None),
    _creation(forthcoming=True),
    _several(DEFINITION, {**DEFINITION, "osparams_private": {"a": "b"}, "dry_run": True}),
    _several(),
    _several(CREATION),
    _several(5),
    _several({**DEFINITION, "nosuch": 1}),
    Probe("POST", "/2/instances-multi-alloc", known=_NO_BODY),
    Probe("POST", "/2/instances-multi-alloc", {"instances": None}, _WRONG_VALUE),
)

INSTANCES = (
    Probe("DELETE", INSTANCE, {"ignore_failures": True}),
    Probe("GET", f"{INSTANCE}/info?static=yes"),
    Probe("POST", f"{INSTANCE}/reboot?type=nosuch"),
    Probe("PUT", "/2/instances/nosuch/startup", {"depends": [[1, []]]}),
    *_of_instance("POST", "reboot", {"reboot_type": "soft"}),
    *_of_instance("PUT", "shutdown", {"timeout": -1}, {"timeout": 1.0}, {"no_remember": True}),
    *_of_instance("PUT", "startup", {"depends": 5}),
    *_of_instance("PUT", "rename", {}, {"new_name": ""}, {"new_name": "x", "name_check": False}),
    *_of_instance("PUT", "migrate", {"live": True, "cleanup": True, "target_node": "node3"}),
    *_of_instance("POST", "recreate-disks", {"disks": [0, 1]}, {"disks": "x"}),
    *_of_instance("PUT", "export", {}, {"destination": "a", "target_node": "b"}),
    *_of_instance("PUT", "export", {"target_node": "node2", "shutdown": False, "mode": "local"}),
    Probe("PUT", f"{INSTANCE}/prepare-export"),
    Probe("PUT", f"{INSTANCE}/prepare-export?mode=nosuch"),
    Probe("DELETE", f"{INSTANCE}/export", known=Known("newer-resources", 501, 200)),
)

REINSTALLATIONS = (
    Probe("POST", f"{INSTANCE}/reinstall", known=OWN_TRAIL),
    Probe("POST", f"{INSTANCE}/reinstall?os=noop%2Btesting&nostartup=1", known=OWN_TRAIL),
    Probe("POST", f"{INSTANCE}/reinstall?reason=because&dry-run=1", known=OWN_TRAIL),
    Probe("POST", f"{INSTANCE}/reinstall?os=noop", {"start": False}),
    *_of_instance("POST", "reinstall", {"start": "no"}),
    *_of_instance("POST", "reinstall", {"os": None, "osparams": {"a": "b"}}, known=OWN_TRAIL),
    *_of_instance("POST", "reinstall", {"start": 1}, known=_BOOLEAN),
    *_of_instance("POST", "reinstall", {"os": 5}, {"osparams": 5}, known=_REINSTALL_BODY),
    *_of_instance(
        "POST",
        "reinstall",
        {"force_variant": True},
        known=same_status("reinstall-body", "force_variant", "reason"),
    ),
)

DISKS = (
    Probe("POST", f"{INSTANCE}/replace-disks"),
    Probe("POST", f"{INSTANCE}/replace-disks?mode=replace_auto&disks=0,1"),
    Probe("POST", f"{INSTANCE}/replace-disks?mode=replace_new_secondary&iallocator=hail&a=b"),
    Probe("POST", f"{INSTANCE}/replace-disks?mode=replace_auto&disks=a"),
    Probe(
        *("POST", f"{INSTANCE}/replace-disks?mode=replace_auto&disks=0_0,%2B1"),
        known=Known("strict-forms", 200, 400),
    ),
    *_of_instance("POST", "replace-disks", {"mode": "replace_auto", "disks": "0,1"}),
    *_of_instance("POST", "replace-disks", {"mode": "replace_auto", "disks": "x"}),
    *_of_instance("POST", "replace-disks", {"mode": "replace_auto", "disks": None}),
    *_of_instance("POST", "replace-disks", {"mode": "replace_auto", "disks": [16]}),
    *_of_instance("POST", "replace-disks", {"mode": "x", "disks": 5}, known=_WRONG_VALUE),
    Probe("POST", f"{INSTANCE}/disk/007/grow", {"amount": 1, "absolute": True}),
    Probe("POST", f"{INSTANCE}/disk/16/grow", {"amount": 1}),
    Probe("POST", f"{INSTANCE}/disk/one/grow", {"amount": 1}),
    Probe("POST", f"{INSTANCE}/disk/{10**18}/grow", {"amount": 1}, Known("long-numbers", 400, 404)),
    *_of_instance("POST", "disk/0/grow", {}, {"amount": -1}, {"amount": "1"}, {"amount": True}),
    *_of_instance("POST", "disk/0/grow", b'{"amount": NaN}', b'{"amount": 1e2}'),
    *_of_instance("POST", "disk/0/grow", b'{"amount": 1, "amount": 2}'),
    *_of_instance("POST", "disk/0/grow", {"amount": 2**64 - 1}, known=_UNREADABLE),
)

MODIFICATIONS = (
    *_of_instance("PUT", "modify", None, known=_NO_BODY),
    *_of_instance("PUT", "modify", {}, {"custom_beparams": {}, "beparams": {}}),
    *_of_instance("PUT", "modify", {"custom_beparams": {"maxmem": 64}, "runtime_mem": 64}),
    *_of_instance("PUT", "modify", {"hvparams": {"usb_devices": "a b"}}),
    *_of_instance(
        "PUT",
        "modify",
        {"custom_hvparams": {"usb_devices": "a b"}},
        known=same_status("usb-devices", "usb_devices"),
    ),
    *_of_instance("PUT", "modify", {"hvparams": {"usb_devices": [1]}}, known=_WRONG_VALUE),
    *_of_instance(
        "PUT",
        "modify",
        {
            "disks": [["add", -1, {"size": "16"}], ["modify", 0, {"name": "x"}]],
            "nics": [["modify", 0, {"link": "br1"}], ["remove", 1, {}]],
            "osparams_private": {"a": "b"},
            "hotplug_if_possible": True,
        },
    ),
    *_of_instance("PUT", "modify", {"disks": [["add", {"size": 16}]]}),
    *_of_instance("PUT", "modify", {"nics": [["nosuch", {}]]}),
)

GROUPS = (
    Probe("POST", "/2/groups"),
    Probe("POST", "/2/groups", {"name": "a", "group_name": "b"}),
    Probe("POST", "/2/groups", {"group_name": "a", "alloc_policy": "last_resort", "ipolicy": {}}),
    Probe("POST", "/2/groups", {"name": "a", "alloc_policy": "nosuch"}),
    Probe("PUT", f"{GROUP}/modify", {"custom_ndparams": {}, "custom_diskparams": {}}),
    Probe("PUT", f"{GROUP}/modify", {"custom_ndparams": {}, "ndparams": {}}),
    Probe("PUT", f"{GROUP}/rename"),
    Probe("PUT", f"{GROUP}/assign-nodes", {"nodes": "node1"}),
    Probe("PUT", f"{GROUP}/assign-nodes", {"nodes": [], "force": True}),
)

NETWORKS = (
    Probe("POST", "/2/networks", {"name": "a"}),
    *(
        Probe("POST", "/2/networks", {"name": "a", "network": network}, _WRONG_VALUE)
        for network in ("198.51.100.0/33", "198.51.100.1/28")
    ),
    Probe("POST", "/2/networks", {"name": "a", "network": "nosuch"}),
    Probe(
        "POST",
        "/2/networks",
        {
            "name": "a",
            "network": "198.51.100.0/28",
            "gateway": "198.51.100.1",
            "network6": "2001:db8::/64",
            "add_reserved_ips": ["198.51.100.2"],
            "tags": ["a"],
        },
    ),
    Probe(
        *("POST", "/2/networks", {"name": "a", "network": "198.51.100.0/28", "tags": None}),
        known=Known("null-tags", 400, 200),
    ),
    Probe("PUT", f"{NODE}/role", {"role": "regular"}, Known("object-bodies", 400, 200)),
    Probe("PUT", f"{NETWORK}/connect", {"group_name": "default", "network_mode": "nosuch"}),
    Probe("PUT", f"{NETWORK}/modify", {"add_reserved_ips": ["198.51.100.9"], "gateway": None}),
    Probe("PUT", f"{NETWORK}/rename", {"new_name": "x"}, Known("newer-resources", 404, 400)),
)

WRITES = (
    *CLUSTER,
    *TAGS,
    *FILTERS,
    *NODES,
    *STORAGE,
    *CREATIONS,
    *INSTANCES,
    *REINSTALLATIONS,
    *DISKS,
    *MODIFICATIONS,
    *GROUPS,
    *NETWORKS,
    Probe("DELETE", "/2/jobs/999999", known=Known("unknown-job", 200, 404)),
)

EVACUATION = (
    Probe("POST", f"{NODE}/evacuate?iallocator=hail&dry-run=1", known=Known("evacuate", 400, 200)),
    Probe("POST", f"{NODE}/evacuate?early_release=1"),
)
"""The requirements' form: we wait for the job, so it must be allowed to run."""


def of_a_queued_job(job_id: int) -> tuple[Probe, ...]:
    """What is asked of a job that does not get on."""
    unchanged: Json = {
        "fields": ["status"],
        "previous_job_info": ["queued"],
        "previous_log_serial": None,
    }
    wait = f"/2/jobs/{job_id}/wait"
    return (
        Probe("GET", f"/2/jobs/{job_id}"),
        Probe("GET", wait, {**unchanged, "previous_job_info": None}),  # type: ignore[dict-item]
        Probe("GET", f"{wait}?timeout=1", unchanged, same_status("unchanged-wait", "reply")),
    )
