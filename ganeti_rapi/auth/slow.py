"""Checks of slow hashes: in threads, a few at a time, and remembered for a while.

Theory of operation. A check takes a tenth of a second of a processor on purpose, so it must not run
in the reactor, not too many may run at once, and the line of those that wait is bounded: whoever
sends made-up passwords makes others wait for a moment, and cannot fill the memory. A client sends
its password with each request, so a right one is remembered for some minutes: as a hash whose key
is this process's alone, together with the hash that it fits. Wrong ones are not remembered.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ganeti_rapi.auth.hashes import SlowHash
from ganeti_rapi.errors import Unavailable

T = TypeVar("T")

InThread = Callable[..., "Deferred[Any]"]  # Any: what the function returns
"""Calls a function with its arguments in a thread."""

MOST_WAITING = 100
MOST_REMEMBERED = 1000


@frozen
class Bounds:
    """How many checks run at once, for how many seconds a right password is remembered, and how
    many anybody waits for a check.
    """

    at_once: int = 2
    remembered_for: float = 300.0
    patience: float = 60.0


BOUNDS = Bounds()


class SlowChecks:
    """Checks passwords against slow hashes. ``clock`` is monotonic."""

    _log = Logger()

    def __init__(self, clock: IReactorTime, in_thread: InThread, bounds: Bounds = BOUNDS) -> None:
        self._clock = clock
        self._in_thread = in_thread
        self._bounds = bounds
        self._turns = DeferredSemaphore(bounds.at_once)
        self._key = os.urandom(32)
        self._remembered: dict[bytes, float] = {}

    def remembers(self, slow: SlowHash, name: str, password: str) -> bool:
        """Whether the password fitted a while ago, and so does now."""
        until = self._remembered.get(self._proof(slow, name, password), 0.0)
        return until > 0.0 and until > self._clock.seconds()

    async def check(self, slow: SlowHash, name: str, password: str) -> bool:
        """Whether the password fits. A right one is remembered.

        Raises `Unavailable` when too many are being checked, or when that takes too long.
        """
        if len(self._turns.waiting) >= MOST_WAITING:
            raise Unavailable("Too many logins are being checked; try again later")
        work = Deferred.fromCoroutine(
            self._in_turn(slow, password.encode("utf-8", "surrogatepass"))
        )
        right = await work.addTimeout(self._bounds.patience, self._clock, self._too_late)
        if right:
            self._remember(self._proof(slow, name, password))
        return right

    def _too_late(self, _result: object, seconds: float) -> NoReturn:
        self._log.error("A login was not judged within {seconds:.0f} s", seconds=seconds)
        raise Unavailable("The login could not be checked in time; try again later")

    async def _in_turn(self, slow: SlowHash, password: bytes) -> bool:
        await self._turns.acquire()
        # If the client leaves, the thread goes on all the same, and so it keeps its turn.
        result: Deferred[bool] = Deferred()
        work = self._in_thread(slow.check, password)
        work.addBoth(self._give_back)
        work.addCallbacks(result.callback, result.errback)
        return await result

    def _give_back(self, result: T) -> T:
        self._turns.release()
        return result

    def _proof(self, slow: SlowHash, name: str, password: str) -> bytes:
        """Short, whatever the password; and another one when the user's line changes."""
        text = "\0".join((slow.text, name, password)).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._key, digest_size=32).digest()

    def _remember(self, proof: bytes) -> None:
        self._remembered.pop(proof, None)
        self._remembered[proof] = self._clock.seconds() + self._bounds.remembered_for
        if len(self._remembered) > MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]  # the oldest
