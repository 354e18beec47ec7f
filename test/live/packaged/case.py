"""Tests that find node1 the master with our daemon, and leave it so."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from twisted.trial.unittest import SynchronousTestCase

from .nodes import PROGRAM, USER, Done, Node, as_user, wait_until

SKIP = (
    None
    if "PACKAGED_DEB" in os.environ
    else "needs a Debian of its own: run test/live/packaged/run as root (make test-live-packaged)"
)
"""Why these tests cannot run here, or None."""

PACKAGE = "ganeti-rapi-twisted"

MASTER_PATIENCE = 30.0
"""Seconds until luxid must answer after the master role was started."""


class PackagedCase(SynchronousTestCase):
    skip = SKIP

    def setUp(self) -> None:
        self.node1, self.node2 = Node(1), Node(2)
        self.addCleanup(self.restore)

    def restore(self) -> None:
        """Undo what the test did: to the package, to the roles, to the daemons."""
        if not installed_version():
            self.node1.run("apt-get", "install", "-qq", os.environ["PACKAGED_DEB"])
        if master() != self.node1.name:
            self.node1.run("gnt-cluster", "master-failover")
        if None in (self.node1.pid(), self.node1.pid("ganeti-luxid")):
            self.node1.daemon_util("stop-master")
            self.node1.daemon_util("start-master")
        wait_until("node1 serves", self.node1.serves, MASTER_PATIENCE)

    def start(self, node: Node, *options: str) -> subprocess.Popen[bytes]:
        """Our program in the foreground, as its user; it ends with the test."""
        process = subprocess.Popen(
            [*as_user(USER), PROGRAM, "--foreground", *options],
            env=node.environment,
            stdin=subprocess.DEVNULL,
        )
        self.addCleanup(end, process)
        return process

    def start_standby(self, node: Node, *options: str) -> subprocess.Popen[bytes]:
        """One that is there when this returns."""
        process = self.start(node, "--standby", *(options or ("--bind", node.address)))
        wait_until("it stands by", lambda: holds(node, process), 20)
        return process

    def submit_delay(self, seconds: int) -> int:
        """A job that takes so long; it runs when this returns."""
        printed = self.node1.run("gnt-debug", "delay", "--submit", "--print-jobid", str(seconds))
        job = int(printed.output.split()[0])
        wait_until("the job runs", lambda: self.job_status(job) == "running", 10)
        return job

    def job_status(self, job: int) -> str:
        return str(self.node1.api.request("GET", f"/2/jobs/{job}").json()["status"])

    def assert_ours(self, node: Node) -> None:
        """The daemon that Ganeti started on this node is the package's, and serves."""
        self.assertIsNotNone(node.pid())
        self.assertEqual(node.server(), f"ganeti-rapi/{installed_version()}")
        wait_until(f"{node.name} serves", node.serves, MASTER_PATIENCE)

    def assert_one_sentence(self, done: Done, code: int, words: str) -> None:
        """It ended so, and told the person why in one line."""
        self.assertEqual(done.code, code, str(done))
        self.assertRegex(done.output, r"^ganeti-rapi: [^\n]*\n$")
        self.assertIn(words, done.output)


def master() -> str:
    """Who is the master."""
    return Node(1).file("/var/lib/ganeti/ssconf_master_node").read_text().strip()


def installed_version() -> str:
    """Of our package; "" if it is not installed."""
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Version}", PACKAGE]
    shown = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    status, _, version = shown.stdout.partition(" ")
    return version if status == "installed" else ""


def holds(node: Node, standby: subprocess.Popen[bytes]) -> bool:
    """Whether this standby is the one that lives on the node, and got through its start."""
    if standby.poll() is not None:
        raise AssertionError(f"it ended with {standby.returncode}")
    file = node.file("/var/run/ganeti/ganeti-rapi-standby.pid")
    with suppress(FileNotFoundError):
        started = f"pid={standby.pid} INFO Standby: "
        return file.read_text() == f"{standby.pid}\n" and started in node.log().read_text()
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that a test started, even one that was stopped."""
    if process.poll() is None:
        process.terminate()
        process.send_signal(signal.SIGCONT)
        process.wait(20)
