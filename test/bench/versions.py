"""How long a client waits for /version, asked again and again on one connection."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable

INTERVAL = 0.005
"""Seconds from one request to the next."""


class Versions:
    """A client that asks on schedule.

    A reply's time counts from the moment at which its request was due. So when the daemon is stuck
    for a while, all the requests that should have been sent meanwhile count as slow, not just one.
    """

    def __init__(self, host: str, port: int) -> None:
        context = ssl._create_unverified_context()
        self._connection = http.client.HTTPSConnection(host, port, timeout=30, context=context)

    def ask(self) -> None:
        """One request. Raises OSError or `http.client.HTTPException`."""
        self._connection.request("GET", "/version")
        reply = self._connection.getresponse()
        if reply.status != 200 or not reply.read():
            raise OSError(f"/version answered {reply.status}")

    def times(self, go_on: Callable[[], bool]) -> list[float]:
        """The seconds that each reply took, while ``go_on`` says so."""
        taken = []
        due = time.monotonic()
        while go_on():
            time.sleep(max(0.0, due - time.monotonic()))
            self.ask()
            taken.append(time.monotonic() - due)
            due += INTERVAL
        return taken

    def times_for(self, seconds: float) -> list[float]:
        """The seconds that each reply took, during so many seconds."""
        end = time.monotonic() + seconds
        return self.times(lambda: time.monotonic() < end)

    def close(self) -> None:
        self._connection.close()
