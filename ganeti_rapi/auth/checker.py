"""Credentials, from the Authorization header to the answer whether they are right."""

from __future__ import annotations

import base64
import binascii

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from ganeti_rapi.auth.hashes import SlowHash
from ganeti_rapi.auth.pam import PamChecks
from ganeti_rapi.auth.slow import SlowChecks
from ganeti_rapi.auth.users import UsersFile, as_text
from ganeti_rapi.errors import BadRequest, Unauthorized


def basic_credentials(header: bytes) -> UsernamePassword:
    """The name and password in the value of an Authorization header.

    As the stock daemon does, this takes any case of ``Basic``, skips characters in the token that
    are not base64, and ignores what follows the token. Raises `BadRequest` when there is no token,
    and `Unauthorized` for any other scheme and for a token that does not hold a name and a
    password.
    """
    scheme, token = (*header.split(maxsplit=2), b"", b"")[:2]
    if scheme.lower() != b"basic":
        raise Unauthorized
    if not token:
        raise BadRequest("Basic authentication requires credentials")
    name, colon, password = _decode_token(token).partition(b":")
    if not colon:
        raise Unauthorized
    return UsernamePassword(name, password)


def bearer_token(header: bytes) -> str | None:
    """The token in the value of an Authorization header; None for other schemes (RFC 6750)."""
    scheme, token = (*header.split(maxsplit=1), b"", b"")[:2]
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" else None


def _decode_token(token: bytes) -> bytes:
    try:
        return base64.b64decode(token)
    except binascii.Error:  # the padding is wrong
        raise Unauthorized from None


@implementer(ICredentialsChecker)
class UsersFileChecker:
    """Checks a name and a password against the users file as it is at that moment.

    Where the file says so, PAM judges the password; without ``pam`` it is wrong. The avatar id is
    the user's name in UTF-8.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, users: UsersFile, slow: SlowChecks, pam: PamChecks | None = None) -> None:
        self._users = users
        self._slow = slow
        self._pam = pam

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        name, password = as_text(credentials.username), as_text(credentials.password)
        if self._users.is_by_pam(name):
            return Deferred.fromCoroutine(self._ask_pam(name, password))
        slow = self._users.slow_hash(name)
        if slow is not None:
            if name in self._users.accounts and self._slow.remembers(slow, name, password):
                return succeed(name.encode("utf-8"))
            return Deferred.fromCoroutine(self._check_slowly(slow, name, password))
        user = self._users.check(name, password)
        if user is None:
            return fail(UnauthorizedLogin(_WRONG))
        return succeed(user.name.encode("utf-8"))

    # In both, the file may have changed while the password was checked.

    async def _check_slowly(self, slow: SlowHash, name: str, password: str) -> bytes | tuple[()]:
        right = await self._slow.check(slow, name, password)
        if not right or name not in self._users.accounts or self._users.slow_hash(name) != slow:
            raise UnauthorizedLogin(_WRONG)
        return name.encode("utf-8")

    async def _ask_pam(self, name: str, password: str) -> bytes | tuple[()]:
        right = self._pam is not None and await self._pam.check(name, password)
        if not right or not self._users.is_by_pam(name):
            raise UnauthorizedLogin(_WRONG)
        return name.encode("utf-8")


_WRONG = "the name or the password is wrong"
