"""Clients that say nothing, or next to nothing."""

from __future__ import annotations

import resource
import time
from concurrent.futures import ThreadPoolExecutor

from .case import MIB, ChaosCase
from .peers import connect, many_files, secure
from .samples import USER

SILENT = 5000
OWN_FILES = 200
"""More than what this process and the daemon have open for anything else."""

DRIPPING = 60
PACE = 0.1
"""Seconds between two bytes of a dripping client."""

LONGEST_DRIP = 45.0
"""Seconds. A daemon that lets a client go on for so long would do so for ever."""

MEMORY = 400 * MIB
"""What all silent clients together may cost."""


class SilenceTests(ChaosCase):
    def test_silent_clients_are_gone_after_the_handshake_timeout(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon("--handshake-timeout", "20")
        files, memory = daemon.open_files(), daemon.resident()
        most = min(SILENT, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OWN_FILES)
        with many_files(most + OWN_FILES), self.bystander():
            silent = [connect(self.port) for _ in range(most)]
            self.assertGreater(daemon.open_files(), files + most // 2, "they came too slowly")
            self.wait_until_dropped(daemon, files)
            self.assertLess(daemon.resident() - memory, MEMORY)
            for peer in silent:
                peer.close()


class DripTests(ChaosCase):
    OPTIONS = ("--head-timeout", "2", "--body-timeout", "2", "--body-rate", "500")
    HEAD = b"GET /version HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 4000
    BODY = (
        b"PUT /2/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 500000\r\n" + USER + b"\r\n"
    )
    TAIL = b" " * 4000

    def setUp(self) -> None:
        super().setUp()
        self.start_simulator()
        self.daemon = self.start_daemon(*self.OPTIONS)

    def drip(self, at_once: bytes, then: bytes) -> bytes:
        """Send some bytes, and then others one by one until there is a reply; that reply."""
        with secure(connect(self.port)) as peer:
            peer.settimeout(PACE)
            peer.sendall(at_once)
            end = time.monotonic() + LONGEST_DRIP
            for byte in then:
                if time.monotonic() > end:
                    break
                peer.sendall(bytes([byte]))
                try:
                    return peer.recv(65536)
                except TimeoutError:
                    continue
        raise AssertionError("the client could send slowly for as long as it wanted")

    def assert_cut_off(self, at_once: bytes, then: bytes) -> None:
        files = self.daemon.open_files()
        with self.bystander(), ThreadPoolExecutor(DRIPPING) as pool:
            replies = list(pool.map(lambda _: self.drip(at_once, then), range(DRIPPING)))
        for reply in replies:
            self.assertEqual(reply[:13], b"HTTP/1.1 408 ", reply)
        self.wait_until_dropped(self.daemon, files)

    def test_heads(self) -> None:
        self.assert_cut_off(b"", self.HEAD)

    def test_bodies(self) -> None:
        self.assert_cut_off(self.BODY, self.TAIL)

    def test_bodies_of_which_much_came_at_once(self) -> None:
        self.assert_cut_off(self.BODY + b" " * 490_000, self.TAIL)
