"""What a benchmark measures: our daemon in front of a job daemon, with all that they need."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from ganeti_rapi.simulator.playground import write_certificate, write_users

from .processes import Program

HOST = "127.0.0.1"

START_PATIENCE = 20.0

SHOWN = 2000
"""Characters of the daemon's log that are shown when something is wrong."""


def free_port() -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@frozen
class Site:
    """What a daemon needs to serve, and what its clients need to use it."""

    luxi_socket: str
    certificate: str
    users_file: str
    user: str
    port: int = field(factory=free_port)

    def daemon_command(self, *options: str) -> Sequence[str]:
        """The command line of a daemon that serves this."""
        return [
            *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
            *("-n", "--pidfile=", "ganeti-rapi", "--bind", HOST, "--port", str(self.port)),
            *("--ssl-cert", self.certificate, "--users-file", self.users_file),
            *("--luxi-socket", self.luxi_socket, *options),
        ]


def lab_site() -> Site:
    """The lab that the environment tells of."""
    lab = os.environ
    return Site(
        luxi_socket=lab["LAB_LUXI_SOCKET"],
        certificate=lab["LAB_RAPI_CERT"],
        users_file=lab["LAB_RAPI_USERS"],
        user=lab["LAB_WRITE_USER"],
    )


@contextmanager
def simulated_site() -> Iterator[tuple[Site, Program]]:
    """A simulated job daemon as a process, with a certificate and users."""
    with tempfile.TemporaryDirectory(prefix="ganeti-rapi-bench-") as name:
        users, certificate, path = (Path(name, file) for file in ("users", "server.pem", "luxi"))
        write_users(users)
        write_certificate(certificate)
        command = [sys.executable, "-m", "test.bench.simulator", str(path)]
        simulator = Program.start(command, talks=True)
        try:
            simulator.ask("ready?")  # answered once it listens
            yield Site(str(path), str(certificate), str(users), "admin:admin"), simulator
        finally:
            simulator.end()


@contextmanager
def running_daemon(site: Site, *options: str) -> Iterator[Program]:
    """Our daemon as a process, once it listens. Shows what went wrong in it at the end."""
    with tempfile.TemporaryFile("w+") as log:
        daemon = Program.start(site.daemon_command(*options), log=log)
        try:
            wait_until_it_listens(daemon, site.port)
            yield daemon
        finally:
            died = daemon.child.poll() is not None
            daemon.end()
            log.seek(0)
            text = log.read()
            if died or "Traceback" in text:
                print(text[-SHOWN:], file=sys.stderr)


def wait_until_it_listens(daemon: Program, port: int) -> None:
    """Return once somebody listens. Raises SystemExit when the program ends, or is too slow."""
    end = time.monotonic() + START_PATIENCE
    while daemon.child.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("The daemon did not start; its log says why")
