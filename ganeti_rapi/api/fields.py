"""The kinds of object that the API lists, and how luxid is asked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ganeti_rapi.api import objects
from ganeti_rapi.api.secrets import without_secrets

Row = dict[str, Any]  # Any: a field's value is JSON of the field's own shape

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


def as_is(row: Row) -> Row:
    """No change: what most kinds show is what luxid answers."""
    return row


def with_memory(row: Row) -> Row:
    """An instance's ``beparams.memory``, which old clients read, is its maximum memory."""
    beparams = row.get("beparams")
    if isinstance(beparams, dict) and "maxmem" in beparams:
        beparams["memory"] = beparams["maxmem"]
    return row


def with_secondary_ip(row: Row) -> Row:
    """A single node's ``sip`` under the name that /2/nodes/N/modify takes, too."""
    row["secondary_ip"] = row.get("sip")
    return row


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
    finish: Callable[[Row], Row] = as_is
    finish_item: Callable[[Row], Row] = as_is

    def rows(self, fields: Sequence[str], replies: Sequence[Sequence[Any]]) -> list[Row]:
        """luxid's rows as objects."""
        finish = self.finish
        return [finish(dict(zip(fields, reply))) for reply in replies]

    def item(self, reply: Sequence[Any]) -> Row:
        """luxid's row of one object."""
        return self.finish_item(self.finish(dict(zip(self.item_fields, reply))))


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
