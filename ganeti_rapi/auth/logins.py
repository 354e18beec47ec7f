"""Logins: credentials to users, where failures are logged and guessing is slowed down."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Callable, Sequence
from typing import cast

from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ganeti_rapi.auth.guessing import Guesses
from ganeti_rapi.auth.pam import Pam, PamChecks
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.realm import IRapiUser, make_portal
from ganeti_rapi.auth.slow import InThread, SlowChecks
from ganeti_rapi.auth.tokens import USER as TOKEN_USER
from ganeti_rapi.auth.tokens import TokensFile, hash_of
from ganeti_rapi.auth.users import UsersFile, as_text
from ganeti_rapi.errors import LoginFailed, TooManyRequests, Unauthorized

SHOWN = 64
"""Characters of a name that the log shows."""


class Logins:
    """The one way in. ``longest`` is the longest delay after failures: see `Guesses`.

    ``now`` gives the seconds since the epoch; ``in_thread`` calls what takes long.
    """

    _log = Logger()

    def __init__(
        self,
        users: UsersFile,
        clock: IReactorTime,
        longest: float = 60,
        tokens: TokensFile | None = None,
        now: Callable[[], float] = time.time,
        in_thread: InThread = maybeDeferred,
        pam: Pam | None = None,
    ) -> None:
        self._users = users
        self._tokens = tokens
        self._now = now
        slow = SlowChecks(clock, in_thread)
        asked = PamChecks(pam, clock, in_thread) if pam is not None else None
        self._portal = make_portal(users, slow, asked)
        self._guesses = Guesses(clock, self._is_user, longest)

    async def user(self, credentials: UsernamePassword, address: str, request: str = "-") -> User:
        """The user with these credentials, sent from this address by the request with this id.

        Raises `LoginFailed` when they are wrong, and `TooManyRequests` without a look at the
        password when too many were.
        """
        name = as_text(credentials.username)
        self._check_wait(address, name)
        try:
            _, avatar, _ = await self._portal.login(credentials, None, IRapiUser)
        except UnauthorizedLogin:
            self._guesses.failed(address, name)
            self._note(name, address, request)
            raise LoginFailed(name if self._is_user(name) else "") from None
        self._guesses.succeeded(address, name)
        return cast(User, avatar)

    def of_token(self, token: str, address: str, request: str = "-") -> User:
        """The user of a token, sent from this address by this request. Raises as `user` does.

        Raises `Unauthorized` where there are no tokens.
        """
        if self._tokens is None:
            raise Unauthorized
        name = hash_of(token)  # each is a name of its own that nobody has
        self._check_wait(address, name)
        user = self._tokens.user(token, self._today())
        if user is None:
            self._guesses.failed(address, name)
            self._note(name, address, request)
            raise LoginFailed
        self._guesses.succeeded(address, name)
        return user

    def _check_wait(self, address: str, name: str) -> None:
        wait = math.ceil(self._guesses.wait(address, name))
        if wait > 0:
            message = f"Too many failed logins; the next one is judged in {wait} s"
            raise TooManyRequests(message, {"Retry-After": str(wait)})

    def of_certificate(self, names: Sequence[str]) -> User | None:
        """The user whom a client's certificate is of: the first name that a user has."""
        return next(filter(None, map(self._users.user, names)), None)

    def named(self, name: str) -> User | None:
        """The user or token of this name as it is now, for what was begun by a login before."""
        if self._tokens is not None and name.startswith(TOKEN_USER):
            return self._tokens.named(name, self._today())
        return self._users.user(name)

    def _today(self) -> datetime.date:
        return datetime.datetime.fromtimestamp(self._now(), datetime.timezone.utc).date()

    def _is_user(self, name: str) -> bool:
        return self._users.user(name) is not None

    def _note(self, name: str, address: str, request: str) -> None:
        """Log a failure, in the form that conf/fail2ban reads: one line for each.

        A name that nobody has is not shown, since people type passwords where the name belongs.
        The others have no white space and no control characters, and so cannot end the line or
        look like the rest of it.
        """
        who = repr(name[:SHOWN]) if self._is_user(name) else "an unknown name"
        self._log.info(
            "Failed login for {who} from {address} [{request}]",
            who=who,
            address=address,
            request=request,
        )
