"""The transport of asyncio, and the client over it: no reactor, and nothing of Twisted's."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ganeti_rapi.client.conversation import BROKEN, Conversation, Head, host_of
from ganeti_rapi.client.errors import Unreachable
from ganeti_rapi.client.over_sockets import SocketClient, SocketTransport
from ganeti_rapi.client.sockets import PIECE, broken, not_trusted, shown, unreachable
from ganeti_rapi.client.transport import (
    IDLE,
    Reply,
    Request,
    decode,
)
from ganeti_rapi.client.trust import sha256

Value = TypeVar("Value")
Result = TypeVar("Result")


class _Connection:
    """One connection to the server."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._reader, self._writer = reader, writer
        self._conversation = Conversation(host_of(url))
        self._process = os.getpid()
        self._since = monotonic()

    async def ask(self, request: Request) -> None:
        """Send a request. Raises OSError."""
        self._writer.write(self._conversation.ask(request))
        await self._writer.drain()

    async def answer(self) -> AsyncIterator[Head | bytes]:
        """What comes of the reply until it is whole. Raises OSError, or `BROKEN`."""
        while True:
            for part in self._conversation.parts():
                yield part
            if self._conversation.ended:
                return
            self._conversation.feed(await self._reader.read(PIECE))

    def keep(self) -> bool:
        """See `Keepable`."""
        self._since = monotonic()
        return self._conversation.next()

    def usable(self) -> bool:
        """See `Keepable`."""
        gone = self._reader.at_eof() or self._writer.is_closing()
        return not gone and self._process == os.getpid() and monotonic() - self._since <= IDLE

    def close(self) -> None:
        """See `Keepable`."""
        self._writer.close()


class AsyncioTransport(SocketTransport[_Connection]):
    """Sends requests in the running loop."""

    async def send(self, request: Request) -> Reply:
        return await self.within(self.patience.timeout, self._exchange(request), self.timed_out)

    async def _exchange(self, request: Request) -> Reply:
        connection = await self._connection(request.safe)
        try:
            await connection.ask(request)
            head, *body = [part async for part in connection.answer()]
        except (OSError, BROKEN) as error:
            raise broken(self.url, error) from error
        finally:
            self._kept.put(connection)
        assert isinstance(head, Head)
        return Reply(head.code, b"".join(map(bytes, body)), head.headers)  # type: ignore[arg-type]

    async def stream(self, request: Request, silence: float) -> AsyncGenerator[bytes, None]:
        connection = await self._connection(request.safe)
        parts = connection.answer()
        try:
            await connection.ask(request)
            head = await self.within(self.patience.timeout, _next(parts), self.timed_out)
            assert isinstance(head, Head)
            if head.code != 200:
                body = b"".join([part async for part in parts if isinstance(part, bytes)])
                decode(Reply(head.code, body, head.headers))
            while True:
                part = await self.within(silence, _next(parts), lambda: self.silent(silence))
                if part is None:
                    return
                assert isinstance(part, bytes)
                yield part
        except (OSError, BROKEN) as error:
            raise broken(self.url, error) from error
        finally:
            self._kept.put(connection)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def within(
        self,
        seconds: float | None,
        work: Coroutine[Any, Any, Result],  # Any: what a coroutine waits for
        late: Callable[[], Exception],
    ) -> Result:
        try:
            return await asyncio.wait_for(work, seconds)
        except (asyncio.TimeoutError, TimeoutError):
            raise late() from None

    async def each(
        self, work: Callable[[Value], Coroutine[Any, Any, None]], values: Sequence[Value], most: int
    ) -> None:  # Any: as above
        places = asyncio.Semaphore(most)

        async def one(value: Value) -> None:
            async with places:
                await work(value)

        tasks = [asyncio.ensure_future(one(value)) for value in values]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _connection(self, safe: bool) -> _Connection:
        """One that was kept, or a new one. Raises `Unreachable` or `TlsError`."""
        kept = self._kept.take() if safe else None
        if kept is not None:
            return kept
        return await self.within(self._connect_timeout, self._connect(), self._unanswered)

    def _unanswered(self) -> Unreachable:
        return Unreachable(f"Can't connect to {self.url}: timed out")

    async def _connect(self) -> _Connection:
        parts, trust = urlsplit(self.url), self._trust
        address = parts.hostname or "", parts.port or 0
        try:
            reader, writer = await asyncio.open_connection(
                *address,
                ssl=trust and trust.context,
                server_hostname=address[0] if trust else None,
            )
        except ssl.SSLCertVerificationError as error:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(None, shown, address, self._connect_timeout)
            raise not_trusted(self.url, found) from error
        except (OSError, ValueError) as error:
            raise unreachable(self.url, error) from error
        if trust is not None:
            certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
            if not trust.accepts(certificate):
                writer.close()
                raise not_trusted(self.url, sha256(certificate))
        return _Connection(self.url, reader, writer)


async def _next(parts: AsyncIterator[Head | bytes]) -> Head | bytes | None:
    """The next part; None at the end."""
    return await anext(parts, None)


class AsyncioClient(SocketClient):
    """A cluster's remote API, for asyncio programs. Every method is a coroutine, and raises
    `RapiError`.

        async with AsyncioClient("https://cluster.example.com:5080", "jack", "secret") as client:
            print(await client.list_instances())

    The parameters are those of `RapiClient`, without a reactor. It belongs to the event loop that
    it is first used in.
    """

    make_transport = AsyncioTransport
