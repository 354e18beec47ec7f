"""Completing what is typed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.shell_completion import ShellComplete
from twisted.internet.defer import Deferred

from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.root import rapi

from .cli_double import CommandCase


class CompletionTests(CommandCase):
    def complete(self, line: str, password: str | None = "secret", run: Any = None) -> list[str]:
        # Any: runs the work of a command
        *words, beginning = line.split(" ")
        shell = ShellComplete(rapi, {"obj": run or self.line.run}, "rapi", "_RAPI_COMPLETE")
        variables = {"RAPI_URL": "https://rapi", "RAPI_USER": "admin", "RAPI_CONFIG": os.devnull}
        with patch.dict(os.environ, variables):
            os.environ.pop("RAPI_PASSWORD", None)
            if password is not None:
                os.environ["RAPI_PASSWORD"] = password
            return [item.value for item in shell.get_completions(words, beginning)]

    def test_commands_and_options(self) -> None:
        self.assertEqual(self.complete("instances st"), ["start", "stop"])
        self.assertIn("--wait", self.complete("instances stop --"))
        self.assertEqual(self.complete("instances reboot --type f"), ["full"])

    def test_the_options_of_all_commands(self) -> None:
        for line in ("--ins", "instances --ins", "instances list --ins"):
            self.assertEqual((line, self.complete(line)), (line, ["--insecure"]))

    def test_objects_of_another_cluster(self) -> None:
        config = Path(self.mktemp())
        config.write_text('[profiles.lab]\nurl = "https://lab"\n')
        line = f"--config {config} instances stop "
        offered = [f"lab:web{number}.example.com" for number in (1, 2, 3)]
        self.assertEqual(self.complete(f"{line}lab:web"), offered)
        self.assertEqual(self.complete(f"{line}nosuch:web"), [])
        self.assertEqual(self.complete(f"--config {config} --cluster a,l"), ["a,lab"])

    def test_a_server_that_is_named_behind_the_command(self) -> None:
        asked: list[Profile] = []

        def run(profile: Profile, work: Any) -> Any:  # Any: as the session's
            asked.append(profile)
            return self.line.run(profile, work)

        self.complete("instances stop --url https://there web", run=run)
        self.assertEqual([profile.url for profile in asked], ["https://there"])

    def test_names(self) -> None:
        for line, names in (
            ("instances stop web", ["web1.example.com", "web2.example.com", "web3.example.com"]),
            ("instances grow-disk web1", ["web1.example.com"]),
            ("instances migrate web1.example.com --target-node node1", ["node1.example.com"]),
            ("nodes show node1", ["node1.example.com"]),
            ("groups show d", ["default"]),
            ("groups assign-nodes default node1", ["node1.example.com"]),
            ("networks show i", ["internal"]),
            ("jobs watch 1", ["1"]),
            ("tags list instance web1", ["web1.example.com"]),
        ):
            self.assertEqual((line, self.complete(line)), (line, names))

    def test_values(self) -> None:
        web1 = "web1.example.com"
        for line, values in (
            ("query gr", ["group"]),
            ("query node name,mf", ["name,mfree"]),
            ("instances create x --os debootstrap+d", ["debootstrap+default"]),
            ("instances create x --iallocator h", ["hail"]),
            ("instances list -o c", ["csv"]),
            ("tags remove cluster s", ["simulated"]),
            (f"tags remove instance {web1} p", ["production"]),
        ):
            self.assertEqual((line, self.complete(line)), (line, values))

    def test_profiles(self) -> None:
        config = Path(self.mktemp())
        config.write_text('[profiles.lab]\nurl = "x"\n[profiles.bad]\nurl = 1\n', encoding="utf-8")
        self.assertEqual(self.complete(f"info --config {config} --profile l"), ["lab"])
        config.write_text("[", encoding="utf-8")
        self.assertEqual(self.complete(f"info --config {config} --profile l"), [])

    def test_no_password_is_asked_for(self) -> None:
        self.assertEqual(self.complete("instances stop web", password=None), [])
        self.assertEqual(self.line.requests, [])

    def test_a_server_that_does_not_answer(self) -> None:
        def run(_: Profile, work: Any) -> Any:  # Any: as the session's
            simulation = self.line.simulation
            self.patch(simulation.http, "request", lambda *_, **__: Deferred())
            return simulation.run(work(simulation.client))

        before = self.line.simulation.reactor.seconds()
        self.assertEqual(self.complete("instances stop web", run=run), [])
        self.assertLess(self.line.simulation.reactor.seconds() - before, 3)
