"""One call of the API, as the cells and handlers see it: data in, JSON out, no HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from attrs import frozen

from ganeti_rapi.api.events import NOTHING_KNOWN, Event, JobState
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json


class JobDaemon(Protocol):
    """Ganeti's job daemon: the LUXI capability of a call."""

    async def call(self, method: str, *args: object) -> Any:  # Any: the method's own result
        """Call a LUXI method. Raises `LuxiError`."""

    def rows(self, method: str, *args: object) -> AsyncIterator[list[list[Any]]]:
        """The rows that a query answers, in slices if they are many. Raises `LuxiError`."""


FOREVER = float("inf")
"""Seconds."""


class Jobs(Protocol):
    """Seeing jobs change: the one way, for waits, streams and whoever follows a job."""

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
        archived job is a `JobDaemonError` of kind ``JobLost``.
        """

    def changes(
        self, job_id: int, known: JobState = NOTHING_KNOWN, patience: float = FOREVER
    ) -> AsyncIterator[JobState]:
        """Each state of a job after a known one, until it ended or ``patience`` seconds are over.

        Raises as `wait` does.
        """

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """What happens to all jobs, after the event with that id or from now on."""


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
    """What a cell gets to answer a request with.

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
    """The row's name, for the reason trail."""

    @property
    def resume_after(self) -> str | None:
        """The last event that a reader of a stream has seen, from the header or the query."""
        return self.last_event_id or self.text("last_event_id")

    @property
    def has_body(self) -> bool:
        """Whether the request came with a body that is not null."""
        return self.body is not ABSENT and self.body is not None

    def text(self, name: str) -> str | None:
        """The first value of a query argument, or None."""
        values = self.query.get(name)
        return values[0] if values else None

    def required_text(self, name: str) -> str:
        """The first value of a query argument. Raises `BadRequest` when there is none."""
        value = self.text(name)
        if value is None:
            raise BadRequest(f"Missing query argument '{name}'")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean query argument: a number, where 0 is false. Raises `BadRequest` otherwise."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return bool(int(value))
        except ValueError:
            raise BadRequest(f"Invalid value for the '{name}' parameter: expected 1 or 0") from None

    def seconds(
        self, name: str, default: float | None, longest: float
    ) -> Any:  # Any: float, or None where that is the default
        """A query argument that is a time of 0 to ``longest``. Raises `BadRequest` otherwise."""
        text = self.text(name)
        if text is None:
            return default
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= longest:
            raise BadRequest(
                f"Invalid value for the '{name}' parameter: expected 0 to {longest:g} seconds"
            )
        return seconds

    def words(self, name: str) -> list[str] | None:
        """A query argument that is a list with commas, blanks around the words taken off."""
        value = self.text(name)
        return None if value is None else [word.strip() for word in value.split(",")]

    def object_body(self) -> dict[str, Json]:
        """The body as an object; empty without a body. Raises `BadRequest` for anything else."""
        if not self.has_body:
            return {}
        if not isinstance(self.body, dict):
            raise BadRequest("The request body must be a JSON object")
        return dict(self.body)

    def required_object(self) -> dict[str, Json]:
        """As `object_body`, but a body there must be."""
        if not self.has_body:
            raise BadRequest("This request needs a body: a JSON object with parameters")
        return self.object_body()

    def reason_trail(self) -> list[Json]:
        """Why an opcode is submitted: the user's words if given, and this resource.

        Entries are [source, reason, nanoseconds since the epoch], in the stock daemon's form.
        """
        nanoseconds = int(self.now() * 1_000_000_000)
        trail: list[Json] = []
        if text := self.text("reason"):
            trail.append(["gnt:user", text, nanoseconds])
        trail.append([f"gnt:library:rlib2:{self.resource}", "", nanoseconds])
        return trail
