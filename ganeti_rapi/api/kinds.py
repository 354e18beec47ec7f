"""The kinds of object that the API lists, and how luxid is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ganeti_rapi.api import objects
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.schemas import component
from ganeti_rapi.api.secrets import without_secrets

Details = dict[str, Any]  # Any: a field's value is JSON of the field's own shape

NODE_FIELDS = tuple(objects.NODE)
INSTANCE_FIELDS = tuple(objects.INSTANCE)
GROUP_FIELDS = tuple(objects.GROUP)
NETWORK_FIELDS = tuple(objects.NETWORK)
JOB_LIST_FIELDS = tuple(objects.JOB)
JOB_FIELDS = (*JOB_LIST_FIELDS, *objects.JOB_ALONE)
FILTER_FIELDS = tuple(objects.FILTER)
OS_FIELDS = tuple(objects.OS)

JOB_QUERY_FIELDS = frozenset(
    {
        *JOB_FIELDS,
        *("opstart", "opexec", "opend", "priority", "oppriority", "archived"),
    }
)
"""Everything that LUXI QueryJobs knows of a job."""


def as_is(details: Details) -> Details:
    """No change: what most kinds show is what luxid answers."""
    return details


def with_memory(details: Details) -> Details:
    """An instance's ``beparams.memory``, which old clients read, is its maximum memory."""
    beparams = details.get("beparams")
    if isinstance(beparams, dict) and "maxmem" in beparams:
        beparams["memory"] = beparams["maxmem"]
    return details


def with_secondary_ip(details: Details) -> Details:
    """A single node's ``sip`` under the name that /2/nodes/N/modify takes, too."""
    details["secondary_ip"] = details.get("sip")
    return details


@frozen
class Kind:
    """A kind of object: how luxid is asked for it and how its rows become a reply.

    ``identity`` is the field that names an object, ``key`` what a list entry calls it, ``uri`` the
    path of one, ``fields`` what a bulk list shows and ``item_fields`` what a single object shows.
    ``takes_lock`` says whether luxid's method has the argument that asks for locking.
    """

    name: str
    method: str
    identity: str
    key: str
    uri: str
    fields: Sequence[str]
    item_fields: Sequence[str]
    takes_lock: bool = True
    all_objects: Sequence[str] | None = ()
    """What luxid takes for "all of them"."""
    finish: Callable[[Details], Details] = as_is
    finish_item: Callable[[Details], Details] = as_is

    @property
    def schema(self) -> Schema:
        """The JSON Schema of an object's details."""
        return component(self.name.capitalize())

    def details(self, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Details]:
        """The details of objects, from luxid's rows."""
        finish = self.finish
        return [finish(dict(zip(fields, row))) for row in rows]

    def item(self, row: Sequence[Any]) -> Details:
        """The details of one object, from luxid's row."""
        return self.finish_item(self.finish(dict(zip(self.item_fields, row))))


def _kind(
    name: str, method: str, fields: Sequence[str], key: str = "id", **more: Any
) -> Kind:  # Any: the attributes of Kind
    return Kind(
        name=name,
        method=method,
        key=key,
        uri=f"/2/{name}s/",
        fields=fields,
        **{"identity": "name", "item_fields": fields, **more},
    )


NODE = _kind("node", "QueryNodes", NODE_FIELDS, finish_item=with_secondary_ip)
INSTANCE = _kind("instance", "QueryInstances", INSTANCE_FIELDS, finish=with_memory)
GROUP = _kind("group", "QueryGroups", GROUP_FIELDS, key="name")
NETWORK = _kind("network", "QueryNetworks", NETWORK_FIELDS, key="name")
JOB = _kind(
    "job",
    "QueryJobs",
    JOB_LIST_FIELDS,
    identity="id",
    item_fields=JOB_FIELDS,
    takes_lock=False,
    all_objects=None,
    finish=without_secrets,
)
FILTER = _kind(
    "filter",
    "QueryFilters",
    FILTER_FIELDS,
    key="uuid",
    identity="uuid",
    takes_lock=False,
    all_objects=None,
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (NODE, INSTANCE, GROUP, NETWORK, JOB, FILTER)
}

QUERY_RESOURCES = ("instance", "node", "group", "network", "job", "lock", "filter", "export")
"""What /2/query/[resource] can ask luxid about."""
