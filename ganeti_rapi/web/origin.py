"""The URL that a client knows this daemon by, perhaps through proxies.

A proxy that is trusted tells the client's view by ``X-Forwarded-Proto``, ``X-Forwarded-Host`` and
``X-Forwarded-Prefix``. Where it tells nothing, the request's own ``Host`` counts, and whether its
connection is encrypted. Of several proxies, the first one spoke with the client.
"""

from __future__ import annotations

import re

from twisted.internet.interfaces import ISSLTransport

from ganeti_rapi.web.request import RapiRequest

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_SECURE = {"https": True, "wss": True, "http": False, "ws": False}


def socket_url(request: RapiRequest, path: str) -> str:
    """The URL at which whoever sent this request reaches a path of ours as a WebSocket."""
    scheme = "wss" if _is_secure(request) else "ws"
    host = _told(request, b"x-forwarded-host")
    if not _HOST.fullmatch(host):
        host = request.header(b"host") or _address(request)
    prefix = _told(request, b"x-forwarded-prefix").rstrip("/")
    return f"{scheme}://{host}{prefix if _PREFIX.fullmatch(prefix) else ''}{path}"


def _is_secure(request: RapiRequest) -> bool:
    encrypted = ISSLTransport.providedBy(request.channel.transport)
    return _SECURE.get(_told(request, b"x-forwarded-proto").lower(), encrypted)


def _told(request: RapiRequest, name: bytes) -> str:
    """What the first proxy said, if the one that we see is trusted; empty where none did."""
    channel = request.channel
    if not channel.site.proxies.trusts(channel.peer_address):
        return ""
    return (request.header(name) or "").split(",")[0].strip()


def _address(request: RapiRequest) -> str:
    """Where the request arrived: old clients name no host."""
    here = request.channel.transport.getHost()  # type: ignore[union-attr]  # there is one
    host, port = getattr(here, "host", "localhost"), getattr(here, "port", None)
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if port else host
