"""`rapi instances console`: what to type to reach an instance's console."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli.commands import call
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.errors import Unavailable

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON of a console's kind
SSH_PORT = 22


NO_CONSOLE = "Instance console unavailable"
"""What servers say of an instance that is down."""


def _ssh(console: Mapping[str, Any]) -> str:
    port = console.get("port") or SSH_PORT
    host = "@".join(filter(None, (console.get("user"), console["host"])))
    where = [*(["-p", str(port)] if port != SSH_PORT else []), host]
    # ssh hands it to a shell over there, which takes quotes away once more.
    return shlex.join(["ssh", "-t", *where, shlex.join(console["command"])])


def _vnc(console: Mapping[str, Any]) -> str:
    return shlex.join(["vncviewer", f"{console['host']}::{console['port']}"])


def _spice(console: Mapping[str, Any]) -> str:
    return shlex.join(["remote-viewer", f"spice://{console['host']}:{console['port']}"])


LINES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ssh": _ssh,
    "vnc": _vnc,
    "spice": _spice,
    "msg": lambda console: str(console["message"]),
}
"""What to print, by the kind of console: a command line, or a message."""


async def of_running(method: str, client: AllMethods, instance: str) -> Any:
    """What a method of the client says of a console. Raises `Failed` where the instance is down."""
    try:
        return await call(method, client, {"instance": instance})
    except Unavailable as error:
        if error.message != NO_CONSOLE:
            raise
        start = f"rapi instances start {shlex.quote(instance)}"
        raise Failed(f"{instance} is down and has no console: {start}", 6) from None


def find_console(session: Session, instance: str) -> Any:
    """How to reach a console, in Ganeti's words. Raises `Failed`."""

    async def work(client: AllMethods) -> Any:
        return await of_running("get_console", client, instance)

    return session.ask(work)


def show_console(session: Session, instance: str) -> None:
    """Print the command that reaches a console, or all that is known of it."""
    console = find_console(session, instance)
    line = LINES.get(console["kind"])
    session.show(console if session.output != "table" or line is None else line(console))
