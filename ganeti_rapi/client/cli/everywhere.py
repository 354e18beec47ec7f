"""The options of all commands, wherever on the line they stand: the server, the user, the output.

What is typed counts before the environment, and behind the command before ahead of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import click
from click.core import ParameterSource

# Any, in this module: each option's own
FORMATS: Final = ("table", "wide", "json", "yaml", "csv", "name")

TRUST = ("cafile", "pinned", "insecure")

OVERRULES: Mapping[str, Sequence[str]] = {
    "profile": ("url", "user", *TRUST),
    "url": ("profile",),
    "cluster": ("url", "user", "profile", *TRUST),
    **dict.fromkeys(TRUST, TRUST),
}
"""Which variables of the environment do not count beside what is typed: with --url, RAPI_PROFILE
would send its user's password to another server."""


class Choices:
    """What the options say, by their names: those ``typed`` and those of the ``environment``."""

    def __init__(self) -> None:
        self.typed: dict[str, Any] = {}
        self.environment: dict[str, Any] = {}

    @classmethod
    def of(cls, context: click.Context) -> Choices:
        """Those of the line that a context belongs to."""
        choices: Choices = context.meta.setdefault(__name__, cls())
        return choices

    @property
    def all(self) -> dict[str, Any]:
        """The options that were given."""
        overruled = {name for typed in self.typed for name in OVERRULES.get(typed, ())}
        kept = {name: value for name, value in self.environment.items() if name not in overruled}
        return {**kept, **self.typed}

    def of_cluster(self, name: str) -> Choices:
        """The same, of the profile with that name. Raises click.UsageError beside another one."""
        for typed in ("profile", "url"):
            if self.typed.get(typed, name) != name:
                raise click.UsageError(f"--{typed} and the cluster {name}: which is it?")
        other = Choices()
        other.environment = self.environment
        other.typed = {**self.typed, "profile": name}
        other.typed.pop("cluster", None)
        return other

    @property
    def output(self) -> str:
        """The format of what is printed."""
        return "json" if self.typed.get("json") else str(self.typed.get("output", "table"))


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    name = str(parameter.name)
    if value:
        choices = Choices.of(context)
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        (choices.typed if typed else choices.environment)[name] = value


def profile_names(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
    """What click calls for the profiles with some beginning."""
    from ganeti_rapi.client.cli.profiles import ProfileError, read_config  # not for a help text

    try:
        profiles = read_config(os.environ, Choices.of(context).all).tables
    except ProfileError:
        return []
    return [name for name in profiles if name.startswith(beginning)]


def output_format(text: str) -> str:
    """One of the `FORMATS`, or columns=FIELD,…."""
    if text in FORMATS or text.removeprefix("columns=") not in ("", text):
        return text
    known = ", ".join(FORMATS)
    raise click.BadParameter(f"{text!r} is no format; give {known} or columns=FIELD,…")


def completed(choices: Sequence[str]) -> Callable[..., list[str]]:
    """What click calls for those of the choices that have some beginning."""
    return lambda _, __, beginning: [each for each in choices if each.startswith(beginning)]


def one_of_several(complete: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """What completes the last of several values with commas between them, as ``complete`` would."""

    def last(context: click.Context, parameter: click.Parameter, beginning: str) -> list[str]:
        typed, comma, word = beginning.rpartition(",")
        return [f"{typed}{comma}{each}" for each in complete(context, parameter, word)]

    return last


def cluster_names(context: click.Context, parameter: click.Parameter, beginning: str) -> list[str]:
    """What click calls for the clusters with some beginning, or all."""
    every = ["all"] if "all".startswith(beginning) else []
    return [*profile_names(context, parameter, beginning), *every]


class Row(NamedTuple):
    """An option; without a ``metavar`` it is a flag."""

    name: str
    help: str
    metavar: str | None = None
    variable: bool = True
    more: Mapping[str, Any] = {}

    def option(self, variable: bool) -> click.Option:
        """The option, which may also be given by a ``variable`` of the environment."""
        return click.Option(
            self.name.split(),
            help=self.help,
            metavar=self.metavar,
            is_flag=self.metavar is None,
            expose_value=False,
            callback=_note,
            envvar=f"RAPI_{self.name[2:].upper()}" if variable and self.variable else None,
            show_envvar=True,
            **self.more,
        )


ROWS = (
    Row("--url", "The server.", "https://HOST:PORT"),
    Row("--user", "The user; without one, the server shows only what is public.", "NAME"),
    Row(
        "--profile",
        "A profile in the config file, instead of the current one.",
        "NAME",
        more={"shell_complete": profile_names},
    ),
    Row(
        "--cluster",
        "The cluster of a profile, or several at once, or all; also as in lab:web1.",
        "NAME,…",
        variable=False,
        more={"shell_complete": one_of_several(cluster_names)},
    ),
    Row("--config", "The config file.  [default: ~/.config/ganeti-rapi/rapi.toml]", "FILE"),
    Row("--cafile", "A PEM file with the certificates to trust.", "FILE"),
    Row("--pinned", "The SHA-256 fingerprint of the certificate to trust.", "FINGERPRINT"),
    Row("--insecure", "Do not check the server's certificate."),
    Row(
        "-o --output",
        "table; wide, with more columns and not cut; json and yaml, which are what the server "
        "answered; csv; name; or columns=FIELD,… for a table of those.",
        "FORMAT",
        variable=False,
        more={"type": output_format, "shell_complete": completed(FORMATS)},
    ),
    Row("--json", "The same as -o json.", variable=False),
)

FIRST: Sequence[click.Parameter] = [row.option(variable=True) for row in ROWS]
"""The options of `rapi` itself, which may come from the environment."""

LATER: Sequence[click.Parameter] = [row.option(variable=False) for row in ROWS]
"""The same options, behind a command."""


def write_options(
    command: click.Command, context: click.Context, formatter: click.HelpFormatter
) -> None:
    """Write a command's own options into its help, and only the names of those of all commands."""
    parameters = [each for each in command.get_params(context) if each not in LATER]
    own = [each for each in parameters if isinstance(each, click.Option)]
    with formatter.section("Options"):
        formatter.write_dl([record for each in own if (record := each.get_help_record(context))])
    with formatter.section("Options of all commands"):
        names = ", ".join(each.opts[-1] for each in LATER)
        formatter.write_text(f"{names}: rapi --help says what they mean.")


class Family(click.Group):
    """A group of commands, which takes the options of all commands, too."""

    def __init__(self, name: str, summary: str, commands: Sequence[click.Command]) -> None:
        super().__init__(name, params=[*LATER], commands=list(commands), help=summary)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)
