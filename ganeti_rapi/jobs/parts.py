"""Which objects to look at: after a job those that it may have changed, and no others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from attrs import frozen

from ganeti_rapi.api.subjects import TAG_OPCODES, TAGGED
from ganeti_rapi.jobs.blame import Job
from ganeti_rapi.jobs.snapshots import WATCHED, Known

KINDS = frozenset({*WATCHED, "filter", "cluster"})

IDLE_OPCODES = frozenset(
    {
        *("OP_TEST_DELAY", "OP_OS_DIAGNOSE", "OP_QUERY", "OP_CLUSTER_QUERY"),
        *("OP_CLUSTER_VERIFY", "OP_CLUSTER_VERIFY_CONFIG", "OP_CLUSTER_VERIFY_GROUP"),
        *("OP_CLUSTER_VERIFY_DISKS", "OP_GROUP_VERIFY_DISKS", "OP_INSTANCE_QUERY_DATA"),
        *("OP_NODE_QUERY_STORAGE", "OP_NODE_QUERYVOLS", "OP_BACKUP_QUERY", "OP_TAGS_SEARCH"),
    }
)
"""Opcodes that change nothing of what the configuration says."""


@frozen
class Part:
    """Objects of some kinds. With ``names``, of the instances only those that have one of them."""

    kinds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.kinds)

    def __or__(self, other: Part) -> Part:
        """All that is in either."""
        whole = any("instance" in each.kinds and not each.names for each in (self, other))
        names = frozenset() if whole else self.names | other.names
        return Part(self.kinds | other.kinds, names)

    def has(self, kind: str, known: Known) -> bool:
        """Whether an object is in it; names may be the first parts of a host's name."""
        if kind not in self.kinds:
            return False
        if kind != "instance" or not self.names:
            return True
        return bool(self.names & {known.name, known.name.partition(".")[0], known.uuid})

    def qfilter(self, kind: str) -> Any:  # Any: a query's filter
        """What luxid is to choose the objects of a kind by."""
        if kind != "instance" or not self.names:
            return None
        return ["|", *(["=", key, name] for name in sorted(self.names) for key in ("name", "uuid"))]

    def lookup(self, kind: str, known: Callable[[], Collection[str]]) -> Any:  # Any: as above
        """As `qfilter`, where all names are ``known``: luxid finds these and looks at no other.

        None where that will not do. If one is not there, luxid's answer is an error.
        """
        if kind != "instance" or not self.names or not self.names <= set(known()):
            return None
        return ["|", *(["=", "name", name] for name in sorted(self.names))]


NOTHING = Part()
EVERYTHING = Part(KINDS)
BUT_INSTANCES = Part(KINDS - {"instance"})
"""There are few of these, and some change without a job."""


def changed_by(jobs: Iterable[Job]) -> Part:
    """What these jobs may have changed."""
    part = NOTHING
    for job in jobs:
        for op in job.ops:
            if op["OP_ID"] not in IDLE_OPCODES:
                part |= _of_instances(job) if _is_about_an_instance(op) else EVERYTHING
    return part


def _is_about_an_instance(op: Any) -> bool:  # Any: an opcode
    if op["OP_ID"] in TAG_OPCODES:
        return TAGGED.get(op.get("kind", "")) == "instance"
    return op["OP_ID"].startswith("OP_INSTANCE_") and isinstance(op.get("instance_name"), str)


def _of_instances(job: Job) -> Part:
    names = frozenset(name for kind, name in job.names() if kind == "instance")
    return Part(frozenset({"instance"}), names)
