"""Finished replies, and the form in which a client takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from ganeti_rapi.web.render import WORTH_ZIPPING, InThread, ReplyBody, accepts_gzip, matches
from ganeti_rapi.web.request import JSON_TYPE, READS, RapiRequest


@frozen
class Reply:
    """A finished reply; its body is in pieces, and may be ``secret``: then no log shows it."""

    pieces: Sequence[bytes]
    code: int = 200
    headers: Mapping[str, str] = {}
    content_type: bytes = JSON_TYPE
    secret: bool = False


async def represent(request: RapiRequest, body: ReplyBody, in_thread: InThread) -> Reply:
    """A body in the form that the client takes; 304 if the client has it already."""
    zip_it = body.length >= WORTH_ZIPPING
    headers = {**body.headers, **({"Vary": "Accept-Encoding"} if zip_it else {})}
    zip_it = zip_it and accepts_gzip(request.header(b"accept-encoding"))
    etag = f"{body.etag}-gzip" if zip_it else body.etag
    if request.method in READS:  # elsewhere it would be that of what was stored
        headers["ETag"] = f'"{etag}"'
    if request.method in READS and matches(request.header(b"if-none-match"), etag):
        return Reply((), 304, headers)
    if not zip_it:
        return Reply(body.pieces, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Reply([await body.zipped(in_thread)], headers=headers)
