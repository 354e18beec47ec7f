"""How much memory the bodies of requests and replies may take, of all connections together."""

from __future__ import annotations

from collections.abc import Sequence

from ganeti_rapi.errors import Unavailable


class Budget:
    """A number of bytes to share. ``what`` names them in the error."""

    def __init__(self, limit: int, what: str) -> None:
        self.used = 0
        self.limit = limit
        self._what = what
        self._holders: dict[int, int] = {}

    def check(self, size: int) -> None:
        """Raise `Unavailable` if there is no room for so many bytes more."""
        if self.used + size > self.limit:
            raise Unavailable(
                f"All memory for {self._what} is in use; try again later", {"Retry-After": "1"}
            )

    def add(self, size: int) -> None:
        """Take bytes, or with a negative size give them back.

        Raises `Unavailable` when that was too much; they must be given back all the same.
        """
        self.used += size
        if size > 0:
            self.check(0)

    def hold(self, pieces: Sequence[bytes]) -> None:
        """Take what these pieces take, once for all who hold the same ones."""
        holders = self._holders.get(id(pieces[0]), 0)
        self._holders[id(pieces[0])] = holders + 1
        if not holders:
            self.used += sum(map(len, pieces))

    def release(self, pieces: Sequence[bytes]) -> None:
        """Give back what `hold` took."""
        holders = self._holders.pop(id(pieces[0])) - 1
        if holders:
            self._holders[id(pieces[0])] = holders
        else:
            self.used -= sum(map(len, pieces))

    def holds(self, pieces: Sequence[bytes]) -> bool:
        """Whether somebody holds these pieces already."""
        return id(pieces[0]) in self._holders
