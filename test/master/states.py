"""The states that tests find a cluster in. Each is made once, and tests boot from copies."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

from .cluster import Cluster, State, room
from .commands import MachineError, host
from .machines import boot
from .nodes import ADDRESSES, Node
from .readme import blocks
from .units import add_units

INIT = (
    "gnt-cluster init --no-etc-hosts --no-ssh-init --master-netdev=host0 "
    "--enabled-hypervisors=fake --enabled-disk-templates=diskless "
    "--nic-parameters=mode=routed,link=main cluster.example.com"
)

DEBIAN = "Debian 12 and 13"
OTHERS = "Others, where systemd starts Ganeti's daemons"
BACK = "And back"


def once(make: Callable[[], State]) -> Callable[[], State]:
    """Make a state when it is first asked for. Where that fails, it is not tried again."""
    tried: list[State | None] = []

    @functools.wraps(make)
    def made() -> State:
        if not tried:
            tried.append(None)
            tried[0] = make()
        if tried[0] is None:
            raise MachineError(f"the state {make.__name__} could not be made; see above")
        return tried[0]

    return made


def blank() -> State:
    """Debian with Ganeti's packages, before it boots for the first time."""
    layers = [Path(path) for path in os.environ["MASTER_LAYERS"].split(":")]
    return dict.fromkeys(ADDRESSES, layers)


@once
def formed() -> State:
    """A cluster as Debian's packages make it; node1 is the master."""
    with Cluster.on_disks("formed", blank()) as cluster:
        key = room() / "key"
        host("ssh-keygen", "-q", "-N", "", "-t", "rsa", "-f", str(key))
        for node in cluster.nodes:
            node.prepare(key.read_text(), key.with_suffix(".pub").read_text())
        boot(cluster.nodes)
        cluster.node1.run(INIT)
        cluster.node1.run("gnt-node add --no-ssh-key-check node2.example.com")
        for node in cluster.nodes:
            node.allow_users()
        return cluster.shut_down()


def install(node: Node) -> None:
    """Put our package on, as README.md says. The first block is for the one who builds it."""
    _, (command,) = blocks(DEBIAN)
    node.run(command)


def remove(node: Node) -> None:
    """Take our package off, as README.md says."""
    (command,), _ = blocks(BACK)
    node.run(command)


@once
def installed() -> State:
    """With our package on both nodes."""
    with Cluster.on_disks("installed", formed()) as cluster:
        cluster.start()
        for node in cluster.nodes:
            install(node)
        return cluster.shut_down()


def in_clone(node: Node, commands: list[str]) -> None:
    """Type commands in a clone of this repository. The first that fails ends it."""
    node.run("cd ganeti-rapi && " + " && ".join(commands))


@once
def with_units() -> State:
    """Where systemd starts Ganeti's daemons, Ganeti's own all of them."""
    with Cluster.on_disks("with_units", formed()) as cluster:
        for node in cluster.nodes:
            add_units(node.disk)
        return cluster.state()


@once
def with_our_units() -> State:
    """The same with our units, put on as README.md says."""
    (commands,) = blocks(OTHERS)
    with Cluster.on_disks("with_our_units", with_units()) as cluster:
        cluster.start()
        for node in cluster.nodes:
            in_clone(node, commands)
        return cluster.shut_down()
