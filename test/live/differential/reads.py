"""Requests that are peculiar to one resource and change nothing."""

from __future__ import annotations

from .probe import WRONG, Known, Probe, same_status
from .samples import INSTANCE, NEWER_FIELDS, NODE, RULE_UUID, WAIT

_UNKNOWN_OBJECT = Known("unknown-object", 500, 404)
_UNKNOWN_QUERY = Known("unknown-query", 502, 404)
_UNREADABLE = Known("luxid-refuses", 502, 400)
_NO_BODY = Known("no-body", 500, 400)
_JOB = "/2/jobs/1"


def _wait(known: Known | None = None, **changes: object) -> Probe:
    return Probe("GET", f"{_JOB}/wait", {**WAIT, **changes}, known)  # type: ignore[dict-item]


def _query(known: Known | None = None, resource: str = "node", **body: object) -> Probe:
    return Probe("PUT", f"/2/query/{resource}", {"fields": ["name"], **body}, known)  # type: ignore[dict-item]


JOBS = (
    Probe("GET", "/2/jobs?bulk=1"),
    Probe("GET", "/2/jobs/0001"),
    Probe("GET", "/2/jobs/one"),
    Probe("GET", "/2/jobs/999999", known=Known("unknown-job", 200, 404)),
    Probe("GET", "/2/jobs/999999/wait", WAIT, Known("unknown-job", 500, 404)),
    Probe("GET", f"{_JOB}/wait", known=_NO_BODY),
    Probe("GET", f"{_JOB}/wait", None, _NO_BODY),
    Probe("GET", f"{_JOB}/wait?fields=status", known=Known("wait-arguments", 500, 200)),
    Probe("GET", f"{_JOB}/wait?timeout=soon", WAIT, Known("wait-arguments", 200, 400)),
    _wait(fields=["id", "status", "summary", "ops", "opresult", "oplog"]),
    _wait(fields=[]),
    _wait(fields="status"),
    _wait(_UNREADABLE, fields=[1]),
    _wait(same_status("wait-unknown-field", "job_info"), fields=["nosuch", "status"]),
    _wait(previous_job_info=["running"]),
    _wait(previous_job_info=["success"], previous_log_serial=99),
    _wait(previous_job_info="success"),
    _wait(previous_log_serial="x"),
    _wait(nosuch=1),
    Probe("GET", f"{_JOB}/wait", {"fields": ["status"]}),
)

OBJECTS = (
    *(Probe("GET", f"/2/{kind}/nosuch") for kind in ("nodes", "instances", "groups", "networks")),
    *(
        Probe("GET", f"/2/{kind}/nosuch/tags", known=_UNKNOWN_OBJECT)
        for kind in ("nodes", "instances", "groups", "networks")
    ),
    Probe("GET", "/2/filters/nosuch"),
    Probe("GET", "/2/filters?bulk=1"),
    Probe("GET", "/2/nodes/nosuch/role", known=_UNKNOWN_OBJECT),
    Probe("GET", "/2/instances/nosuch/console", known=_UNKNOWN_OBJECT),
    Probe("GET", f"/2/filters/{RULE_UUID}/nosuch"),
    Probe(
        "GET",
        f"{INSTANCE}?lock=0",
        known=NEWER_FIELDS,
    ),
)

ARGUMENTS = tuple(
    Probe("GET", f"/2/nodes?{query}")
    for query in (
        *("", "bulk", "bulk=", "bulk=0", "bulk=2", "bulk=-1", "bulk=%201", "bulk=1_0", "bulk=%31"),
        *("bulk=0&bulk=1", "b%75lk=1", "&bulk=1", "bulk=%", "bulk=1.0", "bulk=true", "bulk=1;a=b"),
        *("bulk=%D9%A1", "lock=1", "nosuch=1"),
    )
)

PATHS = (
    *(Probe("GET", path) for path in ("/nosuch", "/2/nosuch", "/VERSION", "/2/", "/version/")),
    *(Probe("GET", path) for path in ("//version", "/2//nodes", "/2/nodes/", f"{NODE}/")),
    *(Probe("GET", path) for path in ("/2/nodes/no+de", "/2/nodes/NODE2", "/2/nodes/node%2")),
    *(Probe("GET", path) for path in ("/version?", "/version?a#b", f"{NODE}/nosuch")),
    Probe("GET", "/2/nodes/node%32", known=Known("percent-encoding", 404, 200)),
    Probe("GET", "/2/nosuch", who="wrong password"),
    Probe("POST", "/nosuch", {}),
    Probe("GET", "/2/jobs/1/events", known=Known("own-resources", 404, 200)),
)

