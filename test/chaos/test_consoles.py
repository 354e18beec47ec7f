"""Consoles over TLS and several workers: tickets that are tried at once, and the end."""

from __future__ import annotations

import signal
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from ganeti_rapi.websocket import Frames, new_key

from .case import HOST, MIB, ChaosCase

INSTANCE = "/2/instances/web1.example.com"
TICKETS = 40
ATTEMPTS = 4
"""Connections that come with one ticket at the same time; the kernel spreads them over workers."""

GREETING = b"RFB 003.008\n"
SCREEN = GREETING + b"\1\1"
WHOLE = b"\3\0\0\0\0\0\2\x80\1\x90"
"""What a viewer says until it may see the screen, and how it asks for all of it."""


class Viewer:
    """A client at the end of a WebSocket. ``status`` is that of the reply to its handshake."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        plain = socket.create_connection((HOST, parts.port or 0), timeout=30)
        self.socket = ssl._create_unverified_context().wrap_socket(plain)
        self.socket.sendall(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {new_key().decode()}\r\n\r\n".encode()
        )
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(4096)
        head, _, rest = data.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])
        self.frames = Frames(client=True)
        self.data = b"".join(self.frames.payloads(rest)) if self.status == 101 else b""

    def send(self, payload: bytes) -> None:
        self.socket.sendall(self.frames.message(payload))

    def read(self, count: int) -> bytes:
        """So many bytes at least, or all until the server closes."""
        while len(self.data) < count and not self.frames.closed_by_peer:
            received = self.socket.recv(65536)
            if not received:
                break
            self.data += b"".join(self.frames.payloads(received))
        data, self.data = self.data, b""
        return data


class ConsoleTests(ChaosCase):
    def url(self) -> str:
        reply = self.api.request("POST", f"{INSTANCE}/console/ticket", user=self.api.writer)
        return str(reply.json()["url"])

    def test_a_ticket_is_good_once_at_whichever_worker(self) -> None:
        self.start_simulator()
        self.start_daemon("--workers", "2", "--user-consoles", "0")
        with ThreadPoolExecutor(ATTEMPTS) as pool:
            for _ in range(TICKETS):
                viewers = list(pool.map(Viewer, [self.url()] * ATTEMPTS))
                self.assertEqual(sorted(each.status for each in viewers), [101, 403, 403, 403])
                (viewer,) = (each for each in viewers if each.status == 101)
                self.assertEqual(viewer.read(len(GREETING)), GREETING)
                for each in viewers:
                    each.socket.close()

    def test_one_that_asks_and_does_not_read_costs_little(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon()
        viewer = Viewer(self.url())
        before = daemon.resident()
        viewer.send(SCREEN)
        viewer.socket.settimeout(2)
        with self.bystander():
            try:
                for _ in range(100_000):  # a hundred gigabytes of pictures
                    viewer.send(WHOLE)
            except TimeoutError:  # it is held
                pass
            time.sleep(2)
        self.assertLess(daemon.resident() - before, 20 * MIB)

    def test_the_daemons_end_closes_it(self) -> None:
        self.start_simulator()
        for options in ((), ("--workers", "2")):
            daemon = self.start_daemon(*options)
            viewer = Viewer(self.url())
            viewer.read(len(GREETING))
            daemon.child.send_signal(signal.SIGTERM)
            began = time.monotonic()
            viewer.read(MIB)
            self.assertTrue(viewer.frames.closed_by_peer)
            viewer.socket.sendall(viewer.frames.take_replies())
            daemon.child.wait(20)
            self.assertLess(time.monotonic() - began, 10)
            self.assertEqual(daemon.child.returncode, -signal.SIGTERM)  # as twistd has it
