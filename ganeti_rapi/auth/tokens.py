"""API tokens: what programs log in with instead of a password. The file's bytes to tokens; no I/O.

A line of the file is a name, the token's hash, the last day on which it counts, and perhaps
options, as in the users file: all separated by white space. The hash is ``sha256:`` and 64
hexadecimal digits. Tokens are made by us, of 256 random bits, so that a plain hash is enough: what
cannot be guessed needs no hash that is slow. The last day is ``2027-12-31``, in UTC, or ``never``.

Each line is read by itself, so that what is wrong with one cannot touch the others.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
import secrets
from collections.abc import Mapping

from attrs import define, field, frozen

from ganeti_rapi.api.access import Rules, grants
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.users import MISPLACED_SCOPE, Problem

PREFIX = "grapi_"
"""How tokens begin, so that programs that look for leaked secrets can find them."""

NEVER = "never"
USER = "token:"
"""How a token's user is called in logs, before the token's name; no user of the users file is."""

WRONG_FIELDS = (
    "ignored, since it has no name, hash and last day; ganeti-rapi-users token makes such"
)
WRONG_HASH = "ignored, since its hash is not sha256: and 64 hexadecimal digits"
WRONG_DAY = "ignored, since its last day is neither a date such as 2027-12-31 nor never"
UNKNOWN_OPTION = "ignored an option that is no role and no permission"
DUPLICATE = "has the name of an earlier line, which no longer counts"
NOT_TEXT = "ignored, since it is not UTF-8"

_HASH = re.compile("sha256:([0-9a-f]{64})")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@frozen
class Token:
    """A token: its user, and the last day on which it counts; None for no end."""

    user: User
    last_day: datetime.date | None = None

    def counts_on(self, day: datetime.date) -> bool:
        """Whether it has not ended before that day."""
        return self.last_day is None or day <= self.last_day


def make_token() -> str:
    """A new token; it is shown once and not kept."""
    return PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii").rstrip("=")


def hash_of(token: str) -> str:
    """What the file has of a token, without ``sha256:``."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@define
class TokensFile:
    """The tokens as they are now, by their hashes; set anew each time the file is read."""

    tokens: Mapping[str, Token] = field(factory=dict, repr=False)

    def user(self, token: str, today: datetime.date) -> User | None:
        """The user of a token, or None when it does not count."""
        found = self.tokens.get(hash_of(token))
        return found.user if found is not None and found.counts_on(today) else None

    def named(self, name: str, today: datetime.date) -> User | None:
        """The user of that name, if it is a token's that counts."""
        tokens = (token for token in self.tokens.values() if token.user.name == name)
        return next((token.user for token in tokens if token.counts_on(today)), None)


def parse(contents: bytes, rules: Rules) -> tuple[dict[str, Token], list[Problem]]:
    """The tokens by their hashes, and the problems in the order of their lines. Raises nothing."""
    by_name: dict[str, tuple[str, Token]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(contents.splitlines(), start=1):
        try:
            found, notes = _parse_line(line, rules)
        except _Ignored as reason:
            found, notes = None, [str(reason)]
        if found is not None:
            name = found[1].user.name
            if name in by_name:
                notes = [*notes, DUPLICATE]
            by_name[name] = found
        problems += (Problem(number, note) for note in notes)
    return dict(by_name.values()), problems


class _Ignored(Exception):
    """The line counts for nothing; the text says why."""


def _parse_line(line: bytes, rules: Rules) -> tuple[tuple[str, Token] | None, list[str]]:
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise _Ignored(NOT_TEXT) from None
    if not text or text.startswith("#"):
        return None, []
    name, digest, day, options = (*text.split(maxsplit=3), "", "", "", "")[:4]
    if not day:
        raise _Ignored(WRONG_FIELDS)
    hashed = _HASH.fullmatch(digest)
    if hashed is None:
        raise _Ignored(WRONG_HASH)
    granted = grants({option.strip() for option in options.split(",")} - {""}, rules)
    token = Token(User.with_grants(f"{USER}{name}", granted), _last_day(day))
    notes = ((granted.unknown, UNKNOWN_OPTION), (granted.misplaced, MISPLACED_SCOPE))
    return (hashed[1], token), [note for options, note in notes if options]


def _last_day(text: str) -> datetime.date | None:
    if text == NEVER:
        return None
    try:
        if _DAY.fullmatch(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise _Ignored(WRONG_DAY)
