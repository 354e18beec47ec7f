"""Changing the config file: its text, so that comments and other profiles stay as they are."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from attrs import asdict

from ganeti_rapi.client.cli.profiles import Profile, ProfileError, parse

_HEADER: Final = re.compile(r"\s*\[")


def with_profile(text: str, name: str, profile: Profile) -> str:
    """The file's text with a profile, in place of one of that name. Raises `ProfileError`."""
    values = asdict(profile, filter=lambda field, value: value and field.name != "password")
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    table = "\n".join([f"[profiles.{_key(name)}]", *lines, ""])
    kept = without_profile(text, name).rstrip()
    return _checked(f"{kept}\n\n{table}" if kept else table, name, True)


def without_profile(text: str, name: str) -> str:
    """The file's text without a profile. Raises `ProfileError`."""
    return _checked("".join(_others(text, name)), name, False)


def with_current(text: str, name: str) -> str:
    """The file's text with a profile as the one that counts."""
    line = f"current = {json.dumps(name)}\n"
    first_table = re.search(r"^\s*\[", text, re.MULTILINE)
    end = first_table.start() if first_table else len(text)
    top = re.sub(r"^\s*current\s*=.*\n?", "", text[:end], flags=re.MULTILINE)
    return line + top + text[end:]


def _others(text: str, name: str) -> Iterator[str]:
    own = re.compile(
        rf"\s*\[\s*profiles\s*\.\s*(?:{re.escape(name)}|{re.escape(_quoted(name))})\s*\]"
    )
    inside = False
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            inside = own.match(line) is not None
        if not inside:
            yield line


def _checked(text: str, name: str, there: bool) -> str:
    if (name in parse(text).tables) is not there:
        raise ProfileError(f"profile {name} is not written as [profiles.{_key(name)}]: edit it")
    return text


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(name: str) -> str:
    return json.dumps(name)


def read_text(path: Path) -> str:
    """The file's text; empty if there is none. Raises `ProfileError`."""
    try:
        return path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"can't read {path}: {error}") from None


def write_text(path: Path, text: str) -> None:
    """Put a text in the file's place, for its owner's eyes only. Raises `ProfileError`.

    What is no file, such as /dev/null, is not replaced; a link still leads to the same file.
    """
    if path.exists() and not path.is_file():
        raise ProfileError(f"{path} is not a file that could be written; name one with --config")
    path = path.resolve()
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.write_text(text, encoding="utf-8")
        new.chmod(0o600)
        os.replace(new, path)
    except OSError as error:
        raise ProfileError(f"can't write {path}: {error.strerror}") from None