METHODS = (
    *(Probe(method, "/version", also=("message",)) for method in ("PUT", "POST", "DELETE")),
    *(Probe(method, "/2/nodes", also=("message",)) for method in ("PATCH", "TRACE", "NOSUCH")),
    Probe("PUT", "/2/nodes", who="anonymous"),
    Probe("get", "/version"),
    Probe("Get", "/2/nodes"),
    Probe("PATCH", "/version", known=same_status("allow", "allow", status=501), also=("allow",)),
    Probe("HEAD", "/version", known=Known("head-options", 501, 200)),
    Probe("OPTIONS", "/version", known=Known("head-options", 501, 204)),
    Probe("GET", "/version", known=same_status("keep-alive", "connection"), also=("connection",)),
    Probe(
        "GET",
        "/2/nodes?bulk=x",
        known=same_status("plain-messages", "message", status=400),
        also=("message",),
    ),
)

QUERIES = (
    *(Probe("GET", f"/2/query/{kind}/fields") for kind in ("instance", "group", "network")),
    *(Probe("GET", f"/2/query/{kind}/fields") for kind in ("filter", "export", "lock", "job")),
    *(Probe("GET", f"/2/query/{kind}?fields=name") for kind in ("instance", "group", "network")),
    *(Probe("GET", f"/2/query/{kind}?fields=node") for kind in ("export", "lock")),
    Probe("GET", "/2/query/job?fields=id,status,ops,received_ts"),
    Probe("GET", "/2/query/filter?fields=uuid,action"),
    Probe("GET", "/2/query/node"),
    Probe("GET", "/2/query/node?fields="),
    Probe("GET", "/2/query/node?fields=name,%20role%20,%09role,,nosuch"),
    Probe("GET", "/2/query/node/fields?fields=name,nosuch"),
    Probe("GET", "/2/query/node/fields?fields="),
    Probe("GET", "/2/query/nosuch?fields=name", known=_UNKNOWN_QUERY),
    Probe("GET", "/2/query/nosuch/fields", known=_UNKNOWN_QUERY),
    Probe("GET", "/2/query/os?fields=name", known=Known("unknown-query", 500, 404)),
)

FILTERED_QUERIES = (
    _query(),
    _query(qfilter=None),
    _query(qfilter=["=~", "name", "node[12]"]),
    _query(filter=["=", "name", "node1"]),
    _query(filter=["=", "name", "node1"], qfilter=["=", "name", "node2"]),
    _query(resource="job", fields=["id"], qfilter=["<", "id", 4]),
    _query(Known("luxid-refuses", 500, 400), qfilter=["=", "nosuch", "node1"]),
    _query(nosuch=1),
    _query(fields=[]),
    _query(_UNREADABLE, fields=[1]),
    _query(_UNREADABLE, fields="name"),
    _query(_UNREADABLE, fields=None),
    _query(_UNREADABLE, qfilter=5),
    _query(_UNREADABLE, qfilter=["nosuch", "name", "node1"]),
    _query(_UNREADABLE, qfilter=["=~", "name", "["]),
    _query(_UNKNOWN_QUERY, resource="nosuch"),
    Probe("PUT", "/2/query/node"),
    Probe("PUT", "/2/query/node", {}),
    Probe("PUT", "/2/query/node?fields=name"),
    Probe("PUT", "/2/query/node?fields=name", None),
    Probe("PUT", "/2/query/node?fields=name", {}),
    Probe("PUT", "/2/query/node?fields=role", {"fields": ["name"]}),
)

LOGINS = tuple(
    Probe(method, path, body, who=who)
    for method, path, body in (
        ("GET", "/version", None),
        ("GET", "/2/query/node?fields=name", None),
        ("PUT", f"{NODE}/role", "nosuch"),
    )
    for who in (*WRONG, "hashed")
)

READS = (
    *JOBS,
    *OBJECTS,
    *ARGUMENTS,
    *PATHS,
    *METHODS,
    *QUERIES,
    *FILTERED_QUERIES,
    *LOGINS,
)
