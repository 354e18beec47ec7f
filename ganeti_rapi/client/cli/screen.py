"""Where `rapi` writes: a terminal, which has a width and perhaps colours, or something else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

import click
from attrs import define

STYLES: Mapping[str, str] = {
    "running": "green",
    "success": "green",
    "error": "red",
    "ERROR_down": "red",
    "ERROR_nodedown": "red",
    "ADMIN_down": "bright_black",
    "canceled": "yellow",
}
"""The colours of words that stand alone."""

_CLEAR: Final = "\r\x1b[K"
"""Takes back the line that the cursor is in."""


@define
class Screen:
    """A text file. ``width`` is in characters, None where lines are not cut."""

    file: TextIO
    is_terminal: bool = False
    colour: bool = False
    width: int | None = None
    _passing: bool = False

    def line(self, text: str, **style: Any) -> None:  # Any: as click.style takes it
        """Write a line, in a style of click's."""
        self.clear()
        styled = click.style(text, **style) if style else text
        click.echo(styled, self.file, color=self.colour)

    def passing(self, text: str) -> None:
        """Write a line that the next one replaces; nothing if this is no terminal."""
        if self.is_terminal:
            text = text if self.width is None else text[: self.width - 1]
            click.echo(f"{_CLEAR}{text}", self.file, nl=False, color=True)
            self._passing = True

    def clear(self) -> None:
        """Take the passing line away."""
        if self._passing:
            click.echo(_CLEAR, self.file, nl=False, color=True)
            self._passing = False


def screen(stderr: bool = False) -> Screen:
    """The program's stdout or stderr. NO_COLOR and TERM=dumb turn colours off."""
    file = sys.stderr if stderr else sys.stdout
    if not file.isatty():
        return Screen(file)
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return Screen(file, True, not plain, shutil.get_terminal_size().columns)
