"""Limits in time for what others have to do."""

from __future__ import annotations

from typing import NoReturn, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ganeti_rapi.errors import LuxiTimeout

T = TypeVar("T")


async def within(clock: IReactorTime, seconds: float, work: Deferred[T], complaint: str) -> T:
    """What the job daemon's ``work`` comes to; it is cancelled after that many seconds.

    Raises `LuxiTimeout` then, with the complaint.
    """

    def give_up(_result: object, _seconds: float) -> NoReturn:
        raise LuxiTimeout(complaint)

    return await work.addTimeout(seconds, clock, give_up)
