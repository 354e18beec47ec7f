"""Password hashes that are slow on purpose: scrypt, argon2 and bcrypt. No I/O.

They are written as everywhere: in the PHC string format, ``$argon2id$v=19$m=…,t=…,p=…$salt$hash``
and ``$scrypt$ln=…,r=…,p=…$salt$hash``, and as crypt(3) has it, ``$2b$12$…``. scrypt comes with
Python; argon2 and bcrypt are libraries of the extra ``passwords``. How much a hash may cost is
bounded, as a slip of the hand in the file could ask for all memory there is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping

from attrs import field, frozen

MOST_MEMORY = 2**28
"""Bytes that checking one password may take."""

MOST_ROUNDS = 64
"""Passes of argon2, and lanes of scrypt."""

MOST_BCRYPT = 16
"""The highest cost of bcrypt; each step doubles the time, and 12 is usual."""

BCRYPT_READS = 72
"""Bytes of a password that bcrypt looks at."""

_SCRYPT = re.compile(
    r"\$scrypt\$ln=(?P<ln>\d{1,2}),r=(?P<r>\d{1,3}),p=(?P<p>\d{1,3})"
    r"\$(?P<salt>[A-Za-z0-9+/]{4,128})\$(?P<hash>[A-Za-z0-9+/]{16,128})"
)
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=\d+\$m=(?P<m>\d{1,8}),t=(?P<t>\d{1,3}),p=\d{1,3}"
    r"\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)
_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}")


class BadHash(ValueError):
    """No password can be checked against this text; the message says why, and quotes nothing."""


@frozen
class SlowHash:
    """A hash that is slow to check. ``check`` takes the password in UTF-8, and raises nothing."""

    text: str
    check: Callable[[bytes], bool] = field(eq=False)


def scrypt(text: str) -> SlowHash:
    """Raises `BadHash`."""
    found = _SCRYPT.fullmatch(text)
    if found is None:
        raise BadHash("it is no scrypt hash of the form $scrypt$ln=…,r=…,p=…$salt$hash")
    n, r, p = 2 ** int(found["ln"]), int(found["r"]), int(found["p"])
    if not (n > 1 and r > 0 and 0 < p <= MOST_ROUNDS and 128 * n * r <= MOST_MEMORY):
        raise _too_costly()
    salt, expected = _decoded(found["salt"]), _decoded(found["hash"])

    def check(password: bytes) -> bool:
        return hmac.compare_digest(_scrypt(password, salt, n, r, p, len(expected)), expected)

    return SlowHash(text, check)


def _scrypt(password: bytes, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    memory = 2 * 128 * r * (n + p)
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise BadHash("its salt or hash is cut off") from None


def argon2(text: str) -> SlowHash:
    """Raises `BadHash`."""
    found = _ARGON2.fullmatch(text)
    if found is None:
        raise BadHash("it is no argon2 hash of the form $argon2id$v=19$m=…,t=…,p=…$salt$hash")
    if int(found["m"]) * 1024 > MOST_MEMORY or int(found["t"]) > MOST_ROUNDS:
        raise _too_costly()
    try:
        from argon2 import low_level
        from argon2.exceptions import Argon2Error
    except ImportError:
        raise _missing("argon2-cffi") from None
    kinds = {"d": low_level.Type.D, "i": low_level.Type.I, "id": low_level.Type.ID}
    kind = kinds[text.removeprefix("$argon2").partition("$")[0]]

    def check(password: bytes) -> bool:
        try:
            return low_level.verify_secret(text.encode("ascii"), password, kind)
        except (Argon2Error, ValueError):
            return False

    return SlowHash(text, check)


def bcrypt(text: str) -> SlowHash:
    """Raises `BadHash`."""
    found = _BCRYPT.fullmatch(text)
    if found is None:
        raise BadHash("it is no bcrypt hash of the form $2b$12$…, 60 characters long")
    if not 4 <= int(found["cost"]) <= MOST_BCRYPT:
        raise _too_costly()
    try:
        import bcrypt as library
    except ImportError:
        raise _missing("bcrypt") from None

    def check(password: bytes) -> bool:
        try:
            return library.checkpw(password[:BCRYPT_READS], text.encode("ascii"))
        except ValueError:  # a NUL in the password, or a salt that is none
            return False

    return SlowHash(text, check)


def _missing(library: str) -> BadHash:
    return BadHash(f"{library} is not installed here; it is in ganeti-rapi's extra 'passwords'")


def _too_costly() -> BadHash:
    return BadHash("to check it would take too much memory or time, or none")


def make_scrypt(password: bytes) -> str:
    """A new hash, which takes 64 MiB and about a tenth of a second."""
    salt = os.urandom(16)
    made = (salt, _scrypt(password, salt, 2**16, 8, 1, 32))
    salt64, hash64 = (base64.b64encode(each).decode("ascii").rstrip("=") for each in made)
    return f"$scrypt$ln=16,r=8,p=1${salt64}${hash64}"


def make_argon2(password: bytes) -> str:
    """A new hash, with the library's defaults. Raises ImportError."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


def make_bcrypt(password: bytes) -> str:
    """A new hash, with the library's defaults. Raises ImportError, and ValueError."""
    import bcrypt as library

    if len(password) > BCRYPT_READS:
        raise ValueError(f"bcrypt reads {BCRYPT_READS} bytes of a password and this one is longer")
    return library.hashpw(password, library.gensalt()).decode("ascii")


READERS: Mapping[str, Callable[[str], SlowHash]] = {
    "argon2": argon2,
    "bcrypt": bcrypt,
    "scrypt": scrypt,
}
"""By the names of their schemes."""

MAKERS: Mapping[str, Callable[[bytes], str]] = {
    "argon2": make_argon2,
    "bcrypt": make_bcrypt,
    "scrypt": make_scrypt,
}
"""What makes a hash of a password in UTF-8."""
