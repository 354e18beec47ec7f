"""The LUXI calls: which arguments each takes, and what it does.

`METHODS` is the whole list. A call whose arguments do not fit fails with bare text, after which
luxid closes the connection; every other failure is a `JobDaemonError` of some class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.errors import JobDaemonError, LuxiProtocolError
from ganeti_rapi.luxi.codec import Request, decode_request
from ganeti_rapi.simulator import filter_rules
from ganeti_rapi.simulator.arguments import (
    Reader,
    anything,
    boolean,
    integer,
    job_id,
    list_of,
    natural,
    nullable,
    read_arguments,
    reason_trail,
    text,
)
from ganeti_rapi.simulator.control.faults import Faults
from ganeti_rapi.simulator.filter_rules import action, predicate
from ganeti_rapi.simulator.jobs.job import reason_entry
from ganeti_rapi.simulator.jobs.queue import JobQueue, Verdict
from ganeti_rapi.simulator.jobs.submission import opcode
from ganeti_rapi.simulator.jobs.waits import JobChange, Knowledge
from ganeti_rapi.simulator.queries.answers import query, query_fields, rows
from ganeti_rapi.simulator.queries.cluster import cluster_info, config_values, tags
from ganeti_rapi.simulator.queries.refusals import unparsable
from ganeti_rapi.simulator.releases import OLDEST, RELEASES, Release
from ganeti_rapi.simulator.state import Cluster, FilterRule, Identities
from ganeti_rapi.simulator.task import OpcodeJson


@frozen
class JobDaemon:
    """What the calls work on."""

    clock: IReactorTime
    cluster: Cluster
    identities: Identities
    queue: JobQueue
    faults: Faults | None = None
    release: Release = RELEASES[OLDEST]
    changed: Callable[[], None] = lambda: None
    """Called when a call has changed something that is no job."""


@frozen
class Method:
    """A LUXI method.

    ``run`` gets the daemon and what the ``readers`` make of the arguments, and returns the result
    or a Deferred of it. The last ``optional`` arguments may be left out. Without readers it gets
    the arguments as they are. ``secret`` ones are not quoted in errors.
    """

    run: Callable[..., Any]  # Any: each method has a result of its own
    readers: Sequence[Reader] | None = None
    optional: int = 0
    secret: bool = False

    def arguments(self, values: Sequence[Any]) -> Sequence[Any]:  # Any: JSON, and what it means
        """What ``run`` gets. Raises ValueError when the values do not fit."""
        if self.readers is None:
            return values
        return read_arguments(self.readers, self.optional, values)


def call(daemon: JobDaemon, message: bytes) -> Any:  # Any: as above
    """The result of the request in a message, or a Deferred of it.

    Raises `JobDaemonError`; with an empty class name when the request cannot be understood.
    """
    request = _decoded(message)
    if (method := METHODS.get(request.method)) is None:
        known = f'Invalid string value for type LuxiReq: "{request.method}"'
        raise _not_understood(f"Unable to parse LUXI request method: {known}")
    try:
        arguments = method.arguments(request.args)
    except ValueError as error:
        if method.secret:
            raise _not_understood(f"{request.method}: {error}") from None
        raise unparsable(request.args, str(error)) from None
    result = method.run(daemon, *arguments)
    if request.method in CHANGES:
        daemon.changed()
    return result


def _decoded(message: bytes) -> Request:
    try:
        return decode_request(message)
    except LuxiProtocolError as error:
        raise _not_understood(str(error)) from None


def _not_understood(reason: str) -> JobDaemonError:
    return JobDaemonError("", f"Failed to parse request: {reason}")


def _submit_many_jobs(
    daemon: JobDaemon, jobs: list[list[OpcodeJson]]
) -> list[tuple[bool, int | str]]:
    _refuse_if_full(daemon)
    daemon.queue.refuse_if_drained()
    return daemon.queue.submit_many([_of_release(daemon, ops) for ops in jobs])


def _submit_job(daemon: JobDaemon, ops: list[OpcodeJson]) -> int:
    _refuse_if_full(daemon)
    return daemon.queue.submit(_of_release(daemon, ops))


def _of_release(daemon: JobDaemon, ops: list[OpcodeJson]) -> list[OpcodeJson]:
    try:
        return [daemon.release.read(op) for op in ops]
    except ValueError as error:
        raise _not_understood(str(error)) from None


def _refuse_if_full(daemon: JobDaemon) -> None:
    if daemon.faults is not None:
        daemon.faults.before_submission()


def _pickup_job(_: JobDaemon, __: int) -> None:
    raise JobDaemonError("GenericError", "Luxi call 'PickupJob' is for internal use only")


def _cancel_job(daemon: JobDaemon, job: int, kill: bool = False) -> Verdict:
    return daemon.queue.cancel(job, kill=kill)


def _wait_for_job_change(  # its parameters are the protocol's
    daemon: JobDaemon, job: int, fields: list[str], values: Any, serial: Any, timeout: int
) -> Deferred[JobChange]:
    seen = serial if isinstance(serial, int) else None
    return daemon.queue.wait_for_change(job, Knowledge(fields, values, seen), timeout)


def _rows_of(kind: str) -> Callable[[JobDaemon, list[str], list[str], bool], Any]:
    # Any: rows of JSON, a list or an iterator
    def classic_query(daemon: JobDaemon, names: list[str], fields: list[str], lock: bool) -> Any:
        _refuse_locking(lock)
        return rows(daemon.cluster, daemon.queue.jobs, kind, names, fields)

    return classic_query


def _refuse_locking(lock: bool) -> None:
    if lock:
        raise JobDaemonError("OpPrereqError", "Sync queries are not allowed", "wrong_input")


def _query_exports(daemon: JobDaemon, nodes: list[str], lock: bool) -> Any:  # Any: as above
    _refuse_locking(lock)
    return rows(daemon.cluster, daemon.queue.jobs, "export", nodes, ["node", "export"])


def _set_drain_flag(daemon: JobDaemon, drained: bool) -> bool:
    daemon.cluster.drained = drained
    return True


def _set_watcher_pause(daemon: JobDaemon, *until: Any) -> float | None:
    pause = until[0] if len(until) == 1 and isinstance(until[0], (int, float)) else None
    daemon.cluster.watcher_pause = pause
    return pause


def _replace_filter(
    daemon: JobDaemon, uuid: str | None, priority: int, predicates: Any, what: Any, reason: Any
) -> str:
    rule = FilterRule(
        uuid=daemon.identities.uuid() if uuid is None else uuid,
        watermark=daemon.queue.last_id,
        priority=priority,
        predicates=predicates,
        action=what,
        reason_trail=[*reason, reason_entry("luxid", "", daemon.clock.seconds())],
    )
    filter_rules.replace(daemon.cluster, rule)
    daemon.queue.rules_changed()
    return rule.uuid


def _delete_filter(daemon: JobDaemon, uuid: str) -> None:
    filter_rules.delete(daemon.cluster, uuid)
    daemon.queue.rules_changed()


_JOBS = list_of(list_of(opcode))
_NAMES = list_of(text)
_CLASSIC_QUERY = (_NAMES, _NAMES, boolean)

METHODS: Mapping[str, Method] = {
    "SubmitJob": Method(_submit_job, [list_of(opcode)], secret=True),
    "SubmitJobToDrainedQueue": Method(
        lambda d, ops: d.queue.submit(_of_release(d, ops), drained_too=True),
        [list_of(opcode)],
        secret=True,
    ),
    "SubmitManyJobs": Method(_submit_many_jobs, [_JOBS], secret=True),
    "PickupJob": Method(_pickup_job, [job_id]),
    "WaitForJobChange": Method(_wait_for_job_change, [job_id, _NAMES, anything, anything, integer]),
    "CancelJob": Method(_cancel_job, [job_id, boolean], optional=1),
    "ArchiveJob": Method(lambda d, job: d.queue.archive(job), [job_id]),
    "AutoArchiveJobs": Method(
        lambda d, age, timeout: d.queue.auto_archive(age, timeout), [integer, integer]
    ),
    "ChangeJobPriority": Method(
        lambda d, job, priority: d.queue.change_priority(job, priority), [job_id, integer]
    ),
    "Query": Method(
        lambda d, kind, fields, condition: query(
            d.cluster, d.queue.jobs, kind, fields, condition, d.queue.locks
        ),
        [text, _NAMES, anything],
    ),
    "QueryFields": Method(lambda _, *question: query_fields(*question), [text, nullable(_NAMES)]),
    "QueryJobs": Method(
        lambda d, ids, fields: rows(d.cluster, d.queue.jobs, "job", ids, fields),
        [nullable(list_of(job_id)), _NAMES],
    ),
    "QueryInstances": Method(_rows_of("instance"), _CLASSIC_QUERY),
    "QueryNodes": Method(_rows_of("node"), _CLASSIC_QUERY),
    "QueryGroups": Method(_rows_of("group"), _CLASSIC_QUERY),
    "QueryNetworks": Method(_rows_of("network"), _CLASSIC_QUERY),
    "QueryExports": Method(_query_exports, [_NAMES, boolean]),
    "QueryConfigValues": Method(lambda d, names: config_values(d.cluster, names), [_NAMES]),
    "QueryClusterInfo": Method(lambda d, *_: cluster_info(d.cluster)),
    "QueryTags": Method(lambda d, *of_what: tags(d.cluster, *of_what), [text, text]),
    "SetDrainFlag": Method(_set_drain_flag, [boolean]),
    "SetWatcherPause": Method(_set_watcher_pause),
    "QueryFilters": Method(
        lambda d, uuids, fields: rows(d.cluster, d.queue.jobs, "filter", uuids, fields),
        [nullable(_NAMES), _NAMES],
    ),
    "ReplaceFilter": Method(
        _replace_filter,
        [nullable(text), natural, list_of(predicate), action, reason_trail],
    ),
    "DeleteFilter": Method(_delete_filter, [text]),
}
"""Every method of luxid. Source: the LUXI documentation in Ganeti's design documents."""

CHANGES = frozenset({"SetDrainFlag", "SetWatcherPause", "ReplaceFilter", "DeleteFilter"})
"""The methods that change something without a job."""
