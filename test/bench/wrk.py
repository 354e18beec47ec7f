"""Load that wrk makes, and what it tells of the replies."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

from attrs import frozen

INSTALL = "The benchmark needs wrk, which makes the load; on Debian: apt install wrk"

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}

_TIME = r"([\d.]+)(us|ms|s|m|h)"
_REQUESTS = re.compile(rf"(\d+) requests in {_TIME},")
_BROKEN = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_REFUSED = re.compile(r"Non-2xx or 3xx responses: (\d+)")


@frozen
class Load:
    """What came of it.

    ``rate`` is good replies per second; ``median`` and ``p99`` are seconds, 0 without a reply.
    ``broken`` counts connections that failed, ``slow`` replies that took more than two seconds,
    ``refused`` those with another status than 2xx or 3xx.
    """

    rate: float
    median: float
    p99: float
    broken: int = 0
    slow: int = 0
    refused: int = 0

    @property
    def errors(self) -> int:
        """Whatever was not a good reply in time."""
        return self.broken + self.slow + self.refused


def require() -> None:
    """Raise `SystemExit` when wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit(INSTALL)


def command(url: str, clients: int, seconds: int, close: bool) -> Sequence[str]:
    """The command line. ``close`` asks for a new connection for each request."""
    header = ("-H", "Connection: close") if close else ()
    return ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", *header, url]


def run(url: str, clients: int, seconds: int, *, close: bool = False) -> Load:
    """So many clients ask for one URL for so long. Raises `ValueError` when wrk cannot."""
    done = subprocess.run(
        command(url, clients, seconds, close), stdout=subprocess.PIPE, text=True, check=False
    )
    return parse(done.stdout)


def parse(report: str) -> Load:
    """What a report tells. Raises `ValueError` when it is none."""
    requests = _REQUESTS.search(report)
    if requests is None:
        raise ValueError(f"wrk told nothing of its requests: {report!r}")
    count, *time = requests.groups()
    *broken, slow = map(int, _numbers(_BROKEN, report) or "0000")
    (refused,) = map(int, _numbers(_REFUSED, report) or "0")
    return Load(
        rate=(int(count) - refused) / _seconds(*time),
        median=_latency(50, report),
        p99=_latency(99, report),
        broken=sum(broken),
        slow=slow,
        refused=refused,
    )


def _numbers(pattern: re.Pattern[str], report: str) -> Sequence[str] | None:
    found = pattern.search(report)
    return found.groups() if found else None


def _latency(percent: int, report: str) -> float:
    found = re.search(rf"^ +{percent}% +{_TIME}$", report, re.MULTILINE)
    return _seconds(*found.groups()) if found else 0.0


def _seconds(number: str, unit: str) -> float:
    return float(number) * UNITS[unit]
