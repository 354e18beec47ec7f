"""Clients that ask for long lists and do not read them."""

from __future__ import annotations

from .case import FEW, MIB, ChaosCase
from .peers import connect, secure

SIZE = "nodes=100,instances=5000"
LISTS = ("/2/instances?bulk=1", "/2/instances", "/2/nodes?bulk=1")
STALLED = 150
SMALL_BUFFER = 4096
"""Bytes that the kernel takes for a client that reads nothing."""

MEMORY = 200 * MIB
"""What the stalled may cost in all: the list is one, and each has a window of it."""


class StalledReaderTests(ChaosCase):
    def test_they_are_dropped_and_cost_little(self) -> None:
        self.start_simulator(SIZE)
        daemon = self.start_daemon("--reply-timeout", "6", "--max-replies", "64")
        for uri in LISTS:
            self.assertEqual(self.api.request("GET", uri).status, 200)
        files, memory = daemon.open_files(), daemon.resident()
        most = 0

        def are_dropped() -> bool:
            nonlocal most
            most = max(most, daemon.resident() - memory)
            return daemon.open_files() < files + FEW

        with self.bystander():
            stalled = []
            for number in range(STALLED):
                peer = secure(connect(self.port, receive_buffer=SMALL_BUFFER))
                uri = LISTS[number % len(LISTS)]
                peer.sendall(f"GET {uri} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                stalled.append(peer)
            self.assertGreater(daemon.open_files(), files + STALLED // 2)
            self.wait_until(are_dropped, "they are not dropped")
            self.assertLess(most, MEMORY)
            for peer in stalled:
                peer.close()

    def test_those_who_take_a_byte_now_and_then_are_dropped_too(self) -> None:
        self.start_simulator(SIZE)
        self.start_daemon("--reply-timeout", "2", "--reply-rate", "20000")
        self.assertEqual(self.api.request("GET", LISTS[0]).status, 200)
        peer = secure(connect(self.port, receive_buffer=SMALL_BUFFER))
        self.addCleanup(peer.close)
        peer.sendall(f"GET {LISTS[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

        def is_dropped() -> bool:
            try:
                return not peer.recv(64)
            except TimeoutError:
                return False
            except OSError:
                return True

        with self.bystander():
            self.wait_until(is_dropped, "it is not dropped")
