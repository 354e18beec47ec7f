"""The connection of one VNC viewer to a simulated screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import ITransport
from twisted.internet.task import LoopingCall

from ganeti_rapi.simulator.vnc.messages import (
    VERSION,
    Hello,
    Key,
    NotRfb,
    PixelFormat,
    Reader,
    ViewerMessage,
    Wants,
    hello,
    update,
)
from ganeti_rapi.simulator.vnc.screen import HEIGHT, LINE_HEIGHT, WIDTH, Screen, drawn

LOOK = 0.25
"""Seconds between two looks at whether the screen has changed for a viewer that waits."""


class Viewer:
    """Shows a screen on a connection, as long as ``is_there`` says that there is one."""

    def __init__(
        self,
        clock: Any,  # Any: a reactor, whose type LoopingCall does not tell
        transport: ITransport,
        screen: Screen,
        is_there: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._transport = transport
        self._screen = screen
        self._is_there = is_there
        self._pixels = PixelFormat()
        self._seen: list[str | None] = []
        self._waits = False
        self._reader = Reader(transport.write)
        self._look = LoopingCall(self._show_changes)
        self._look.clock = clock

    def start(self) -> None:
        """Greet the viewer."""
        self._transport.write(VERSION)
        self._look.start(LOOK, now=False)

    def stop(self) -> None:
        """The viewer has left."""
        if self._look.running:
            self._look.stop()

    def take(self, data: bytes) -> None:
        """Bytes from the viewer."""
        try:
            for message in self._reader.feed(data):
                self._take(message)
        except NotRfb:
            self._transport.loseConnection()
        else:
            self._show_changes()  # once, however many times it was asked for

    def _take(self, message: ViewerMessage) -> None:
        if isinstance(message, Hello):
            self._transport.write(hello(WIDTH, HEIGHT, self._screen.name, self._pixels))
        elif isinstance(message, PixelFormat):
            self._pixels = message
            self._seen = []
        elif isinstance(message, Key):
            if message.down:
                self._screen.press(message.symbol)
        elif isinstance(message, Wants):
            self._waits = True
            if not message.incremental:
                self._seen = []

    def _show_changes(self) -> None:
        """Send the lines that are not as the viewer has seen them, if it waits for any."""
        if not self._is_there():
            self._transport.loseConnection()
        if not self._waits:
            return
        lines = self._screen.lines(self._clock.seconds())
        seen = self._seen or [None] * len(lines)
        changes = [
            (0, number * LINE_HEIGHT, WIDTH, LINE_HEIGHT, drawn(line, self._pixels))
            for number, line in enumerate(lines)
            if line != seen[number]
        ]
        if changes:
            self._waits, self._seen = False, list(lines)
            self._transport.write(update(changes))
