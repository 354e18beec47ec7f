"""The examples in the help of `rapi`'s commands: they work, and ask for all that the API can do."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from ganeti_rapi.api.cells import Text, WebSocket
from ganeti_rapi.api.resources import RESOURCES
from ganeti_rapi.client.cli import examples
from ganeti_rapi.client.cli.examples import all_examples, examples_of

from .cli_double import CommandCase, CommandLine, leaves

FILES = {
    "new.json": '[{"name": "new.example.com", "disk_template": "diskless", "disks": [], '
    '"nics": [], "os": "noop+default"}]',
    "disks.json": '[["203.0.113.1", 9000, "magic", "hmac", "salt"]]',
    "key.json": '["key", "hmac", "salt"]',
    "ca.pem": "-----BEGIN CERTIFICATE-----",
}

RULE = "0d4cd8b3-1f6e-4d0e-8a54-58b3a2e1b6d1"

LEFT_ALONE = (
    *("login", "profiles", "console"),  # they write files or open viewers: their own tests try them
    *("events", "instances list --watch"),  # they have no end
    *("instances list --cluster", "nodes show lab:node1"),  # see test_cli_clusters
)
"""Examples that this module does not run."""

BEFORE = {
    "instances import": "instances export test1 node2.example.com",
    "filters show": f"filters replace {RULE} --action ACCEPT",
    "filters remove": f"filters replace {RULE} --action ACCEPT",
    "groups remove": "groups create racks-c",
    "networks remove": "networks create lab 192.0.2.0/24",
    "networks disconnect": "networks connect internal racks-b bridged br0",
    "nodes power off": "nodes modify node4 --offline",
    "tags remove cluster": "tags add cluster production",
    "tags remove node": "tags add node node1 ssd",
    "tags remove group": "tags add group default berlin",
    "tags remove network": "tags add network internal dmz",
}
"""What makes the cluster one on which an example works."""

REFUSED = {
    "jobs cancel 1": "Job 1 not found in queue",
    "jobs change-priority": "Job 1",
    "cluster verify": "1 error found",
    "cluster verification": "Job 1 verifies nothing",
    "groups evacuate": "plain disks stay on their node",
    "instances recreate-disks": "it exists",
    "nodes remove": "please remove first",
    "nodes health": "no out-of-band management",
    "nodes power status": "no out-of-band management",
}
"""What is said of examples that need another cluster."""

NO_COMMAND = {
    **dict.fromkeys(["/", "/2"], "rapi api /2; for people there is --help"),
    "/2/jobs/{job_id}/events": "jobs watch asks …/wait, which stock servers have as well",
    "/2/instances/{instance_name}/console/ticket": "rapi console --vnc; see test_cli_console",
    "/2/events": "rapi events; see test_cli_telling",
}
"""Resources that no example asks, and why not."""


class ExampleTests(CommandCase):
    def test_every_command_has_some(self) -> None:
        paths = [" ".join(path) for path, _ in leaves()]
        self.assertEqual([path for path in paths if not examples_of(path)], [])
        belonging = {line for path in paths for line in examples_of(path)}
        self.assertEqual(set(all_examples()) - belonging, set())

    def test_doctests(self) -> None:
        self.assertEqual(doctest.testmod(examples).failed, 0)

    def test_they_are_in_the_help(self) -> None:
        shown = self.type("cluster watcher pause --help").stdout
        self.assertIn("\nExamples:\n  rapi cluster watcher pause 8h\n", shown)

    def test_they_work_and_ask_for_everything(self) -> None:
        """Each on a cluster of its own, and by all of them every cell of the table is asked."""
        for name, text in FILES.items():
            Path(name).write_text(text)
        asked, failed = set(), []
        for line in all_examples():
            if not line.startswith(LEFT_ALONE):
                requests, problem = self.tried(line)
                asked |= requests
                failed += [f"{line}: {problem}"] if problem else []
        self.assertEqual(failed, [])
        self.assertEqual(sorted(cells() - {(m, u) for m, u in cells() if reached(m, u, asked)}), [])

    def tried(self, line: str) -> tuple[set[tuple[str, str]], str]:
        """What a line asked for, and what it said if it did not work as it should."""
        command_line = CommandLine()
        self.addCleanup(command_line.stop)
        line = line.replace("\\\n", "")
        before, words = (
            next(
                (value for path, value in table.items() if f"{line} ".startswith(f"{path} ")), None
            )
            for table in (BEFORE, REFUSED)
        )
        if before is not None:
            command_line.type(before)
        result = command_line.type(line)
        requests = {(each.method, each.uri.partition("?")[0]) for each in command_line.requests}
        well = words in result.stderr if words is not None else result.exit_code == 0
        return requests, "" if well else result.stderr


def cells() -> set[tuple[str, str]]:
    return {
        (method, row.uri)
        for row in RESOURCES
        for method, cell in row.cells.items()
        if row.uri not in NO_COMMAND and not isinstance(cell, Text | WebSocket)
    }


def reached(method: str, template: str, asked: set[tuple[str, str]]) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", template)
    return any(each == method and re.fullmatch(pattern, uri) for each, uri in asked)
