"""The processes of a benchmark, and what the kernel knows of them. Linux only."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from attrs import frozen

TICKS = os.sysconf("SC_CLK_TCK")

END_PATIENCE = 10.0

IDLE = 0.05
"""A process that uses less than this share of a processor is idle."""


def resident(pid: int) -> int:
    """Bytes of a process's memory that are in RAM."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@frozen
class Program:
    """A child process."""

    child: subprocess.Popen[str]

    @classmethod
    def start(
        cls, command: Sequence[str], *, log: IO[str] | None = None, talks: bool = False
    ) -> Program:
        """Start a command. ``talks`` connects its standard input and output with us."""
        pipe = subprocess.PIPE if talks else None
        child = subprocess.Popen(
            command, stdin=pipe, stdout=pipe or log, stderr=log, text=True, bufsize=1
        )
        return cls(child)

    @property
    def pid(self) -> int:
        return self.child.pid

    def resident(self) -> int:
        """Bytes of its memory that are in RAM."""
        return resident(self.pid)

    def open_files(self) -> int:
        """How many file descriptors it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self) -> float:
        """Seconds of processor time that all its threads have used."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        try:
            nanoseconds = [int((task / "schedstat").read_text().split()[0]) for task in tasks]
        except FileNotFoundError:  # the kernel does not tell it so exactly
            times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(times[11]) + int(times[12])) / TICKS
        return sum(nanoseconds) / 1e9

    def settle(self, patience: float = 30.0, span: float = 0.4) -> None:
        """Return once it has been idle for ``span`` seconds, or after ``patience`` seconds."""
        end = time.monotonic() + patience
        before = self.cpu()
        while time.monotonic() < end:
            time.sleep(span)
            now = self.cpu()
            if now - before < span * IDLE:
                return
            before = now

    def ask(self, question: str) -> str:
        """Send a line; the line that comes back. For programs that talk."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(f"{question}\n")
        return self.child.stdout.readline().strip()

    def end(self) -> None:
        """End it, in one way or the other."""
        self.child.terminate()
        try:
            self.child.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def unix_connections(path: str) -> int:
    """How many clients are connected to a Unix socket."""
    connected = "03"
    rows = (line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:])
    return sum(len(row) > 7 and row[5] == connected and row[7] == path for row in rows)
