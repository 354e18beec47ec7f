"""From an authenticated name to a user with permissions, by Twisted's cred."""

from __future__ import annotations

from collections.abc import Callable

from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from zope.interface import Attribute, Interface, classImplements, implementer

from ganeti_rapi.auth.checker import UsersFileChecker
from ganeti_rapi.auth.pam import PamChecks
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.slow import SlowChecks
from ganeti_rapi.auth.users import UsersFile


class IRapiUser(Interface):
    """The avatar: the user who sends a request, and what that user may do."""

    name = Attribute("The name in the users file.")
    permissions = Attribute("What the users file grants, a set of the names of permissions.")

    def may(permission: str) -> bool:
        """Whether the user has this permission."""


# Said here and not at the class, so that the permissions need no zope.interface.
classImplements(User, IRapiUser)


@implementer(IRealm)
class RapiRealm:
    """Makes avatars of one kind: `IRapiUser`. Nothing is left to do at logout."""

    def __init__(self, users: UsersFile) -> None:
        self._users = users

    def requestAvatar(
        self,
        avatarId: bytes | tuple[()],
        mind: object,
        *interfaces: type[Interface],
    ) -> tuple[type[Interface], User, Callable[[], None]]:
        if IRapiUser not in interfaces:
            raise NotImplementedError("the only avatar here is an IRapiUser")
        user = self._users.user(avatarId.decode("utf-8")) if avatarId else None
        if user is None:
            raise UnauthorizedLogin("there is no such user")
        return IRapiUser, user, lambda: None


def make_portal(users: UsersFile, slow: SlowChecks, pam: PamChecks | None = None) -> Portal:
    """Where credentials become users: ``login(credentials, None, IRapiUser)``."""
    return Portal(RapiRealm(users), [UsersFileChecker(users, slow, pam)])
