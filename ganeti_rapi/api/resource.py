"""What a resource is: one row of the table of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import Factory, field, frozen

from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.fields import QUERY_RESOURCES
from ganeti_rapi.api.schemas import one_of

FAMILIES: Mapping[str, str] = {
    "cluster": "The cluster as a whole, and the API itself.",
    "nodes": "The nodes: the cluster's physical machines.",
    "instances": "The instances: the cluster's virtual machines.",
    "groups": "The node groups.",
    "networks": "The IP networks that instances' interfaces may belong to.",
    "jobs": "The jobs: whatever changes the cluster is one.",
    "filters": "The rules that decide which jobs may run.",
    "query": "Queries with filters, as the gnt-* list commands make them.",
}
"""The parts of the API, by the word that their URIs have in common."""


def _segments(row: Resource) -> Sequence[str]:
    return row.uri.strip("/").split("/") if row.uri != "/" else ()


def _items(row: Resource) -> Sequence[str]:
    return [part.strip("{}") for part in row.segments if part.startswith("{")]


@frozen
class Resource:
    """One row: a URI template, whose ``{items}`` bear the names of opcode parameters.

    ``segments`` are the template's parts between slashes, none for the root; ``items`` the names of
    its variable parts.
    """

    name: str
    uri: str
    doc: str
    cells: Mapping[str, Cell] = field(factory=dict)
    segments: Sequence[str] = field(init=False, default=Factory(_segments, takes_self=True))
    items: Sequence[str] = field(init=False, default=Factory(_items, takes_self=True))

    @property
    def family(self) -> str:
        """The part of the API that it belongs to, one of `FAMILIES`."""
        word = self.segments[1].partition("-")[0] if len(self.segments) > 1 else ""
        return word if word in FAMILIES else "cluster"


@frozen
class PathItem:
    """A variable part of a URI. Only a segment that ``pattern`` matches as a whole is one."""

    doc: str
    pattern: str
    schema: Schema


def _name(doc: str) -> PathItem:
    pattern = r"[A-Za-z0-9_.-]+"
    return PathItem(doc, pattern, {"type": "string", "pattern": f"^{pattern}$"})


def _number(doc: str, maximum: int) -> PathItem:
    # Not more digits than a 64-bit integer has: longer ones name nothing.
    schema: Schema = {"type": "integer", "minimum": 0, "maximum": maximum}
    return PathItem(doc, r"[0-9]{1,18}", schema)


PATH_ITEMS: Mapping[str, PathItem] = {
    "name": _name("The name of what has the tags."),
    "node_name": _name("The node's name."),
    "instance_name": _name("The instance's name."),
    "group_name": _name("The node group's name."),
    "network_name": _name("The network's name."),
    "filter_uuid": _name("The filter rule's UUID."),
    "job_id": _number("The job's id.", 10**18 - 1),
    "disk": _number("The disk's index, from 0 on.", 15),
    "resource": PathItem(
        "What to ask for.", _name("").pattern, {"type": "string", **one_of(*QUERY_RESOURCES)}
    ),
}
"""The variable parts of URIs, by name."""
