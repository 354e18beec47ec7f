"""One connection to a server, of a thread that blocks; and what its failures mean."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from ganeti_rapi.client.conversation import Conversation, Head, host_of
from ganeti_rapi.client.errors import ConnectionBroken, TlsError, Unreachable
from ganeti_rapi.client.transport import IDLE, Request
from ganeti_rapi.client.trust import Trust, policy, sha256

PIECE: Final = 1 << 18
"""How many bytes are read at once, at most."""


class Connection:
    """A connection to the server at a URL.

    It belongs to the process that made it, which ``process`` tells: one that was forked off has it
    as well, and must leave it alone.
    """

    def __init__(self, url: str, trust: Trust | None, timeout: float) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._socket = _connected(url, (parts.hostname, parts.port or 0), trust, timeout)
        self._conversation = Conversation(host_of(url))
        self.process = os.getpid()
        self._since = monotonic()

    def ask(self, request: Request, timeout: float | None) -> None:
        """Send a request. Raises OSError; ``timeout`` is seconds, or None."""
        self._socket.settimeout(timeout)
        self._socket.sendall(self._conversation.ask(request))

    def answer(self, left: Callable[[], float | None]) -> Iterator[Head | bytes]:
        """What comes of the reply until it is whole. Raises OSError, or `BROKEN`.

        ``left`` tells the seconds that the next bytes may take, or None.
        """
        while True:
            yield from self._conversation.parts()
            if self.ended:
                return
            self._socket.settimeout(left())
            self._conversation.feed(self._socket.recv(PIECE))

    @property
    def ended(self) -> bool:
        """Whether the reply is whole."""
        return self._conversation.ended

    def keep(self) -> bool:
        """Get ready for another request; whether there may be one on this connection."""
        self._since = monotonic()
        return self._conversation.next()

    def usable(self) -> bool:
        """Whether a connection that was kept is still there, and ours."""
        if self.process != os.getpid() or monotonic() - self._since > IDLE:
            return False
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        except OSError:
            pass
        return False  # its end is there already, or something that nobody asked for

    def interrupt(self) -> None:
        """Let another thread's waiting end."""
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it, without a word to the server: it may be another process's as well."""
        self._socket.close()


def _connected(
    url: str, address: tuple[str, int], trust: Trust | None, timeout: float
) -> socket.socket:
    """A socket that leads to a server that is trusted. Raises `Unreachable` or `TlsError`."""
    try:
        plain = socket.create_connection(address, timeout)
    except (OSError, UnicodeError) as error:
        raise unreachable(url, error) from error
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if trust is None:
        return plain
    try:
        secured = trust.context.wrap_socket(plain, server_hostname=address[0])
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise not_trusted(url, shown(address, timeout)) from error
    except (OSError, ValueError) as error:
        plain.close()
        raise unreachable(url, error) from error
    certificate = secured.getpeercert(binary_form=True) or b""
    if not trust.accepts(certificate):
        secured.close()
        raise not_trusted(url, sha256(certificate))
    return secured


def unreachable(url: str, error: Exception) -> TlsError | Unreachable:
    """What it means that no connection was made."""
    if isinstance(error, ssl.SSLError):
        return TlsError(f"TLS with {url} failed: {error.reason or error}")
    return Unreachable(f"Can't connect to {url}: {_words(error)}")


def broken(url: str, error: Exception) -> ConnectionBroken:
    """What it means that an exchange ended too early."""
    return ConnectionBroken(
        f"The connection to {url} ended before the whole reply: {_words(error)}"
    )


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def not_trusted(url: str, fingerprint: str | None) -> TlsError:
    """What it means that a certificate was refused."""
    return TlsError(
        f"The certificate of {url} is not trusted",
        "give the file of its authority as cafile, or its fingerprint as pinned",
        fingerprint,
    )


def shown(address: tuple[str, int], timeout: float) -> str | None:
    """The fingerprint of a server that was refused; the library does not tell it then.

    It is None where that cannot be found out. ``timeout`` is seconds.
    """
    with suppress(OSError):
        unchecked = policy(insecure=True).context
        with (
            socket.create_connection(address, timeout) as plain,
            unchecked.wrap_socket(plain, server_hostname=address[0]) as secured,
        ):
            return sha256(secured.getpeercert(binary_form=True) or b"")
    return None
