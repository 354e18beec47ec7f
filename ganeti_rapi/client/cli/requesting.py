"""`rapi api`: any request, for what no other command does and for trying the API out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from ganeti_rapi.client.cli.commands import argument, command, option
from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.cli.running import Session

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

METHODS: Final = ("GET", "PUT", "POST", "DELETE")


def api(session: Session, path: str, method: str, data: str | None) -> None:
    """Send a request, and show the answer."""
    body = None if data is None else body_of(data)

    async def work(client: AllMethods) -> Any:  # Any: JSON
        return await client.transport.request(method, whole(path), None, body)

    session.show(session.ask(work))


def whole(path: str) -> str:
    """The path from the root of the server, however it was begun. Raises `Failed`."""
    if "://" in path:
        raise Failed(f"{path}: give the path alone, such as /2/info; --url is the server", 2)
    return f"/{path.lstrip('/')}"


def body_of(data: str) -> Any:  # Any: JSON
    """The JSON of an argument, of a file after an @, or of standard input. Raises `Failed`."""
    from ganeti_rapi import jsontext  # not for a help text

    if data.startswith("@"):
        data = _text_of(data[1:])
    try:
        return jsontext.loads(data.encode())
    except ValueError as error:
        raise Failed(f"--data: this is no JSON: {error}", 2) from None


def _text_of(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read()
        with open(name, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise Failed(f"--data: {name}: {reason}", 2) from None


API = command(
    "api",
    "Send any request to the API, and show the answer: for what no other command does. "
    "What submits a job answers its id; rapi jobs wait waits for it.\n\n\b\nExamples:\n"
    "  rapi api /2/info\n"
    "  rapi api '/2/instances?fields=name,status&limit=10'\n"
    "  rapi api -X PUT /2/tags -d '[\"blue\"]'\n"
    "  rapi api -X POST /2/instances -d @web9.json",
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
            "-d", "--data", metavar="JSON", help="The body; also @FILE, or @- for what is typed."
        ),
    ],
)
