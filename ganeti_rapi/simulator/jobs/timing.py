"""How fast jobs are, and a clock for them that can be stopped and moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define
from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import Clock


@define
class Timing:
    """Seconds that each job stays ``queued`` and ``waiting`` at least, and what steps take.

    ``pace`` multiplies the time of every step: 0 makes jobs instant, 30 about as slow as real ones.
    """

    pace: float = 1.0
    queued: float = 0.0
    waiting: float = 0.0


class JobClock(Clock):
    """The reactor's time, which may be frozen, moved on, or run at another speed.

    Whoever it wakes is woken by the reactor: nothing runs while somebody moves it.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        super().__init__()
        self._reactor = reactor
        self._seen = reactor.seconds()
        self.rightNow = self._seen
        self._speed = 1.0
        self._timer: IDelayedCall | None = None

    @property
    def speed(self) -> float:
        """How much faster than the reactor's it runs; 0 is frozen."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.seconds()
        self._speed = speed
        self._arm()

    def move(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.rightNow += seconds
        self._arm()

    def seconds(self) -> float:
        """Now, as jobs see it."""
        now = self._reactor.seconds()
        self.rightNow += (now - self._seen) * self._speed
        self._seen = now
        return float(self.rightNow)

    def callLater(  # Any: as the interface has it
        self, delay: float, callable: Callable[..., Any], *args: object, **kwargs: object
    ) -> DelayedCall:
        """See `IReactorTime.callLater`."""
        due = self.seconds() + delay
        call = DelayedCall(
            due, callable, args, kwargs, self._forget, lambda _: self._arm(), self.seconds
        )
        self.calls.append(call)
        self._arm()
        return call

    def _forget(self, call: DelayedCall) -> None:
        self.calls.remove(call)
        self._arm()

    def _arm(self) -> None:
        """Have the reactor wake us when the next call is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = min((call.getTime() for call in self.calls), default=None)
        if waiting is None:
            return
        left = max(0.0, waiting - self.seconds())
        if left == 0 or self._speed:
            self._timer = self._reactor.callLater(left / (self._speed or 1.0), self._wake)

    def _wake(self) -> None:
        self._timer = None
        now = self.seconds() + 1e-6  # the reactor may be early by what floats cannot hold
        due = sorted(
            (c for c in self.calls if c.getTime() <= now), key=lambda c: float(c.getTime())
        )
        for call in due:
            if call in self.calls:
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)
        self._arm()
