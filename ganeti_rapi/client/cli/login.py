"""`rapi login`: writes a profile after asking for what is not given, and trying it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from attrs import evolve

from ganeti_rapi.client.cli import asking, passwords
from ganeti_rapi.client.cli.commands import argument, command, flag, option
from ganeti_rapi.client.cli.configuring import read_text, with_profile, write_text
from ganeti_rapi.client.cli.failing import Failed, colons
from ganeti_rapi.client.cli.profiles import Profile, config_file, parse, profile_of, url_of
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import Forbidden

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods


def login(
    session: Session, server: str | None, trust: str | None, password_stdin: bool | None = None
) -> None:
    """Ask, try, and write the profile."""
    given = session.choices.all
    path = config_file(os.environ, given)
    text = read_text(path)
    config = parse(text)
    name = str(given.get("profile") or config.current)
    old = profile_of(name, config.tables.get(name, {}))
    profile = _server(session, server or given.get("url"), old, trust)
    profile = _user(profile, given.get("user"), old, bool(password_stdin))
    session.ask(_try, profile)
    if profile.user is not None:
        profile = evolve(profile, keyring=_keep(session, profile))
    write_text(path, with_profile(text, name, profile))
    session.err.line(f"profile {name} of {path} is for {profile.url}", fg="green")


async def _try(client: AllMethods) -> None:
    """Ask for something that only users may see."""
    with suppress(Forbidden):  # the password is right then
        await client.query("group", ["name"])


def _server(session: Session, url: str | None, old: Profile, trust: str | None) -> Profile:
    from ganeti_rapi.client.cli.certificates import untrusted_fingerprint  # imports ssl
    from ganeti_rapi.client.transport import base_url

    given = session.choices.all
    try:
        url = base_url(url_of(url or asking.asked("URL of the server", old.url, "a URL")))
    except ValueError as error:
        raise Failed(str(error), 2) from None
    told = {name: given[name] for name in ("cafile", "pinned", "insecure") if name in given}
    profile = Profile(url=url, **told)
    if told or not url.startswith("https:"):
        return profile
    if trust is not None:
        return evolve(profile, pinned=trust)
    shown = untrusted_fingerprint(url)
    if shown is None:
        return profile
    session.err.line(f"The SHA-256 fingerprint of the server's certificate is {colons(shown)}.")
    session.err.line(
        "On the master node this shows it: openssl x509 -noout -fingerprint -sha256 "
        "-in /var/lib/ganeti/rapi.pem"
    )
    if not asking.is_terminal():
        raise Failed("nobody knows this certificate; give --trust FINGERPRINT if it is right", 3)
    if not click.confirm("Trust it?", err=True):
        raise Failed("nothing was written", 3)
    return evolve(profile, pinned=shown)


def _user(profile: Profile, user: str | None, old: Profile, password_stdin: bool) -> Profile:
    user = user or asking.asked("User", old.user, "--user NAME")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif "RAPI_PASSWORD" in os.environ:
        password = os.environ["RAPI_PASSWORD"]
    else:
        password = asking.asked(
            f"Password of {user}", None, "--password-stdin or RAPI_PASSWORD", True
        )
    return evolve(profile, user=user, password=password)


def _keep(session: Session, profile: Profile) -> bool:
    """Whether the password is in the keyring now."""
    kept = passwords.keep(profile.url or "", profile.user or "", profile.password or "")
    if not kept:
        session.err.line(
            "no keyring keeps the password: rapi asks for it each time, unless RAPI_PASSWORD or "
            "the profile's password_command gives it"
        )
    return kept


LOGIN = command(
    "login",
    "",
    login,
    [
        argument("server", required=False, metavar="[URL]"),
        option("--trust", metavar="FINGERPRINT", help="Trust the certificate that has it."),
        flag("--password-stdin", help="Read the password from standard input."),
    ],
)
