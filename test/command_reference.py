"""Writes doc/commands.md, and the part of doc/man/rapi.1 that is about commands, from the commands
themselves: ``python -m test.command_reference``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from ganeti_rapi.client.cli.everywhere import LATER
from ganeti_rapi.client.cli.examples import examples_of
from ganeti_rapi.client.cli.root import rapi
from ganeti_rapi.client.cli.submitting import CONDITIONS, PARALLEL, REASON, WAIT

from .cli_double import leaves

DOC = Path(__file__).parent.parent / "doc"
PAGE = DOC / "commands.md"
MANUAL = DOC / "man" / "rapi.1"

HEAD = """# The commands of `rapi`

Each with its options, and with lines that work on the cluster of `make run`. A test types them all.
`rapi COMMAND --help` tells the same; [clients](client.md) begins at the beginning.

What submits a job also takes:
"""

BEGIN: Final = "with\n.Fl -help .\n"
END: Final = ".Sh ENVIRONMENT\n"
"""What the manual page's part is between."""

Leaves = Mapping[tuple[str, ...], click.Command]


def families() -> Iterator[tuple[str, str, Leaves]]:
    """The names, summaries and commands of families; first those of one word, without a name."""
    every = dict(leaves())
    yield "", "", {path: each for path, each in sorted(every.items()) if len(path) == 1}
    for name in sorted({path[0] for path in every if len(path) > 1}):
        inside = {path: each for path, each in sorted(every.items()) if path[0] == name}
        yield name, str(rapi.use(name).help), {k: v for k, v in inside.items() if len(k) > 1}


def usage(command: click.Command) -> str:
    """The arguments of a command, as its help shows them."""
    return " ".join(command.collect_usage_pieces(click.Context(command))[1:])


OF_JOBS = (WAIT, REASON, *CONDITIONS, PARALLEL)
"""The options of commands that submit jobs; they are described once."""


def own_options(command: click.Command) -> list[click.Parameter]:
    """The options that are a command's own."""
    shared = (*LATER, *OF_JOBS)
    return [
        each
        for each in command.get_params(click.Context(command))
        if isinstance(each, click.Option) and "--help" not in each.opts and each not in shared
    ]


def _described(options: Iterable[click.Parameter]) -> Iterator[str]:
    context = click.Context(rapi)
    for record in (each.get_help_record(context) for each in options):
        if record is not None:
            yield f"* `{record[0].strip()}`: {_plain(record[1])}"


def markdown() -> str:
    """The page."""
    parts = [HEAD, *_described(OF_JOBS), ""]
    for name, summary, commands in families():
        parts.append(f"## {name}\n\n{summary}\n" if name else "## Of one word\n")
        parts += (_section(path, command) for path, command in commands.items())
    return "\n".join(parts)


def _section(path: tuple[str, ...], command: click.Command) -> str:
    name = " ".join(path)
    words = f"{name} {usage(command)}".strip()
    lines = [f"### {name}\n", f"{_plain(command.help)}\n", "```sh", f"rapi {words}", "```\n"]
    lines += _described(own_options(command))
    examples = (f"rapi {each}" for each in examples_of(name))
    return "\n".join([*lines, "", "```sh", *examples, "```\n"]).replace("\n\n\n", "\n\n")


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def manual() -> str:
    """The commands in the language of manual pages (mdoc)."""
    parts = []
    for name, summary, commands in families():
        parts.append(f".Ss {name.capitalize() or 'General'}\n")
        parts.append(f"{_escaped(summary)}\n" if summary else "")
        parts.append(".Bl -tag -width Ds\n")
        parts += (_item(path, command) for path, command in commands.items())
        parts.append(".El\n")
    return "".join(parts)


def _item(path: tuple[str, ...], command: click.Command) -> str:
    arguments = _escaped(usage(command).replace("…", "..."))
    examples = "\n".join(f"rapi {each}" for each in examples_of(" ".join(path)))
    return (
        f".It Cm {' '.join(path)}{f' Ar {arguments}' if arguments else ''}\n"
        f"{_escaped(_plain(command.help))}\n"
        f".Bd -literal\n{_escaped(examples)}\n.Ed\n"
    )


def _escaped(text: str) -> str:
    """Text in which nothing is read as a request or an escape."""
    text = text.replace("\\", "\\e").replace("…", "...")
    return re.sub(r"(?m)^(['.])", r"\\&\1", text)


def page() -> str:
    """The manual page with the commands as they are."""
    text = MANUAL.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:begin] + manual() + text[end:]


def main() -> None:
    """Write both."""
    PAGE.write_text(markdown(), encoding="utf-8")
    MANUAL.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
