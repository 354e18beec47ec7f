"""A Ganeti cluster of two machines."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen

from .disks import Disk
from .machines import boot, shut_down
from .nodes import ADDRESSES, Node

State = Mapping[str, list[Path]]
"""What each machine boots from, by the machine's name: layers of directories."""


def room() -> Path:
    """Where disks are made; the script ``run`` removes it."""
    return Path(os.environ["MASTER_ROOM"])


@frozen
class Cluster:
    """Two machines, which boot together: alone, luxid would not get the other's vote."""

    node1: Node
    node2: Node

    @property
    def nodes(self) -> list[Node]:
        return [self.node1, self.node2]

    @classmethod
    @contextlib.contextmanager
    def on_disks(cls, name: str, state: State) -> Iterator[Cluster]:
        """Machines that are off, with disks in ``state``; they end with the context."""
        disks = {node: Disk(room() / name / node, state[node]) for node in ADDRESSES}
        cluster = cls(*(Node(node, disk) for node, disk in disks.items()))
        for disk in disks.values():
            disk.mount()
        try:
            yield cluster
        finally:
            for node in cluster.nodes:
                node.end()
                node.disk.unmount()

    def start(self) -> None:
        """Boot, and wait until Ganeti is there."""
        boot(self.nodes)
        self.node1.wait_for_master_role()

    def save_logs(self, directory: Path) -> None:
        """Keep what a person wants to read after a failure."""
        for node in self.nodes:
            kept = directory / node.name
            kept.mkdir(parents=True, exist_ok=True)
            shutil.copytree(node.disk.file("/var/log/ganeti"), kept / "ganeti", dirs_exist_ok=True)
            shutil.copy(node.console, kept)
            if node.leader is not None:
                (kept / "journal").write_text(node.run("journalctl --no-pager").output, "utf-8")

    def shut_down(self) -> State:
        """Shut both down as their administrator would; the state that they are in then."""
        shut_down(self.nodes)
        return self.state()

    def state(self) -> State:
        """What others can boot from to be as these, which must be off."""
        return {node.name: [node.disk.changes, *node.disk.layers] for node in self.nodes}
