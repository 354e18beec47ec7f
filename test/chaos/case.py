"""The processes that are attacked, as a test case."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.simulator.playground import write_certificate, write_users
from ganeti_rapi.workers import TWISTD

from ..bench.processes import Program
from ..live.daemon import HttpApi
from .bystander import Bystander

HOST = "127.0.0.1"

SKIP = None if "CHAOS" in os.environ else "takes minutes: run make test-chaos"
"""Why the attacks are not made, or None."""

PATIENCE = 60.0
"""Seconds until what must come has come; long, as the machine may be busy with other things."""

MIB = 1024 * 1024

FEW = 25
"""Files that the daemon may have open beside what is attacked: connections to luxid that it keeps,
and those of a bystander."""


class ChaosCase(SynchronousTestCase):
    """A daemon in front of a simulated cluster, and what its log may not have in it at the end."""

    skip = SKIP

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp())  # a socket's path must be short
        self.addCleanup(shutil.rmtree, self.directory)
        self.luxi, self.consoles = (str(self.directory / name) for name in ("luxi", "consoles"))
        self.queue = self.directory / "queue"
        self.queue.mkdir()
        self.certificate = self.directory / "server.pem"
        self.users = self.directory / "users"
        self.log = self.directory / "log"
        write_certificate(self.certificate)
        write_users(self.users)

    def start_simulator(self, size: str = "") -> Program:
        """A simulated job daemon that listens; it ends with the test."""
        consoles = ("--console-socket", self.consoles)
        queue = ("--queue-directory", str(self.queue))
        program = self._start(
            *("ganeti-simulator", "--socket", self.luxi, "--size", size, *consoles, *queue)
        )
        self.wait_until(lambda: _takes_connections(self.luxi), "the simulator did not start")
        return program

    def start_daemon(
        self, *options: str, most_files: int | None = None, log: Path | None = None
    ) -> Program:
        """A daemon that answers; it ends with the test. ``api`` is the way to ask it.

        ``most_files`` is how many files it may have open. Its ``log`` is looked through at the end.
        """
        self.port = _free_port()
        self.api = HttpApi(HOST, self.port, writer="admin:admin", reader="guest:guest")
        program = self._start(
            *("ganeti-rapi", "--port", str(self.port), "--luxi-socket", self.luxi),
            *("--ssl-cert", str(self.certificate), "--users-file", str(self.users)),
            *("--login-delay", "0", "--console-socket", self.consoles, *options),
            most_files=most_files,
            log=log,
        )
        self.wait_until(self.answers, "the daemon did not start")
        return program

    def _start(
        self, *arguments: str, most_files: int | None = None, log: Path | None = None
    ) -> Program:
        command = [sys.executable, "-c", TWISTD, "-n", "--pidfile=", *arguments]
        if most_files is not None:  # for good: the daemon raises what may be raised
            command = ["sh", "-c", f'ulimit -n {most_files}; exec "$@"', "sh", *command]
        with (log or self.log).open("a") as output:
            program = Program.start(command, log=output)
        self.addCleanup(self._end, program)
        return program

    def _end(self, program: Program) -> None:
        ended_early = program.child.poll() is not None
        program.end()
        text = self.log.read_text() if self.log.exists() else ""
        self.assertNotIn("Traceback", text, text[-4000:])
        by_test = program.child.returncode in (-signal.SIGKILL, -signal.SIGTERM)
        self.assertFalse(ended_early and not by_test, text[-4000:])

    def answers(self) -> bool:
        """Whether the daemon answers a request, and luxid a read."""
        try:
            return self.api.request("GET", "/2/info").status == 200
        except OSError:
            return False

    def bystander(self) -> Bystander:
        """A client that behaves well while the daemon is attacked: ``with self.bystander():``."""
        return Bystander(self.api)

    def wait_until_dropped(self, daemon: Program, files: int) -> None:
        """Return once the daemon has hardly more files open than ``files``."""
        self.wait_until(lambda: daemon.open_files() < files + FEW, "connections stay open")

    def wait_until(self, reached: Callable[[], bool], problem: str) -> None:
        """Return once it is so; fail when it takes too long."""
        end = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > end:
                self.fail(problem)
            time.sleep(0.05)


def _takes_connections(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port
