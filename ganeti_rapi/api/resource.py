"""What a resource is: an entry of the table of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import Factory, field, frozen

from ganeti_rapi.api.cells import Cell

FAMILIES: Mapping[str, str] = {
    "cluster": "The cluster as a whole, and the API itself.",
    "nodes": "The nodes: the cluster's physical machines.",
    "instances": "The instances: the cluster's virtual machines.",
    "groups": "The node groups.",
    "networks": "The IP networks that instances' interfaces may belong to.",
    "jobs": "The jobs: every change of the cluster is one.",
    "filters": "The rules that decide which jobs may run.",
    "query": "Queries with filters, as the gnt-* list commands make them.",
}
"""The parts of the API, by the word that their URIs have in common."""


def _segments(resource: Resource) -> Sequence[str]:
    return resource.uri.strip("/").split("/") if resource.uri != "/" else ()


def _items(resource: Resource) -> Sequence[str]:
    return [part.strip("{}") for part in resource.segments if part.startswith("{")]


def _cells(resource: Resource) -> Mapping[str, Cell]:
    return {method: cell.placed(resource.items) for method, cell in resource.methods.items()}


@frozen
class Resource:
    """One resource: a URI template, whose ``{items}`` bear the names of opcode parameters.

    ``methods`` are the cells as they are written, by method, and ``cells`` the same cells at their
    place: they know then what follows from the URI. ``segments`` are the template's parts between
    slashes, none for the root; ``items`` the names of its variable parts.
    """

    name: str
    uri: str
    doc: str
    methods: Mapping[str, Cell] = field(factory=dict)
    segments: Sequence[str] = field(init=False, default=Factory(_segments, takes_self=True))
    items: Sequence[str] = field(init=False, default=Factory(_items, takes_self=True))
    cells: Mapping[str, Cell] = field(init=False, default=Factory(_cells, takes_self=True))

    @property
    def family(self) -> str:
        """The part of the API that it belongs to, one of `FAMILIES`."""
        word = self.segments[1].partition("-")[0] if len(self.segments) > 1 else ""
        return word if word in FAMILIES else "cluster"
