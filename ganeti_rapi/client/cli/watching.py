"""What is shown again whenever it has changed: lists with ``--watch``, and `rapi top`.

The events tell when to look. A stock server tells none; it is asked every few seconds.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import click
from attrs import define, evolve

from ganeti_rapi.client.cli.coming_back import keep_on
from ganeti_rapi.client.cli.failing import INTERRUPTED, Failed
from ganeti_rapi.client.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.events import Event
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: whatever is looked at
Look: TypeAlias = "Callable[[AllMethods], Awaitable[Any]]"
Show: TypeAlias = "Callable[[Session, Any], None]"

CALM: Final = 1.0
"""Seconds from an event to the look at what it tells: what else happens until then is seen, too."""

POLL: Final = 5.0
"""Seconds between two looks at a server that tells no events."""

_HOME_AND_CLEAR: Final = "\x1b[H\x1b[2J"


@define
class Watch:
    """Looks at something, and shows it: on a terminal in the place of what was shown before."""

    session: Session
    look: Look
    show: Show
    shown: str | None = None

    async def by_events(self, client: AllMethods, kinds: Sequence[str]) -> None:
        """Look now, and after each event of an object of these kinds."""
        stream = client.all_events(kinds=kinds)
        seen = 0.0  # by the server's clock
        async with aclosing(cast("AsyncGenerator[Event, None]", stream)) as events:
            async for event in events:
                at = event.data["at"] if event.data and "at" in event.data else None
                if at is None:
                    await self.once(client)
                elif at > seen:
                    await client.transport.pause(CALM)
                    await self.once(client)
                    seen = at + CALM

    async def by_polls(self, client: AllMethods) -> None:
        """Look now and every few seconds."""
        while True:
            await self.once(client)
            await client.transport.pause(POLL)

    async def once(self, client: AllMethods) -> None:
        """Look, and show it if it is not what is shown already."""
        text = self._text(await self.look(client))
        if text == self.shown:
            return
        out = self.session.out
        if out.is_terminal:
            click.echo(f"{_HOME_AND_CLEAR}{_cut(text)}", out.file, color=True)
        else:
            separator = "\n" if self.shown is not None and not self.session.for_programs else ""
            click.echo(f"{separator}{text}", out.file, color=out.colour)
        out.file.flush()
        self.shown = text

    def _text(self, found: Any) -> str:
        """What would be printed, to as wide a terminal as there is now."""
        out, file = self.session.out, io.StringIO()
        width = None if out.width is None else shutil.get_terminal_size().columns
        page = evolve(out, file=file, width=width)
        self.show(evolve(self.session, out=page, err=page), found)
        return file.getvalue().rstrip("\n")


def _cut(text: str) -> str:
    """As many lines as the terminal has."""
    lines, height = text.splitlines(), shutil.get_terminal_size().lines
    if len(lines) < height:
        return text
    kept = lines[: max(height - 2, 1)]
    return "\n".join([*kept, f"… and {len(lines) - len(kept)} more lines"])


def watch(session: Session, kinds: Sequence[str], look: Look, show: Show) -> None:
    """Show what ``look`` finds, and again whenever objects of these kinds change, until Ctrl-C."""
    watching = Watch(session, look, show)

    async def read(client: AllMethods) -> None:
        try:
            await watching.by_events(client, kinds)
        except NotFound:
            await watching.by_polls(client)

    try:
        keep_on(session, read, begun=lambda: watching.shown is not None)
    except Failed as error:
        if error.exit_code != INTERRUPTED:
            raise
        raise click.exceptions.Exit(INTERRUPTED) from None  # which is how people end it
