"""Lists for programs on a large cluster: ``python -m test.bench.lists``.

It starts the daemon, and as a process of its own a simulated job daemon with 10,000 instances. It
times pages of 100 instances with name, status and node, all through the list, and what a client
transfers that polls with ``since`` while something changes. The work of the job daemon is its
processor time.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from .processes import Program
from .scopes import sized_site
from .sites import HOST, running_daemon
from .table import MIB, MILLISECOND, Row, percentile, render

SIZE = "nodes=500,instances=10000,jobs=0,seed=7"
BULK = "/2/instances?bulk=1"
PAGE = "/2/instances?fields=name,status,pnode&limit=100"
POLLS = 10
"""Times that a client polls, each with one change since."""


class Client:
    """A client that keeps its connection, and counts what it gets."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=60)
        secret = base64.b64encode(b"all:all").decode()
        self._headers = {"Authorization": f"Basic {secret}", "User-Agent": "bench"}
        self.taken = 0

    def ask(self, path: str, method: str = "GET") -> tuple[Any, http.client.HTTPResponse]:
        """The JSON of a reply, and the reply."""
        self._connection.request(method, path, headers=self._headers)
        response = self._connection.getresponse()
        text = response.read()
        assert response.status == 200, (response.status, text[:200])
        self.taken += len(text)
        return json.loads(text), response

    def pages(self) -> Iterator[float]:
        """Seconds of each page of the whole list."""
        path, names = PAGE, set()
        while path:
            began = time.perf_counter()
            rows, response = self.ask(path)
            yield time.perf_counter() - began
            names.update(row["name"] for row in rows)
            link = re.match("<([^>]+)>", response.headers.get("Link", ""))
            path = link[1] if link else ""
        assert len(names) == 10_000, len(names)


def work_of(program: Program, times: int, do: Callable[[], object]) -> float:
    """Seconds of a program's processor time for doing something once."""
    before = program.cpu()
    for _ in range(times):
        do()
    return (program.cpu() - before) / times


def polled(client: Client) -> tuple[float, float]:
    """The bytes of a poll of the whole list, and of one that asks for changes only."""
    client.taken = 0
    rows, response = client.ask(BULK)
    etag = response.headers["ETag"].strip('"')
    whole, news = client.taken, 0
    for row in rows[:POLLS]:
        client.ask(f"/2/instances/{row['name']}/tags?tag=new&return_timeout=60", "PUT")
        client.taken = 0
        reply, _ = client.ask(f"{BULK}&since={etag}")
        assert [each["name"] for each in reply["changed"]] == [row["name"]], reply
        etag, news = reply["etag"], news + client.taken
    return whole, news / POLLS


def main() -> None:
    """Measure and print."""
    with sized_site(SIZE) as (site, simulator), running_daemon(site, "--no-ssl") as daemon:
        client = Client(site.port)
        for _ in range(2):
            client.ask(BULK)
            client.ask(PAGE)
        bulk = work_of(simulator, 5, lambda: client.ask(BULK))
        page = work_of(simulator, 50, lambda: client.ask(PAGE))
        ours = work_of(daemon, 50, lambda: client.ask(PAGE))
        times = list(client.pages())
        whole, news = polled(client)
    print(
        render(
            [
                Row("a page of 100 of 10,000: median", median(times) / MILLISECOND, "ms"),
                Row("a page of 100 of 10,000: p95", percentile(times, 95) / MILLISECOND, "ms", 30),
                Row("our work for it", ours / MILLISECOND, "ms"),
                Row("the job daemon's work for it", page / MILLISECOND, "ms"),
                Row("its work for bulk=1", bulk / MILLISECOND, "ms"),
                Row("its work for a page, in hundredths of that", 100 * page / bulk, "", 5),
                Row("bytes of bulk=1", whole / MIB, "MiB"),
                Row("bytes of a poll with since, one change", news, "bytes"),
                Row("in hundredths of bulk=1", 100 * news / whole, "", 1),
            ]
        )
    )


if __name__ == "__main__":
    main()
