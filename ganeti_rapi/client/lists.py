"""Lists page by page, with chosen fields, and what changed in them. Stock servers have no such."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from attrs import frozen

from ganeti_rapi import jsontext
from ganeti_rapi.client.base import Methods, Object, path
from ganeti_rapi.client.errors import Gone
from ganeti_rapi.client.transport import Query
from ganeti_rapi.jsontext import Json

_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


@frozen
class Page:
    """Some of the objects of a list, in order.

    ``after`` is what `ListMethods.get_page` takes for the next page; None on the last one.
    """

    rows: Sequence[Object]
    after: str | None


@frozen
class Changes:
    """What changed in a list.

    ``etag`` is what `ListMethods.get_changes` takes next time. ``changed`` are the objects that
    came or changed, ``removed`` the names of those that went. ``whole`` says that ``changed`` is
    the whole list, and what was known before counts no more.
    """

    etag: str
    changed: Sequence[Object]
    removed: Sequence[Any]  # Any: names, or ids of jobs
    whole: bool = False


class ListMethods(Methods):
    """Lists of all kinds.

    ``kind`` is instances, nodes, groups, networks, jobs or filters. ``fields`` are the ones to
    show, such as ``be/maxmem``; without them it is all details. ``missing`` in an object says for
    each value that is not known why. A ``filter`` is text, such as ``status = running``, or a list
    as in `query`. ``sort`` are fields, with a minus before one that goes downwards.
    """

    async def get_page(
        self,
        kind: str,
        *,
        fields: Sequence[str] | None = None,
        filter: Json = None,
        sort: Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page:
        """Up to ``limit`` objects, the first ones or those ``after`` another page.

        Raises `BadRequest` for a wrong filter or field.
        """
        query = {**chosen(fields, filter, sort), "limit": limit, "after": after}
        answer = await self.transport.answer("GET", path(kind), query)
        return Page(answer.value, _after(answer.headers.get("link", "")))

    async def get_rows(
        self,
        kind: str,
        *,
        fields: Sequence[str] | None = None,
        filter: Json = None,
        sort: Sequence[str] | None = None,
        limit: int = 500,
    ) -> AsyncIterator[Object]:
        """All objects, read ``limit`` at a time.

        Each that stays is there once, whatever comes and goes meanwhile.
        """
        after: str | None = None
        while True:
            page = await self.get_page(
                kind, fields=fields, filter=filter, sort=sort, limit=limit, after=after
            )
            for row in page.rows:
                yield row
            if (after := page.after) is None:
                return

    async def get_changes(
        self,
        kind: str,
        since: str | None = None,
        *,
        fields: Sequence[str] | None = None,
        filter: Json = None,
    ) -> Changes:
        """What changed in a list ``since`` an earlier answer of this method.

        Without it, and when the server does not know that any more, it is the whole list.
        """
        where, query = path(kind), chosen(fields, filter, None)
        if since is not None:
            try:
                news = (await self.transport.answer("GET", where, {**query, "since": since})).value
                return Changes(news["etag"], news["changed"], news["removed"])
            except Gone:
                pass
        answer = await self.transport.answer("GET", where, query)
        return Changes(answer.headers.get("etag", "").strip('"'), answer.value, [], whole=True)


def chosen(fields: Sequence[str] | None, filter: Json, sort: Sequence[str] | None) -> Query:
    """The query arguments of a list."""
    is_text = filter is None or isinstance(filter, str)
    return {
        "bulk": True,
        "fields": None if fields is None else ",".join(fields),
        "filter": filter if is_text else jsontext.dumps(filter).decode(),  # type: ignore[dict-item]
        "sort": None if sort is None else ",".join(sort),
    }


def _after(link: str) -> str | None:
    found = _NEXT.search(link)
    return parse_qs(urlsplit(found[1]).query)["after"][0] if found else None
