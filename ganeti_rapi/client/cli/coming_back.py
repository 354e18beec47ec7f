"""Reading what the server tells as it happens, and coming back when the connection breaks."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ganeti_rapi.client.errors import ConnectionBroken, Unavailable, Unreachable

if TYPE_CHECKING:
    from ganeti_rapi.client.cli.running import Session
    from ganeti_rapi.client.methods import AllMethods

AWAY: Final = (ConnectionBroken, Unreachable, Unavailable)
"""After these it comes back."""

SHORTEST: Final = 1.0
LONGEST: Final = 30.0
"""Seconds until it comes back; each time twice as long, unless it went on for that long between."""

Reading: TypeAlias = "Callable[[AllMethods], Coroutine[Any, Any, None]]"
# Any: what a coroutine waits for


def keep_on(session: Session, read: Reading, begun: Callable[[], bool]) -> None:
    """Read until that is done. Raises `Failed`, also for the first connection if that breaks before
    something has ``begun``."""

    async def once(client: AllMethods) -> bool:
        try:
            await read(client)
        except AWAY as error:
            if not begun():
                raise
            session.err.line(f"{error}; coming back", dim=True)
            return False
        return True

    delay, since = SHORTEST, time.monotonic()
    while not session.ask(once):
        delay = SHORTEST if time.monotonic() - since > LONGEST else delay
        time.sleep(delay)
        delay, since = min(2 * delay, LONGEST), time.monotonic()
