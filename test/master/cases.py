"""What the tests on a cluster have in common."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from .cluster import Cluster, room
from .commands import wait_until
from .nodes import Node
from .states import formed

SKIP = (
    None
    if "MASTER_ROOM" in os.environ
    else "boots machines: run test/master/run as root (make test-master)"
)
"""Why the tests on machines cannot run here, or None."""


class ClusterCase(SynchronousTestCase):
    """Tests on a running cluster of their own, which begins in ``state``."""

    skip = SKIP
    state = staticmethod(formed)

    def setUp(self) -> None:
        resources = contextlib.ExitStack()
        self.addCleanup(resources.close)
        name = self.id().rpartition("master.")[2]
        state = self.state()
        resources.callback(shutil.rmtree, room() / name)
        self.cluster = resources.enter_context(Cluster.on_disks(name, state))
        resources.callback(self.cluster.save_logs, Path(os.environ["MASTER_LOGS"], name))
        self.node1, self.node2 = self.cluster.nodes
        self.cluster.start()

    def assert_ours(self, node: Node) -> None:
        """Our daemon is where Ganeti looks for its own, and serves."""
        self.assertIsNotNone(node.pid("ganeti-luxid"))
        self.assertIsNotNone(node.pid("ganeti-rapi"))
        self.assertRegex(node.server(), "^ganeti-rapi/")
        self.assertEqual(node.request("/2/info").status, 200)

    def assert_stock(self, node: Node) -> None:
        """Ganeti's own daemon serves."""
        self.assertIsNotNone(node.pid("ganeti-luxid"))
        self.assertIsNotNone(node.pid("ganeti-rapi"))
        self.assertRegex(node.server(), "^Ganeti ")
        self.assertEqual(node.request("/2/info").status, 200)

    def submit_delay(self, seconds: int) -> str:
        """Let the master wait in a job; the job's number once it runs."""
        output = self.node1.run(f"gnt-debug delay --submit {seconds}").output
        job = output.split()[-1]
        wait_until("the job runs", lambda: self.job_status(job) == "running", 10)
        return job

    def job_status(self, job: str) -> str:
        return self.node1.run(f"gnt-job list --no-headers -o status {job}").output.strip()


class StopsAndStarts:
    """A test that all ways to put our daemon on a cluster pass, for `ClusterCase`s to have."""

    def test_stops_and_starts(self: ClusterCase) -> None:
        self.node1.daemon_util("stop-master")
        self.assertEqual(self.node1.server(), "")
        self.node1.daemon_util("start-master")
        self.node1.wait_for_master_role()
        self.assert_ours(self.node1)
