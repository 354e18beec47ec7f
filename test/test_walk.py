"""The walk through the API in doc/walk.md: every command works, and no resource is left out."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.cells import Stream, Text, WebSocket
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.testing import SimulatedApi

from .contract import Conversation
from .htools import RecordedHtools

WALK = Path(__file__).parent.parent / "doc" / "walk.md"
BASE = "https://127.0.0.1:5080/2"


@frozen
class Command:
    """One line of the walk."""

    method: str
    path: str
    body: object

    @property
    def uri(self) -> str:
        """The path without query arguments."""
        return self.path.partition("?")[0]


def commands() -> Iterator[Command]:
    curl = argparse.ArgumentParser()
    curl.add_argument("url")
    curl.add_argument("-X", default="GET")
    curl.add_argument("-d")
    for block in re.findall(r"```sh\n(.*?)```", WALK.read_text(encoding="utf-8"), re.DOTALL):
        for line in block.splitlines():
            name, *words = shlex.split(line)
            assert name == "rapi", line
            arguments = curl.parse_args([word.replace("$U", BASE) for word in words])
            url = urlsplit(arguments.url)
            path = url.path + (f"?{url.query}" if url.query else "")
            body = None if arguments.d is None else json.loads(arguments.d)
            yield Command(arguments.X, path, body)


def row_of(command: Command) -> tuple[str, str]:
    """Method and template of the row that a command is for."""
    for row in RESOURCES:
        pattern = re.sub(r"\{\w+\}", "[^/]+", row.uri)
        if re.fullmatch(pattern, command.uri):
            return command.method, row.uri
    raise AssertionError(f"no resource at {command.uri}")


class WalkTests(Conversation, SynchronousTestCase):
    def setUp(self) -> None:
        self.api = SimulatedApi(htools=RecordedHtools(), release="3.1")
        self.addCleanup(self.api.stop)

    def test_every_command_works_and_every_job_succeeds(self) -> None:
        for command in commands():
            reply = self.ask(command.method, command.path, command.body)
            if type(reply) is int and command.uri != "/version":
                job = self.finish(reply)
                self.assertEqual((command, job["status"]), (command, "success"), job["opresult"])

    def test_it_passes_every_resource_and_method(self) -> None:
        walked = {row_of(command) for command in commands()}
        all_rows = {
            (method, row.uri)
            for row in RESOURCES
            for method, cell in row.cells.items()
            # Streams do not end, metrics are no JSON, and WebSockets are no HTTP; others test them.
            if not isinstance(cell, Stream | Text | WebSocket)
        }
        self.assertEqual(sorted(all_rows - walked), [])
