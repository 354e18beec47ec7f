"""The reactor in a thread of its own, and waiting for what runs there."""

from __future__ import annotations

import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from ganeti_rapi.client.blocking.errors import Error

Result = TypeVar("Result")

_started_by: int | None = None
"""The process whose thread it is. A process that is forked off has none."""


def running_reactor() -> Any:  # Any: the reactor
    """The reactor, started in its thread if it is not running yet. Raises `Error`."""
    global _started_by  # crochet's thread is one for the process as well
    if _started_by is None:
        _crochet().setup()
        _started_by = os.getpid()
    if _started_by != os.getpid():
        raise Error(
            "The client's thread stayed behind in the parent process; with multiprocessing, use "
            "the start method spawn, or make the first client in the child"
        )
    from twisted.internet import reactor

    return reactor


def result_of(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in the reactor's thread and wait for its end. Call this in any other thread.

    Interrupting the wait, by control-C for example, cancels the work.
    """
    try:
        running_reactor()
    except Error:
        work.close()
        raise

    def run() -> Deferred[Result]:
        return Deferred.fromCoroutine(work)

    waiting = _crochet().run_in_reactor(run)()
    try:
        result: Result = waiting.wait(threading.TIMEOUT_MAX)
    except (KeyboardInterrupt, SystemExit):
        waiting.cancel()
        raise
    return result


def _crochet() -> Any:  # Any: a module that only the blocking client needs
    try:
        import crochet
    except ImportError:
        raise Error(
            "The blocking client needs crochet: install ganeti-rapi with the extra 'client'"
        ) from None
    return crochet
