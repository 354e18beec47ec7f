"""What a file may say of a cluster: its sections, their keys and what the values may be.

Sizes are MiB, or strings such as ``64G``. What is left out is as in a new cluster.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganeti_rapi.api.checks import (
    BOOLEAN,
    IPV4_ADDRESS,
    LIST,
    NON_EMPTY_STRING,
    NON_NEGATIVE,
    OBJECT,
    POSITIVE,
    SIZE,
    STRING,
    STRINGS,
    Check,
    CheckError,
    DictOf,
    Either,
    Keyed,
    ListOf,
    Maybe,
    OneOf,
    Refused,
    item_place,
    key_place,
)
from ganeti_rapi.jsontext import Json

STATES = ("online", "drained", "offline", "down")
"""Of a node; one that is down does not answer, which nobody has told the cluster yet."""

_NAME = ("name", NON_EMPTY_STRING)
_UUID = ("uuid", NON_EMPTY_STRING)
_TAGS = ("tags", STRINGS)


_COMMON = (_TAGS, _UUID, ("serial_no", POSITIVE))


def _object(*keys: tuple[str, Check]) -> Keyed:
    return Keyed(keys)


CLUSTER = _object(
    _NAME,
    _TAGS,
    _UUID,
    ("master", NON_EMPTY_STRING),
    ("hypervisors", STRINGS),
    ("installed_hypervisors", STRINGS),
    ("disk_templates", STRINGS),
    ("volume_group", Maybe(NON_EMPTY_STRING)),
    ("bridges", STRINGS),
    ("hosts", STRINGS),
    ("drained", BOOLEAN),
    ("settings", OBJECT),
)

GROUP = _object(
    _NAME,
    *_COMMON,
    ("alloc_policy", OneOf(("preferred", "last_resort", "unallocable"))),
    ("ndparams", OBJECT),
    ("ipolicy", OBJECT),
    ("diskparams", DictOf(STRING, OBJECT)),
)

NODE = _object(
    _NAME,
    *_COMMON,
    ("group", NON_EMPTY_STRING),
    ("state", OneOf(STATES)),
    ("memory", SIZE),
    ("memory_own", SIZE),
    ("disk", SIZE),
    ("cpus", POSITIVE),
    ("sockets", POSITIVE),
    ("primary_ip", IPV4_ADDRESS),
    ("secondary_ip", IPV4_ADDRESS),
    ("master_candidate", BOOLEAN),
    ("master_capable", BOOLEAN),
    ("vm_capable", BOOLEAN),
    ("ndparams", OBJECT),
)

OS = _object(
    _NAME,
    ("variants", STRINGS),
    ("parameters", DictOf(NON_EMPTY_STRING, STRING)),
)

NETWORK = _object(
    _NAME,
    *_COMMON,
    ("network", NON_EMPTY_STRING),
    ("gateway", Maybe(IPV4_ADDRESS)),
    ("network6", Maybe(NON_EMPTY_STRING)),
    ("gateway6", Maybe(NON_EMPTY_STRING)),
    ("mac_prefix", Maybe(NON_EMPTY_STRING)),
    ("reserved", ListOf(IPV4_ADDRESS)),
    ("groups", DictOf(NON_EMPTY_STRING, DictOf(OneOf(("mode", "link", "vlan")), STRING))),
)

DISK = _object(
    _UUID,
    ("size", SIZE),
    ("mode", OneOf(("ro", "rw"))),
    ("name", Maybe(NON_EMPTY_STRING)),
    ("params", OBJECT),
)

NIC = _object(
    _UUID,
    ("mac", NON_EMPTY_STRING),
    ("ip", Maybe(NON_EMPTY_STRING)),
    ("name", Maybe(NON_EMPTY_STRING)),
    ("network", Maybe(NON_EMPTY_STRING)),
    ("params", DictOf(OneOf(("mode", "link", "vlan")), STRING)),
)

INSTANCE = _object(
    _NAME,
    *_COMMON,
    ("os", NON_EMPTY_STRING),
    ("hypervisor", NON_EMPTY_STRING),
    ("disk_template", NON_EMPTY_STRING),
    ("primary", NON_EMPTY_STRING),
    ("secondary", Maybe(NON_EMPTY_STRING)),
    ("state", OneOf(("up", "down", "offline", "user_down"))),
    ("running", BOOLEAN),
    ("runs_on", NON_EMPTY_STRING),
    ("disks", ListOf(Either((SIZE, DISK)))),
    ("nics", ListOf(NIC)),
    ("beparams", OBJECT),
    ("hvparams", OBJECT),
    ("osparams", OBJECT),
    ("network_port", Maybe(POSITIVE)),
)

FILTER = _object(
    _UUID,
    ("priority", NON_NEGATIVE),
    ("predicates", LIST),
    ("action", Either((NON_EMPTY_STRING, LIST))),
)

JOB = _object(
    ("ops", ListOf(OBJECT)),
    ("seconds_ago", NON_NEGATIVE),
    ("error", STRING),
)

FILE = _object(
    ("cluster", CLUSTER),
    ("groups", ListOf(GROUP)),
    ("nodes", ListOf(NODE)),
    ("oses", ListOf(OS)),
    ("networks", ListOf(NETWORK)),
    ("instances", ListOf(INSTANCE)),
    ("filters", ListOf(FILTER)),
    ("jobs", Either((NON_NEGATIVE, ListOf(JOB)))),
)

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "groups": ("name",),
    "nodes": ("name",),
    "oses": ("name",),
    "networks": ("name", "network"),
    "instances": ("name", "primary"),
    "filters": ("predicates", "action"),
}
"""By section: the keys that each of its items must have."""


def checked(value: Json) -> dict[str, Json]:
    """What a file says, in the form in which it is used. Raises `CheckError`."""
    if not isinstance(value, dict):
        raise Refused("expected an object with the sections of a cluster, such as nodes")
    read = FILE(value)
    assert isinstance(read, dict)
    if not read.get("nodes"):
        raise Refused("a cluster needs at least one node: nodes: [{name: node1.example.com}]")
    for section, keys in REQUIRED.items():
        for index, item in enumerate(read.get(section) or []):
            _require(section, index, item, keys)
    return read


def _require(section: str, index: int, item: object, keys: tuple[str, ...]) -> None:
    assert isinstance(item, dict)
    for key in keys:
        if key not in item:
            error: CheckError = Refused(f"it lacks the key '{key}'")
            raise error.inside(item_place(index)).inside(key_place(section))
