"""A simulated cluster in a process of its own, as the tests of clients have it."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing.process import ControlFailed, start_cluster

TESTS = """
def test_one(rapi_cluster):
    assert "web1.example.com" in rapi_cluster.control.cluster()["instances"]

def test_two(rapi_cluster_factory):
    first, second = rapi_cluster_factory("nodes=1"), rapi_cluster_factory("nodes=2")
    assert first.url != second.url
    assert len(second.control.cluster()["nodes"]) == 2
"""


class ProcessTests(SynchronousTestCase):
    def test_everything_is_handed_over(self) -> None:
        with start_cluster("nodes=3,instances=4") as cluster:
            trust = ssl.create_default_context(cafile=cluster.certificate)
            with urlopen(f"{cluster.url}/2/instances", context=trust) as reply:
                self.assertEqual(len(json.load(reply)), 4)
            control = cluster.control
            control.clock(speed=0)
            number = control.fail("node", node="node2", state="down")
            self.assertEqual(list(control.faults()), [str(number)])
            control.snapshot("a")
            control.restore("a")
            control.reset()
            control.heal()
            self.assertEqual(len(control.cluster()["nodes"]), 3)
            error = self.assertRaises(ControlFailed, control.fail, "x")
            self.assertIn("kind is one of", str(error))
            self.assertEqual(cluster.users["admin"], "admin")
            self.assertIn("Stop it with Ctrl-C", cluster.log)

    def test_the_fixtures_of_pytest(self) -> None:
        path = Path(self.mktemp()).with_suffix(".py").absolute()
        path.write_text(TESTS)
        plugin = ["-p", "no:ganeti-rapi", "-p", "ganeti_rapi.testing.pytest_plugin"]
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=path.parent)
        self.assertIn("2 passed", done.stdout)

    if find_spec("pytest") is None:
        test_the_fixtures_of_pytest.skip = "pytest is not installed"  # type: ignore[attr-defined]

    def test_one_that_does_not_start(self) -> None:
        error = self.assertRaises(RuntimeError, start_cluster, "nodes=many")
        self.assertIn("nodes must be a whole number", str(error))
