"""The kinds of objects that can be asked about: their fields, and how to find the objects.

A `Kind` finds objects in three ways, as Ganeti does: all of them; those that a Query names in a
condition, where an unknown name is an error; and those that a classic query such as QueryNodes
lists, where unknown names are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from attrs import frozen

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.context import Context, JobView, LockView, nicely_sorted
from ganeti_rapi.simulator.queries.fields import E, Table
from ganeti_rapi.simulator.queries.filters import Expression, Literal
from ganeti_rapi.simulator.queries.instances import INSTANCE_FIELDS
from ganeti_rapi.simulator.queries.networks import NETWORK_FIELDS
from ganeti_rapi.simulator.queries.nodes import GROUP_FIELDS, NODE_FIELDS
from ganeti_rapi.simulator.queries.refusals import not_found
from ganeti_rapi.simulator.queries.small_kinds import (
    EXPORT_FIELDS,
    FILTER_FIELDS,
    JOB_FIELDS,
    LOCK_FIELDS,
    Export,
    MissingJob,
)
from ganeti_rapi.simulator.state import Cluster, Entity, FilterRule, Node, find, find_all

C = TypeVar("C", bound=Entity)

HOST_NAMES = frozenset(["name", "node", "pnode"])
"""The fields that hold names of hosts, which a comparison may shorten to their first labels."""

Job: TypeAlias = JobView | MissingJob
Names: TypeAlias = Sequence[Literal]
Find: TypeAlias = Callable[[Context, Names], list[E]]


@frozen
class Kind(Generic[E]):
    """A kind of objects.

    ``name_field`` is the field by which a Query names single objects. ``everything`` gets the names
    of the fields that are asked for: archived jobs are listed only if that is among them.
    """

    fields: Table[E]
    name_field: str
    everything: Callable[[Context, Sequence[str]], list[E]]
    named: Find[E]
    listed: Find[E]
    numbered: bool = False
    """Whether numbers name objects, too."""

    def names_in(self, expression: Expression) -> Names:
        """The objects that a condition names one by one; empty when it has to be tried on all."""
        literals = expression.equated(self.name_field) or []
        return [each for each in literals if self.numbered or isinstance(each, str)]


def _configured(what: str, fields: Table[C], objects: Callable[[Cluster], list[C]]) -> Kind[C]:
    """A kind of the cluster's configuration; ``what`` is Ganeti's word for it in errors."""

    def everything(context: Context, _: Sequence[str]) -> list[C]:
        return nicely_sorted(objects(context.cluster))

    def named(context: Context, names: Names) -> list[C]:
        there = objects(context.cluster)
        by_name = {each.name: each for each in there}
        texts = map(str, names)
        return [by_name.get(name) or _required(what, there, name) for name in texts]

    def listed(context: Context, names: Names) -> list[C]:
        found = find_all(objects(context.cluster), map(str, names))
        return nicely_sorted(found)

    return Kind(fields, "name", everything, named, listed)


def _required(what: str, entities: Iterable[C], name: str) -> C:
    if (entity := find(entities, name)) is None:
        raise not_found(what, name)
    return entity


def job_id(value: object) -> int:
    """A job's id as the protocol gives it: a number, or its digits.

    Of digits luxid keeps 64 bits, however many there are. Raises `ValueError` with luxid's text.
    """
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            raise ValueError(f"parsing job id: cannot parse string '{value}'")
        # The last 64 digits have all of these bits: 10**64 is a multiple of 2**64.
        value = (int(value[-64:]) + 2**63) % 2**64 - 2**63
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("Unable to read job id")
    if value < 0:
        raise ValueError(f"Invalid value for job ID ' {value}'")
    return value


def _jobs(context: Context, fields: Sequence[str]) -> list[Job]:
    archived_too = "archived" in fields
    jobs = sorted(context.jobs.values(), key=lambda job: job.id)
    return [job for job in jobs if archived_too or not job.archived]


def _jobs_by_id(context: Context, names: Names) -> list[Job]:
    try:
        ids = dict.fromkeys(map(job_id, names))
    except ValueError as error:
        raise JobDaemonError("GenericError", str(error)) from None
    return [context.jobs.get(id_) or MissingJob(id_) for id_ in ids]


def _filter_rules(context: Context, _: Sequence[str]) -> list[FilterRule]:
    return sorted(context.cluster.filters, key=lambda rule: rule.uuid)


def _filter_rules_by_uuid(context: Context, names: Names) -> list[FilterRule]:
    return [rule for rule in _filter_rules(context, ()) if rule.uuid in names]


def _exports_on(context: Context, nodes: Iterable[Node]) -> list[Export]:
    nothing: list[str | None] = [None]
    exports = context.cluster.exports
    return [Export(node, name) for node in nodes for name in exports.get(node.name) or nothing]


def _exports_by_node(context: Context, names: Names) -> list[Export]:
    return _exports_on(context, NODE.named(context, names))


def _locks(context: Context, names: Names) -> list[LockView]:
    return [lock for lock in context.locks() if lock.name in names]


NODE = _configured("Node", NODE_FIELDS, lambda cluster: cluster.nodes)

# Any: the kinds differ in their objects, and each brings fields that read its own.
KINDS: dict[str, Kind[Any]] = {
    "export": Kind(
        EXPORT_FIELDS,
        "node",
        lambda context, _: _exports_on(context, context.nodes),
        _exports_by_node,
        _exports_by_node,
    ),
    "filter": Kind(
        FILTER_FIELDS, "uuid", _filter_rules, _filter_rules_by_uuid, _filter_rules_by_uuid
    ),
    "group": _configured("NodeGroup", GROUP_FIELDS, lambda cluster: cluster.groups),
    "instance": _configured("Instance", INSTANCE_FIELDS, lambda cluster: cluster.instances),
    "job": Kind(JOB_FIELDS, "id", _jobs, _jobs_by_id, _jobs_by_id, numbered=True),
    "lock": Kind(
        LOCK_FIELDS, "name", lambda context, _: list(context.locks()), _locks, lambda *_: []
    ),
    "network": _configured("Network", NETWORK_FIELDS, lambda cluster: cluster.networks),
    "node": NODE,
}
