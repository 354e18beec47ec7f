"""What the daemon is compared with: the stock daemon of the lab, bare twisted.web, and luxid."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from ..live.daemon import lab
from . import luxi
from .processes import Program, resident
from .sites import HOST, Site, free_port, wait_until_it_listens
from .versions import Versions

DAEMON_UTIL = "/usr/lib/ganeti/daemon-util"

FIRST_REPLY_PATIENCE = 30.0

CALM = 0.3
"""Seconds without a child after which the stock daemon is done with what it was asked for."""

CALM_PATIENCE = 15.0


@frozen
class Start:
    """How a daemon starts: seconds to its first reply, and bytes of memory after it."""

    seconds: float
    resident: int


def first_reply(host: str, port: int, began: float) -> float:
    """The seconds from ``began`` until a daemon answers. Raises TimeoutError."""
    while time.monotonic() < began + FIRST_REPLY_PATIENCE:
        versions = Versions(host, port)
        try:
            versions.ask()
        except (OSError, HTTPException):
            time.sleep(0.005)
        else:
            return time.monotonic() - began
        finally:
            versions.close()
    raise TimeoutError(f"nobody answers on port {port}")


def start_ours(site: Site) -> Start:
    """Start our daemon, and end it once it was measured."""
    with tempfile.TemporaryFile("w") as log:
        began = time.monotonic()
        daemon = Program.start(site.daemon_command(), log=log)
        try:
            seconds = first_reply(HOST, site.port, began)
            daemon.settle()
            return Start(seconds, daemon.resident())
        finally:
            daemon.end()


@frozen
class Stock:
    """The stock daemon. It forks a process for every connection."""

    host: str
    port: int
    pid_file: Path

    @classmethod
    def of_lab(cls) -> Stock:
        """The one that the environment tells of."""
        url = urlsplit(os.environ["LAB_STOCK_URL"])
        assert url.hostname is not None
        assert url.port is not None
        run = Path(os.environ["LAB_ROOT"], "node1/var/run/ganeti")
        return cls(url.hostname, url.port, run / "ganeti-rapi.pid")

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    def restart(self) -> Start:
        """Start it anew."""
        lab("gnt", DAEMON_UTIL, "stop", "ganeti-rapi")
        began = time.monotonic()
        lab("gnt", DAEMON_UTIL, "start", "ganeti-rapi")
        seconds = first_reply(self.host, self.port, began)
        self.calm_down()
        return Start(seconds, resident(self.pid))

    def calm_down(self) -> None:
        """Return once it is done with the clients that have left, or after a while."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        end = time.monotonic() + CALM_PATIENCE
        alone = time.monotonic()
        while (now := time.monotonic()) < min(end, alone + CALM):
            if children.read_text():
                alone = now
            time.sleep(0.02)


@contextmanager
def bare_web(site: Site, sizes: Sequence[int]) -> Iterator[str]:
    """Bare twisted.web as a process; its URL, under which each size names as many bytes."""
    port = free_port()
    arguments = [site.certificate, str(port), *map(str, sizes)]
    program = Program.start([sys.executable, "-m", "test.bench.bare", *arguments])
    try:
        wait_until_it_listens(program, port)
        yield f"https://{HOST}:{port}"
    finally:
        program.end()


def luxid_rate(path: str, seconds: float, method: str, *args: object) -> float:
    """How many calls per second luxid answers on one connection, one after the other."""
    with closing(luxi.Connection(path)) as connection:
        count, began = 0, time.monotonic()
        while time.monotonic() < began + seconds:
            connection.call(method, *args)
            count += 1
        return count / (time.monotonic() - began)
