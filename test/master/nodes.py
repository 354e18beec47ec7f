"""A node of a Ganeti cluster, as its administrator sees it."""

from __future__ import annotations

import shlex

from attrs import define

from ganeti_rapi.testing import Reply

from .commands import wait_until
from .machines import Machine

ADDRESSES = {"node1": "192.0.2.11", "node2": "192.0.2.12"}
CLUSTER_ADDRESS = "192.0.2.1"

HOSTS = "127.0.0.1 localhost\n" + "".join(
    f"{address} {name}.example.com {name}\n"
    for name, address in {**ADDRESSES, "cluster": CLUSTER_ADDRESS}.items()
)

ADDRESS_UNIT = """\
[Unit]
Description=The address of this machine
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip address add {address}/24 dev host0
ExecStart=ip link set host0 up
"""

WRITER = "writer:change"
USERS = "reader {cleartext}look\nwriter {cleartext}change write\n"

DAEMON_UTIL = "/usr/lib/ganeti/daemon-util"

MASTER_PATIENCE = 60.0
"""Seconds until a node must have taken the master role."""


@define
class Node(Machine):
    """A machine of the cluster."""

    def prepare(self, key: str, public_key: str) -> None:
        """Give it a name, an address and root's keys, before it boots for the first time."""
        disk = self.disk
        disk.write("/etc/hostname", f"{self.name}.example.com\n")
        disk.write("/etc/hosts", HOSTS)
        disk.write("/root/.ssh/id_rsa", key, 0o600)
        disk.write("/root/.ssh/authorized_keys", public_key, 0o600)
        unit = "/etc/systemd/system/address.service"
        disk.write(unit, ADDRESS_UNIT.format(address=ADDRESSES[self.name]))
        disk.link("/etc/systemd/system/sysinit.target.wants/address.service", unit)
        disk.write("/etc/apt/apt.conf.d/yes", 'APT::Get::Assume-Yes "true";\n')
        # There is no other network: the wheels are on the disk.
        disk.write("/etc/pip.conf", "[global]\nno-index = yes\nfind-links = /root/wheels\n")
        # The watcher runs when a test runs it, and at no other time.
        disk.link("/etc/systemd/system/cron.service", "/dev/null")

    def allow_users(self) -> None:
        """Let `WRITER` use the remote API."""
        self.disk.write("/var/lib/ganeti/rapi/users", USERS)

    def daemon_util(self, action: str) -> None:
        self.run(f"{DAEMON_UTIL} {action}")

    def pid(self, daemon: str) -> int | None:
        """The process of a daemon, such as ganeti-luxid, if Ganeti finds it; otherwise None."""
        pid = f"cat /run/ganeti/{daemon}.pid || systemctl show -P MainPID {daemon}"
        done = self.run(f"{DAEMON_UTIL} check {daemon} && {{ {pid}; }} 2>/dev/null", check=False)
        return None if done.code else int(done.output)

    def wait_for_master_role(self) -> None:
        """Wait until luxid answers and the cluster's address is here: both come after booting.

        luxid asks the other node for its vote, and Ganeti looks first whether anybody has the
        address.
        """
        command = f"ip address show dev host0 | grep -F {CLUSTER_ADDRESS}/32 && gnt-cluster info"
        wait_until(
            f"{self.name} has the master role",
            lambda: self.run(command, check=False).code == 0,
            MASTER_PATIENCE,
        )

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        user: str | None = WRITER,
        body: str | None = None,
        address: str = "127.0.0.1",
    ) -> Reply:
        """One request to the daemon on this machine. Status 0: nobody answered."""
        command = ["curl", "-sk", "-i", "-m", "30", "-X", method]
        if user is not None:
            command += ["-u", user]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", body]
        done = self.run(
            shlex.join([*command, f"https://{address}:5080{path}"]), check=False, patience=60
        )
        return parse_reply(done.output) if done.code == 0 else Reply(0, {}, done.output.encode())

    def server(self) -> str:
        """Which daemon answers, by its Server header; "" if nobody does."""
        return self.request("/version", user=None).headers.get("server", "")

    def log(self, name: str) -> str:
        """A log file of Ganeti, such as watcher.log; "" while there is none."""
        file = self.disk.file(f"/var/log/ganeti/{name}")
        return file.read_text("utf-8") if file.exists() else ""


def parse_reply(text: str) -> Reply:
    """A reply as curl prints it. The headers' names are in small letters."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.split("\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Reply(int(status.split()[1]), headers, body.encode())
