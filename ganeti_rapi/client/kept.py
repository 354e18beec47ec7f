"""Connections that are kept for the next read."""

from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar


class Keepable(Protocol):
    """A connection that may serve for another request."""

    def keep(self) -> bool:
        """Get ready for another request; whether there may be one."""

    def usable(self) -> bool:
        """Whether one that was kept is still there, and ours."""

    def close(self) -> None:
        """Close it."""


Connection = TypeVar("Connection", bound=Keepable)


class Kept(Generic[Connection]):
    """Up to a number of connections, the youngest of which is taken first.

    Adding and taking are atomic, without a lock that a forked process might find held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._connections: deque[Connection] = deque()

    def take(self) -> Connection | None:
        """One that is usable, if there is one."""
        while (connection := self._pop()) is not None:
            if connection.usable():
                return connection
            connection.close()
        return None

    def put(self, connection: Connection) -> None:
        """Keep a connection for another request, or close it where there can be none."""
        if connection.keep() and len(self._connections) < self._most:
            self._connections.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close all."""
        while (connection := self._pop()) is not None:
            connection.close()

    def _pop(self) -> Connection | None:
        try:
            return self._connections.pop()
        except IndexError:  # another thread may have been faster
            return None
