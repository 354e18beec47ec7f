"""A user, and what this user may do."""

from __future__ import annotations

from attrs import Factory, field, frozen

from ganeti_rapi.api.access import Grants
from ganeti_rapi.api.scopes import Scope, View


def _view(user: User) -> View | None:
    return View(user.name, user.permissions, user.scoped) if user.scoped else None


@frozen
class User:
    """A user who gave valid credentials.

    ``permissions`` are what the users file grants; ``scoped`` has the scopes of those that are for
    some objects only. ``view`` is what such a user sees; None for one who may see all.
    """

    name: str
    permissions: frozenset[str] = frozenset()
    scoped: frozenset[tuple[str, Scope]] = frozenset()
    view: View | None = field(init=False, default=Factory(_view, takes_self=True))

    @classmethod
    def with_grants(cls, name: str, granted: Grants) -> User:
        """The user who has what these grant."""
        return cls(name, granted.permissions, granted.scoped)

    def may(self, permission: str) -> bool:
        """Whether the user has this permission, be it for some objects only."""
        return permission in self.permissions
