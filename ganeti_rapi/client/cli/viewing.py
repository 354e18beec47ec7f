"""`rapi console`: opens an instance's console."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import click

from ganeti_rapi.client.cli.commands import command, flag, option
from ganeti_rapi.client.cli.consoles import LINES, find_console
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.parameters import INSTANCE
from ganeti_rapi.client.cli.running import Session

# Any, in this module: JSON of a console's kind
VIEWERS: Mapping[str, str] = {
    "vncviewer": "127.0.0.1::{port}",
    "xtigervncviewer": "127.0.0.1::{port}",
    "remote-viewer": "vnc://127.0.0.1:{port}",
    "vinagre": "vnc://127.0.0.1:{port}",
}
"""Programs that show a VNC console, the best first, and how they are told where it is."""


def open_console(
    session: Session, instance: str, vnc: bool | None = None, listen: int | None = None
) -> None:
    """Open a console in the way that Ganeti tells, or its VNC screen."""
    console = {} if vnc or listen is not None else find_console(session, instance)
    kind = console.get("kind", "vnc")
    if kind == "vnc":
        _view(session, instance, listen)
    elif kind == "ssh":
        _need(session, "ssh", LINES["ssh"](console))
        _become(shlex.split(LINES["ssh"](console)))
    elif kind == "spice":
        _need(session, "remote-viewer", LINES["spice"](console))
        _become(["remote-viewer", _spice_file(console)])
    else:
        raise Failed(str(console.get("message", f"a console of the kind {kind} is unknown")), 6)


def _need(session: Session, program: str, line: str) -> None:
    """Show the line to type elsewhere, and raise `Failed`, where a program is not installed."""
    if shutil.which(program) is None:
        session.out.line(line)
        raise Failed(f"{program} is not installed; the line above opens the console elsewhere", 6)


def _become(words: Sequence[str]) -> None:
    """Run a program in our place."""
    sys.stdout.flush()
    os.execvp(words[0], [*words])  # no shell between


def _spice_file(console: Mapping[str, Any]) -> str:
    """A file that remote-viewer opens, and then removes."""
    lines = ["[virt-viewer]", "type=spice", f"host={console['host']}", f"port={console['port']}"]
    with tempfile.NamedTemporaryFile("w", suffix=".vv", delete=False) as file:
        file.write("\n".join([*lines, "delete-this-file=1", ""]))
    return file.name


def viewer() -> str | None:
    """A program that is installed, if there is one."""
    return next(filter(shutil.which, VIEWERS), None)


def _view(session: Session, instance: str, listen: int | None) -> None:
    program = viewer() if listen is None else None

    async def work(client: Any) -> None:  # Any: a `RapiClient`, as the reactor is wanted
        from ganeti_rapi.client.cli import relaying  # imports Twisted

        def arguments(port: int) -> Sequence[str] | None:
            if program is not None:
                return [program, VIEWERS[program].format(port=port)]
            if listen is None:
                session.err.line(f"None of {', '.join(VIEWERS)} is installed.")
            session.out.line(f"127.0.0.1:{port}")
            session.err.line("Let a VNC viewer connect there; Control-C ends.")
            return None

        await relaying.relay(client, instance, listen or 0, arguments)

    session.ask(work, in_reactor=True)


CONSOLE = command(
    "console",
    "",
    open_console,
    [
        INSTANCE,
        flag("--vnc", help="Its VNC screen, by way of the server, though it has a serial line."),
        option(
            "--listen",
            type=click.IntRange(1, 65535),
            metavar="PORT",
            help="Only wait for VNC viewers of this machine, at that port of 127.0.0.1. Any of its "
            "users may connect.",
        ),
    ],
)
