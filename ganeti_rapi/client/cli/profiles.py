"""Which server to talk to, and as which user: profiles in a TOML file, and passwords.

A password is never an option and never in the file. The file names a command or the keyring.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, field, fields_dict, frozen


class ProfileError(ValueError):
    """The profiles, or the options beside them, cannot be used as they stand."""


@frozen
class Profile:
    """A server and a user. ``password_command`` is a shell command that prints the password, and
    ``token_command`` one that prints an API token, instead of a user.

    ``password`` is one that was typed just now; it is never in the file.
    """

    url: str | None = None
    user: str | None = None
    password_command: str | None = None
    token_command: str | None = None
    keyring: bool = False
    cafile: str | None = None
    pinned: str | None = None
    insecure: bool = False
    password: str | None = None


def config_path(environment: Mapping[str, str]) -> Path:
    """Where the file is by default."""
    home = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME", "~")) / ".config"
    return Path(home) / "ganeti-rapi" / "rapi.toml"


@frozen
class Config:
    """A config file: the tables of its profiles by name, and the one that is ``current``."""

    tables: Mapping[str, Any] = field(factory=dict)  # Any: what the file has there
    current: str = "default"


def parse(text: str) -> Config:
    """What a file's text says; only the profile that is used must be right.

    Raises `ProfileError`.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"not TOML: {error}") from None
    tables = whole.get("profiles", {})
    if not isinstance(tables, dict):
        raise ProfileError("profiles are tables such as [profiles.default]")
    return Config(tables, str(whole.get("current", "default")))


def profile_of(name: str, table: Any) -> Profile:  # Any: what the file has there
    """The profile that a table describes. Raises `ProfileError`."""
    if not isinstance(table, dict):
        raise ProfileError(f"profile {name} is a table: [profiles.{name}]")
    for key, value in table.items():
        if key == "password":
            raise ProfileError(f"profile {name}: use password_command or keyring, not password")
        if key not in (known := fields_dict(Profile)):
            del known["password"]
            raise ProfileError(f"profile {name}: {key} is not one of {', '.join(known)}")
        if type(value) is not (bool if known[key].default is False else str):
            raise ProfileError(f"profile {name}: {key} has a value of the wrong type")
    return Profile(**table)


def must_be_known(config: Config, name: str) -> None:
    """Raise `ProfileError` if there is no such profile."""
    if name not in config.tables:
        there = ", ".join(config.tables) or "none"
        raise ProfileError(f"there is no profile {name}; known: {there}")


def choose(config: Config, name: str | None, given: Mapping[str, Any]) -> Profile:
    # Any: each option's own type
    """The profile by name, else the current one unless a URL is given, with the options on top.

    A given URL alone does not take the current profile's password elsewhere.
    """
    if name is not None:
        must_be_known(config, name)
    base = Profile()
    if name is not None or not given.get("url"):
        chosen = name or config.current
        base = profile_of(chosen, config.tables.get(chosen, {}))
    known = fields_dict(Profile)
    values = {key: value for key, value in given.items() if value and key in known}
    if {"cafile", "pinned", "insecure"} & set(values):  # they exclude those of the file
        base = evolve(base, cafile=None, pinned=None, insecure=False)
    profile = evolve(base, **values)
    if profile.url is None:
        raise ProfileError("which server? Give --url, set RAPI_URL, or make a profile: rapi login")
    return evolve(profile, url=url_of(profile.url))


def url_of(text: str) -> str:
    """A server's URL, from one or from its host alone.

    >>> url_of("cluster"), url_of("[::1]:5081"), url_of("http://cluster")
    ('https://cluster', 'https://[::1]:5081', 'http://cluster')
    """
    if "://" in text:
        return text
    bare = text.count(":") > 1 and not text.startswith("[")  # an address of IPv6
    return f"https://[{text}]" if bare else f"https://{text}"


def config_file(environment: Mapping[str, str], given: Mapping[str, Any]) -> Path:
    # Any: each option's own type
    """The file that the options name, or the default one."""
    return Path(given["config"]) if given.get("config") else config_path(environment)


def read_config(environment: Mapping[str, str], given: Mapping[str, Any]) -> Config:
    # Any: as above
    """What the file says; nothing without a file. Raises `ProfileError`."""
    path = config_file(environment, given)
    try:
        text = path.read_text(encoding="utf-8") if given.get("config") or path.exists() else ""
        return parse(text)
    except OSError as error:
        raise ProfileError(f"can't read it: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProfileError(f"can't read it: {error}") from None


def read_profile(environment: Mapping[str, str], given: Mapping[str, Any]) -> Profile:
    # Any: as above
    """The profile that the options name, with the options on top. Raises `ProfileError`."""
    try:
        return choose(read_config(environment, given), given.get("profile"), given)
    except ProfileError as error:
        path = config_file(environment, given)
        raise ProfileError(f"{error}; the config file is {path}") from None


@frozen
class Sources:
    """Where passwords come from beside the environment; ``ask`` is None without a terminal."""

    run: Callable[[str], str]
    keyring: Callable[[str, str], str | None]
    ask: Callable[[str], str] | None


def token_of(profile: Profile, environment: Mapping[str, str], sources: Sources) -> str | None:
    """The API token; None with a user, and where there is none."""
    if profile.user is not None:
        return None
    if "RAPI_TOKEN" in environment:
        return environment["RAPI_TOKEN"]
    return sources.run(profile.token_command) if profile.token_command else None


def password_of(profile: Profile, environment: Mapping[str, str], sources: Sources) -> str | None:
    """The user's password; None without a user. Raises `ProfileError`."""
    if profile.user is None:
        return None
    if profile.password is not None:
        return profile.password
    if "RAPI_PASSWORD" in environment:
        return environment["RAPI_PASSWORD"]
    if profile.password_command:
        return sources.run(profile.password_command)
    if profile.keyring:
        found = sources.keyring(profile.url or "", profile.user)
        if found is not None:
            return found
    if sources.ask is not None:
        return sources.ask(f"Password of {profile.user}")
    if profile.keyring:
        raise ProfileError(
            f"the password is not in the keyring: keyring set {profile.url} {profile.user} puts it "
            "there"
        )
    raise ProfileError(
        f"no password for {profile.user}: set RAPI_PASSWORD, or password_command in the profile"
    )
