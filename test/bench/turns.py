"""Fair turns: what one user feels of another's 500 requests: ``python -m test.bench.turns``.

Both read single instances of a simulated job daemon, or of a lab's luxid where the environment
tells of one (``test/live/with-lab`` before it), each time another URL, so that no read is
shared. It prints only: one user alone, beside the other one, and the other one's throughput with
the share of connections that one may hold and with all of them.
For /version luxid is not asked: what it takes meanwhile is due to the processors, not to the line.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import multiprocessing
import os
import time
from statistics import quantiles

from .sites import HOST, Site, lab_site, running_daemon, simulated_site

MANY = 500
"""Requests of the other user that are under way at any time."""

SECONDS = 15.0
REQUESTS = 300
IN_LAB = "LAB_LUXI_SOCKET" in os.environ
PATH = "/2/instances/instance1" if IN_LAB else "/2/instances/web1.example.com"
GUEST = os.environ.get("LAB_READ_USER", "guest:guest")

_numbers = itertools.count()


async def ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    user: str,
    tag: str,
    path: str = PATH,
) -> None:
    """One request on a kept connection. Raises AssertionError when it is not answered well."""
    secret = base64.b64encode(user.encode()).decode()
    writer.write(
        f"GET {path}?{tag}={next(_numbers)} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\n"
        f"Authorization: Basic {secret}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0], head
    length = next(line for line in head.lower().split(b"\r\n") if b"content-length" in line)
    await reader.readexactly(int(length.partition(b":")[2]))


async def crowd(port: int, user: str, seconds: float) -> int:
    """How many requests are answered while `MANY` are under way."""
    end = time.monotonic() + seconds
    answered = 0

    async def client() -> None:
        nonlocal answered
        reader, writer = await asyncio.open_connection(HOST, port)
        while time.monotonic() < end:
            await ask(reader, writer, user, "many")
            answered += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(MANY)))
    return answered


async def one(port: int, user: str, path: str = PATH) -> list[float]:
    """Seconds that each of one request after the other takes."""
    reader, writer = await asyncio.open_connection(HOST, port)
    times = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        await ask(reader, writer, user, "one", path)
        times.append(time.perf_counter() - start)
        await asyncio.sleep(0.01)
    writer.close()
    return times


def run_crowd(port: int, user: str, seconds: float) -> None:
    """Say how many requests a second are answered."""
    answered = asyncio.run(crowd(port, user, seconds))
    print(f"  {user.partition(':')[0]}, {MANY} under way: {answered / seconds:.0f} a second")


def show(what: str, times: list[float]) -> float:
    """Print the median and the 99th percentile; the latter."""
    cuts = quantiles(times, n=100)
    print(f"  {what}: p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms", flush=True)
    return cuts[98]


def measure(site: Site, options: tuple[str, ...]) -> None:
    """Print what one user and the crowd of another one get from a daemon with these options."""
    print(f"{' '.join(options) or 'defaults'}:")
    with running_daemon(site, "--no-ssl", *options):
        alone = show("guest alone", asyncio.run(one(site.port, GUEST)))
        arguments = (site.port, site.user, SECONDS)
        other = multiprocessing.get_context("spawn").Process(target=run_crowd, args=arguments)
        other.start()
        time.sleep(2.0)
        beside = show("guest beside", asyncio.run(one(site.port, GUEST)))
        show("guest beside, /version", asyncio.run(one(site.port, GUEST, "/version")))
        other.join()
        print(f"  p99 {beside / alone:.2f} times as long")


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        measured = lab_site() if IN_LAB else stack.enter_context(simulated_site())[0]
        for shares in ((), ("--user-connections", "16")):
            measure(measured, shares)
