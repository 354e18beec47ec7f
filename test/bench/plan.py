"""What the comparison with the stock daemon measures, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ganeti_rapi.api.kinds import INSTANCE, JOB, Kind
from ganeti_rapi.api.queries import query_arguments

CROWD = 50
"""How many clients the goals speak of."""


@frozen
class Page:
    """What is asked for: for how many seconds of each daemon, and how luxid itself is asked."""

    path: str
    seconds: int
    stock_seconds: int
    call: Sequence[object] | None = None

    @property
    def name(self) -> str:
        return f"`{self.path}`"


def bulk(kind: Kind) -> Sequence[object]:
    """The LUXI call behind a bulk list."""
    return kind.method, *query_arguments(kind, [], kind.fields, False)


PAGES = (
    Page("/version", 1, 2),
    Page("/2/info", 1, 2, ["QueryClusterInfo"]),
    Page("/2/instances?bulk=1", 2, 5, bulk(INSTANCE)),
    Page("/2/jobs?bulk=1", 1, 3, bulk(JOB)),
)

SMALL_PAGES = ("/version", "/2/info")
"""Those that are measured beside bare twisted.web."""


@frozen
class Plan:
    """How much of everything. ``writes`` are numbers of clients and of jobs that they submit."""

    rounds: int
    clients: Sequence[int]
    writes: Sequence[tuple[int, int]]
    first_writes: Sequence[tuple[int, int]]
    """Only in the first round."""
    waiters: Sequence[tuple[int, int]]
    """Numbers of clients that wait for a job, and of requests for /version meanwhile."""
    first_waiters: Sequence[tuple[int, int]]
    """Only in the first round."""
    time: float
    """Seconds after which nothing more is begun that can be left out."""


FULL = Plan(3, (1, 10, CROWD), ((1, 4), (10, 10)), ((CROWD, CROWD),), ((15, 20),), ((60, 3),), 700)
QUICK = Plan(1, (1, CROWD), ((1, 3),), (), ((15, 5),), (), 40)
