"""What the clients of threads and of asyncio are made of, by the standard library's TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from ganeti_rapi.client.kept import Connection, Kept
from ganeti_rapi.client.methods import AllMethods
from ganeti_rapi.client.transport import Credentials, Patience, Transport, credentials_of
from ganeti_rapi.client.trust import Trust, policy

MakeTransport = Callable[[str, Trust, Credentials, Patience, float, int], Transport]


class SocketTransport(Transport, Generic[Connection]):
    """What the transports over sockets have in common.

    ``trust`` judges certificates, where there are any. ``connections`` are kept open for later
    reads. ``connect_timeout`` is seconds.
    """

    def __init__(
        self,
        url: str,
        trust: Trust,
        credentials: Credentials,
        patience: Patience,
        connect_timeout: float,
        connections: int = 8,
    ) -> None:
        super().__init__(url, credentials, patience)
        self._trust = trust if self.url.startswith("https:") else None
        self._connect_timeout = connect_timeout
        self._kept: Kept[Connection] = Kept(connections)

    async def close(self) -> None:
        self._kept.close()


class SocketClient(AllMethods):
    """A client over the transport that ``make_transport`` makes.

    The other parameters are those of `RapiClient`, without a reactor; ``trust`` stands for
    ``cafile``, ``pinned`` and ``insecure``.
    """

    make_transport: MakeTransport

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        *,
        token: str | None = None,
        cafile: str | None = None,
        pinned: str | None = None,
        insecure: bool = False,
        timeout: float | None = 60.0,
        connect_timeout: float = 10.0,
        retries: int = 3,
        connections: int = 8,
        trust: Trust | None = None,
    ) -> None:
        transport = type(self).make_transport(
            url,
            trust or policy(cafile, pinned, insecure),
            credentials_of(username, password, token),
            Patience.of(timeout, retries),
            connect_timeout,
            connections,
        )
        super().__init__(transport)
