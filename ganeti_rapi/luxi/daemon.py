"""The job daemon as the rest of the program sees it: calls whose answers are what they must be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ganeti_rapi.luxi.answers import shape_of
from ganeti_rapi.luxi.connection import LuxiPool
from ganeti_rapi.luxi.rows import Rows
from ganeti_rapi.shapes import expect

_ANSWER = "The job daemon's answer to {}"


class LuxiDaemon:
    """Calls over a pool of connections. Raises `LuxiProtocolError` for answers of a wrong shape."""

    def __init__(self, pool: LuxiPool) -> None:
        self._pool = pool

    async def call(self, method: str, *args: object, timeout: float | None = None) -> Any:
        # Any: the result's shape is the method's
        """As `LuxiPool.call`."""
        answer = await self._pool.call(method, *args, timeout=timeout)
        return expect(answer, shape_of(method, args), _ANSWER.format(method))

    async def rows(self, method: str, *args: object) -> AsyncIterator[Rows]:
        """As `LuxiPool.rows`."""
        shape = shape_of(method, args)
        async for rows in self._pool.rows(method, *args):
            yield expect(rows, shape, _ANSWER.format(method))
