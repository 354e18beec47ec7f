"""The lab's nodes, as their administrator sees them."""

from __future__ import annotations

import os
import pwd
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from ganeti_rapi.testing import Reply

from ..daemon import HttpApi

DAEMON_UTIL = "/usr/lib/ganeti/daemon-util"
PROGRAM = "/usr/sbin/ganeti-rapi"
USER = "gnt-rapi"
PORT = 5080

PATIENCE = 120.0
"""Seconds until a command must end."""


@frozen
class Done:
    """A command that ended, what it printed (errors included), and its seconds."""

    command: str
    code: int
    output: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.command}\n{self.output}(exit code {self.code} after {self.seconds:.1f} s)"


@frozen
class Node:
    """A node of the cluster, by its number."""

    number: int

    @property
    def name(self) -> str:
        return f"node{self.number}"

    @property
    def address(self) -> str:
        return f"192.0.2.{9 + self.number}"

    @property
    def environment(self) -> dict[str, str]:
        """That makes this machine the node, for all that is of Ganeti."""
        return {
            **os.environ,
            "GANETI_ROOTDIR": os.path.join(os.environ["LAB_ROOT"], self.name),
            "GANETI_HOSTNAME": self.name,
        }

    def file(self, path: str) -> Path:
        """A file that Ganeti has under this path on every node."""
        return Path(self.environment["GANETI_ROOTDIR"], path.lstrip("/"))

    def log(self, name: str = "rapi-daemon.log") -> Path:
        """A log file of Ganeti."""
        return self.file(f"/var/log/ganeti/{name}")

    def running(self) -> list[str]:
        """The pid files of ganeti-rapi, standby or not, by their names."""
        return sorted(path.name for path in self.file("/var/run/ganeti").glob("ganeti-rapi*"))

    def run(self, *command: str, check: bool = True) -> Done:
        """Run a command on this node, as root.

        Raises AssertionError when it ends with another code than 0, unless told not to check.
        """
        done = finished(command, self.environment)
        if check and done.code:
            raise AssertionError(f"on {self.name}: {done}")
        return done

    def daemon_util(self, *arguments: str, check: bool = True) -> Done:
        """What Ganeti, its init script and its watcher call."""
        return self.run(DAEMON_UTIL, *arguments, check=check)

    def type(self, *options: str) -> Done:
        """Run our program until it ends or goes to the background, as its user by hand."""
        return finished((*as_user(USER), PROGRAM, *options), self.environment)

    def pid(self, daemon: str = "ganeti-rapi") -> int | None:
        """The process of a daemon that Ganeti says is running; None if it does not."""
        if self.daemon_util("check", daemon, check=False).code:
            return None
        return int(self.file(f"/var/run/ganeti/{daemon}.pid").read_text())

    @property
    def api(self) -> HttpApi:
        """What listens on the node's address."""
        return HttpApi(self.address, PORT)

    def get(self, path: str) -> Reply:
        """Read as anybody. Status 0: nobody answered."""
        try:
            return self.api.request("GET", path)
        except OSError:
            return Reply(0, {}, b"")

    def server(self) -> str:
        """Which daemon answers; "" if none does."""
        return self.get("/version").headers.get("Server", "")

    def serves(self) -> bool:
        """Whether requests come through to luxid."""
        return self.get("/2/info").status == 200

    def certificate(self) -> str:
        """What clients see, as PEM."""
        return ssl.get_server_certificate((self.address, PORT))

    def set_options(self, options: str) -> Callable[[], None]:
        """Change RAPI_ARGS, for the next start. The returned function undoes that."""
        file = self.file("/etc/default/ganeti")
        before = file.read_text()
        file.write_text(f'{before}\nRAPI_ARGS="{options}"\n')

        def undo() -> None:
            file.write_text(before)

        return undo

    def start_again(self) -> None:
        """End the daemon and start it again, and no other."""
        self.daemon_util("stop", "ganeti-rapi")
        self.daemon_util("start", "ganeti-rapi")


def as_user(name: str) -> list[str]:
    """Before a command: run it as this user, with the groups that it has."""
    group = str(pwd.getpwnam(name).pw_gid)
    return ["setpriv", "--reuid", name, "--regid", group, "--init-groups", "--"]


def finished(command: tuple[str, ...], environment: dict[str, str]) -> Done:
    """Run a command. Also waits until it, and what it left behind, let go of the output."""
    start = time.monotonic()
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    seconds = time.monotonic() - start
    return Done(" ".join(command), done.returncode, done.stdout, seconds)


def wait_until(what: str, judge: Callable[[], bool], patience: float) -> float:
    """Ask until it is so; the seconds that it took. Raises AssertionError when it is late."""
    start = time.monotonic()
    while not judge():
        if time.monotonic() - start > patience:
            raise AssertionError(f"not so after {patience:.0f} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - start
