"""The users file: its bytes to accounts, and credentials against them. No I/O.

A line is a name, a password and, if wanted, options separated by commas; all three are separated by
white space. A password is clear text, or has its scheme in braces before it. Source: the
requirements, "Users and passwords"; what they leave open is as in the stock daemon.

Each line is read by itself, so that what is wrong with one cannot touch the others. It is text in
UTF-8 or else in Latin-1, as what clients send is: whichever of the two the file and a client use,
the same letters are the same. Lines end as in every editor, by LF, CR LF or CR. The stock daemon
also ends them at characters such as U+2028 that editors do not show; where these are within a line,
it is ignored, since nobody can know what was meant.

Of a password in clear text or hashed by MD5, an account keeps the hash ``HA1`` of RFC 2617. So no
clear text stays in memory, and each check is the same work and one comparison, which takes the same
time whether or not there is such a user. Of the others it keeps a `SlowHash`; where there is any,
names that nobody has are checked against one as well.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping

from attrs import define, field, frozen

from ganeti_rapi.api.access import Rules, grants
from ganeti_rapi.auth.hashes import READERS, BadHash, SlowHash
from ganeti_rapi.auth.permissions import User

REALM = "Ganeti Remote API"
"""A part of every hashed password, and what the challenge of a 401 names."""

PAM = "pam"
"""The scheme of those whose passwords PAM judges."""

NO_DIGEST = b""
"""In place of a digest, where no password can match."""


@frozen
class Account:
    """A user and the digest of the password: 32 lower-case hexadecimal digits, or `NO_DIGEST`.

    With a ``slow`` hash there is no digest, nor where PAM judges the password. ``fingerprint``
    tells the line from any other, so that what is bound to it ends when it changes.
    """

    user: User
    digest: bytes = field(repr=False)
    slow: SlowHash | None = field(default=None, repr=False)
    by_pam: bool = False
    fingerprint: bytes = field(default=b"", repr=False)


@frozen
class Problem:
    """Something in the file that has no effect, or not the one that its author may expect.

    The text quotes nothing from the file: a misplaced field can be a part of a password.
    """

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


NOT_UTF8 = "is not UTF-8 and was read as Latin-1; {ha1} needs the hash of UTF-8"
CONTROL_CHARACTER = (
    "ignored, since it has a control character; save the file as plain text, in UTF-8"
)
ONE_FIELD = "ignored, since it has a name but no password"
UNUSABLE_NAME = "nobody can log in with this name, since HTTP Basic ends a name at its first colon"
UNCLOSED_BRACE = (
    "nobody can log in with this password: it starts with a brace that is not closed; "
    "write {cleartext} before a password that starts with a brace"
)
UNKNOWN_SCHEME = (
    "nobody can log in with this password: the scheme in braces is none of {cleartext}, {ha1}, "
    "{argon2}, {bcrypt}, {scrypt}, {pam} and {none}; write {cleartext} before a password that "
    "starts with a brace"
)
NOT_PAM = "nobody can log in with this password: {pam} has nothing behind it"
BAD_HASH = "nobody can log in with this password: {ha1} needs 32 hexadecimal digits after it"
EMPTY_PASSWORD = "nobody can log in with this password: it is empty"
UNKNOWN_OPTION = (
    "ignored an option that is no role and no permission; ganeti-rapi-users(5) has them all; "
    "commas separate options, and a comment needs a line of its own"
)
MISPLACED_SCOPE = (
    "ignored an option with a scope that means nothing there; a scope is tag=, name=, node= or "
    "group= with a pattern, or owner for jobs, and belongs to a permission that has such objects; "
    "what has a minus takes none and is taken away whole"
)
DUPLICATE = "has the name of an earlier line, which no longer counts"


# HTTP Basic allows none of the first ones in names and passwords (RFC 7617, section 2); the others
# end lines in the stock daemon.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")


def as_text(typed: bytes) -> str:
    """What a person typed, into the users file or a client: UTF-8, or else Latin-1."""
    try:
        return typed.decode("utf-8")
    except UnicodeDecodeError:
        return typed.decode("latin-1")


def ha1(name: str, password: str) -> bytes:
    """The digest of a password, in hexadecimal. Source: RFC 2617, section 3.2.2.2."""
    text = f"{name}:{REALM}:{password}"
    md5 = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return md5.hexdigest().encode("ascii")


def _hash_as_written(_name: str, digits: str) -> bytes:
    lowered = digits.lower()
    return lowered.encode("ascii") if re.fullmatch("[0-9a-f]{32}", lowered) else NO_DIGEST


def _no_digest(_name: str, _text: str) -> bytes:
    return NO_DIGEST


@frozen
class Scheme:
    """A way to write a password.

    ``digest`` makes the digest of the user's name and the text after the braces. Where it makes
    `NO_DIGEST`, ``problem`` says why. ``slow`` reads a hash that is slow to check, if it is one.
    """

    digest: Callable[[str, str], bytes]
    problem: str = ""
    slow: Callable[[str], SlowHash] | None = None


CLEARTEXT = Scheme(ha1)
UNCLOSED = Scheme(_no_digest, UNCLOSED_BRACE)
UNKNOWN = Scheme(_no_digest, UNKNOWN_SCHEME)

SCHEMES: Mapping[str, Scheme] = {
    "cleartext": CLEARTEXT,
    "ha1": Scheme(_hash_as_written, BAD_HASH),
    "none": Scheme(_no_digest),  # for those who log in by a certificate
    PAM: Scheme(_no_digest),
    **{name: Scheme(_no_digest, slow=reader) for name, reader in READERS.items()},
}
"""By the lower-case name in the braces."""


def parse(
    contents: bytes, rules: Rules = Rules.GANETI_3_0
) -> tuple[dict[str, Account], list[Problem]]:
    """The accounts by name, and the problems in the order of their lines. Raises nothing."""
    accounts: dict[str, Account] = {}
    problems: list[Problem] = []
    for number, line in enumerate(contents.splitlines(), start=1):
        account, notes = _parse_line(line, rules)
        if account is not None:
            if account.user.name in accounts:
                notes.append(DUPLICATE)
            accounts[account.user.name] = account
        problems += (Problem(number, note) for note in notes)
    return accounts, problems


def _parse_line(line: bytes, rules: Rules) -> tuple[Account | None, list[str]]:
    line = line.removeprefix(codecs.BOM_UTF8)  # each, since files are put together from others
    text = as_text(line).strip()
    if not text or text.startswith("#"):
        return None, []
    if _CONTROL.search(text):
        return None, [CONTROL_CHARACTER]
    fields = text.split(maxsplit=2)
    if len(fields) == 1:
        return None, [ONE_FIELD]
    account, notes = _parse_fields(rules, *fields)
    if text.encode("utf-8") not in line:
        notes.insert(0, NOT_UTF8)
    return account, notes


def _parse_fields(
    rules: Rules, name: str, password: str, options: str = ""
) -> tuple[Account, list[str]]:
    scheme, text = _split_scheme(password)
    by_pam = scheme is SCHEMES[PAM]
    digest = scheme.digest(name, text)
    # As text, or as the hash that a script made of a variable that was not set.
    empty = digest == ha1(name, "")
    chosen = frozenset(option.strip() for option in options.split(",")) - {""}
    granted = grants(chosen, rules)
    slow, problem = _slow_hash(scheme, text)
    checks = (
        (":" in name, UNUSABLE_NAME),
        (digest == NO_DIGEST and problem != "", problem),
        (empty, EMPTY_PASSWORD),
        (by_pam and text != "", NOT_PAM),
        (bool(granted.unknown), UNKNOWN_OPTION),
        (bool(granted.misplaced), MISPLACED_SCOPE),
    )
    notes = [note for wrong, note in checks if wrong]
    user = User.with_grants(name, granted)
    line = hashlib.sha256("\n".join((name, password, options)).encode("utf-8")).digest()
    return Account(user, NO_DIGEST if empty else digest, slow, by_pam and not text, line), notes


def _slow_hash(scheme: Scheme, text: str) -> tuple[SlowHash | None, str]:
    """The hash that is slow to check, if the scheme has such; and what is wrong with a password."""
    if scheme.slow is None:
        return None, scheme.problem
    try:
        return scheme.slow(text), ""
    except BadHash as error:
        return None, f"nobody can log in with this password: {error}"


def _split_scheme(password: str) -> tuple[Scheme, str]:
    """The scheme of a password field, and the text that follows the braces."""
    if not password.startswith("{"):
        return CLEARTEXT, password
    name, brace, text = password[1:].partition("}")
    if not brace:
        return UNCLOSED, ""
    return SCHEMES.get(name.lower(), UNKNOWN), text


# Stands in for a user who does not exist, so that the check does the same work.
_NOBODY = Account(User(""), NO_DIGEST)


@define
class UsersFile:
    """The accounts as they are now. Each time the file is read, ``accounts`` is set anew."""

    accounts: Mapping[str, Account] = field(factory=dict, repr=False)

    def user(self, name: str) -> User | None:
        """The user of that name, if there is one."""
        account = self.accounts.get(name)
        return account.user if account else None

    def is_by_pam(self, name: str) -> bool:
        """Whether there is such a user, whose password PAM judges."""
        account = self.accounts.get(name)
        return account is not None and account.by_pam

    def slow_hash(self, name: str) -> SlowHash | None:
        """What a password for that name is checked against, if that is slow.

        For a name that nobody has it is somebody's, if there are such, so that time does not tell
        which names there are.
        """
        account = self.accounts.get(name)
        if account is not None:
            return account.slow
        return next((each.slow for each in self.accounts.values() if each.slow), None)

    def check(self, name: str, password: str) -> User | None:
        """The user whose credentials these are, or None when they are not valid.

        Those with a slow hash are not: see `slow_hash`.
        """
        account = self.accounts.get(name, _NOBODY)
        right = hmac.compare_digest(ha1(name, password), account.digest)
        return account.user if right else None
