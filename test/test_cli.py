"""The command line over the simulated cluster, in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from click.testing import CliRunner, Result
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli.profiles import Profile, ProfileError, choose, parse
from ganeti_rapi.client.cli.root import rapi

from .client_double import ClientOfSimulation

CREATE = (
    "instances create x.example.com --os noop+default --disk-template plain --disk 2G "
    "--nic link=br0"
)


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name)


class CommandTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.simulation = ClientOfSimulation()
        self.addCleanup(self.simulation.stop)

    def type(self, line: str) -> Result:
        def run(_: Profile, work: Any) -> Any:  # Any: as the session's
            return self.simulation.run(work(self.simulation.client))

        words = ["--config", "/dev/null", "--url", "https://rapi", *line.split()]
        return CliRunner().invoke(rapi, words, obj=run)

    def test_every_command_has_help(self) -> None:
        for path in leaves(rapi):
            result = self.type(" ".join([*path, "--help"]))
            self.assertEqual((path, result.exit_code), (path, 0), result.output)

    def test_lists(self) -> None:
        for kind in ("instances", "nodes", "groups", "networks", "jobs"):
            self.assertEqual(self.type(f"{kind} list").exit_code, 0)
            self.assertTrue(json.loads(self.type(f"{kind} list --json").stdout))

    def test_create_and_wait_and_remove(self) -> None:
        result = self.type(CREATE + " --node node1.example.com --wait --json")
        self.assertEqual(result.exit_code, 0, result.output)
        self.assertEqual(json.loads(result.stdout)["status"], "success")
        self.assertEqual(self.type("instances remove x.example.com").exit_code, 2)
        self.assertEqual(self.type("instances remove x.example.com --yes --wait").exit_code, 0)

    def test_a_job_that_fails(self) -> None:
        result = self.type(
            CREATE.replace("noop+default", "none") + " --node node1.example.com --wait"
        )
        self.assertEqual(result.exit_code, 1, result.output)
        self.assertIn("failed", result.stderr)

    def test_what_is_not_there(self) -> None:
        self.assertEqual(self.type("instances show nobody").exit_code, 5)

    def test_tags(self) -> None:
        self.assertEqual(self.type("tags add cluster blue --wait").exit_code, 0)
        self.assertIn("blue", self.type("tags list cluster").stdout)


class ProfileTests(SynchronousTestCase):
    def test_a_url_does_not_take_the_default_password_elsewhere(self) -> None:
        known = parse('[profiles.default]\nurl="https://a"\npassword_command="pass"')
        self.assertIsNone(choose(known, None, {"url": "https://b"}).password_command)
        self.assertEqual(choose(known, None, {}).password_command, "pass")

    def test_a_password_is_refused(self) -> None:
        self.assertRaises(ProfileError, parse, '[profiles.a]\npassword="x"')
