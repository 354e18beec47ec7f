"""A look at a server's certificate, before there is anything to say to it."""

from __future__ import annotations

import hashlib
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from ganeti_rapi.client.cli.failing import Failed

PATIENCE: Final = 10.0
"""Seconds that a server may take to show its certificate."""


def untrusted_fingerprint(url: str) -> str | None:
    """The fingerprint of a server's certificate; None if the system trusts it. Raises `Failed`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    address = (parts.hostname, parts.port or 443)
    try:
        _certificate(address, ssl.create_default_context())
    except ssl.SSLError:
        pass
    except OSError as error:
        raise Failed(f"can't connect to {url}: {error}; is that the right URL?", 3) from None
    else:
        return None
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        return hashlib.sha256(_certificate(address, trusting)).hexdigest()
    except OSError as error:
        raise Failed(f"TLS with {url} failed: {error}; is that the right URL?", 3) from None


def _certificate(address: tuple[str, int], context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection(address, PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=address[0]) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""
