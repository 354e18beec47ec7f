"""Events of jobs and of other objects, as Server-Sent Events carry them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from ganeti_rapi.api.scopes import Traits
from ganeti_rapi.api.subjects import Opcode
from ganeti_rapi.jobstates import FINAL_STATES
from ganeti_rapi.jsontext import dumps


@frozen
class Event:
    """Something that happened. Its ``id`` lets a reader who lost the connection go on after it.

    Readers are chosen by what is not sent: the ``ops`` of a job, or the ``traits`` of another
    object, and the ``names`` that either is known by. ``job`` is what the older form of the stream
    tells of a job.
    """

    id: str
    name: str
    data: Mapping[str, Any] | None  # Any: JSON
    ops: Sequence[Opcode] = ()
    traits: Traits | None = None
    names: frozenset[str] = frozenset()
    job: Mapping[str, Any] | None = None  # Any: as above

    def encode(self) -> bytes:
        """The event as the HTML standard, section "Server-sent events", writes it."""
        head = f"id: {self.id}\nevent: {self.name}\ndata: ".encode()
        return head + dumps(self.data) + b"\n\n"


_EVENT_ID = re.compile("(?P<epoch>[0-9a-f]+)-(?P<number>[0-9]{1,15})")


def position_of(event_id: str) -> tuple[str, int] | None:
    """The epoch and the number in an event's id; None if it is none."""
    match = _EVENT_ID.fullmatch(event_id)
    return match and (match["epoch"], int(match["number"]))


CONNECTED = "connected"
"""The name of the first event of a stream: whatever happens from then on is told."""

HEARTBEAT = b": still here\n\n"
"""A comment, which readers skip: it keeps proxies from taking the connection for a dead one."""


@frozen
class JobState:
    """What a reader knows of a job; without a ``status``, nothing yet.

    ``opstatus`` are the states of its opcodes, ``serial`` is that of the last log entry, and
    ``log_entries`` are those that came since the state before.
    """

    status: str | None = None
    opstatus: Sequence[str] = ()
    serial: int = 0
    log_entries: Sequence[Any] = ()  # Any: [serial, [seconds, microseconds], type, message]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self.status in FINAL_STATES

    @property
    def values(self) -> list[Any] | None:  # Any: values of job fields
        """The values of the fields ``status`` and ``opstatus``, if they are known."""
        return None if self.status is None else [self.status, list(self.opstatus)]

    def after(self, values: Sequence[Any], log_entries: Sequence[Any]) -> JobState:
        # Any: as above
        """The state after a change to these values, with these new log entries."""
        status, opstatus = values
        serial = max([self.serial, *(entry[0] for entry in log_entries)])
        return JobState(status, opstatus, serial, log_entries)

    @property
    def event_id(self) -> str:
        """An id that holds the whole state, so that the server need not remember its readers."""
        return f"{self.serial}/{self.status}/{','.join(self.opstatus)}"

    @classmethod
    def from_event_id(cls, text: str | None) -> JobState:
        """The state that an id holds; that of a new reader if the id is not one of ours."""
        serial, _, rest = (text or "").partition("/")
        status, slash, opstatus = rest.partition("/")
        if not slash or not serial.isdecimal() or len(serial) > _LONGEST_SERIAL:
            return cls()
        return cls(status, opstatus.split(","), int(serial))


NOTHING_KNOWN = JobState()

_LONGEST_SERIAL = 18
