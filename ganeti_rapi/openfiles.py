"""How many files the process may have open: every client holds one."""

from __future__ import annotations

import resource
from contextlib import suppress

FILES_KEPT = 100
"""Files that the process may open beside connections: logs, what it watches, what it reads."""


def most_connections(to_luxid: int) -> int:
    """How many clients leave room among the open files for ``to_luxid`` connections to luxid.

    As many more get the answers that are never refused, so this is half of the room. 0, which is no
    limit, where there is none for files.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return 0
    kept = to_luxid + FILES_KEPT
    return int(max(soft - kept, soft // 2)) // 2


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return
    with suppress(OSError, ValueError):  # a sandbox may forbid it; then what we have must do
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
