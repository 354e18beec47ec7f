"""Requests without end, good and bad, whole and torn off: the daemon may not grow by them."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from ..bench.processes import Program
from .case import MIB, ChaosCase
from .peers import connect, reset, secure
from .samples import BAD, GOOD, USER, Sample, read_status

MIXED = 200_000
ABORTED = 20_000
WARM_UP = 0.1
"""The part of the load after which memory counts: by then all that is kept is there."""

GROWTH = 30 * MIB
THREADS = 3
BATCH = 50
"""Requests that are sent in one go."""

BATCHES = 40
"""Batches on one connection, which then ends with a bad request."""

LISTS = "nodes=20,instances=200"


def first_bytes_of_tls() -> bytes:
    """What a client says first in a handshake."""
    outgoing = ssl.MemoryBIO()
    client = ssl._create_unverified_context().wrap_bio(ssl.MemoryBIO(), outgoing)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")


class GrowthCase(ChaosCase):
    def assert_no_growth(self, daemon: Program, load: Callable[[int], None], count: int) -> None:
        """Make so much load in all; each thread is given a number."""
        warm_up = round(count * WARM_UP)
        files = daemon.open_files()
        with self.bystander():
            _in_threads(load, warm_up)
            daemon.settle()
            before = daemon.resident()
            _in_threads(load, count - warm_up)
        self.wait_until_dropped(daemon, files)
        self.assertLess(daemon.resident() - before, GROWTH)
        reply = self.api.request("PUT", "/2/redistribute-config", {}, self.api.writer)
        self.assertEqual(reply.status, 200, "there should be room for bodies")


def _in_threads(load: Callable[[int], None], count: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(load, count // THREADS) for _ in range(THREADS)]:
            done.result()


class MixedTests(GrowthCase):
    def test_many_requests(self) -> None:
        self.start_simulator()
        daemon = self.start_daemon()
        self.assert_no_growth(daemon, self.send_mixed, MIXED)

    def send_mixed(self, count: int) -> None:
        chance = random.Random(count)
        while count > 0:
            with closing(secure(connect(self.port))) as peer, peer.makefile("rb") as stream:
                for _ in range(min(BATCHES, 1 + count // BATCH)):
                    samples = chance.choices(GOOD, k=BATCH)
                    peer.sendall(b"".join(sample.text for sample in samples))
                    self.assert_answered(samples, [read_status(stream) for _ in samples])
                    count -= BATCH
                last = chance.choice(BAD)
                peer.sendall(last.text)
                self.assert_answered([last], [read_status(stream)])

    def assert_answered(self, samples: Sequence[Sample], statuses: Sequence[int]) -> None:
        for sample, status in zip(samples, statuses):
            self.assertEqual(sample.status, status, sample.text[:200])


class AbortedTests(GrowthCase):
    HELLO = first_bytes_of_tls()
    HEAD = b"GET /2/instances?bulk=1 HTTP/1.1\r\nHost: localhost\r\n"
    BODY = (
        b"PUT /2/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100000\r\n" + USER + b"\r\n" + b" " * 50_000
    )
    WAIT = b"GET /2/jobs/1/wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"

    def test_many_connections_that_break(self) -> None:
        self.start_simulator(LISTS)
        daemon = self.start_daemon()
        self.assert_no_growth(daemon, self.abort_many, ABORTED)

    def abort_many(self, count: int) -> None:
        ways = (
            lambda: reset(connect(self.port)),
            lambda: self.abort_in_handshake(self.HELLO[:50]),
            lambda: self.abort_in_handshake(self.HELLO),
            lambda: self.abort_after(b""),
            lambda: self.abort_after(self.HEAD),
            lambda: self.abort_after(self.BODY),
            lambda: self.abort_after(self.WAIT),
            lambda: self.abort_after(self.HEAD + b"\r\n"),
            lambda: self.abort_after(self.HEAD + b"\r\n", read=1000),
        )
        for number in range(count):
            ways[number % len(ways)]()

    def abort_in_handshake(self, said: bytes) -> None:
        peer = connect(self.port)
        peer.sendall(said)
        reset(peer)

    def abort_after(self, said: bytes, read: int = 0) -> None:
        """Break a connection on which something was said, and perhaps a few bytes were read."""
        peer = secure(connect(self.port))
        peer.sendall(said)
        if read:
            self.assertEqual(peer.recv(read)[:13], b"HTTP/1.1 200 ")
        reset(peer)
