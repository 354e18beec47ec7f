"""Reads files that may change at any time, without waiting for other programs.

Files that can make a reader wait are refused: a FIFO waits for its writer, a device for its driver.
Only a file system that hangs can still hold a look up, so looks belong into a thread.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from attrs import field, frozen

MOST_BYTES = 16 * 1024 * 1024
"""A larger file is refused: no cluster has that many users or certificates."""

_CHUNK = 64 * 1024

_NEVER_WAIT = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

Stamp = tuple[object, ...]


class Unreadable(Exception):
    """A file cannot be read; the message says which and why."""


class Missing(Unreadable):
    """There is no such file, or it is a link to a file that does not exist."""


@frozen
class Look:
    """What a look at some files found. ``contents`` are by path, and empty in case of trouble.

    ``stamp`` differs after a change of any of the files, apart from one within the same tick of the
    file system's clock. ``finding`` is equal where the contents are, byte for byte, or the trouble
    is: a digest, since the text of a users file is not to stay in memory.
    """

    stamp: Stamp
    finding: bytes | str
    contents: Mapping[str, bytes] = field(factory=dict, repr=False)
    missing: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether this is how files look just before they are written anew."""
        return self.missing or not all(self.contents.values())


def look(paths: Sequence[str], known: Stamp | None = None) -> Look | None:
    """Read the files, unless their stamp is the known one. Raises nothing."""
    # Taken before the contents are read: a change in between is then seen as one by the next look.
    stamp = tuple(map(_stamp, paths))
    if stamp == known:
        return None
    try:
        contents = {path: read(path) for path in paths}
    except Unreadable as error:
        return Look(stamp, str(error), missing=isinstance(error, Missing))
    return Look(stamp, _digest(contents), contents)


def read(path: str) -> bytes:
    """The content of a regular file of at most `MOST_BYTES`. Raises `Unreadable`."""
    try:
        # Before it is opened, since that can make a device act; then again, if it was replaced.
        _check(path, os.stat(path))
        descriptor = os.open(path, _NEVER_WAIT)
        try:
            _check(path, os.fstat(descriptor))
            content = _read_all(descriptor)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise Missing(_why_missing(path)) from None
    except OSError as error:
        raise Unreadable(f"Can't read {path}: {error.strerror}") from None
    if len(content) > MOST_BYTES:  # it grew meanwhile, or is one of /proc, which tell no size
        raise _too_large(path)
    return content


def _check(path: str, status: os.stat_result) -> None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is not None:
        raise Unreadable(f"Can't read {path}: it is {kind} and not a regular file")
    if status.st_size > MOST_BYTES:
        raise _too_large(path)


def _too_large(path: str) -> Unreadable:
    return Unreadable(f"Can't read {path}: it has more than {MOST_BYTES // 1024 // 1024} MiB")


def _why_missing(path: str) -> str:
    with suppress(OSError):
        return f"Can't read {path}: it is a link to {os.readlink(path)}, which does not exist"
    return f"Can't read {path}: No such file or directory"


def _read_all(descriptor: int) -> bytes:
    content = bytearray()
    while len(content) <= MOST_BYTES and (more := os.read(descriptor, _CHUNK)):
        content += more
    return bytes(content)


def _digest(contents: Mapping[str, bytes]) -> bytes:
    digest = sha256()
    for content in contents.values():
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.digest()


def _stamp(path: str) -> object:
    try:
        status = os.stat(path)
    except OSError as error:
        return error.errno
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,  # changes with the owner and the mode
    )
