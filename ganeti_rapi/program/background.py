"""Going to the background, with an exit code that is true.

The process that was started waits until the one in the background tells whether it could start, and
ends as that one says. So whatever starts daemons, such as Ganeti, knows how the start went.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ganeti_rapi.exits import FAILURE, CannotStart

_LONGEST = 64 * 1024
_UMASK = 0o077


class Report:
    """Tells the process that waits in the foreground how the start went; once is enough."""

    def __init__(self, pipe: int | None = None) -> None:
        self._pipe = pipe

    def started(self) -> None:
        """All is well: the foreground ends with 0."""
        self._send(b"0\n")

    def failed(self, error: CannotStart) -> None:
        """It did not start: the foreground says why and ends with the error's code."""
        self._send(b"%d\n%s" % (error.status, error.text.encode("utf-8", "replace")))

    def _send(self, message: bytes) -> None:
        if self._pipe is None:
            return
        with suppress(BrokenPipeError):  # the waiting process was killed
            os.write(self._pipe, message)
        os.close(self._pipe)
        self._pipe = None


def detach() -> Report:
    """Go on in the background. In the foreground this does not return: it waits, and ends."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        _end_as_told(reading)
    os.close(reading)
    os.setsid()
    if os.fork():  # a session's leader could get a terminal again, its child cannot
        os._exit(0)
    os.chdir("/")
    os.umask(_UMASK)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    return Report(writing)


def _end_as_told(pipe: int) -> None:
    with os.fdopen(pipe, "rb") as reading:
        code, _, text = reading.read(_LONGEST).partition(b"\n")
    if not code:
        text = b"The daemon ended while it started; its log may tell why"
    if text:
        sys.stderr.write(f"ganeti-rapi: {text.decode('utf-8', 'replace')}\n")
        sys.stderr.flush()
    os._exit(int(code or FAILURE))
