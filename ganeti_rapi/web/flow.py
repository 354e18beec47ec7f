"""Whether the peer takes what is sent to it."""

from __future__ import annotations

import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IPushProducer, ITCPTransport, ITransport

_TCP_INFO = 11
_BYTES_ACKED = struct.Struct("=120xQ")
"""Where Linux tells in ``struct tcp_info`` how many bytes the peer has acknowledged so far."""


def is_tcp(transport: Any) -> bool:  # Any: as Flow's
    """Whether it is a TCP connection, whose options can be set."""
    # Until Twisted 22.8 the transport of a UNIX socket says that it is TCP's
    return ITCPTransport.providedBy(transport) and isinstance(
        transport.getHost(), (IPv4Address, IPv6Address)
    )


class Flow:
    """How a channel's peer keeps up.

    ``producer`` is the reply that is under way piece by piece, if there is one; ``paused`` says
    that the peer does not keep up.
    """

    def __init__(self, transport: ITransport) -> None:
        self.paused = False
        self.producer: IPushProducer | None = None
        # Any: what is below TLS, or the transport itself; of a real one, a socket's descriptor
        self._below: Any = getattr(transport, "transport", transport)
        self._acknowledged = 0
        if is_tcp(self._below):
            self._below.setTcpNoDelay(True)  # a reply never waits for the peer's acknowledgement

    def pause(self) -> None:
        """The peer does not keep up."""
        self.paused = True
        if self.producer is not None:
            self.producer.pauseProducing()

    def resume(self) -> None:
        """The peer has caught up."""
        self.paused = False
        if self.producer is not None:
            self.producer.resumeProducing()

    def stop(self) -> None:
        """The connection is lost."""
        producer, self.producer = self.producer, None
        if producer is not None:
            producer.stopProducing()

    def taken(self) -> int:
        """How many bytes the peer has taken since this was asked last."""
        before, self._acknowledged = self._acknowledged, self._bytes_acknowledged()
        return self._acknowledged - before

    def _bytes_acknowledged(self) -> int:
        """As the kernel counts them; 0 where it does not."""
        handle = self._below.getHandle() if hasattr(self._below, "getHandle") else None
        if isinstance(handle, socket.socket) and sys.platform == "linux":
            with suppress(OSError, struct.error):  # not TCP, or an old kernel
                info = handle.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _BYTES_ACKED.size)
                return int(_BYTES_ACKED.unpack(info)[0])
        return 0
