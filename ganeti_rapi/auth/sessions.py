"""Sessions of browsers: a login that a cookie carries. Signed values; no I/O.

A value is a user's name and the end of the session, both readable, and a signature over them. No
list of sessions is kept: all who have the key know them, so that they outlive a restart and count
in each of several workers. The signature is also over the user's line in the users file: when that
changes, or goes, so do the sessions. What nobody can do is to end one of them before its time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable

from attrs import field, frozen

from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.users import Account, UsersFile

LIFETIME = 8 * 3600
"""Seconds that a session lasts."""

_LONGEST = 1024
"""Bytes of the longest value that is looked at."""


@frozen
class Session:
    """A session. ``csrf`` goes with each of its writes; ``end`` is in seconds since the epoch."""

    user: User
    value: str = field(repr=False)
    csrf: str = field(repr=False)
    end: int


def key_of(secret: bytes) -> bytes:
    """The key for signatures, of something that only the daemon knows, such as its private key."""
    return hmac.digest(b"ganeti-rapi sessions", secret, hashlib.sha256)


class Sessions:
    """Makes and reads sessions. ``key`` gives the key that signs them, ``now`` the time of day."""

    def __init__(
        self, users: UsersFile, key: Callable[[], bytes], now: Callable[[], float]
    ) -> None:
        self._users = users
        self._key = key
        self._now = now

    def begin(self, name: str) -> Session | None:
        """A new session of the user with that name; None if there is no such user any more."""
        account = self._users.accounts.get(name)
        return None if account is None else self._signed(account, int(self._now()) + LIFETIME)

    def read(self, value: str) -> Session | None:
        """The session of that value; None if it has ended, or is none of ours."""
        try:
            encoded, end, _ = value.split(".")
            name = base64.urlsafe_b64decode(encoded).decode("utf-8")
            account = self._users.accounts.get(name) if len(value) <= _LONGEST else None
            if account is None or int(end) <= self._now():
                return None
        except (ValueError, binascii.Error):
            return None
        session = self._signed(account, int(end))
        right = hmac.compare_digest(session.value.encode(), value.encode())
        return session if right else None

    def _signed(self, account: Account, end: int) -> Session:
        encoded = base64.urlsafe_b64encode(account.user.name.encode("utf-8")).decode("ascii")
        text = f"{encoded}.{end}"
        signature = self._signature(account, f"session {text}")
        csrf = self._signature(account, f"csrf {text}")
        return Session(account.user, f"{text}.{signature}", csrf, end)

    def _signature(self, account: Account, text: str) -> str:
        message = account.fingerprint + text.encode("ascii")
        return hmac.new(self._key(), message, hashlib.sha256).hexdigest()
