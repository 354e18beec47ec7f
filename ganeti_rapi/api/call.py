"""One call of the API, as the cells and handlers see it: data in, JSON out, no HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import parse_qs

from attrs import field, frozen

from ganeti_rapi.api.events import NOTHING_KNOWN, Event, JobState
from ganeti_rapi.api.lists.history import Histories
from ganeti_rapi.api.once import Mark, Once
from ganeti_rapi.api.scopes import View
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:  # what finds consoles reads calls
    from ganeti_rapi.api.consoles import Consoles


class JobDaemon(Protocol):
    """Ganeti's job daemon: the LUXI capability of a call."""

    async def call(self, method: str, *args: object) -> Any:  # Any: the method's own result
        """Call a LUXI method. Raises `LuxiError`."""

    def rows(self, method: str, *args: object) -> AsyncIterator[list[list[Any]]]:
        """The rows that a query answers, in slices if they are many. Raises `LuxiError`."""

    def table(
        self, resource: str, fields: Sequence[str] | None, qfilter: Json
    ) -> AsyncIterator[Any]:
        # Any: a list of field definitions, then lists of rows
        """What LUXI Query answers: the definitions of its fields, and then its rows in slices.

        Raises `LuxiError`.
        """


class SharedJobDaemon(JobDaemon, Protocol):
    """A job daemon that many users share."""

    def on_behalf_of(self, who: str) -> JobDaemon:
        """The same as one user has it: calls take their turns with those of other users."""


FOREVER = float("inf")
"""Seconds."""


class Jobs(Protocol):
    """How jobs are seen to change: by waits, by events, and by what follows a job to its end."""

    async def wait(
        self,
        job_id: int,
        fields: Sequence[str],
        previous: Sequence[Json] | None,
        previous_serial: int | None,
        timeout: float,
    ) -> tuple[list[Any], list[Any]] | None:
        # Any: values of the fields; a log entry is [serial, [seconds, microseconds], type, message]
        """Field values and new log entries, once they differ from the previous ones.

        None when nothing changed within ``timeout`` seconds. Raises `LuxiError`; an unknown or
        archived job is a `JobDaemonError` of the class ``JobLost``.
        """

    def changes(
        self, job_id: int, known: JobState = NOTHING_KNOWN, patience: float = FOREVER
    ) -> AsyncIterator[JobState]:
        """Each state of a job after a known one, until it ended or ``patience`` seconds are over.

        Raises as `wait` does.
        """

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """What happens to all jobs, after the event with that id or from now on."""

    async def cluster_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """The same of all objects, jobs among them. Raises `LuxiError`."""

    def position(self) -> str:
        """The id of the last event that was told here."""


class Health(Protocol):
    """Whether the daemon can do its work."""

    async def reasons(self) -> list[str]:
        """Why not; none if it can."""


class Metrics(Protocol):
    """What the daemon counts."""

    async def text(self) -> bytes:
        """All of it, as Prometheus reads it. Raises `ApiError`."""


class Htools(Protocol):
    """Ganeti's programs that compute on the cluster."""

    async def run(self, program: str, arguments: Sequence[str]) -> str:
        """What a program prints for the cluster. Raises `ApiError`."""


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
"""The body of a request that has none. JSON null counts as none, as in the stock daemon."""

Query = Mapping[str, Sequence[str]]


def parse_query(text: str) -> Query:
    """The arguments of a query string; empty values count as absent, as in the stock daemon."""
    return parse_qs(text, keep_blank_values=False) if text else {}


@frozen(eq=False)
class Call:
    """All that a cell gets, to answer a request.

    ``items`` are the path's variable parts, ``query`` the query arguments, ``body`` the decoded
    JSON or `ABSENT`. ``now`` gives the seconds since the epoch.
    """

    items: Mapping[str, str]
    query: Query
    daemon: JobDaemon
    jobs: Jobs
    now: Callable[[], float]
    body: Json | Absent = ABSENT
    user: str | None = None
    last_event_id: str | None = None
    """The id of the last event that a reader of a stream has seen."""
    resource: str = ""
    """The resource's name, for the reason trail."""
    permission: str = ""
    """The one that the call takes."""
    view: View | None = None
    """What the user sees and touches; None for all."""
    asked_by: str = ""
    """Who asks, and the request's id, for the reason trail."""
    histories: Histories = field(factory=Histories)
    """What the lists were like that were read before."""
    once: Once | None = None
    mark: Mark | None = None
    """What the request is known by, if it shall count once."""
    health: Health | None = None
    metrics: Metrics | None = None
    htools: Htools | None = None
    consoles: Consoles | None = None
    socket_url: Callable[[str], str] = str
    """The URL at which the client reaches a path of ours as a WebSocket."""
    reply_headers: dict[str, str] = field(factory=dict)
    """Headers that the reply gets beside its own."""
    submitted: list[int] = field(factory=list)
    """The ids of the jobs that were submitted for this call, so far."""

    @property
    def has_body(self) -> bool:
        """Whether the request came with a body that is not null."""
        return self.body is not ABSENT and self.body is not None
