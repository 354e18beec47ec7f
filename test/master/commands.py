"""Commands and what came of them."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable

from attrs import frozen

END_OF_OUTPUT = 3000
"""Characters of a command's output that a failed test shows."""


class MachineError(Exception):
    """A machine does not boot, or its host cannot carry it."""


@frozen
class Done:
    """A command that ended."""

    command: str
    code: int
    output: str
    """What it printed, errors included."""
    seconds: float

    def __str__(self) -> str:
        end = self.output[-END_OF_OUTPUT:]
        return f"{self.command}\n{end}(exit code {self.code} after {self.seconds:.1f} s)"


def wait_until(what: str, judge: Callable[[], bool], patience: float, pause: float = 0.2) -> float:
    """Ask again and again until it is so; the seconds that it took.

    Raises AssertionError when it is not so after ``patience`` seconds.
    """
    start = time.monotonic()
    while not judge():
        if time.monotonic() - start > patience:
            raise AssertionError(f"not so after {patience:.0f} s: {what}")
        time.sleep(pause)
    return time.monotonic() - start


def host(*command: str) -> None:
    """Run a command outside of all machines."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise MachineError(f"{shlex.join(command)} ended with {done.returncode}: {done.stdout}")
