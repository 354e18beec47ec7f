"""Machines with systemd as process 1, booted by systemd-nspawn from layers of directories."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import define, field

from .commands import Done, MachineError, wait_until
from .disks import Disk

BRIDGE = "br0"
"""The network of all machines; the script ``run`` makes it. Nothing leads outside."""

BOOT_PATIENCE = 120.0
"""Seconds until a machine must be up, or down."""

PATIENCE = 120.0
"""Seconds until a command must end."""

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LANG=C.UTF-8",
)
"""What root finds in its environment after logging in."""

UP = {"running", "degraded"}
"""How systemd calls itself once all services that shall start have started or failed."""

REBOOTED = 133
"""The exit status by which systemd-nspawn asks to be started again."""

CGROUPS = [
    path
    for path in map(Path, ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"])
    if (path / "cgroup.procs").exists()
]
"""The hierarchies of control groups in which systemd keeps its services apart."""


@define
class Machine:
    """A computer with Debian on it, which boots, runs commands as root, reboots and stops."""

    name: str
    disk: Disk
    _nspawn: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def console(self) -> Path:
        return self.disk.directory / "console"

    def start(self) -> None:
        """Switch it on. ``settle`` waits until it is up, so that several can boot together."""
        with self.console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                self._nspawn_command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                preexec_fn=self._enter_cgroups,
                start_new_session=True,  # so that control-C reaches the tests only
            )

    def _nspawn_command(self) -> list[str]:
        return [
            *("systemd-nspawn", "--quiet", "--boot", "--console=pipe", "--settings=no"),
            # The host need not run systemd, nor know of the machine.
            *("--register=no", "--keep-unit"),
            *("--resolv-conf=off", "--timezone=off", "--link-journal=no"),
            *("--machine", self.name, "--directory", str(self.disk.tree)),
            f"--network-bridge={BRIDGE}",
        ]

    def _cgroups(self) -> list[Path]:
        return [path / f"ganeti-rapi-test-{self.name}" for path in CGROUPS]

    def _enter_cgroups(self) -> None:
        for path in self._cgroups():
            path.mkdir(exist_ok=True)
            (path / "cgroup.procs").write_text("0")

    @property
    def leader(self) -> int | None:
        """Process 1 of the machine, as this host numbers it; None while it is off."""
        if self._nspawn is None:
            return None
        pid = self._nspawn.pid
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if os.readlink(f"/proc/{child}/exe").endswith("/systemd"):
                    return int(child)
        return None

    def state(self) -> str:
        """What systemd says of it, such as starting, running, degraded; off if it is not there."""
        if self.leader is None:
            return "off"
        return self.run("systemctl is-system-running", check=False, patience=20).output.strip()

    def settle(self) -> None:
        """Wait until it is up. Raises MachineError with the end of its console if it does not."""
        try:
            wait_until(f"{self.name} is up", lambda: self.state() in UP, BOOT_PATIENCE)
        except AssertionError as error:
            text = self.console.read_text("utf-8", "replace")[-4000:]
            raise MachineError(f"{error}; its console:\n{text}") from None

    def go_down(self) -> int:
        """Wait until it has shut down, after a command to do so; systemd-nspawn's exit status."""
        assert self._nspawn is not None, f"{self.name} is off"
        try:
            return self._nspawn.wait(BOOT_PATIENCE)
        finally:
            self.end()

    def end(self) -> None:
        """Take its power away if it is on, and remove what the host had for it."""
        if self._nspawn is not None:
            self._cut_power(self._nspawn)
            self._nspawn = None
        for path in self._cgroups():
            remove_cgroup(path)

    def _cut_power(self, nspawn: subprocess.Popen[bytes]) -> None:
        # When process 1 of the machine ends, systemd-nspawn cleans up and ends, too.
        if (leader := self.leader) is not None:
            os.kill(leader, signal.SIGKILL)
        elif nspawn.poll() is None:
            nspawn.terminate()
        try:
            nspawn.wait(20)
        except subprocess.TimeoutExpired:
            nspawn.kill()
            nspawn.wait()

    def run(self, command: str, *, check: bool = True, patience: float = PATIENCE) -> Done:
        """Run a command line as root, as if typed there.

        Raises AssertionError when it ends with another code than 0, unless told not to check.
        """
        start = time.monotonic()
        code, output = self._enter(command, patience)
        done = Done(command, code, output, time.monotonic() - start)
        if check and code:
            raise AssertionError(f"on {self.name}: {done}")
        return done

    def _enter(self, command: str, patience: float) -> tuple[int, str]:
        entry = ["nsenter", "--all", f"--target={self.leader}", "env", "-i", *ENVIRONMENT]
        # A file and no pipe: daemons that the command starts may keep it open.
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [*entry, "bash", "-c", f"cd /root; {command}"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = process.wait()
                output.write(f"(killed after {patience:.0f} s)\n".encode())
            output.seek(0)
            return code, output.read().decode("utf-8", "replace")


def remove_cgroup(path: Path) -> None:
    """Remove a control group with those inside it. Where a process is left, it stays."""
    for directory, _, _ in os.walk(path, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(directory)


def boot(machines: Sequence[Machine]) -> None:
    """Switch them on together, as after a power cut, and wait until they are up."""
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.settle()


def reboot(machines: Sequence[Machine]) -> None:
    """Reboot them together, as their administrator would, and wait until they are up again."""
    for machine in machines:
        machine.run("systemctl reboot")
    for machine in machines:
        if (code := machine.go_down()) != REBOOTED:
            raise MachineError(f"{machine.name} did not reboot: systemd-nspawn ended with {code}")
    boot(machines)


def shut_down(machines: Sequence[Machine]) -> None:
    """Shut them down as their administrator would, and return when they are off."""
    for machine in machines:
        machine.run("systemctl poweroff")
    for machine in machines:
        machine.go_down()
