"""Events of jobs, as Server-Sent Events carry them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen

from ganeti_rapi.jsontext import dumps


@frozen
class Event:
    """Something that happened. Its ``id`` lets a reader who lost the connection go on after it."""

    id: str
    name: str
    data: Mapping[str, Any] | None  # Any: JSON

    def encode(self) -> bytes:
        """The event as the HTML standard, section "Server-sent events", writes it."""
        head = f"id: {self.id}\nevent: {self.name}\ndata: ".encode()
        return head + dumps(self.data) + b"\n\n"


HEARTBEAT = b": still here\n\n"
"""A comment, which readers skip: it keeps proxies from taking the connection for a dead one."""


class EventFeed(Protocol):
    """The events of all jobs."""

    def events(self, last_id: str | None) -> AsyncIterator[Event]:
        """All events after the one with that id, or from now on."""


def job_event_id(serial: int, status: str, opstatus: Sequence[str]) -> str:
    """An id that holds all that one needs to go on: so nobody has to remember readers."""
    return f"{serial}/{status}/{','.join(opstatus)}"


def parse_job_event_id(text: str | None) -> tuple[int, list[Any] | None]:
    # Any: values of job fields
    """Log serial and previous values of an id; as for a new reader when it is none of ours."""
    serial, _, rest = (text or "").partition("/")
    status, slash, opstatus = rest.partition("/")
    if not slash or not serial.isdecimal() or len(serial) > _LONGEST_SERIAL:
        return 0, None
    return int(serial), [status, opstatus.split(",")]


_LONGEST_SERIAL = 18
