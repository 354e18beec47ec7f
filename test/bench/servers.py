"""Servers that answer ``/version`` over TLS, to compare with: each a process of its own.

python -m test.bench.servers aiohttp|uvicorn PEM PORT
"""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

from .processes import Program
from .sites import HOST, Site, free_port, wait_until_it_listens

REPLY = b"2\n"
TYPE = "application/json"

NGINX = """\
daemon off; master_process off; worker_processes 1; pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
  access_log off; keepalive_requests 1000000; ssl_session_cache shared:s:1m;
  ssl_protocols TLSv1.3; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  server {{
    listen {host}:{port} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};
    location / {{ default_type {type}; return 200 "2\\n"; }}
  }}
}}
"""


def tls_context(pem: str) -> ssl.SSLContext:
    """A server's, with this certificate and key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def serve_aiohttp(pem: str, port: int) -> None:
    """aiohttp, with a route and nothing else."""
    from aiohttp import web

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=REPLY, content_type=TYPE)

    app = web.Application()
    app.router.add_get("/version", answer)
    web.run_app(
        app, host=HOST, port=port, ssl_context=tls_context(pem), access_log=None, print=None
    )


async def answer_asgi(scope: Mapping[str, Any], _receive: Any, send: Callable[..., Any]) -> None:
    # Any: ASGI's own dictionaries and callables
    """The smallest ASGI application."""
    if scope["type"] == "http":
        headers = [(b"content-type", TYPE.encode()), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": REPLY})


def serve_uvicorn(pem: str, port: int) -> None:
    """uvicorn with httptools and asyncio, without a framework."""
    import uvicorn

    config = uvicorn.Config(
        answer_asgi,
        host=HOST,
        port=port,
        ssl_certfile=pem,
        ssl_keyfile=pem,
        access_log=False,
        log_level="error",
        loop="asyncio",
        http="httptools",
        lifespan="off",
    )
    asyncio.run(uvicorn.Server(config).serve())


SERVERS: Mapping[str, Callable[[str, int], None]] = {
    "aiohttp": serve_aiohttp,
    "uvicorn": serve_uvicorn,
}


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[tuple[Program, int]]:
    program = Program.start(command)
    try:
        wait_until_it_listens(program, port)
        yield program, port
    finally:
        program.end()


@contextmanager
def python_server(name: str, site: Site) -> Iterator[tuple[Program, int]]:
    """One of `SERVERS`, running, and its port. Raises LookupError where it is not installed."""
    if importlib.util.find_spec(name) is None:
        raise LookupError(f"{name} is not installed: pip install 'ganeti-rapi[bench]'")
    port = free_port()
    command = [sys.executable, "-m", __spec__.name, name, site.certificate, str(port)]
    with _running(command, port) as running:
        yield running


@contextmanager
def bare_server(site: Site, *kind: str) -> Iterator[tuple[Program, int]]:
    """twisted.web with a resource of two bytes, of that kind: see `test.bench.bare`."""
    port = free_port()
    arguments = [*kind, site.certificate, str(port), "2"]
    with _running([sys.executable, "-m", "test.bench.bare", *arguments], port) as running:
        yield running


@contextmanager
def nginx_server(site: Site) -> Iterator[tuple[Program, int]]:
    """nginx with one process. Raises LookupError where it is not installed."""
    if which("nginx") is None:
        raise LookupError("nginx is not installed (Debian's package nginx-light)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ganeti-rapi-bench-") as name:
        file = Path(name, "nginx.conf")
        pem = site.certificate
        file.write_text(NGINX.format(directory=name, host=HOST, port=port, pem=pem, type=TYPE))
        with _running(["nginx", "-c", str(file), "-e", f"{name}/error.log"], port) as running:
            yield running


if __name__ == "__main__":
    SERVERS[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
