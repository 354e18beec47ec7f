"""What opcodes and jobs are about: the objects that they name. Data and pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganeti_rapi.jsontext import Json

Opcode = Mapping[str, Any]  # Any: JSON, our own or luxid's
Named = tuple[str, str]
"""The kind of an object, and a name or uuid of it."""

NODE_PARAMETERS = (
    *("node_name", "node_names", "nodes"),
    *("pnode", "snode", "src_node", "target_node", "remote_node"),
)
UUID_PARAMETERS = (
    *("node_uuid", "node_uuids", "pnode_uuid", "snode_uuid"),
    *("src_node_uuid", "target_node_uuid", "remote_node_uuid"),
)

NAMING: Mapping[str, str] = {
    **dict.fromkeys((*NODE_PARAMETERS, *UUID_PARAMETERS), "node"),
    **dict.fromkeys(("instance_name", "instance_uuid", "instances"), "instance"),
    **dict.fromkeys(("group_name", "target_groups"), "group"),
    "network_name": "network",
}
"""The parameters that name objects, and the kind of these. Source: opcodes of Ganeti."""

MAKING: Mapping[str, tuple[str, str]] = {
    "OP_INSTANCE_CREATE": ("instance", "instance_name"),
    "OP_GROUP_ADD": ("group", "group_name"),
    "OP_NETWORK_ADD": ("network", "network_name"),
}
"""The opcodes that make an object: its kind, and the parameter that has its name."""

RENAMING: Mapping[str, tuple[str, str]] = {
    "OP_INSTANCE_RENAME": ("instance", "instance_name"),
    "OP_GROUP_RENAME": ("group", "group_name"),
    "OP_NETWORK_RENAME": ("network", "network_name"),
}
"""The opcodes that give it another name, as ``new_name``."""

TAGGED: Mapping[str, str] = {
    "instance": "instance",
    "node": "node",
    "nodegroup": "group",
    "network": "network",
}
"""The kinds that have tags, by Ganeti's word for them there. The cluster is none of them."""


def named_by(opcode: Opcode) -> Iterator[Named]:
    """The objects that an opcode names and that must be there for it, some perhaps twice."""
    made = MAKING.get(opcode["OP_ID"], ("", ""))[1]
    for parameter, kind in NAMING.items():
        if parameter != made:
            yield from ((kind, name) for name in _texts(opcode.get(parameter)))
    if opcode["OP_ID"] in TAG_OPCODES and opcode["kind"] in TAGGED:
        yield TAGGED[opcode["kind"]], opcode["name"]
    yield from (("network", name) for name in _networks(opcode.get("nics")))


def _texts(value: Json) -> Iterable[str]:
    """The names in a parameter: one, or a list of them, where an export may have other things."""
    values = value if isinstance(value, list) else [value]
    return (each for each in values if isinstance(each, str))


def _networks(nics: Json) -> Iterator[str]:
    """The networks in parameters of network interfaces, or of changes of these."""
    if isinstance(nics, dict):
        network = nics.get("network")
        if isinstance(network, str) and network not in ("", "none"):
            yield network
        nics = list(nics.values())
    if isinstance(nics, list):
        for each in nics:
            yield from _networks(each)


def takes_from_others(opcode: Opcode) -> str | None:
    """What an opcode takes that may be of any instance: an export, a detached disk or a volume."""
    if opcode["OP_ID"] == "OP_INSTANCE_CREATE" and opcode.get("mode") == "import":
        return "Importing an export"
    for disk in opcode.get("disks") or ():
        words = disk if isinstance(disk, list) else [disk]  # a change, or a new one
        if "attach" in words:
            return "Attaching a disk"
        if any(isinstance(word, dict) and "adopt" in word for word in words):
            return "Adopting a volume"
    return None


TAG_OPCODES = frozenset({"OP_TAGS_SET", "OP_TAGS_DEL"})

_ALONE: Mapping[str, Named] = {
    **dict.fromkeys(
        (
            *("OP_NODE_SET_PARAMS", "OP_NODE_POWERCYCLE", "OP_NODE_REMOVE"),
            *("OP_NODE_MODIFY_STORAGE", "OP_REPAIR_NODE_STORAGE"),
        ),
        ("node", "node_name"),
    ),
    **dict.fromkeys(
        ("OP_GROUP_ADD", "OP_GROUP_REMOVE", "OP_GROUP_RENAME", "OP_GROUP_SET_PARAMS"),
        ("group", "group_name"),
    ),
    **dict.fromkeys(
        ("OP_NETWORK_ADD", "OP_NETWORK_REMOVE", "OP_NETWORK_RENAME", "OP_NETWORK_SET_PARAMS"),
        ("network", "network_name"),
    ),
}
"""Opcodes about one object whose jobs tell of no others: the kind, and the parameter with its name.
Those of instances are known by their own names."""


def subjects_of(opcode: Opcode) -> Sequence[Named] | None:
    """What an opcode of a job is about; None if that is more than the objects that it names."""
    name = opcode.get("OP_ID", "")
    if name in TAG_OPCODES:
        kind, parameter = TAGGED.get(opcode.get("kind", ""), ""), "name"
    elif name in _LISTS:
        kind, parameter = _LISTS[name]
    elif name.startswith(("OP_INSTANCE_", "OP_BACKUP_")):
        kind, parameter = "instance", "instance_name"
    else:
        kind, parameter = _ALONE.get(name, ("", ""))
    found = [(kind, text) for text in _texts(opcode.get(parameter))] if kind else []
    return found or None


_LISTS: Mapping[str, Named] = {
    "OP_INSTANCE_QUERY_DATA": ("instance", "instances"),
    "OP_CLUSTER_REPAIR_DISK_SIZES": ("instance", "instances"),
    "OP_OOB_COMMAND": ("node", "node_names"),
    "OP_RESTRICTED_COMMAND": ("node", "nodes"),
}
"""Opcodes about the objects that they list: the kind, and the parameter with the names."""


def without_values(opcode: Opcode) -> Opcode:
    """What of an opcode tells whose it is and what it is about, and nothing of what it sets."""
    kept = {name: opcode[name] for name in ("OP_ID", "reason", "kind", "name") if name in opcode}
    return {**kept, **{name: list(_texts(opcode[name])) for name in NAMING if opcode.get(name)}}


SUBMITTER = "gnt:library:rlib2:"
"""How sources of entries in reason trails begin that are made here, or by the stock daemon."""

REQUEST = ", request "
"""What separates the user from the request's id in that entry."""


def owners_of(opcodes: Iterable[Opcode]) -> set[str]:
    """Who submitted a job over this API, by the reason trails of its opcodes."""
    return {
        words.rpartition(REQUEST)[0]
        for opcode in opcodes
        for source, words, _ in opcode.get("reason") or ()
        if source.startswith(SUBMITTER)
    }
