"""A directory that looks to the program like the files of a node of a cluster."""

from __future__ import annotations

from pathlib import Path

from ganeti_rapi.program.cluster import Node, Paths
from ganeti_rapi.simulator.playground import write_certificate


class VirtualNode:
    """The node ``name`` of a cluster whose master is ``node1``; all below ``directory``."""

    def __init__(self, directory: Path, name: str = "node1") -> None:
        root = directory.absolute() / name
        self.node = Node(Paths(str(root)), name)
        self.paths = self.node.paths
        self.environment = {"GANETI_ROOTDIR": str(root), "GANETI_HOSTNAME": name}
        for made in (self.paths.data, self.paths.run, self.paths.log):
            Path(made).mkdir(parents=True)
        Path(self.paths.users).parent.mkdir()
        Path(self.paths.users).write_text("admin sesame write\n", encoding="utf-8")
        write_certificate(Path(self.paths.certificate))
        self.set_master("node1")

    @property
    def log(self) -> Path:
        """The daemon's log."""
        return Path(self.paths.log) / "rapi-daemon.log"

    def set_master(self, name: str) -> None:
        """What ssconf says on this node from now on."""
        self.ssconf("master_node", f"{name}\n")

    def ssconf(self, key: str, value: str) -> None:
        """Write a file of ssconf."""
        (Path(self.paths.data) / f"ssconf_{key}").write_text(value, encoding="utf-8")

    def running(self) -> list[str]:
        """What lies in the directory of pid files."""
        return sorted(path.name for path in Path(self.paths.run).iterdir())
