"""What the tests of watched files share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import SkipTest

from attrs import define, field
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.files.watch import LOOK_INTERVAL, FileWatch, Holder, InThread, Unusable

NOBODY = 65534


def at_once(function: Callable[..., Any], *args: object) -> Deferred[Any]:
    """An `InThread` without a thread. Any: what the function returns."""
    return maybeDeferred(function, *args)


@define
class Recorder:
    """A `Holder` that tells what was done with it; it cannot use what says ``bad``."""

    paths: Sequence[str]
    held: list[bytes] = field(factory=list)
    done: list[str] = field(factory=list)

    def take(self, contents: Mapping[str, bytes]) -> None:
        said = [contents[path] for path in self.paths]
        if b"bad" in said:
            raise Unusable("it is bad")
        self.held = said
        self.done.append("took " + b" ".join(said).decode())

    def keep(self, reason: str) -> None:
        self.done.append(f"kept: {reason}")

    def lose(self, reason: str) -> None:
        self.held = []
        self.done.append(f"lost: {reason}")

    def news(self) -> list[str]:
        """What was done since this was asked last."""
        done, self.done = self.done, []
        return done


def watch(
    case: SynchronousTestCase, holder: Holder, clock: Clock, in_thread: InThread = at_once
) -> FileWatch:
    """A watch that has started, and stops at the end of the test without leaving anything."""
    started = FileWatch(holder, clock, in_thread)
    started.startService()

    def stop() -> None:
        if started.running:
            started.stopService()
        case.assertEqual(clock.getDelayedCalls(), [])

    case.addCleanup(stop)
    return started


def looks(clock: Clock, number: int) -> None:
    """Let so many looks happen, one after the other."""
    clock.pump([LOOK_INTERVAL] * number)


def pass_time(clock: Clock, seconds: float) -> None:
    """Let so much time pass, with all the looks that fall into it."""
    looks(clock, round(seconds / LOOK_INTERVAL))


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may read everything; this is somebody who may not."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(NOBODY)
    except OSError as error:
        raise SkipTest(f"root can't become an ordinary user here: {error}") from None
    try:
        yield
    finally:
        os.seteuid(0)
