"""A user, and what this user may do."""

from __future__ import annotations

from attrs import frozen


@frozen
class User:
    """A user who gave valid credentials. ``permissions`` are what the users file grants."""

    name: str
    permissions: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Whether the user has this permission."""
        return permission in self.permissions
