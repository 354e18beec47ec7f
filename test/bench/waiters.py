"""Clients that wait for jobs over TLS: a process that holds thousands of connections.

The benchmark tells it what to do through a pipe: the name of a method of `Waiters` and arguments.
"""

from __future__ import annotations

import base64
import json
import select
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from attrs import define, field, frozen

from ganeti_rapi.openfiles import raise_file_limit

from .luxi import ALL_LOG

HANDSHAKE_PATIENCE = 30.0

LONGEST_WAIT = 60

CHUNK = 65536

WAIT_FOR_THE_END = {
    "fields": ["status"],
    "previous_job_info": ["running"],
    "previous_log_serial": ALL_LOG,
}
"""The body of a wait for the end of a job that runs."""

ENDED = (["success"], ["error"])
"""What a waiter is then told of as ``job_info``, when the job has ended."""


@frozen
class Reply:
    """What a waiter was told, and when, in seconds since the epoch."""

    job: int
    time: float
    text: bytes

    def tells_the_end(self) -> bool:
        """Whether it says that the job has ended."""
        head, _, body = self.text.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            return False
        told = json.loads(body)
        return told is not None and told["job_info"] in ENDED

    def summary(self) -> str:
        """Its status line and its body, for people; a connection that was lost has neither."""
        head, _, body = self.text.decode("utf-8", "replace").partition("\r\n\r\n")
        return f"{head.splitlines()[0]}: {body.strip()}" if head else "connection lost"


def is_complete(data: bytes) -> bool:
    """Whether the data is a whole reply, by its Content-Length."""
    head, blank, body = data.partition(b"\r\n\r\n")
    _, named, rest = head.partition(b"Content-Length: ")
    return bool(blank and named) and len(body) >= int(rest.split(b"\r\n")[0])


def request(job: int, host: str, user: str) -> bytes:
    """A wait for the end of a running job, with the headers that Ganeti's own client sends."""
    content = json.dumps(WAIT_FOR_THE_END).encode()
    head = (
        f"GET /2/jobs/{job}/wait?timeout={LONGEST_WAIT} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Basic {base64.b64encode(user.encode()).decode()}",
        "User-Agent: Ganeti RAPI Client",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


@define(eq=False)
class Waiter:
    """One client: its connection, the job that it waits for, and what of the reply has come."""

    number: int
    connection: ssl.SSLSocket | None = None
    job: int | None = None
    received: bytes = b""

    def connect(self, address: tuple[str, int], context: ssl.SSLContext) -> None:
        plain = socket.create_connection(address, HANDSHAKE_PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = context.wrap_socket(plain)
        self.connection.setblocking(False)

    def send(self, job: int, text: bytes) -> None:
        """Send the wait, having read what TLS itself sent: later that would take others' time."""
        assert self.connection is not None
        with suppress(ssl.SSLWantReadError):
            self.connection.recv(CHUNK)
        self.connection.send(text)  # small enough for the kernel to take it whole
        self.job, self.received = job, b""

    def read(self) -> Reply | None:
        """Take what has come: the reply, once it is complete."""
        assert self.connection is not None
        assert self.job is not None
        now = time.time()
        try:
            data = self.connection.recv(CHUNK)
        except ssl.SSLWantReadError:  # half a record
            return None
        self.received += data
        if data and not is_complete(self.received):
            return None
        reply = Reply(self.job, now, self.received)
        self.job = None
        return reply

    def leave(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = self.job = None


@define
class Waiters:
    """Some of the clients, by their numbers. Client N waits for job N modulo the jobs."""

    address: tuple[str, int]
    user: str
    numbers: range
    _waiters: list[Waiter] = field(init=False)
    _context: ssl.SSLContext = field(factory=ssl._create_unverified_context, init=False)

    def __attrs_post_init__(self) -> None:
        self._waiters = [Waiter(number) for number in self.numbers]

    def connect(self) -> None:
        """Connect those who are not connected, one after the other: so handshakes are paced."""
        for waiter in self._waiters:
            if waiter.connection is None:
                waiter.connect(self.address, self._context)

    def park(self, jobs: Sequence[int]) -> None:
        """Send the wait of those who do not wait."""
        texts = {job: request(job, self.address[0], self.user) for job in jobs}
        for waiter in self._waiters:
            if waiter.job is None:
                job = jobs[waiter.number % len(jobs)]
                waiter.send(job, texts[job])

    def leave(self, jobs: int, every: int) -> None:
        """One of so many waiters of each job hangs up; all do, if ``every`` is 1."""
        for waiter in self._waiters:
            if waiter.number // jobs % every == 0:
                waiter.leave()

    def collect(self, patience: float) -> list[Reply]:
        """The replies, in their order, once all have come or the patience is over."""
        with select.epoll() as poll:
            waiting = dict(self._parked())
            for fd in waiting:
                poll.register(fd, select.EPOLLIN)
            return list(_replies(poll, waiting, time.monotonic() + patience))

    def _parked(self) -> Iterator[tuple[int, Waiter]]:
        for waiter in self._waiters:
            if waiter.job is not None and waiter.connection is not None:
                yield waiter.connection.fileno(), waiter


def _replies(poll: select.epoll, waiting: dict[int, Waiter], end: float) -> Iterator[Reply]:
    while waiting and (left := end - time.monotonic()) > 0:
        for fd, _ in poll.poll(left):
            reply = waiting[fd].read()
            if reply is not None:
                poll.unregister(fd)
                del waiting[fd]
                yield reply


def serve(pipe: Connection, settings: Mapping[str, Any]) -> None:  # Any: the fields of Waiters
    """Do what the pipe says until it is closed."""
    raise_file_limit()
    waiters = Waiters(**settings)
    while True:
        try:
            name, arguments = pipe.recv()
        except EOFError:
            return
        pipe.send(getattr(waiters, name)(*arguments))
