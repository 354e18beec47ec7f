"""The cluster's own figures: read from luxid for all scrapes together, and not too often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.errors import LuxiError
from ganeti_rapi.shapes import Shape, expect, flag, list_of, maybe, row_of, text, whole
from ganeti_rapi.sharing import SharedReads

Row = Mapping[str, Any]
"""Fields by name, None where luxid does not know. Any: each field's own JSON."""

NODE_FIELDS = (
    *("name", "offline", "ctotal", "dfree", "dtotal", "mfree", "mtotal"),
    *("pinst_cnt", "sinst_cnt"),
)
INSTANCE_FIELDS = ("name", "pnode", "snodes", "oper_state", "oper_vcpus", "oper_ram")
JOB_FIELDS = ("id", "status", "summary", "received_ts", "start_ts", "end_ts")

_NUMBER = maybe(lambda value: isinstance(value, (int, float)) and not isinstance(value, bool))
_MOMENT = maybe(row_of(whole, whole))
SHAPES: Mapping[str, Shape] = {
    "name": text,
    "offline": maybe(flag),
    **dict.fromkeys(NODE_FIELDS[2:], _NUMBER),
    "pnode": maybe(text),
    "snodes": maybe(list_of(text)),
    "oper_state": maybe(flag),
    "oper_vcpus": _NUMBER,
    "oper_ram": _NUMBER,
    "id": whole,
    "status": text,
    "summary": maybe(list_of(text)),
    **dict.fromkeys(JOB_FIELDS[3:], _MOMENT),
}
"""What the values of all these fields look like."""

NORMAL = 0
"""The status of a value that luxid knows, in the answer to a query."""

KEPT = 10
"""After so many intervals without a new reading, what was read last is told no more."""


class JobDaemon(Protocol):
    """What is asked of luxid."""

    async def call(self, method: str, *args: object) -> Any:  # Any: the method's own result
        """Call a LUXI method. Raises `LuxiError`."""

    def rows(self, method: str, *args: object) -> AsyncIterator[Any]:
        """The rows of an answer, in slices."""

    def table(
        self, resource: str, fields: Sequence[str] | None, qfilter: None
    ) -> AsyncIterator[Any]:
        """The definitions of a query's fields, then its rows in slices."""


@frozen
class Figures:
    """The cluster as it was at a moment of the clock."""

    read_at: float
    cluster: str
    nodes: Sequence[Row]
    instances: Sequence[Row]
    jobs: Sequence[Row]


class ClusterFigures:
    """Reads the figures when they are older than ``interval`` seconds; 0 is never."""

    def __init__(self, daemon: JobDaemon, clock: IReactorTime, interval: float = 60) -> None:
        self._daemon = daemon
        self._clock = clock
        self._interval = interval
        self._last: Figures | None = None
        self._readings: SharedReads[None, None] = SharedReads()

    async def figures(self) -> Figures | None:
        """The newest there are; None if they are too old, or not wanted."""
        if self._interval and not self._younger_than(self._interval):
            await self._readings.read("all", None, self._read_anew)
        return self._last if self._younger_than(KEPT * self._interval) else None

    def _younger_than(self, seconds: float) -> bool:
        last = self._last
        return last is not None and self._clock.seconds() - last.read_at < seconds

    async def _read_anew(self, _: object) -> None:
        if self._younger_than(self._interval):
            return
        with suppress(LuxiError):  # what was read before is told, with its age
            self._last = await self._read()

    async def _read(self) -> Figures:
        now = self._clock.seconds()
        info: Row = await self._daemon.call("QueryClusterInfo")
        jobs: list[Row] = []
        read = _reader("jobs", JOB_FIELDS)
        async for rows in self._daemon.rows("QueryJobs", None, list(JOB_FIELDS)):
            jobs += map(read, rows)
        nodes = await self._query("node", NODE_FIELDS)
        instances = await self._query("instance", INSTANCE_FIELDS)
        cluster = expect(info.get("name"), text, "The cluster's name")
        return Figures(now, str(cluster), nodes, instances, jobs)

    async def _query(self, kind: str, fields: Sequence[str]) -> list[Row]:
        found: list[Row] = []
        read = _reader(f"{kind}s", fields)
        parts = self._daemon.table(kind, list(fields), None)
        await parts.__anext__()  # the definitions
        async for rows in parts:
            for row in rows:
                values = [value if status == NORMAL else None for status, value in row]
                found.append(read(values))
        return found


def _reader(what: str, fields: Sequence[str]) -> Callable[[Sequence[Any]], Row]:  # Any: JSON
    """What reads values by field. It raises `LuxiProtocolError` if one is not what it must be."""
    shape = row_of(*(SHAPES[field] for field in fields))
    subject = f"What luxid tells of {what}"
    return lambda values: dict(zip(fields, expect(values, shape, subject)))
