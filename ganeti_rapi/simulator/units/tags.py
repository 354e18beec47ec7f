"""OP_TAGS_SET, OP_TAGS_DEL and OP_TAGS_SEARCH."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.state import Cluster, Entity
from ganeti_rapi.simulator.task import OpcodeJson, Steps, Task, Unit
from ganeti_rapi.simulator.units import refusals
from ganeti_rapi.simulator.units.locks import BIG_LOCK, nothing
from ganeti_rapi.simulator.units.lookup import (
    find_group,
    find_instance,
    find_network,
    find_node,
)

_TAG = re.compile(r"[\w.+*/:@-]+", re.ASCII)

_MAX_LENGTH = 128

_MAX_TAGS = 4096

_TAGGED: Mapping[str, Callable[[Cluster, str], Entity]] = {
    "cluster": lambda cluster, _name: cluster,
    "instance": find_instance,
    "network": find_network,
    "node": find_node,
    "nodegroup": find_group,
}


def checked_tags(tags: Iterable[str]) -> list[str]:
    """The tags, each once. Raises ``TagError`` for one that cannot be."""
    unique = list(dict.fromkeys(tags))
    for tag in unique:
        if not tag:
            raise refusals.bad_tag("Tags cannot be empty")
        if len(tag) > _MAX_LENGTH:
            raise refusals.bad_tag(f"Tag too long (>{_MAX_LENGTH} characters)")
        if not _TAG.fullmatch(tag):
            raise refusals.bad_tag("Tag contains invalid characters")
    return unique


def _tagged(task: Task) -> Entity:
    return _TAGGED[task.op["kind"]](task.cluster, task.op["name"] or "")


def _set(task: Task) -> Steps:
    new = checked_tags(task.op["tags"])
    entity = _tagged(task)
    if len({*entity.tags, *new}) > _MAX_TAGS:
        raise refusals.bad_tag(f"Too many tags (>{_MAX_TAGS})")
    yield 0.05
    entity.tags.extend(tag for tag in new if tag not in entity.tags)
    entity.touch(task.now())
    return None


def _delete(task: Task) -> Steps:
    gone = checked_tags(task.op["tags"])
    entity = _tagged(task)
    if missing := sorted(set(gone) - set(entity.tags)):
        told = ", ".join(f"'{tag}'" for tag in missing)
        raise refusals.unknown_entity(f"Tag(s) {told} not found")
    yield 0.05
    entity.tags[:] = [tag for tag in entity.tags if tag not in gone]
    entity.touch(task.now())
    return None


def _search(task: Task) -> Steps:
    text = task.op["pattern"]
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise refusals.wrong_input(f"Invalid search pattern '{text}': {error}") from None
    yield 0.05
    cluster = task.cluster
    found: list[tuple[str, Entity]] = [("/cluster", cluster)]
    found += ((f"/instances/{each.name}", each) for each in cluster.instances)
    found += ((f"/nodes/{each.name}", each) for each in cluster.nodes)
    found += ((f"/nodegroup/{each.name}", each) for each in cluster.groups)
    found += ((f"/network/{each.name}", each) for each in cluster.networks)
    return [[path, tag] for path, each in found for tag in each.tags if pattern.search(tag)]


def _claim(cluster: Cluster, op: OpcodeJson) -> Mapping[str, bool]:
    """The tagged object; two jobs that tag the same one take turns."""
    kind, name = op["kind"], op["name"] or ""
    if kind == "cluster":
        return {BIG_LOCK: True}
    return {BIG_LOCK: False, f"{kind}/{_lock_name(cluster, kind, name)}": True}


def _lock_name(cluster: Cluster, kind: str, name: str) -> str:
    try:
        entity = _TAGGED[kind](cluster, name)
    except JobDaemonError:
        return name
    return entity.name if kind == "instance" else entity.uuid


UNITS: Mapping[str, Unit] = {
    "OP_TAGS_DEL": Unit(_delete, _claim),
    "OP_TAGS_SEARCH": Unit(_search, nothing),
    "OP_TAGS_SET": Unit(_set, _claim),
}
