"""The commands for users."""

from __future__ import annotations

import getpass
import re
import sys
from argparse import Namespace
from collections.abc import Sequence

from ganeti_rapi.api.access import Rules, grants
from ganeti_rapi.auth import hashes
from ganeti_rapi.auth.users import PAM, as_text, ha1, parse
from ganeti_rapi.users_program.editing import Refused, changing, lines_of, name_in

HA1 = "ha1"
SCHEMES = ("argon2", "scrypt", "bcrypt", HA1, PAM)
"""In the order in which the first that is there is taken."""

_NAME = re.compile(r"[^\s:#][^\s:]*")


def add(options: Namespace) -> None:
    """Add a user."""
    check_name(options.name)
    check_options(options.grant)
    with changing(options.users_file) as lines:
        if _found(lines, options.name):
            raise Refused(f"there is a user {options.name} already; see set-password and grant")
        password = _password(options.name, options.scheme)
        lines.append(_line(options.name, password, options.grant))


def set_password(options: Namespace) -> None:
    """Give a user another password; the options stay."""
    with changing(options.users_file) as lines:
        place = _place(lines, options.name)
        _, _, granted = _fields(lines[place])
        password = _password(options.name, options.scheme)
        lines[place] = _line(options.name, password, granted)


def grant(options: Namespace) -> None:
    """Give a user other options in place of those that there are."""
    check_options(options.options)
    with changing(options.users_file) as lines:
        place = _place(lines, options.name)
        name, password, _ = _fields(lines[place])
        lines[place] = _line(name, password, options.options)


def remove(options: Namespace) -> None:
    """Remove a user."""
    with changing(options.users_file) as lines:
        _place(lines, options.name)
        lines[:] = [line for line in lines if name_in(line) != options.name]


def show(options: Namespace) -> None:
    """List all users: name, scheme and options."""
    lines = lines_of(options.users_file)
    for line in lines:
        name, password, granted = _fields(line)
        if name and password:
            print(f"{name:<24} {_scheme(password):<10} {granted}".rstrip())
    for problem in parse(b"".join(lines))[1]:
        print(f"{options.users_file}, {problem}", file=sys.stderr)


def check_name(name: str) -> None:
    """Raise `Refused` if nobody could log in with this name."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise Refused("a name has no white space, no colon, and no hash sign at its start")


def check_options(options: str) -> None:
    """Raise `Refused` for what means nothing, and would be ignored."""
    if any(map(str.isspace, options)):
        raise Refused("options are separated by commas, without white space")
    granted = grants(set(options.split(",")) - {""}, Rules.GANETI_3_0)
    if granted.unknown:
        raise Refused(
            f"{', '.join(sorted(granted.unknown))}: no role and no permission; "
            "ganeti-rapi-users(5) tells where all of them are listed"
        )
    if granted.misplaced:
        raise Refused(
            f"{', '.join(sorted(granted.misplaced))}: the scope means nothing there; it is tag=, "
            "name=, node= or group= with a pattern, or owner for jobs, and needs a permission "
            "that has such objects; see ganeti-rapi-users(5)"
        )


def _fields(line: bytes) -> tuple[str, str, str]:
    """Name, password and options of a line; empty where there are none."""
    if not name_in(line):
        return "", "", ""
    name, password, options = (*as_text(line).strip("\ufeff \t\r\n").split(maxsplit=2), "", "")[:3]
    return name, password, options


def _scheme(password: str) -> str:
    return password[1:].partition("}")[0].lower() if password.startswith("{") else "cleartext"


def _line(name: str, password: str, options: str) -> bytes:
    return " ".join(filter(None, (name, password, options))).encode("utf-8") + b"\n"


def _found(lines: Sequence[bytes], name: str) -> list[int]:
    return [place for place, line in enumerate(lines) if name_in(line) == name]


def _place(lines: Sequence[bytes], name: str) -> int:
    """Where the user's line is: the last one of that name, which is the one that counts."""
    places = _found(lines, name)
    if not places:
        raise Refused(f"there is no user {name}; list shows them all")
    return places[-1]


def _password(name: str, scheme: str | None) -> str:
    """The field for a password that is asked for: its hash, with the scheme in braces.

    PAM needs none.
    """
    if scheme == PAM:
        return f"{{{PAM}}}"
    password = _asked()
    for each in [scheme] if scheme else SCHEMES:
        if each == HA1:
            return f"{{ha1}}{ha1(name, password).decode('ascii')}"
        try:
            return f"{{{each}}}{hashes.MAKERS[each](password.encode('utf-8'))}"
        except ImportError as error:
            if scheme:
                raise Refused(f"{scheme} needs a library that is not here: {error.name}") from None
        except ValueError as error:
            raise Refused(str(error)) from None
    raise AssertionError("the last scheme needs no library")


def _asked() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise Refused("the two are not the same; nothing was changed")
    if not password:
        raise Refused("with an empty password nobody could log in; nothing was changed")
    return password
