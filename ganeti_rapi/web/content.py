"""The JSON of a request's body, and by what a write is known that shall count once."""

from __future__ import annotations

from ganeti_rapi import jsontext
from ganeti_rapi.api.call import ABSENT, Absent, Query
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.once import Mark, of_request, read_mark
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.submissions import counts_once
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json
from ganeti_rapi.web.heads import check_media_type
from ganeti_rapi.web.request import RapiRequest


async def read_content(request: RapiRequest) -> Json | Absent:
    """The JSON of the body, as soon as all of it is there.

    Raises `UnsupportedMediaType` or `BadRequest`.
    """
    text = await request.read_body()
    if not text:
        return ABSENT
    check_media_type(request)  # one in chunks may have come to nothing, and then needs no type
    try:
        return jsontext.loads_flat(text)  # type: ignore[no-any-return]  # JSON is what it returns
    except ValueError as error:
        raise BadRequest(f"Unable to parse JSON data: {error}") from None


def mark_of(
    request: RapiRequest, resource: Resource, cell: Cell, query: Query, body: Json | Absent
) -> Mark | None:
    """What a write is known by that shall count once. Raises `BadRequest` for a malformed key."""
    key = request.header(b"idempotency-key")
    method, content = request.method.decode("ascii"), None if body is ABSENT else body
    if key is None or not counts_once(method, cell):
        return None
    who = request.user_name or request.client_address
    what = (method, resource.name, list(request.items), of_request(query), content)
    return read_mark(key, who, *what)  # type: ignore[arg-type]  # the body is not absent
