"""The files of the console, read once and served from memory, each with a strict policy.

The policy lets the page load and run only what is served here, and lets no script write markup:
what a name or a log line holds cannot become a part of the page.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.web.iweb import IRequest
from twisted.web.server import NOT_DONE_YET

from ganeti_rapi.errors import MethodNotSupported, NotFound
from ganeti_rapi.web.heads import check_admitted
from ganeti_rapi.web.render import accepts_gzip, matches
from ganeti_rapi.web.reply import Reply
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.web.routes import RouteNode, Serve

FILES = Path(__file__).parent.parent / "console"

NOVNC = next(filter(Path.is_dir, [FILES / "novnc"]), Path("/usr/share/novnc"))
"""The viewer of screens: in our wheel, or where Debian's package novnc puts it. Without it there is
a command to copy."""

TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
"""What is served, by how its name ends."""

INDEX = "index.html"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",  # ask each time; the answer is mostly that nothing has changed
    "Vary": "Accept-Encoding",
}

_GZIP_FORMAT = 16 + zlib.MAX_WBITS

Answering = Callable[[Callable[[RapiRequest], Coroutine[Any, Any, Reply]]], Serve]
"""Makes what serves requests of a coroutine function that answers one."""


@frozen
class StaticFile:
    """A file as it is sent: its text, the same gzipped, and what tells it from other versions."""

    content_type: bytes
    text: bytes
    zipped: bytes
    etag: str

    @classmethod
    def read(cls, path: Path) -> StaticFile:
        """Raises OSError."""
        text = path.read_bytes()
        packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP_FORMAT)
        etag = hashlib.blake2b(text, digest_size=12).hexdigest()
        return cls(TYPES[path.suffix], text, packer.compress(text) + packer.flush(), etag)

    async def answer(self, request: RapiRequest) -> Reply:
        """Send it, or that the browser has it already."""
        check_read(request)
        zip_it = accepts_gzip(request.header(b"accept-encoding"))
        etag = f"{self.etag}-gzip" if zip_it else self.etag
        headers = {**HEADERS, "ETag": f'"{etag}"'}
        if matches(request.header(b"if-none-match"), etag):
            return Reply((), 304, headers)
        if not zip_it:
            return Reply([self.text], headers=headers, content_type=self.content_type)
        headers["Content-Encoding"] = "gzip"
        return Reply([self.zipped], headers=headers, content_type=self.content_type)


def check_read(request: RapiRequest) -> None:
    """Raise `MethodNotSupported` for what is no read, and what `check_admitted` raises."""
    check_admitted(request)
    if request.method not in (b"GET", b"HEAD"):
        raise MethodNotSupported("A file of the console is only read", {"Allow": "GET, HEAD"})


async def missing(_request: RapiRequest) -> Reply:
    """Raises `NotFound`."""
    raise NotFound


async def to_the_console(request: RapiRequest) -> Reply:
    """Where the slash is forgotten: relative, since a proxy may serve us under a prefix."""
    check_read(request)
    return Reply((), 301, {"Location": "console/"}, content_type=TYPES[".html"])


@cache
def served(directory: Path) -> Mapping[tuple[str, ...], StaticFile]:
    """The files below a directory that are served, by their segments. Raises OSError."""
    paths = (path for path in sorted(directory.rglob("*")) if path.suffix in TYPES)
    return {path.relative_to(directory).parts: StaticFile.read(path) for path in paths}


class Directory(RouteNode):
    """A node whose children are served by ``serve`` and itself, without a slash, by ``bare``."""

    def __init__(self, serve: Serve, bare: Serve) -> None:
        super().__init__(serve)
        self._bare = bare

    def render(self, request: IRequest) -> int:
        """Send on who forgot the slash."""
        assert isinstance(request, RapiRequest)
        self._bare(request, None)
        return NOT_DONE_YET


def grow_console(root: RouteNode, answering: Answering, novnc: Path = NOVNC) -> None:
    """Let the tree serve the console at /console/. Raises OSError when files cannot be read."""
    console = Directory(answering(missing), answering(to_the_console))
    root.putChild(b"console", console)
    for segments, file in served(FILES).items():
        grow_file(console, segments, answering(file.answer))
    if novnc.parent == FILES:  # then it is among them
        return
    for part in ("core", "vendor"):
        for segments, file in served(novnc / part).items():
            grow_file(console, ("novnc", part, *segments), answering(file.answer))


def grow_file(root: RouteNode, segments: tuple[str, ...], serve: Serve) -> None:
    """Let the tree serve a file; an index is served in the name of its directory as well."""
    *directory, name = segments
    node = root
    for segment in directory:
        node = node.grow(segment)
    leaf = RouteNode(serve)
    node.putChild(name.encode(), leaf)
    if name == INDEX:
        node.putChild(b"", leaf)
