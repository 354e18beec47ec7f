"""Events of jobs as they happen: Server-Sent Events from this project's server.

A stock server has no such resource; there, and wherever only one job matters, use
`RapiClient.watch_job`, which asks by long polls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Final

from attrs import frozen

from ganeti_rapi import jsontext
from ganeti_rapi.client.base import Methods, path

SILENCE: Final = 45.0
"""Seconds without a byte until the connection counts as dead; the server says something sooner."""


@frozen
class Event:
    """Something that happened to a job.

    ``id`` lets a reader go on after it, ``name`` is such as ``changed`` or ``finished``, and
    ``data`` tells the job's id, its status and more.
    """

    id: str
    name: str
    data: Any  # Any: JSON of the event's own shape


class EventParser:
    """Bytes in, events out, by the HTML standard's section "Server-sent events"."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are complete with these bytes."""
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        for block in blocks:
            fields = dict(_field(line) for line in block.decode("utf-8").split("\n"))
            if "data" in fields:  # a comment has none
                yield Event(
                    fields.get("id", ""),
                    fields.get("event", "message"),
                    jsontext.loads(fields["data"].encode()),
                )


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")


class EventMethods(Methods):
    """Streams of events. Leaving the loop, or cancelling, closes the connection."""

    async def job_events(
        self, job_id: int, *, last_event_id: str | None = None
    ) -> AsyncIterator[Event]:
        """The changes of a job until it has ended, from its start or from after an event.

        Raises `NotFound`, and `ConnectionBroken` when the connection breaks.
        """
        async for event in self._events(path("jobs", job_id, "events"), last_event_id):
            yield event

    async def all_events(
        self,
        *,
        kinds: Sequence[str] = (),
        objects: Sequence[str] = (),
        tags: Sequence[str] = (),
        last_event_id: str | None = None,
    ) -> AsyncIterator[Event]:
        """Which jobs are submitted, change and finish, from now on or from after an event.

        With ``kinds``, such as instance and job, or with names of ``objects`` or their ``tags`` it
        is told what happens to any objects: ``name`` of an event is the kind then, and ``data`` has
        ``name``, ``change`` (created, changed or removed), ``fields``, ``job`` and ``user``.
        Raises `ConnectionBroken` when the connection breaks; then go on after the last event.
        """
        chosen = {"kind": kinds, "object": objects, "tag": tags}
        query = {name: ",".join(values) or None for name, values in chosen.items()}
        async for event in self._events(path("events"), last_event_id, **query):
            yield event

    async def _events(
        self, where: str, last_event_id: str | None, **chosen: str | None
    ) -> AsyncIterator[Event]:
        query = {"last_event_id": last_event_id, **chosen}
        request, parser = self.transport.prepared("GET", where, query), EventParser()
        async with aclosing(self.transport.stream(request, SILENCE)) as stream:
            async for data in stream:
                for event in parser.feed(data):
                    yield event
