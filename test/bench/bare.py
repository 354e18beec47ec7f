"""Bare twisted.web over TLS, as the ceiling: ``python -m test.bench.bare PEM PORT SIZE…``.

For each size there is a resource of that name with that many bytes. The TLS context is the
daemon's own; there is nothing else of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.http import HTTPChannel
from twisted.web.http import Request as HTTPRequest
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data

from ganeti_rapi.web.tls import PemFiles, ReloadingContextFactory

from .sites import HOST


class BareSite(Site):
    """Without an access log, and without the switch to HTTP/2."""

    protocol = HTTPChannel  # type: ignore[assignment]  # what the switch stands in for

    def log(self, request: HTTPRequest) -> None:
        """Write nothing."""


def main(pem: str, port: str, sizes: Sequence[str]) -> None:
    """Serve until the process is ended."""
    root = Resource()
    for size in sizes:
        root.putChild(size.encode("ascii"), Data(bytes(int(size)), "application/json"))
    factory = TLSMemoryBIOFactory(
        ReloadingContextFactory(PemFiles(pem, pem)), False, BareSite(root)
    )
    reactor: Any = global_reactor  # Any: a module that stands for an object
    reactor.listenTCP(int(port), factory, interface=HOST)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
