"""A request that both daemons are sent, and what is expected to differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from ganeti_rapi.api.call import ABSENT, Absent
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.resources import RESOURCES, Resource
from ganeti_rapi.api.submissions import Submit
from ganeti_rapi.jsontext import Json

JSON = "application/json"


@frozen
class User:
    """A user of the lab: the variable with its name and password, and its options."""

    variable: str
    options: frozenset[str]


USERS: Mapping[str, User] = {
    "writer": User("LAB_WRITE_USER", frozenset({"write"})),
    "hashed": User("LAB_HASHED_USER", frozenset({"write"})),
    "reader": User("LAB_READ_OPTION_USER", frozenset({"read"})),
    "plain": User("LAB_READ_USER", frozenset()),
}

WRONG: Mapping[str, str] = {
    "wrong password": "Basic YXV0b2NyZWF0b3I6d3Jvbmc=",
    "unknown user": "Basic bm9ib2R5Om5vdGhpbmc=",
    "no colon": "Basic YXV0b2NyZWF0b3I=",
    "no base64": "Basic !a",
    "no token": "Basic",
    "another scheme": "Bearer YXV0b2NyZWF0b3I6eHl6Nzg5",
    "empty": "",
}
"""Authorization headers that nobody can log in with."""

ANONYMOUS = "anonymous"


@frozen
class Known:
    """A difference on purpose: its id, the statuses of both daemons, and where the replies differ.

    ``where`` are names as `comparison.mismatches` gives them; nothing when the statuses differ.
    """

    id: str
    stock: int = 200
    here: int = 200
    where: frozenset[str] = frozenset()


def same_status(id: str, *where: str, status: int = 200) -> Known:
    """A difference that shows in these places of the replies."""
    return Known(id, status, status, frozenset(where))


@frozen
class Probe:
    """One request.

    A ``body`` of bytes is sent as it is, anything else as JSON. ``who`` is a key of `USERS` or
    `WRONG`, or `ANONYMOUS`. ``also`` are headers to compare beside the usual ones, or ``message``
    for an error's text.
    """

    method: str
    path: str
    body: Json | bytes | Absent = ABSENT
    known: Known | None = None
    who: str = "writer"
    content_type: str = JSON
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        body = "" if self.body is ABSENT else f" {self.body!r:.80}"
        content_type = "" if self.content_type == JSON else f" as {self.content_type!r}"
        return f"{self.method} {self.path}{body}{content_type} by {self.who}"

    @property
    def segments(self) -> Sequence[str]:
        """The path's parts between slashes."""
        path = self.path.partition("?")[0]
        return path.strip("/").split("/") if path != "/" else ()

    def with_query(self, query: str) -> Probe:
        """The same with more query arguments."""
        return evolve(self, path=f"{self.path}{'&' if '?' in self.path else '?'}{query}")


def resource_of(probe: Probe) -> Resource | None:
    """The row of the table that a probe's path belongs to."""
    return next((resource for resource in RESOURCES if _fits(resource, probe.segments)), None)


def _fits(resource: Resource, segments: Sequence[str]) -> bool:
    template = resource.segments
    return len(template) == len(segments) and all(
        part.startswith("{") or part == segment for part, segment in zip(template, segments)
    )


def cell_of(probe: Probe) -> Cell | None:
    """The cell that a probe is for."""
    resource = resource_of(probe)
    return resource.cells.get(probe.method) if resource else None


def changes_something(probe: Probe) -> bool:
    """Whether it may submit a job, or else change the cluster, if it is accepted."""
    return probe.method.upper() not in ("GET", "HEAD") or isinstance(cell_of(probe), Submit)


def runs_a_job(probe: Probe) -> bool:
    """Whether the reply has to wait for a job's end."""
    return probe.method == "GET" and probe.segments == ["2", "os"]
