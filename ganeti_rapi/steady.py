"""A reactor's clock that only goes forward."""

from __future__ import annotations

import time
from typing import Any


def keep_steady(reactor: Any) -> None:  # Any: one object that provides many zope interfaces
    """Let the reactor's time go on steadily from the time of day that it is now.

    Twisted's reactors take the time of day itself: when that is set back by an hour, every timer
    stops for an hour. What needs the time of day, such as the Date of a reply, asks for that.
    Called before anything is scheduled.
    """
    difference = time.time() - time.monotonic()
    reactor.seconds = lambda: time.monotonic() + difference
