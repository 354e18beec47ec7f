"""`rapi` on several clusters: ``--cluster all``, and names such as ``lab:web1``."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from threading import Lock
from typing import Any

from click.testing import Result
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client.cli import clusters
from ganeti_rapi.client.cli import screen as screen_module
from ganeti_rapi.client.cli.profiles import Profile
from ganeti_rapi.client.cli.root import rapi
from ganeti_rapi.client.cli.screen import Screen
from ganeti_rapi.client.errors import Unreachable

from .cli_double import runner
from .client_double import ClientOfSimulation

CONFIG = """
current = "prod"
[profiles.prod]
url = "https://prod"
[profiles.lab]
url = "https://lab"
[profiles.gone]
url = "https://gone"
"""


class ClustersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.simulations = {name: ClientOfSimulation() for name in ("prod", "lab")}
        for simulation in self.simulations.values():
            self.addCleanup(simulation.stop)
        self.lock = Lock()
        self.environment: dict[str, str | None] = {}
        self.config = Path(self.mktemp())
        self.config.write_text(CONFIG)

    def run_(self, profile: Profile, work: Any, **_: object) -> Any:  # Any: as the session's
        simulation = self.simulations.get((profile.url or "").removeprefix("https://"))
        with self.lock:  # the clients are in memory, and know nothing of threads
            if simulation is None:
                work(None).close()
                raise Unreachable(f"{profile.url} cannot be reached")
            return simulation.run(work(simulation.client))

    def type(self, line: str, code: int = 0) -> Result:
        words = ["--config", str(self.config), *shlex.split(line)]
        result = runner().invoke(rapi, words, obj=self.run_, env=self.environment)
        self.assertEqual((line, result.exit_code), (line, code), result.output)
        return result

    def asked(self, name: str) -> list[str]:
        return [each.uri for each in self.simulations[name].requests]

    def test_a_list_of_several(self) -> None:
        lines = self.type("nodes list --cluster prod,lab").stdout.splitlines()
        self.assertRegex(lines[0], "^Cluster +Name +Role")
        self.assertEqual([line.split()[0] for line in lines[1:]], ["prod"] * 5 + ["lab"] * 5)

    def test_other_formats(self) -> None:
        rows = json.loads(self.type("nodes list --cluster prod,lab --json --limit 6").stdout)
        self.assertEqual([row["cluster"] for row in rows], ["prod"] * 5 + ["lab"])
        names = self.type("groups list --cluster lab,prod -o name").stdout.split()
        self.assertEqual(names[0], "lab:default")
        shown = self.type("groups list --cluster lab,prod -o columns=name --no-headers").stdout
        self.assertEqual(shown.split()[:2], ["lab", "default"])
        self.assertIn("cluster,name", self.type("query node name --cluster lab,prod -o csv").stdout)

    def test_one_of_them_cannot_be_reached(self) -> None:
        result = self.type("groups list --cluster all -o name", 3)
        self.assertIn("lab:default", result.stdout)
        self.assertIn("gone: https://gone cannot be reached", result.stderr)
        self.assertIn("Error: 1 of 3 clusters failed: gone", result.stderr)

    def test_a_profile_that_cannot_be_used_hides_no_other(self) -> None:
        bad = '[profiles.bad]\nurl = "https://bad"\nnosuch = 1\n'
        locked = '[profiles.locked]\nurl = "https://locked"\nuser = "jack"\n'
        self.config.write_text(CONFIG + bad + locked)
        result = self.type("groups list --cluster lab,bad,locked -o name", 2)
        self.assertIn("lab:default", result.stdout)
        self.assertIn("bad: profile bad: nosuch is not one of", result.stderr)
        self.assertIn("locked: no password for jack: set RAPI_PASSWORD", result.stderr)
        result = self.type("cluster queue drain --cluster bad,lab", 2)
        self.assertIn("drained: yes", result.stdout)

    def test_objects_by_their_cluster(self) -> None:
        found = json.loads(self.type("info --cluster prod,lab --json").stdout)
        self.assertEqual(list(found), ["prod", "lab"])
        shown = self.type("cluster queue info --cluster prod,lab").stdout
        self.assertEqual(shown, "prod:\n  drained: no\nlab:\n  drained: no\n")

    def test_a_name_with_its_cluster(self) -> None:
        self.assertIn("web1.example.com", self.type("instances show lab:web1").stdout)
        self.assertEqual(self.asked("prod"), [])
        self.assertEqual(self.type("jobs show lab:1 -o name").stdout, "1\n")
        self.type("nodes list --cluster lab")
        self.assertEqual(self.asked("prod"), [])

    def test_an_action_on_several(self) -> None:
        result = self.type("instances stop lab:web1 prod:web1 --yes --json --submit")
        submitted = json.loads(result.stdout)
        self.assertEqual(list(submitted), ["lab", "prod"])
        for name in submitted:
            self.assertIn("/2/instances/web1/shutdown", self.asked(name))
        self.type("instances start --tag web --cluster lab,prod --submit")
        for name in submitted:
            self.assertIn("/2/instances/web3.example.com/startup", self.asked(name))

    def test_names_of_the_usual_cluster_beside_others(self) -> None:
        submitted = json.loads(self.type("instances start web1 lab:web2 --json --submit").stdout)
        self.assertEqual(list(submitted), ["prod", "lab"])
        self.environment["RAPI_URL"] = "https://prod"
        submitted = json.loads(self.type("instances start web1 lab:web2 --json --submit").stdout)
        self.assertEqual(list(submitted), ["https://prod", "lab"])

    def test_an_action_that_fails_on_one(self) -> None:
        result = self.type("instances start gone:web1 lab:web1", 3)
        self.assertIn("gone: https://gone cannot be reached", result.stderr)
        self.assertTrue(any("/startup" in uri for uri in self.asked("lab")))

    def test_events_of_several(self) -> None:
        line = "events --cluster prod,lab --after x --limit 1"
        shown = self.type(line).stdout.splitlines()
        self.assertEqual(sorted(line.split()[0] for line in shown), ["lab", "prod"])
        told = [json.loads(line) for line in self.type(f"{line} --json").stdout.splitlines()]
        self.assertEqual({each["cluster"] for each in told}, {"lab", "prod"})

    def test_control_c(self) -> None:
        class Pressed(clusters.Thread):
            def join(self, timeout: float | None = None) -> None:
                super().join(timeout)
                raise KeyboardInterrupt

        self.patch(clusters, "Thread", Pressed)
        result = self.type("nodes list --cluster prod,lab", 130)
        self.assertEqual(result.stderr, "Error: interrupted\n")

    def test_a_job_is_named_with_its_cluster(self) -> None:
        simulation = self.simulations["lab"]
        rule = [["opcode", ["=", "OP_ID", "OP_CLUSTER_REDIST_CONF"]]]
        simulation.run(simulation.client.add_filter(1, rule, "PAUSE"))
        submitted = self.type("cluster redistribute-config --cluster lab --submit")
        result = self.type(f"jobs wait lab:{submitted.stdout.strip()} --timeout 1", 7)
        self.assertIn(f"rapi jobs watch lab:{submitted.stdout.strip()}", result.stderr)

    def test_what_cannot_be(self) -> None:
        for line, words in (
            ("nodes list --cluster nosuch", "there is no profile nosuch; known: prod, lab, gone"),
            ("nodes show nosuch:node1", "there is no profile nosuch"),
            ("nodes list --cluster prod,nosuch", "there is no profile nosuch"),
            ("networks disconnect lab:internal prod:default", "of one cluster, please"),
            ("nodes show lab:node1 --profile prod", "--profile and the cluster lab: which is it?"),
            ("nodes show lab:node1 --url https://x", "--url and the cluster lab: which is it?"),
            ("nodes show lab:node1 --cluster prod", "--cluster and lab:node1: which is it?"),
            ("nodes migrate lab:node1 --cluster prod", "--cluster and lab:node1: which is it?"),
            ("jobs show lab:one", "'lab:one' is no job's number"),
        ):
            self.assertIn(words, self.type(line, 2).stderr)
        self.config.write_text("")
        self.assertIn("rapi login makes one", self.type("info --cluster all", 2).stderr)

    def test_a_glance_at_several(self) -> None:
        lines = self.type("top --cluster prod,lab").stdout.splitlines()
        self.assertRegex(lines[0], "^Cluster +Node +Role")
        self.assertEqual({line.split()[0] for line in lines[1:]}, {"prod", "lab"})

    def test_a_glance_at_several_on_a_terminal_is_one(self) -> None:
        shown = io.StringIO()
        self.patch(screen_module, "screen", lambda **_: Screen(shown, True, False, 120))
        self.type("top --cluster prod,lab")
        self.assertRegex(shown.getvalue(), "^Cluster +Node +Role")
