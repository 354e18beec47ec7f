"""Who may call a method of a resource."""

from __future__ import annotations

from enum import Enum


class Access(Enum):
    """What a method asks of the caller. The value is how the reference says it."""

    OPEN = "anyone"
    READ = "a user with the option read or write"
    WRITE = "a user with the option write"


OPTIONS_FOR: dict[Access, frozenset[str]] = {
    Access.OPEN: frozenset(),
    Access.READ: frozenset({"read", "write"}),
    Access.WRITE: frozenset({"write"}),
}
"""The user options of which one is needed; none for `Access.OPEN`."""
