"""Readers of events on a large cluster: ``python -m test.bench.events``.

It starts the daemon in front of a simulated job daemon with 10,000 instances and 5,000 jobs. With
1,000 readers, it times from when the daemon has seen a change until the last of them is told. Then
it lets jobs change instances for a while and looks what the job daemon has to do for 50 readers
where its queue can be watched; for one reader where it is asked for all jobs twice a second, as it
was for every stream once; and for none.
"""

from __future__ import annotations

import base64
import json
import re
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from . import luxi
from .processes import Program
from .scopes import sized_site
from .sites import HOST, Site, running_daemon
from .table import MILLISECOND, Row, render

SIZE = "nodes=500,instances=10000,jobs=5000,seed=7"
READERS = 1000
FEW_READERS = 50
ROUNDS = 20
SECONDS = 20.0
INTERVAL = 5.0
"""Seconds between two jobs."""

NEW, OLD = "/2/events?kind=instance,job", "/2/events"
PATIENCE = 30.0
AT = re.compile(rb"event: instance\ndata: (.*)\n\n")


class Readers:
    """Clients that read a stream, all on one selector."""

    def __init__(self, site: Site, count: int, path: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._texts: dict[socket.socket, bytes] = {}
        secret = base64.b64encode(site.user.encode()).decode()
        request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\n"
        for _ in range(count):
            client = socket.create_connection((HOST, site.port))
            client.sendall(f"{request}Authorization: Basic {secret}\r\n\r\n".encode())
            self._selector.register(client, selectors.EVENT_READ)
            self._texts[client] = b""
        self.read_until(b"event: connected" if "kind" in path else b": still here")

    def read_until(self, text: bytes) -> float:
        """Read until all were told this; the time of the last, in seconds since the epoch."""
        waiting, last = set(self._texts), 0.0
        end = time.monotonic() + PATIENCE
        while waiting:
            assert time.monotonic() < end, f"{len(waiting)} readers were not told {text!r}"
            for key, _ in self._selector.select(1.0):
                client = key.fileobj
                assert isinstance(client, socket.socket)
                self._texts[client] += client.recv(65536)
                if client in waiting and text in self._texts[client]:
                    waiting.remove(client)
                    last = time.time()
        return last

    def forget(self) -> bytes:
        """What one of them was told; all begin with nothing again."""
        told = next(iter(self._texts.values()))
        self._texts = dict.fromkeys(self._texts, b"")
        return told

    def close(self) -> None:
        for client in self._texts:
            client.close()
        self._selector.close()


@contextmanager
def reading(site: Site, count: int, path: str) -> Iterator[Readers]:
    """Readers, as long as the context lasts."""
    readers = Readers(site, count, path)
    try:
        yield readers
    finally:
        readers.close()


def change(site: Site, number: int) -> None:
    """Submit a job that changes an instance."""
    ((name,), *_) = luxi.call(site.luxi_socket, "QueryInstances", [], ["name"], False)
    about = {"kind": "instance", "name": name, "tags": [f"t{number}"]}
    luxi.call(site.luxi_socket, "SubmitJob", [{"OP_ID": "OP_TAGS_SET", "reason": [], **about}])


def told_after(site: Site, readers: Readers) -> Iterator[float]:
    """For each of several changes, the seconds until the last reader is told."""
    for number in range(ROUNDS):
        readers.forget()
        change(site, number)
        last = readers.read_until(b"event: instance")
        found = AT.search(readers.forget())
        assert found is not None
        yield last - float(json.loads(found[1])["at"])


def work(simulator: Program, site: Site, options: tuple[str, ...], count: int, path: str) -> float:
    """Seconds of the job daemon's processor time in which it is read from, and has some jobs."""
    with ExitStack() as stack:
        stack.enter_context(running_daemon(site, "--no-ssl", *options))
        if count:
            stack.enter_context(reading(site, count, path))
        simulator.settle()
        before, end = simulator.cpu(), time.monotonic() + SECONDS
        number = 0
        while time.monotonic() < end:
            change(site, 1000 + number)
            number += 1
            time.sleep(INTERVAL)
        return simulator.cpu() - before


def main() -> None:
    """Measure and print."""
    with sized_site(SIZE) as (site, simulator):
        queue = str(Path(site.luxi_socket).parent / "queue")
        watched, polled = ("--queue-directory", queue), ("--queue-directory", "")
        with running_daemon(site, "--no-ssl", *watched), reading(site, READERS, NEW) as readers:
            times = list(told_after(site, readers))
        alone = work(simulator, site, watched, 0, NEW)
        many = work(simulator, site, watched, FEW_READERS, NEW) - alone
        one = work(simulator, site, polled, 1, OLD) - alone
    print(
        render(
            [
                Row("the last of 1,000 readers told: median", median(times) / MILLISECOND, "ms"),
                Row("the last of 1,000 readers told: worst", max(times) / MILLISECOND, "ms", 50),
                Row("the job daemon's work for 50 readers", many / MILLISECOND, "ms"),
                Row("for one that asks twice a second", one / MILLISECOND, "ms"),
                Row("in hundredths of that", 100 * many / one, "", 100),
            ]
        )
    )


if __name__ == "__main__":
    main()
