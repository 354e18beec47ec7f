"""What a user may do: the options of the users file against what a request asks for."""

from __future__ import annotations

from attrs import frozen

from ganeti_rapi.api.access import OPTIONS_FOR, Access

KNOWN_OPTIONS = frozenset[str]().union(*OPTIONS_FOR.values())
"""The options that have a meaning."""


@frozen
class User:
    """A user who gave valid credentials. ``options`` are those of the users file."""

    name: str
    options: frozenset[str] = frozenset()

    def may(self, access: Access) -> bool:
        """Whether the user's options suffice."""
        return access is Access.OPEN or not OPTIONS_FOR[access].isdisjoint(self.options)
