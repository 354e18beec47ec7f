"""`rapi events`: what happens on the cluster, as it happens."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, cast

import click
from attrs import define

from ganeti_rapi.client.cli.cells import printable
from ganeti_rapi.client.cli.coming_back import keep_on
from ganeti_rapi.client.cli.commands import command, option, several
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import NotFound
from ganeti_rapi.jobstates import EVENT_KINDS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ganeti_rapi.client.events import Event
    from ganeti_rapi.client.methods import AllMethods

NO_EVENTS: Final = "this server tells no events; ganeti-rapi on Twisted does"


@define
class Reading:
    """Reads events and prints them; ``last_id`` is the last one's, ``left`` is how many to go."""

    session: Session
    chosen: dict[str, tuple[str, ...]]
    last_id: str | None
    left: int | None

    async def go_on(self, client: AllMethods) -> None:
        """Read until the limit is reached or the connection breaks. Raises `RapiError`."""
        stream = client.all_events(last_event_id=self.last_id, **self.chosen)
        async with aclosing(cast("AsyncGenerator[Event, None]", stream)) as events:
            async for event in events:
                self.last_id = event.id
                if event.name != "connected":
                    self._print(event)
                    if self.left is not None:
                        self.left -= 1
                        if not self.left:
                            return

    def _print(self, event: Event) -> None:
        several = self.session.noted is not None
        where = {"cluster": self.session.cluster} if several else {}
        if self.session.for_programs:
            from ganeti_rapi import jsontext  # not for a help text

            value = {**where, "id": event.id, "event": event.name, "data": event.data}
            self.session.out.line(jsontext.dumps(value).decode())
        else:
            self.session.out.line("  ".join(filter(None, [*where.values(), line_of(event)])))
        self.session.out.file.flush()


def line_of(event: Event) -> str:
    """An event for people."""
    data: dict[str, Any] | None = event.data  # Any: JSON
    if data is None:
        return "reset: some events are not known any more; look at the cluster again"
    at = time.strftime("%H:%M:%S", time.localtime(data["at"]))
    what = data["change"]
    if data["kind"] == "job":
        what = f"{data['status']}: {', '.join(map(str, data['summary']))}"
    elif data["fields"]:
        what = f"{what}: {', '.join(data['fields'])}"
    by = [f"job {data['job']}" if data["job"] and data["kind"] != "job" else "", data["user"] or ""]
    told = ", ".join(filter(None, by))
    text = f"{at}  {data['kind']:<8}  {data['name']}  {what}{f'  ({told})' if told else ''}"
    return printable(text)


def events(
    session: Session,
    kinds: tuple[str, ...],
    objects: tuple[str, ...],
    tags: tuple[str, ...],
    after: str | None,
    limit: int | None,
) -> None:
    """Print events, and come back when the connection breaks."""
    chosen = {"kinds": kinds or EVENT_KINDS, "objects": objects, "tags": tags}
    reading = Reading(session, chosen, after, limit)

    async def read(client: AllMethods) -> None:
        try:
            await reading.go_on(client)
        except NotFound:
            raise Failed(NO_EVENTS, 6) from None

    keep_on(session, read, begun=lambda: reading.last_id is not None)


EVENTS = command(
    "events",
    "Jobs are told, and what they change. "
    "With --json, each event is an object on a line. When the connection breaks, it comes back and "
    "misses nothing.",
    events,
    [
        several(
            "--kind", "kinds", type=click.Choice(EVENT_KINDS), help="A kind of object; all if none."
        ),
        several("--object", "objects", metavar="NAME", help="An object, and jobs that name it."),
        several("--tag", "tags", metavar="TAG", help="Objects with a tag."),
        option("--after", metavar="ID", help="Go on after the event of that id."),
        option("--limit", type=click.IntRange(min=1), help="End after so many events."),
    ],
    together=True,
)
