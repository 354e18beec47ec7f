"""What is on a simulated instance's screen: its name, a clock, and what was typed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from attrs import define, field

from ganeti_rapi.simulator.vnc import font
from ganeti_rapi.simulator.vnc.messages import PixelFormat

COLUMNS, LINES = 53, 22
SCALE = 3
LINE_HEIGHT = SCALE * font.HEIGHT
WIDTH, HEIGHT = COLUMNS * SCALE * font.WIDTH, LINES * LINE_HEIGHT
"""In characters, screen pixels for a pixel of the font, and pixels."""

INK, PAPER = (0x7C, 0xE3, 0x8B), (0x10, 0x18, 0x20)
"""Red, green and blue, from 0 to 255."""

PROMPT = "> "
_MOST_TYPED, _LONGEST_TYPED = LINES - 7, COLUMNS - 2
_ENTER, _BACKSPACE = 0xFF0D, 0xFF08


@define
class Screen:
    """Of one instance; all who look at it see the same, and what any of them types."""

    name: str
    typed: list[str] = field(factory=lambda: [PROMPT])

    def lines(self, now: float) -> Sequence[str]:
        """The lines of text at this time, in seconds since the epoch."""
        clock = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
        head = ["", self.name, "a simulated console", clock, "", "Type something:"]
        lines = [*head, *self.typed, *[""] * LINES][:LINES]
        return [f" {line}"[:COLUMNS].ljust(COLUMNS) for line in lines]

    def press(self, symbol: int) -> None:
        """A key went down; ``symbol`` is X's keysym, which for Latin letters is their code."""
        if symbol == _ENTER or len(self.typed[-1]) >= _LONGEST_TYPED:
            self.typed = [*self.typed, PROMPT][-_MOST_TYPED:]
        if symbol == _BACKSPACE:
            self.typed[-1] = PROMPT + self.typed[-1][len(PROMPT) : -1]
        elif 0x20 <= symbol < 0x7F:
            self.typed[-1] += chr(symbol)


def drawn(line: str, pixels: PixelFormat) -> bytes:
    """A line of text as raw pixels, row by row."""
    dots = [pixels.pixel(PAPER) * SCALE, pixels.pixel(INK) * SCALE]
    rows = [b"".join([dots[lit] for lit in row]) for row in font.rows_of(line)]
    return b"".join([row * SCALE for row in rows])
