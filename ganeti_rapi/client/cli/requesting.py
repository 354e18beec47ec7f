"""`rapi api`: any request, for what no other command does and for trying the API out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from ganeti_rapi.client.cli.commands import argument, command, option
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.running import Session
from ganeti_rapi.client.cli.values import json_of

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

METHODS: Final = ("GET", "PUT", "POST", "DELETE")


def api(session: Session, path: str, method: str, data: Any) -> None:  # Any: JSON
    """Send a request, and show the answer."""

    async def work(client: AllMethods) -> Any:  # Any: JSON
        return await client.transport.request(method, whole(path), None, data)

    session.show(session.ask(work))


def whole(path: str) -> str:
    """The path from the root of the server, however it was begun. Raises `Failed`."""
    if "://" in path:
        raise Failed(f"{path}: give the path alone, such as /2/info; --url is the server", 2)
    return f"/{path.lstrip('/')}"


API = command(
    "api",
    "It is for what no other command does. "
    "What submits a job answers its id; rapi jobs wait waits for it.",
    api,
    [
        argument("path"),
        option(
            "-X",
            "--method",
            type=click.Choice(METHODS, case_sensitive=False),
            default="GET",
            metavar="|".join(METHODS),
            help="What to do there; GET reads.",
        ),
        option(
            "-d",
            "--data",
            type=json_of,
            metavar="JSON",
            help="The body; also @FILE, or @- for what is typed.",
        ),
    ],
)
