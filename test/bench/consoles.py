"""Consoles beside websockify: ``python -m test.bench.consoles``.

A VNC server that has much to show, a client that throws it away, and TLS with one certificate. What
is measured is the processor time of the process between the two, in rounds in which both are
measured in turn: so neither the machine's other work nor the client's speed counts. websockify runs
as ``--run-once`` has it, in one process.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from statistics import median
from urllib.parse import urlsplit

from ganeti_rapi.websocket import new_key

from .processes import Program
from .sites import HOST, START_PATIENCE, Site, free_port, running_daemon, simulated_site
from .table import markdown

INSTANCE = "/2/instances/web1.example.com"
ROUNDS = 7
MIB = 2**20
AMOUNT = 256 * MIB
"""Bytes of a round."""

WRITES: Mapping[str, int] = {"64 KiB": 65536, "4 KiB": 4096}
"""How much the VNC server writes at a time."""

GOAL = 0.8
"""Times websockify's throughput for the same processor time."""

Connect = Callable[[], ssl.SSLSocket]


class Screen:
    """A VNC server that sends without being asked, at the port that the instance has."""

    def __init__(self, port: int) -> None:
        self.listening = socket.create_server((HOST, port))
        self.port = port
        self.size = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self.listening.accept()
            threading.Thread(target=self._pour, args=(connection,), daemon=True).start()

    def _pour(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = os.urandom(self.size)
        try:
            while True:
                connection.sendall(data)
        except OSError:
            connection.close()


def ask(site: Site, method: str, path: str, body: object = None) -> object:
    """JSON of a reply of the API."""
    request = urllib.request.Request(
        f"https://{HOST}:{site.port}{path}",
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": "Basic " + base64.b64encode(site.user.encode()).decode(),
            "Content-Type": "application/json",
        },
        method=method,
    )
    context = ssl.create_default_context(cafile=site.certificate)
    with urllib.request.urlopen(request, context=context) as reply:
        return json.load(reply)


def websocket(url: str, certificate: str) -> ssl.SSLSocket:
    """A connection that is a WebSocket. Raises AssertionError when it does not become one."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=certificate)
    plain = socket.create_connection((HOST, parts.port or 0))
    connection = context.wrap_socket(plain, server_hostname=HOST)
    target = f"{parts.path}?{parts.query}"
    connection.sendall(
        f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n"
        f"Sec-WebSocket-Key: {new_key().decode()}\r\n\r\n".encode()
    )
    head = connection.recv(12)
    assert head == b"HTTP/1.1 101", head
    return connection


def cost(program: Program, connection: ssl.SSLSocket) -> float:
    """Seconds of processor time for a MiB that goes through a program."""
    buffer = bytearray(MIB)
    left = AMOUNT
    before = program.cpu()
    while left > 0:
        left -= connection.recv_into(buffer)
    used = program.cpu() - before
    connection.close()
    return used / (AMOUNT / MIB)


@contextmanager
def websockify(site: Site, screen: Screen) -> Iterator[tuple[Program, Connect]]:
    """websockify in front of the screen, for one connection."""
    port = free_port()
    where = (f"{HOST}:{port}", f"{HOST}:{screen.port}")
    options = ("--run-once", "--cert", site.certificate)
    with open(os.devnull, "w") as nowhere:
        program = Program.start([sys.executable, "-m", "websockify", *options, *where], log=nowhere)
    try:
        yield program, lambda: _patiently(f"wss://{HOST}:{port}/websockify?", site.certificate)
    finally:
        program.end()


def _patiently(url: str, certificate: str) -> ssl.SSLSocket:
    """A WebSocket of a program that may not listen yet, and takes one connection only."""
    end = time.monotonic() + START_PATIENCE
    while True:
        try:
            return websocket(url, certificate)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def main() -> None:
    """Measure and print. Exits with 1 when the goal is missed."""
    if find_spec("websockify") is None:
        raise SystemExit("websockify is missing: pip install 'ganeti-rapi[bench]'")
    with simulated_site() as (site, _), running_daemon(site) as daemon:
        port = int(ask(site, "GET", INSTANCE)["network_port"])  # type: ignore[index]  # an object
        change = {"hvparams": {"vnc_bind_address": HOST}}
        ask(site, "PUT", f"{INSTANCE}/modify?return_timeout=20", change)
        screen = Screen(port)
        rows, missed = [], False
        for name, size in WRITES.items():
            screen.size = size
            costs: dict[str, list[float]] = {"ours": [], "websockify": []}
            for _ in range(ROUNDS):
                url = ask(site, "POST", f"{INSTANCE}/console/ticket")["url"]  # type: ignore[index]
                costs["ours"].append(cost(daemon, websocket(url, site.certificate)))
                with websockify(site, screen) as (program, connect):
                    costs["websockify"].append(cost(program, connect()))
            ours, theirs = (1 / median(costs[each]) for each in ("ours", "websockify"))
            missed = missed or ours < GOAL * theirs
            rows.append([name, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.2f}"])
    head = ["writes of the VNC server", "ours, MiB/s", "websockify, MiB/s", "ratio"]
    print(markdown(head, rows))
    raise SystemExit(missed)


if __name__ == "__main__":
    main()
