"""The least that a distribution has on which systemd starts Ganeti's daemons.

Debian has no such units. These are like those that come with Ganeti's sources, as far as it matters
to a daemon of ours: targets for node and master, a unit for each daemon, and none of Debian's
init script.
"""

from __future__ import annotations

from attrs import frozen

from .disks import Disk

DIRECTORY = "/usr/lib/systemd/system"


@frozen
class Daemon:
    """A row of `DAEMONS`: who runs it, and which target starts it."""

    name: str
    user: str
    group: str
    target: str


DAEMONS = [
    Daemon("noded", "root", "root", "ganeti-node.target"),
    Daemon("confd", "gnt-confd", "gnt-confd", "ganeti-node.target"),
    Daemon("kvmd", "root", "gnt-daemons", "ganeti-node.target"),
    Daemon("mond", "root", "root", "ganeti-node.target"),
    Daemon("wconfd", "gnt-masterd", "gnt-confd", "ganeti-master.target"),
    Daemon("luxid", "gnt-masterd", "gnt-luxid", "ganeti-master.target"),
    Daemon("rapi", "gnt-rapi", "gnt-rapi", "ganeti-master.target"),
]

TARGET = """\
[Unit]
Description={name}
{relation}

[Install]
WantedBy={wanted_by}
"""

COMMON = """\
[Unit]
Description=Directories of Ganeti's daemons

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/lib/ganeti/ensure-dirs
"""

# 11: the node is not the master. ensure-dirs runs before every start, as daemon-util has it: noded
# makes files that are root's, and luxid is to have. Until it may, and has votes, it tries again.
SERVICE = """\
[Unit]
Description=ganeti-{name}
Wants=ganeti-common.service
After=ganeti-common.service {after}
PartOf={target}
StartLimitIntervalSec=0

[Service]
User={user}
Group={group}
EnvironmentFile=-/etc/default/ganeti
EnvironmentFile=-/var/lib/ganeti/ganeti-{name}.onetime.conf
ExecStartPre=+/usr/lib/ganeti/ensure-dirs
ExecStart=/usr/sbin/ganeti-{name} -f ${variable}_ARGS $ONETIME_ARGS
Restart=on-failure
RestartSec=1
SuccessExitStatus=11

[Install]
WantedBy={target}
"""


def add_units(disk: Disk) -> None:
    """Let systemd start Ganeti's daemons on a machine, in place of the init script."""
    _add(disk, "ganeti.target", _target("ganeti", "", "multi-user.target"), "multi-user.target")
    for name in ("ganeti-node", "ganeti-master"):
        text = _target(name, "PartOf=ganeti.target", "ganeti.target")
        _add(disk, f"{name}.target", text, "ganeti.target")
    disk.write(f"{DIRECTORY}/ganeti-common.service", COMMON)
    for daemon in DAEMONS:
        _add(disk, f"ganeti-{daemon.name}.service", _service(daemon), daemon.target)
    disk.link("/etc/systemd/system/ganeti.service", "/dev/null")


def _target(name: str, relation: str, wanted_by: str) -> str:
    return TARGET.format(name=name, relation=relation, wanted_by=wanted_by)


def _service(daemon: Daemon) -> str:
    return SERVICE.format(
        name=daemon.name,
        variable=daemon.name.upper(),
        user=daemon.user,
        group=daemon.group,
        target=daemon.target,
        after="ganeti-wconfd.service" if daemon.name in ("luxid", "rapi") else "network.target",
    )


def _add(disk: Disk, unit: str, text: str, wanted_by: str) -> None:
    """Install a unit, and enable it."""
    disk.write(f"{DIRECTORY}/{unit}", text)
    disk.link(f"/etc/systemd/system/{wanted_by}.wants/{unit}", f"{DIRECTORY}/{unit}")
