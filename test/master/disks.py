"""What machines boot from: directory trees in layers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from attrs import define

from .commands import host


@define
class Disk:
    """A directory tree to boot: ``layers``, the first on top, and above them what is written."""

    directory: Path
    layers: Sequence[Path]

    @property
    def tree(self) -> Path:
        return self.directory / "tree"

    @property
    def changes(self) -> Path:
        """What was written. Once it is unmounted, it can be a layer of other disks."""
        return self.directory / "changes"

    def mount(self) -> None:
        work = self.directory / "work"
        for path in (self.tree, self.changes, work):
            path.mkdir(parents=True)
        layers = ":".join(map(str, self.layers))
        options = f"lowerdir={layers},upperdir={self.changes},workdir={work}"
        host("mount", "-t", "overlay", "overlay", "-o", options, str(self.tree))

    def unmount(self) -> None:
        if os.path.ismount(self.tree):
            host("umount", str(self.tree))

    def remove(self) -> None:
        self.unmount()
        shutil.rmtree(self.directory)

    def file(self, path: str) -> Path:
        """A file of the machine, as this host names it."""
        return self.tree / path.lstrip("/")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        file.chmod(mode)

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link at ``path``."""
        file = self.file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)
