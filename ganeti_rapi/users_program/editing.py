"""Changes a file of lines in one go: nobody reads half of it, and what is not changed stays."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

NEW_MODE = 0o640

NOBODY = b"# Nobody\n"
"""What is left when the last one goes. Daemons give an empty file some seconds, as it may be about
to be written; who is removed shall be out at once."""


class Refused(Exception):
    """The change cannot be made; the text says why, and what to do."""


def lines_of(path: str) -> list[bytes]:
    """The lines of a file, with their ends. Raises OSError."""
    with open(path, "rb") as file:
        return file.read().splitlines(keepends=True)


@contextmanager
def changing(path: str) -> Iterator[list[bytes]]:
    """The lines of the file, to change; they are written when the context ends well.

    A new file takes its name at once, with the old one's owner and mode. Who changes it meanwhile
    waits. A link is followed. Raises OSError.
    """
    path = os.path.realpath(path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        status = None
        lines: list[bytes] = []
        with suppress(FileNotFoundError):
            lines, status = lines_of(path), os.stat(path)
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            lines[-1] += b"\n"
        yield lines
        _replace(path, b"".join(lines or [NOBODY]), status)
    finally:
        os.close(directory)


def _replace(path: str, contents: bytes, old: os.stat_result | None) -> None:
    directory = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=f".{os.path.basename(path)}-")
    try:
        with open(descriptor, "wb") as file:
            file.write(contents)
            owner = old or os.stat(directory)  # a new file is for the daemon, as its directory is
            if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
                _give(descriptor, owner, must=old is not None)
            os.fchmod(descriptor, old.st_mode & 0o7777 if old else NEW_MODE)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _give(descriptor: int, owner: os.stat_result, must: bool) -> None:
    try:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except PermissionError:
        if must:
            raise Refused("only root can keep the file's owner; run this as root") from None


def name_in(line: bytes) -> str:
    """The name that a line begins with; empty where it is a comment, or blank."""
    text = line.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    return "" if not text or text.startswith("#") else text.split(maxsplit=1)[0]
