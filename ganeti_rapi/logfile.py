"""A log file that can be moved away while it is written to."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

_MODE = 0o600


class LogFile:
    """Appends to a file; `reopen` follows the name again after log rotation moved the file.

    With ``standard`` the process's standard output and error go there, too, so that nothing that is
    printed by chance is lost. Raises OSError when the file cannot be opened.

    When the disk is full, what `write` is given is lost but nothing is raised: a program must not
    fail because it cannot log.
    """

    def __init__(self, path: str, *, standard: bool = False) -> None:
        self.path = os.path.abspath(path)
        self._standard = standard
        self._file = self._open()
        self._torn = False

    def write(self, text: str) -> None:
        """Append the text at once."""
        with suppress(OSError):
            os.write(self._file, text.encode("utf-8", "backslashreplace"))

    def append(self, line: bytes) -> None:
        """Append a line at once. Raises OSError when not all of it could be written."""
        text = b"\n" + line if self._torn else line
        written = os.write(self._file, text)
        self._torn = written < len(text)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @property
    def moved(self) -> bool:
        """Whether another file has the name now, as log rotation leaves it."""
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(self._file))
        except FileNotFoundError:  # a rotation under way: whoever moved it will make a new one
            return False

    def reopen(self) -> None:
        """Open the name anew. Raises OSError, and goes on with the old file, when that fails."""
        old, self._file = self._file, self._open()
        os.close(old)

    def close(self) -> None:
        """Close the file; nothing can be written any more."""
        os.close(self._file)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
        file = os.open(self.path, flags, _MODE)
        if self._standard:
            os.dup2(file, 1)
            os.dup2(file, 2)
        return file
