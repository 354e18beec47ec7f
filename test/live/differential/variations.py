"""Variations of a good request that suit every resource: other users, bodies and arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve

from ganeti_rapi.api.access import Rules, grants
from ganeti_rapi.api.arguments import LOCK, REASON, WAIT
from ganeti_rapi.api.bodies import Parameters
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.forms import Argument, Flag, Repeated, Word, Words
from ganeti_rapi.api.lists.arguments import CHOICE
from ganeti_rapi.api.submissions import Submit
from ganeti_rapi.jsontext import Json

from .probe import ANONYMOUS, USERS, Known, Probe, cell_of, resource_of, same_status
from .samples import INSTANCE, NEWER_FIELDS, NODE

CREDENTIALS = (ANONYMOUS, "plain", "reader", "wrong password")
"""As whom every request is sent, beside the writer."""


def by_others(sample: Probe) -> Iterator[Probe]:
    """The same request of other users. A difference shows to whom the reply does."""
    for who in CREDENTIALS:
        admitted = _is_admitted(who, _cell(sample))
        yield evolve(sample, who=who, known=sample.known if admitted else None)


def _is_admitted(who: str, cell: Cell) -> bool:
    if who == ANONYMOUS or who in USERS:
        options = USERS[who].options if who in USERS else frozenset()
        granted = grants(options, Rules.GANETI_3_0).permissions
        return cell.is_open(Rules.GANETI_3_0) or cell.permission in granted
    return False


def _cell(sample: Probe) -> Cell:
    cell = cell_of(sample)
    assert cell is not None
    return cell


UNREADABLE: Mapping[str, tuple[bytes, str]] = {
    "broken JSON": (b'{"a": ', "application/json"),
    "blanks": (b" ", "application/json"),
    "text": (b"{}", "text/plain"),
    "form": (b"a=1", "application/x-www-form-urlencoded"),
}

WRONG_BODIES: Mapping[str, Json] = {
    "array": [],
    "string": "x",
    "unknown key": {"nosuch": 1},
    "static key": {"reason": []},
}

_TYPE_ERROR = Known("wrong-values", 500, 400)
_UNKNOWN_FILTER = Known("unknown-object", 500, 404)
_WAIT = "/2/jobs/1/wait"

KNOWN_BODIES: Mapping[tuple[str, str, str], Known | None] = {
    **{("DELETE", "/2/filters/nosuch", form): _UNKNOWN_FILTER for form in WRONG_BODIES},
    ("GET", _WAIT, "array"): _TYPE_ERROR,
    ("GET", _WAIT, "string"): _TYPE_ERROR,
    ("PUT", f"{INSTANCE}/modify", "array"): _TYPE_ERROR,
    ("PUT", f"{INSTANCE}/modify", "string"): _TYPE_ERROR,
    ("POST", f"{INSTANCE}/replace-disks", "string"): _TYPE_ERROR,
    ("POST", f"{INSTANCE}/reinstall", "string"): None,
    ("POST", f"{INSTANCE}/reinstall", "array"): same_status("reinstall-arguments", "reason"),
    ("POST", f"{INSTANCE}/reinstall", "unknown key"): Known("reinstall-body", 200, 400),
    ("POST", f"{INSTANCE}/reinstall", "static key"): Known("reinstall-body", 200, 400),
}
"""Where other bodies show another difference than the sample, or none, by method and path."""


def with_other_bodies(sample: Probe) -> Iterator[Probe]:
    """Bodies that cannot be read, and ones that say something wrong, where they are looked at."""
    for content, content_type in UNREADABLE.values():
        yield evolve(sample, body=content, content_type=content_type, known=None)
    if _looks_at_the_body(sample):
        for form, body in WRONG_BODIES.items():
            key = sample.method, sample.path, form
            yield evolve(sample, body=body, known=KNOWN_BODIES.get(key, sample.known))
        yield from _overwritten(sample)
    elif _reads_objects(sample):
        yield evolve(sample, body={"nosuch": 1}, known=Known("unread-bodies", 200, 400))


def _looks_at_the_body(sample: Probe) -> bool:
    """Not those that submit a job anyhow: their jobs are made with `with_arguments` already."""
    cell = _cell(sample)
    if not isinstance(cell, Submit):
        return True
    body = cell.body
    return isinstance(body, Parameters) and not (body.instead or body.only_objects)


def _reads_objects(sample: Probe) -> bool:
    """Whether a body counts where it is an object, and the stock daemon reads none."""
    body = _cell(sample).body
    return isinstance(body, Parameters) and body.only_objects


def _overwritten(sample: Probe) -> Iterator[Probe]:
    """Bodies that repeat what the path says."""
    resource, cell = resource_of(sample), _cell(sample)
    if isinstance(cell, Submit) and resource is not None:
        base = sample.body if isinstance(sample.body, dict) else {}
        for item in resource.items:
            yield evolve(sample, body={**base, item: "x"})


VALUES: Mapping[type, str] = {Flag: "1", Word: "x", Words: "name", Repeated: "c"}
SPECIAL_VALUES = {"type": "soft", "storage_type": "file", REASON.name: "because%20of"}
NOT_GIVEN = frozenset(
    {
        *(LOCK.name, WAIT.name, "live", "mode", "fields", "os", "nostartup"),
        *(argument.name for argument in CHOICE),  # the stock daemon's lists have none of these
    }
)
IGNORED = ("dry-run", "force", "bulk", "lock", "static")
"""Arguments that only some resources know: to the others they mean nothing, whatever they say."""

KNOWN_ARGUMENTS: Mapping[tuple[str, str], Known] = {
    ("GET", "/2/instances"): NEWER_FIELDS,
    ("GET", "/2/os"): same_status("newer-fields", "reply"),
    ("POST", f"{NODE}/migrate"): same_status("migrate-arguments", "iallocator"),
    ("POST", f"{INSTANCE}/reinstall"): Known("reinstall-arguments", 400, 200),
}
"""What all its arguments together show of a sample, by method and path."""


def with_arguments(sample: Probe) -> Iterator[Probe]:
    """All its query arguments together, and a body where the body does not count.

    Nothing for those that submit a job and have no arguments but the usual ones.
    """
    cell = _cell(sample)
    names = {arg.name for arg in cell.arguments}
    if isinstance(cell, Submit) and names <= {REASON.name, WAIT.name}:
        return
    given = [f"{arg.name}={_value(arg)}" for arg in cell.arguments if _is_free(arg, sample)]
    given += [f"{name}=nosuch" for name in IGNORED if name not in names]
    known = KNOWN_ARGUMENTS.get((sample.method, sample.path), sample.known)
    probe = evolve(sample.with_query("&".join(given)), known=known)
    yield evolve(probe, body=["nosuch"]) if _reads_objects(sample) else probe


def _value(arg: Argument) -> str:
    return SPECIAL_VALUES.get(arg.name) or VALUES[type(arg.form)]


def _is_free(arg: Argument, sample: Probe) -> bool:
    known = arg.name not in NOT_GIVEN and type(arg.form) in VALUES
    return known and f"{arg.name}=" not in sample.path


def with_wrong_arguments(sample: Probe) -> Iterator[Probe]:
    """Each of its flags with something else than a number, and a lock, which luxid refuses."""
    for arg in _cell(sample).arguments:
        is_flag = isinstance(arg.form, Flag)
        if is_flag and (sample.method, arg.name) != ("GET", "static"):
            known = Known("newer-fields", 200, 400) if sample.path == "/2/os" else None
            yield evolve(sample.with_query(f"{arg.name}=yes"), known=known)
        if arg == LOCK:
            locked = sample.with_query(f"{arg.name}=1")
            yield evolve(locked, known=Known("luxid-refuses", 500, 400))
