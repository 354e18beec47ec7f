"""A simulated cluster in a process of its own, as the tests of clients have it."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing.process import PATIENCE, ControlFailed, RunningCluster, start_cluster

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

    def test_a_certificate_that_expires(self) -> None:
        with start_cluster("nodes=1") as cluster:
            number = cluster.control.fail("certificate", seconds=-60)
            self.until(lambda: "expired" in self.why_not(cluster))
            cluster.control.heal(number)
            self.until(lambda: self.why_not(cluster) == "")

    def why_not(self, cluster: RunningCluster) -> str:
        """Why a client does not trust it, if it does not."""
        trust = ssl.create_default_context(cafile=cluster.certificate)
        try:
            with urlopen(f"{cluster.url}/version", context=trust):
                return ""
        except URLError as error:
            return str(error)

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            self.assertLess(time.monotonic(), end, "it did not come")

    def test_a_cluster_that_outlives_its_process(self) -> None:
        kept = Path(self.mktemp()).absolute()
        options = (f"--state={kept}", "--as=3.1")
        with start_cluster("nodes=1", options) as cluster:
            self.assertEqual(self.put(cluster, "/2/tags?tag=kept&return_timeout=30"), "success")
            cluster.kill()
        with start_cluster("nodes=2", options) as cluster:
            self.assertIn(f"The cluster is the one that {kept} has", cluster.log)
            self.assertEqual(len(cluster.control.cluster()["nodes"]), 1)
            self.assertIn("kept", self.get(cluster, "/2/tags"))
            self.assertEqual(self.get(cluster, "/2/info")["software_version"], "3.1.1")
            cluster.control.reset()
            self.assertEqual(len(cluster.control.cluster()["nodes"]), 2)

    def get(self, cluster: RunningCluster, path: str) -> Any:  # Any: JSON
        trust = ssl.create_default_context(cafile=cluster.certificate)
        with urlopen(f"{cluster.url}{path}", context=trust, timeout=PATIENCE) as reply:
            return json.load(reply)

    def put(self, cluster: RunningCluster, path: str) -> Any:  # Any: JSON
        trust = ssl.create_default_context(cafile=cluster.certificate)
        secret = base64.b64encode(f"admin:{cluster.users['admin']}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"}
        request = Request(f"{cluster.url}{path}", headers=headers, method="PUT")
        with urlopen(request, context=trust, timeout=PATIENCE) as reply:
            return json.load(reply)["status"]

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
