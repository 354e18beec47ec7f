"""Bare twisted.web over TLS, as the ceiling: ``python -m test.bench.bare PEM PORT SIZE…``.

For each size there is a resource of that name with that many bytes. The TLS context is the
daemon's own; there is nothing else of it. Before the certificate, ``as-it-comes`` keeps Site's
access log, which goes nowhere, and the switch to HTTP/2; ``nothing`` has a protocol in its place
that sends the same bytes for whatever comes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python import log
from twisted.web.http import HTTPChannel
from twisted.web.http import Request as HTTPRequest
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data

from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory

from .sites import HOST

AS_IT_COMES, NOTHING = "as-it-comes", "nothing"


class BareSite(Site):
    """Without an access log, and without the switch to HTTP/2."""

    protocol = HTTPChannel  # type: ignore[assignment]  # what the switch stands in for

    def log(self, request: HTTPRequest) -> None:
        """Write nothing."""


class Nothing(Protocol):
    """What costs no less over Twisted's TLS: a write for a read."""

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\0\0")


def main(kind: str, pem: str, port: str, sizes: Sequence[str]) -> None:
    """Serve until the process is ended."""
    root = Resource()
    for size in sizes:
        root.putChild(size.encode("ascii"), Data(bytes(int(size)), "application/json"))
    sites: Mapping[str, Callable[[], Factory]] = {
        "bare": lambda: BareSite(root),
        AS_IT_COMES: lambda: Site(root),
        NOTHING: lambda: Factory.forProtocol(Nothing),
    }
    log.startLogging(open(os.devnull, "w"), setStdout=False)  # noqa: SIM115
    factory = TLSMemoryBIOFactory(ReloadingContextFactory(PemFiles(pem, pem)), False, sites[kind]())
    reactor: Any = global_reactor  # Any: a module that stands for an object
    reactor.listenTCP(int(port), factory, interface=HOST)
    reactor.run()


if __name__ == "__main__":
    words = sys.argv[1:]
    kind = words.pop(0) if words[0] in (AS_IT_COMES, NOTHING) else "bare"
    main(kind, words[0], words[1], words[2:])
