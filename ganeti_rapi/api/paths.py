"""The variable parts of URIs: what they may look like, and what they are inside."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ganeti_rapi.api.checks import Schema
from ganeti_rapi.api.kinds import QUERY_RESOURCES
from ganeti_rapi.api.schemas import one_of
from ganeti_rapi.jsontext import Json


@frozen
class PathItem:
    """A variable part of a URI. ``pattern`` must match the whole segment."""

    doc: str
    pattern: str
    schema: Schema
    number: bool = False

    def read(self, text: str) -> Json:
        """The value that the text stands for."""
        return int(text) if self.number else text


def _name(doc: str) -> PathItem:
    pattern = r"[A-Za-z0-9_.-]+"
    return PathItem(doc, pattern, {"type": "string", "pattern": f"^{pattern}$"})


def _number(doc: str, maximum: int) -> PathItem:
    # Not more digits than a 64-bit integer has: longer ones name nothing.
    schema: Schema = {"type": "integer", "minimum": 0, "maximum": maximum}
    return PathItem(doc, r"[0-9]{1,18}", schema, number=True)


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


def path_values(items: Mapping[str, str]) -> dict[str, Json]:
    """A path's variable parts by name: as opcode parameters, whose names they bear."""
    return {name: PATH_ITEMS[name].read(text) for name, text in items.items()}
