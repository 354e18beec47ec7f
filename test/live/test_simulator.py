"""The stock daemon and Ganeti's own commands on the simulator, as on a real luxid.

What they read of a master node is made up in a directory, which Ganeti takes for the root of one of
its virtual clusters. The simulator's socket is where luxid's would be.
"""

from __future__ import annotations

import atexit
import functools
import grp
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.simulator.playground import write_certificate
from ganeti_rapi.testing import USERS, SimulatedApi

from ..contract import Conversation
from .daemon import HOST, SKIP, START_PATIENCE, HttpApi, our_api

STOCK = "/usr/share/ganeti/default/ganeti-rapi"
PORT = 5097
MASTER = "node1.example.com"
"""The simulated cluster's. Ganeti wants the directory of a virtual node to have its name."""

LUXID = "gnt-masterd", "gnt-daemons"
RAPI = "gnt-rapi", "gnt-daemons"


@frozen
class VirtualMaster:
    """The files of a master node."""

    root: Path

    @property
    def socket(self) -> Path:
        return self.root / "var/run/ganeti/socket/ganeti-query"

    @property
    def environment(self) -> dict[str, str]:
        """What points Ganeti's programs here."""
        return {**os.environ, "GANETI_ROOTDIR": str(self.root), "GANETI_HOSTNAME": MASTER}

    def fill(self) -> None:
        """Make all that the stock daemon reads or writes."""
        data, run, log = (self.root / "var" / name for name in ("lib/ganeti", "run/ganeti", "log"))
        for directory in (data / "rapi", self.socket.parent, log / "ganeti"):
            directory.mkdir(parents=True)
        (data / "ssconf_master_node").write_text(f"{MASTER}\n")
        (data / "rapi/users").write_text(USERS)
        write_certificate(data / "rapi.pem")
        for path in (data / "rapi", data / "rapi/users", data / "rapi.pem", log / "ganeti"):
            shutil.chown(path, *RAPI)
        for path in (run, self.socket.parent):
            shutil.chown(path, *LUXID)
            path.chmod(0o775)

    def run(self, *command: str) -> str:
        """The output of one of Ganeti's commands. Fails if that does."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
        return done.stdout


@contextmanager
def process(command: Sequence[str], **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    # Any: more parameters of Popen
    """A program, until the end of the block. Its output is shown if the block fails."""
    with tempfile.TemporaryFile("w+") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **more)
        try:
            yield child
        except BaseException:
            log.seek(0)
            print(log.read(), file=sys.stderr)
            raise
        finally:
            child.terminate()
            child.wait(10)


def until_it_answers(child: subprocess.Popen[bytes], ask: Any) -> None:
    # Any: a function that raises OSError as long as nobody answers
    end = time.monotonic() + START_PATIENCE
    while child.poll() is None and time.monotonic() < end:
        try:
            ask()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the program did not start")


def simulator(path: Path) -> Sequence[str]:
    """The command line of a simulator that runs as luxid does."""
    return [
        *(sys.executable, "-c", "from twisted.scripts.twistd import run; run()"),
        *("-n", "--pidfile="),
        *("--uid", str(pwd.getpwnam(LUXID[0]).pw_uid)),
        *("--gid", str(grp.getgrnam(LUXID[1]).gr_gid)),
        *("ganeti-simulator", "--socket", str(path)),
    ]


def stock(*options: str) -> Sequence[str]:
    """The command line of the stock daemon, as its own user."""
    user = ("setpriv", "--reuid", RAPI[0], "--regid", RAPI[0], "--init-groups")
    return [*user, STOCK, "-f", *options]


@functools.cache
def stock_on_simulator() -> tuple[VirtualMaster, HttpApi]:
    """A master node with a simulator in the place of luxid, and the stock daemon on it.

    They are started when the first test asks for them, and ended with the test run.
    """
    started = ExitStack()
    atexit.register(started.close)
    directory = started.enter_context(tempfile.TemporaryDirectory(prefix="ganeti-simulator-"))
    Path(directory).chmod(0o755)
    node = VirtualMaster(Path(directory, MASTER))
    node.fill()
    api = HttpApi(HOST, PORT)
    api.writer, api.reader = SimulatedApi.writer, SimulatedApi.reader
    luxid = started.enter_context(process(simulator(node.socket)))
    until_it_answers(luxid, node.socket.stat)
    command = stock("-b", HOST, "-p", str(PORT))
    rapi = started.enter_context(process(command, env=node.environment))
    until_it_answers(rapi, lambda: api.request("GET", "/version"))
    return node, api


READS = (
    *("/version", "/2/info", "/2/tags", "/2/os", "/2/nodes?bulk=1"),
    *("/2/instances?bulk=1", "/2/groups?bulk=1", "/2/networks?bulk=1", "/2/filters?bulk=1"),
    *("/2/jobs?bulk=1", "/2/query/instance?fields=name,pnode,status", "/2/query/lock?fields=name"),
)
"""Where the stock daemon and ours answer the same, but that ours shows more fields."""


def as_far_as(model: Any, value: Any) -> Any:  # Any: JSON
    """The same JSON, without keys that objects of another one do not have in the same place."""
    if isinstance(model, dict) and isinstance(value, dict):
        return {name: as_far_as(model[name], value[name]) for name in model if name in value}
    if isinstance(model, list) and isinstance(value, list) and len(model) == len(value):
        return [as_far_as(*pair) for pair in zip(model, value)]
    return value


class SimulatorCase(Conversation, SynchronousTestCase):
    skip = SKIP or (None if os.path.exists(STOCK) else "needs the stock daemon (Debian's ganeti)")

    def setUp(self) -> None:
        self.master, self.api = stock_on_simulator()


class StockDaemonTests(SimulatorCase):
    def test_it_reads_what_ours_reads(self) -> None:
        ours = our_api("--luxi-socket", str(self.master.socket), port=PORT + 1)
        for path in READS:
            theirs = self.ask("GET", path)
            reply = ours.request("GET", path, None, ours.writer).json()
            self.assertEqual(as_far_as(theirs, reply), theirs, path)

    def test_its_jobs_change_the_cluster(self) -> None:
        uri = "/2/instances/web1.example.com"
        self.assertEqual(self.get(uri)["status"], "running")
        self.run_job("PUT", f"{uri}/shutdown", {})
        self.assertEqual(self.get(uri)["status"], "ADMIN_down")
        self.run_job("PUT", f"{uri}/startup")
        self.assertEqual(self.get(uri)["status"], "running")

    def test_jobs_fail_in_ganetis_own_ways(self) -> None:
        job = self.finish(self.ask("PUT", "/2/instances/nosuch/startup"))
        self.assertEqual(job["status"], "error")
        kind, (text, classification) = job["opresult"][0]
        self.assertEqual((kind, classification), ("OpPrereqError", "unknown_entity"))
        self.assertIn("nosuch", text)


class CommandTests(SimulatorCase):
    """Ganeti's commands; what they show is compared with what the stock daemon reads."""

    def test_lists(self) -> None:
        for command, path in (
            ("gnt-instance", "/2/instances"),
            ("gnt-node", "/2/nodes"),
            ("gnt-group", "/2/groups"),
            ("gnt-network", "/2/networks"),
        ):
            shown = self.master.run(command, "list", "--no-headers", "-o", "name").split()
            listed = [row.get("id") or row["name"] for row in self.get(path)]
            self.assertEqual(shown, listed, command)

    def test_the_life_of_an_instance(self) -> None:
        name = "made1.example.com"
        create = ("-t", "plain", "--disk", "0:size=1G", "-o", "noop+default", "-n", MASTER)
        checks = ("--no-name-check", "--no-ip-check")
        shown = self.master.run("gnt-instance", "add", *create, *checks, name)
        self.assertIn("creating instance disks", shown)
        self.assertIn(name, self.master.run("gnt-instance", "info", name))
        self.master.run("gnt-instance", "reboot", name)
        self.assertIn(f"INSTANCE_REBOOT({name})", self.master.run("gnt-job", "list"))
        self.master.run("gnt-instance", "remove", "-f", name)
        self.assertNotIn(name, self.master.run("gnt-instance", "list"))
