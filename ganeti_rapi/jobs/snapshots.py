"""What the configuration said of all objects at one moment, and how two moments differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

from attrs import frozen

from ganeti_rapi.api.scopes import Traits
from ganeti_rapi.api.sight import read_traits
from ganeti_rapi.jsontext import dumps

IDENTITY = ("name", "uuid", "serial_no", "tags")
PLACES: Mapping[str, Sequence[str]] = {"instance": ("pnode", "pnode.group"), "node": ("group",)}

WATCHED: Mapping[str, Sequence[str]] = {
    "instance": (
        *IDENTITY,
        *PLACES["instance"],
        *("admin_state", "snodes", "os", "hypervisor", "disk_template", "network_port"),
        *("custom_beparams", "custom_hvparams", "osparams"),
        *("disk.uuids", "disk.sizes", "disk.names"),
        *("nic.uuids", "nic.ips", "nic.macs", "nic.modes", "nic.links", "nic.networks"),
    ),
    "node": (
        *IDENTITY,
        *PLACES["node"],
        *("role", "offline", "drained", "powered", "master_candidate", "master_capable"),
        *("vm_capable", "pip", "sip", "custom_ndparams"),
    ),
    "group": (
        *IDENTITY,
        *("alloc_policy", "custom_ndparams", "custom_ipolicy", "custom_diskparams", "node_list"),
    ),
    "network": (
        *IDENTITY,
        *("network", "gateway", "network6", "gateway6", "mac_prefix"),
        *("external_reservations", "group_list"),
    ),
}
"""By kind, the fields whose changes are told. luxid asks no node for any of them."""

FILTER = ("uuid", "watermark", "priority", "predicates", "action")
"""The same of filter rules, which have no name."""

NOT_TOLD = frozenset({"serial_no", "mtime"})
"""What changes with everything else."""

Row = Sequence[Any]  # Any: values of fields


@frozen
class Known:
    """What is remembered of an object: of its values, that they are the same or are not."""

    name: str
    uuid: str
    serial: int | None
    traits: Traits | None
    prints: Mapping[str, int]


Snapshot = Mapping[tuple[str, str], Known]
"""All objects, by kind and uuid."""


@frozen
class Change:
    """What is different of one object."""

    kind: str
    change: str
    before: Known | None
    after: Known | None
    fields: Sequence[str]

    @property
    def known(self) -> Known:
        """The object as it is, or was at last."""
        known = self.after or self.before
        assert known is not None
        return known

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """What an event tells of it."""
        return {
            "kind": self.kind,
            "name": self.known.name,
            "uuid": self.known.uuid,
            "change": self.change,
            "fields": list(self.fields),
            "serial_before": self.before.serial if self.before else None,
            "serial_after": self.after.serial if self.after else None,
        }


def of_row(kind: str, row: Row) -> Known:
    """An object of one of the kinds in `WATCHED`. Raises `LuxiProtocolError` for a wrong shape."""
    values = dict(zip(WATCHED[kind], row))
    places = [values[name] for name in PLACES.get(kind, ())]
    traits = read_traits(kind, [values["name"], values["uuid"], values["tags"], *places])
    serial = values["serial_no"]
    return Known(traits.name, traits.uuid, serial, traits, _prints(values))


def of_filter(row: Row) -> Known:
    """A filter rule."""
    values = dict(zip(FILTER, row))
    return Known(str(values["uuid"]), str(values["uuid"]), None, None, _prints(values))


def of_cluster(info: Mapping[str, Any]) -> Known:  # Any: JSON
    """The cluster, from what LUXI QueryClusterInfo answers."""
    return Known(str(info.get("name")), str(info.get("uuid")), None, None, _prints(info))


def _prints(values: Mapping[str, Any]) -> dict[str, int]:
    return {name: crc32(dumps(value)) for name, value in values.items() if name not in NOT_TOLD}


def changes(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """What is different: first what is gone, then what is new or changed."""
    for (kind, uuid), known in before.items():
        if (kind, uuid) not in after:
            yield Change(kind, "removed", known, None, ())
    for (kind, uuid), known in after.items():
        old = before.get((kind, uuid))
        if old is None:
            yield Change(kind, "created", None, known, ())
        elif fields := _different(old, known):
            yield Change(kind, "changed", old, known, fields)


def _different(old: Known, new: Known) -> list[str]:
    names = dict.fromkeys([*old.prints, *new.prints])
    fields = [name for name in names if old.prints.get(name) != new.prints.get(name)]
    return fields or (["serial_no"] if old.serial != new.serial else [])
