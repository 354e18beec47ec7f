"""The programs in doc/examples, each as a process, in front of a daemon."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.testing.process import RunningCluster, start_cluster

EXAMPLES = Path(__file__).parent.parent / "doc" / "examples"

ROWS = """name,node,memory,disk,os
new1.example.com,node1.example.com,512,1024,debootstrap+default
new2.example.com,node2.example.com,512,1024,nosuch
new3.example.com,node2.example.com,much,1024,debootstrap+default
"""


class ExampleTests(SynchronousTestCase):
    def start(self) -> RunningCluster:
        cluster = start_cluster()
        self.addCleanup(cluster.stop)
        return cluster

    def run_example(self, name: str, *arguments: str) -> tuple[int, list[str]]:
        """Its exit code and its lines."""
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "RAPI_PASSWORD": "admin", "PYTHONPATH": ":".join(sys.path)},
        )
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def test_create_from_csv(self) -> None:
        path = Path(self.mktemp())
        path.write_text(ROWS)
        host, _, port = self.start().url.removeprefix("https://").partition(":")
        code, lines = self.run_example("create_from_csv.py", host, port, "admin", str(path))
        self.assertEqual(code, 1)
        self.assertIn("new3.example.com: invalid literal", lines[0])
        self.assertEqual(lines[1], "[1/2] new1.example.com: created")
        self.assertRegex(lines[2], r"^\[2/2\] new2\.example\.com: .* OS nosuch not found")

    def test_drain_node(self) -> None:
        cluster = self.start()
        where = (cluster.url, "admin", cluster.certificate)
        code, lines = self.run_example("drain_node.py", *where, "node2.example.com")
        self.assertEqual((code, lines[-1]), (0, "node2.example.com: 0 instances are left"))
        self.assertIn("success NODE_EVACUATE(node2.example.com)", "\n".join(lines))

    def test_check_instances(self) -> None:
        cluster = self.start()
        host, _, port = cluster.url.removeprefix("https://").partition(":")
        code, (line,) = self.run_example("check_instances.py", host, port)
        self.assertEqual((code, line.split(":")[0]), (2, "CRITICAL"))
        code, (line,) = self.run_example("check_instances.py", host, "1")
        self.assertEqual((code, line.split(":")[0]), (3, "UNKNOWN"))

    def test_each_is_tried_here(self) -> None:
        names = {path.stem for path in EXAMPLES.glob("*.py")}
        tests = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        self.assertLessEqual(names, tests)
