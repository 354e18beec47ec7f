"""The job daemon as the rest of the program sees it: calls whose answers are what they must be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from ganeti_rapi.luxi.answers import DEFINITIONS, rows_in, shape_of, values_of
from ganeti_rapi.luxi.pool import LuxiPool, OnBehalf
from ganeti_rapi.luxi.rows import Rows
from ganeti_rapi.shapes import expect

_ANSWER = "The job daemon's answer to {}"


class LuxiDaemon:
    """Calls over a pool of connections. Raises `LuxiProtocolError` for answers of a wrong shape."""

    def __init__(self, pool: LuxiPool, view: OnBehalf | None = None) -> None:
        self._pool = pool
        self._view = view or pool

    def on_behalf_of(self, who: str) -> LuxiDaemon:
        """As `LuxiPool.on_behalf_of`."""
        return LuxiDaemon(self._pool, self._pool.on_behalf_of(who))

    async def call(self, method: str, *args: object, timeout: float | None = None) -> Any:
        # Any: the result's shape is the method's
        """As `LuxiPool.call`."""
        answer = await self._view.call(method, *args, timeout=timeout)
        subject = _ANSWER.format(method)
        expected = rows_in(method, args)
        expect(answer, shape_of(method, args), subject)
        return expect(answer, lambda rows: expected is None or len(rows) == expected, subject)

    async def rows(self, method: str, *args: object) -> AsyncIterator[Rows]:
        """As `LuxiPool.rows`."""
        shape, expected, count = shape_of(method, args), rows_in(method, args), 0
        subject = _ANSWER.format(method)
        async for rows in self._view.rows(method, *args):
            count += len(expect(rows, shape, subject))
            yield rows
        expect(count, lambda rows: expected in (None, rows), subject)

    async def table(
        self, resource: str, fields: Sequence[str] | None, qfilter: object
    ) -> AsyncIterator[Any]:
        # Any: a list of field definitions, then lists of rows
        """As `LuxiPool.table`."""
        shape, subject = DEFINITIONS, _ANSWER.format("Query")
        async for part in self._view.table(resource, fields, qfilter):
            yield expect(part, shape, subject)
            if shape is DEFINITIONS:
                shape = values_of(fields if fields is not None else part)
