"""`rapi profiles`: which there are, and which counts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ganeti_rapi.client.cli import passwords
from ganeti_rapi.client.cli.commands import argument, command
from ganeti_rapi.client.cli.configuring import (
    read_text,
    with_current,
    without_profile,
    write_text,
)
from ganeti_rapi.client.cli.everywhere import profile_names
from ganeti_rapi.client.cli.listing import LOOK, looking
from ganeti_rapi.client.cli.output import Columns, Look, Table
from ganeti_rapi.client.cli.profiles import config_file, must_be_known, parse
from ganeti_rapi.client.cli.running import Session

COLUMNS: Columns = {
    "Name": "name",
    "Current": "current",
    "URL": "url",
    "User": "user",
    "Password": "password",
    "Trust": "trust",
}


def _config(session: Session) -> tuple[Path, str]:
    path = config_file(os.environ, session.choices.all)
    return path, read_text(path)


def list_profiles(session: Session, look: Look) -> None:
    """Show the profiles; what is wrong in one is shown as it is."""
    _, text = _config(session)
    config = parse(text)
    rows = [_row(name, table, config.current) for name, table in config.tables.items()]
    session.show_table(Table(COLUMNS, rows), look)


def _row(name: str, table: Any, current: str) -> dict[str, Any]:  # Any: what the file has there
    values = table if isinstance(table, dict) else {}
    asked = "asked for" if "user" in values else None
    kept = [word for word in ("password_command", "keyring") if values.get(word)]
    trust = [word for word in ("cafile", "pinned", "insecure") if values.get(word)]
    return {
        "name": name,
        "current": name == current,
        "url": values.get("url"),
        "user": values.get("user"),
        "password": kept[0] if kept else asked,
        "trust": trust[0] if trust else "the system's authorities",
    }


def use(session: Session, name: str) -> None:
    """Let a profile count where none is named."""
    path, text = _config(session)
    must_be_known(parse(text), name)
    write_text(path, with_current(text, name))
    session.err.line(f"profile {name} counts now")


def remove(session: Session, name: str) -> None:
    """Take a profile away, and its password from the keyring."""
    path, text = _config(session)
    config = parse(text)
    must_be_known(config, name)
    write_text(path, without_profile(text, name))
    table = config.tables[name]
    if isinstance(table, dict) and table.get("keyring"):
        passwords.forget(str(table.get("url")), str(table.get("user")))
    session.err.line(f"profile {name} is removed")


def _name() -> click.Argument:
    return argument("name", shell_complete=profile_names)


COMMANDS = (
    command("list", "List the profiles of the config file.", looking(list_profiles), [*LOOK]),
    command("use", "Let a profile count where none is named.", use, [_name()]),
    command("remove", "Remove a profile, and its password from the keyring.", remove, [_name()]),
)
