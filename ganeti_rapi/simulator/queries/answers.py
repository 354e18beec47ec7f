"""The replies to the calls that ask for objects: Query, QueryFields and the classic QueryNodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from ganeti_rapi.errors import JobDaemonError
from ganeti_rapi.simulator.queries.context import Context, JobView, LockView, nice_key
from ganeti_rapi.simulator.queries.fields import Field, Reading, unknown_field
from ganeti_rapi.simulator.queries.filters import Expression, parse
from ganeti_rapi.simulator.queries.kinds import HOST_NAMES, KINDS, Kind, job_id
from ganeti_rapi.simulator.queries.refusals import unknown_fields, unparsable
from ganeti_rapi.simulator.state import Cluster

Jobs: TypeAlias = Mapping[int, JobView]
Locks: TypeAlias = Callable[[], Sequence[LockView]]
AnyKind: TypeAlias = Kind[Any]  # Any: see KINDS
AnyField: TypeAlias = Field[Any]  # Any: as above

# luxid knows these kinds' names but answers only by way of a job.
_NOT_BY_LUXI = {"cluster": "QRCluster", "os": "QROs"}


def query(
    cluster: Cluster,
    jobs: Jobs,
    kind: str,
    fields: Sequence[str],
    condition: object,
    locks: Locks = tuple,
) -> dict[str, Any]:  # Any: readings are JSON of any shape
    """The reply to Query: ``fields``, their definitions, and ``data``, readings row by row.

    ``condition`` is a filter in the language of `ganeti_rapi.simulator.queries.filters`, or None
    for all objects. Fields that do not exist are answered with the status for unknown. Raises
    `JobDaemonError` as luxid does for an unknown kind or name, or a wrong condition.
    """
    arguments = [kind, fields, condition]
    found = _kind("Query", kind, arguments)
    expression = None if condition is None else parse(condition, arguments)
    columns = [_column(found, name) for name in fields]
    context = Context(cluster, jobs, locks)
    objects = _matching(context, found, fields, expression)
    return {
        "fields": [column.definition() for column in columns],
        "data": [[column.read(context, each) for column in columns] for each in objects],
    }


def query_fields(kind: str, fields: Sequence[str] | None) -> dict[str, list[dict[str, str]]]:
    """The reply to QueryFields: what the fields are. None or no names: all, sorted by name.

    Raises `JobDaemonError` for an unknown kind.
    """
    found = _kind("QueryFields", kind, [kind, fields])
    names = fields or sorted(found.fields, key=nice_key)
    return {"fields": [_column(found, name).definition() for name in names]}


MANY = 500
"""Objects from which the rows of an answer are read one by one, so that others get a turn."""


def rows(
    cluster: Cluster,
    jobs: Jobs,
    kind: str,
    names: Sequence[str | int] | None,
    fields: Sequence[str],
) -> list[list[Any]] | Iterator[list[Any]]:  # Any: as in query
    """The reply to a classic query (QueryInstances, QueryJobs, …): bare values, row by row.

    None or no ``names`` mean all objects (of jobs, those that are not archived). Names and uuids
    that do not exist are passed over, but an unknown job has a row with nothing but its id. Values
    that are not normal are None. Many rows are an iterator, which reads each when it is asked for
    it. Raises `JobDaemonError` for unknown fields and bad job ids.
    """
    found = KINDS[kind]
    if unknown := [name for name in fields if name not in found.fields]:
        raise unknown_fields(unknown)
    columns = [found.fields[name] for name in fields]
    context = Context(cluster, jobs)
    objects = _listed(context, kind, names, fields)
    if len(columns) == 1:  # the names of all, which are asked for all the time
        read = columns[0].read
        reader = ([read(context, each)[1]] for each in objects)
    else:
        reader = ([column.read(context, each)[1] for column in columns] for each in objects)
    return reader if len(objects) > MANY else list(reader)


def _kind(method: str, name: str, arguments: object) -> AnyKind:
    if name in _NOT_BY_LUXI:
        text = f"{method} 'ItemTypeOpCode {_NOT_BY_LUXI[name]}' not supported"
        raise JobDaemonError("GenericError", text)
    if name not in KINDS:
        reason = f"Can't parse value '{name}' as neitherQueryTypeLuxi nor QueryTypeOp"
        raise unparsable(arguments, reason)
    return KINDS[name]


def _column(kind: AnyKind, name: str) -> AnyField:
    return kind.fields.get(name) or unknown_field(name)


def _matching(
    context: Context, kind: AnyKind, fields: Sequence[str], expression: Expression | None
) -> list[Any]:  # Any: the kind's objects
    if expression is None:
        return kind.everything(context, fields)
    for name in expression.field_names():
        if name not in kind.fields:
            raise JobDaemonError("ParameterError", f"Can't find field named '{name}'")
    names = kind.names_in(expression)
    forgiving = expression.with_short_names(HOST_NAMES)
    if not names:
        candidates = kind.everything(context, fields)
        return [each for each in candidates if _holds(forgiving, context, kind, each)]
    read_name = kind.fields[kind.name_field].read
    literals = frozenset(names)
    return [
        each
        for each in kind.named(context, names)
        if read_name(context, each)[1] in literals or _holds(forgiving, context, kind, each)
    ]


def _holds(expression: Expression, context: Context, kind: AnyKind, each: object) -> bool:
    def read(name: str) -> Reading:
        return kind.fields[name].read(context, each)

    return expression.holds(read)


def _listed(
    context: Context, kind: str, names: Sequence[str | int] | None, fields: Sequence[str]
) -> list[Any]:  # Any: as above
    if not names:
        return KINDS[kind].everything(context, fields)
    if kind == "job":
        _require_job_ids(names)
    return KINDS[kind].listed(context, names)


def _require_job_ids(names: Sequence[object]) -> None:
    try:
        for name in names:
            job_id(name)
    except ValueError as error:
        raise unparsable(names, str(error)) from None
