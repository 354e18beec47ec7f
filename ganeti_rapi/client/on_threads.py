"""The transport that blocks: for scripts, and for `rapi`. It needs neither a reactor nor a loop.

The clients' methods are coroutines. Over this transport they never wait for anything but the calls
that block, so that `result_of` runs one to its end by starting it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, TypeVar

from attrs import define

from ganeti_rapi.client.conversation import BROKEN, Head
from ganeti_rapi.client.over_sockets import SocketClient, SocketTransport
from ganeti_rapi.client.sockets import Connection, broken
from ganeti_rapi.client.transport import (
    Reply,
    Request,
    decode,
)

Value = TypeVar("Value")
Result = TypeVar("Result")


def result_of(work: Coroutine[Any, Any, Result]) -> Result:  # Any: it waits for nothing
    """Run a coroutine that never suspends to its end; its result."""
    try:
        work.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    work.close()
    raise RuntimeError("This coroutine waits for an event loop, which there is none of here")


class _Late(Exception):
    """The time of `ThreadTransport.within` is over."""


_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))
"""When the innermost `within` of this thread has to be through."""


@define
class _UnderWay:
    """The connections in use; ``interrupted`` says that nobody may wait any more."""

    used: set[Connection]
    interrupted: bool = False


class ThreadTransport(SocketTransport[Connection]):
    """Sends requests over sockets. Any thread, and any process that is forked off, may use it."""

    # Any: what the base takes
    def __init__(self, *of_sockets: Any, **more: Any) -> None:
        super().__init__(*of_sockets, **more)
        self._under_way = _UnderWay(set())

    async def send(self, request: Request) -> Reply:
        until = min(_deadline.get(), monotonic() + (self.patience.timeout or float("inf")))
        with self._asking(request, until) as connection:
            parts = self._parts(connection, until)
            head = next(parts)
            assert isinstance(head, Head)
            body = b"".join(part for part in parts if isinstance(part, bytes))
        return Reply(head.code, body, head.headers)

    async def stream(self, request: Request, silence: float) -> AsyncGenerator[bytes, None]:
        until = min(_deadline.get(), monotonic() + (self.patience.timeout or float("inf")))
        with self._asking(request, until) as connection:
            parts = self._parts(connection, until, silence)
            head = next(parts)
            assert isinstance(head, Head)
            body = (part for part in parts if isinstance(part, bytes))
            if head.code != 200:
                decode(Reply(head.code, b"".join(body), head.headers))
            for part in body:
                yield part

    async def pause(self, seconds: float) -> None:
        left = max(_deadline.get() - monotonic(), 0)
        time.sleep(min(seconds, left))  # noqa: ASYNC251  # there is no loop to be held up
        self._check()

    async def within(
        self,
        seconds: float | None,
        work: Coroutine[Any, Any, Result],  # Any: it waits for nothing
        late: Callable[[], Exception],
    ) -> Result:
        if seconds is None:
            return await work
        before = _deadline.get()
        token = _deadline.set(min(before, monotonic() + seconds))
        try:
            return await work
        except _Late:
            if before <= monotonic():
                raise
            raise late() from None
        finally:
            _deadline.reset(token)

    async def each(
        self, work: Callable[[Value], Coroutine[Any, Any, None]], values: Sequence[Value], most: int
    ) -> None:  # Any: as above
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        def one(value: Value) -> None:
            self._check()
            result_of(work(value))

        with ThreadPoolExecutor(most) as threads:
            futures = [threads.submit(one, value) for value in values]
            try:
                done, left = wait(futures, return_when=FIRST_EXCEPTION)
            except BaseException:
                done, left = set(), set(futures)
                raise
            finally:
                if left:
                    self._interrupt()
                    threads.shutdown(cancel_futures=True)
            for future in done:
                future.result()

    @contextmanager
    def _asking(self, request: Request, until: float) -> Iterator[Connection]:
        """A connection over which a request was sent; it is kept if its reply was whole."""
        self._check()
        connection = self._connection(request.safe, until)
        self._under_way.used.add(connection)
        try:
            self._check()  # since `_interrupt` saw only those that were in use
            connection.ask(request, _left(until))
            yield connection
        except (OSError, BROKEN) as error:
            raise self._meaning(error) from error
        finally:
            self._under_way.used.discard(connection)
            self._kept.put(connection)

    def _connection(self, safe: bool, until: float) -> Connection:
        kept = self._kept.take() if safe else None
        left = min(self._connect_timeout, max(until - monotonic(), 0.001))
        return kept or Connection(self.url, self._trust, left)

    def _parts(
        self, connection: Connection, until: float, silence: float | None = None
    ) -> Iterator[Head | bytes]:
        """A reply's head and the pieces of its body, as they come.

        ``until`` is when there has to be all of it; with ``silence``, only the head.
        """
        answer = connection.answer(lambda: _left(until))
        if silence is None:
            yield from answer
            return
        yield next(answer)
        try:
            yield from connection.answer(lambda: silence)
        except TimeoutError:
            raise self.silent(silence) from None

    def _meaning(self, error: Exception) -> BaseException:
        """What a broken exchange means."""
        if self._under_way.interrupted:
            return KeyboardInterrupt()
        if isinstance(error, TimeoutError):
            return _Late() if _deadline.get() <= monotonic() else self.timed_out()
        return broken(self.url, error)

    def _interrupt(self) -> None:
        """Let the threads of `each` end: what they wait for is over."""
        self._under_way.interrupted = True
        for connection in list(self._under_way.used):
            connection.interrupt()

    def _check(self) -> None:
        if self._under_way.interrupted:
            raise KeyboardInterrupt
        if _deadline.get() <= monotonic():
            raise _Late


def _left(until: float) -> float | None:
    """Seconds until then, for a socket: None is any time. Raises TimeoutError."""
    if until == float("inf"):
        return None
    if until <= monotonic():
        raise TimeoutError
    return until - monotonic()


class ThreadClient(SocketClient):
    """A client whose coroutines never suspend: `result_of` runs them."""

    make_transport = ThreadTransport
