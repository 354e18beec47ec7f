"""What the methods of all families are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast
from urllib.parse import quote

from ganeti_rapi.client.errors import BadReply, FeatureMissing, NotFound
from ganeti_rapi.client.transport import Query, QueryValue, Transport
from ganeti_rapi.jsontext import Json

Object: TypeAlias = dict[str, Any]  # Any: each field's own JSON


def path(*segments: str | int) -> str:
    """The path of a resource; names are quoted.

    >>> path("instances", "web1.example.com", "startup")
    '/2/instances/web1.example.com/startup'
    """
    return "/".join(["/2", *(quote(str(segment), safe="") for segment in segments)])


def given(**values: Json) -> Object:
    """The values that are not None; the server chooses those that were left out."""
    return {name: value for name, value in values.items() if value is not None}


def options(dry_run: bool = False, reason: str | None = None, force: bool = False) -> Query:
    """The query arguments that many requests have; a false one is not sent."""
    flags: dict[str, QueryValue] = {"dry-run": dry_run or None, "force": force or None}
    return {**flags, "reason": reason or None}


class Methods:
    """The base of the families. ``transport`` sends the requests; what submits a job has the
    ``common`` parameters of opcodes."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.common: Mapping[str, Json] = {}
        self._features: frozenset[str] | None = None

    async def get_features(self) -> list[str]:
        """What the server can do beyond the first version of the API; empty on very old ones."""
        try:
            features: list[str] = await self._get(path("features"))
        except NotFound:
            return []
        return features

    async def has_feature(self, name: str) -> bool:
        """Whether the server has a feature. It is asked once for all of them."""
        if self._features is None:
            self._features = frozenset(await self.get_features())
        return name in self._features

    async def _need_feature(self, name: str, what: str) -> None:
        if not await self.has_feature(name):
            raise FeatureMissing(f"The server cannot {what}: it lacks the feature {name}")

    async def _get(self, where: str, **query: QueryValue) -> Any:  # Any: the resource's own JSON
        return await self.transport.request("GET", where, query)

    async def _names(self, kind: str, key: str) -> list[Any]:  # Any: a name, or a job's id
        return [row[key] for row in await self._get(path(kind))]

    async def _details(self, kind: str, fields: Sequence[str] | None = None) -> list[Any]:
        # Any: a kind's own type
        """All objects, with these fields if the server can choose them, or with all."""
        chosen = None if fields is None else ",".join(fields)
        rows: list[Any] = await self._get(path(kind), bulk=True, fields=chosen)
        return rows

    async def _object(self, *segments: str) -> Any:  # Any: as above
        return await self._get(path(*segments))

    async def _tags(self, *segments: str) -> list[str]:
        tags: list[str] = await self._get(path(*segments, "tags"))
        return tags

    async def _submit(
        self,
        method: str,
        where: str,
        query: Query | None = None,
        body: Json | Mapping[str, object] = None,
    ) -> int:
        """Send what submits a job; its id. Servers before 2.7 give it as a string."""
        if self.common and (body is None or isinstance(body, Mapping)):
            body = {**(body or {}), **self.common}
        json = cast("Json", body)  # mypy takes the values of a TypedDict for any objects
        # A GET that submits a job is as little safe to repeat as any other.
        reply = await self.transport.request(method, where, query, json, repeat=False)
        try:
            return int(reply)
        except (TypeError, ValueError):
            raise BadReply(f"The server gave no job id for {method} {where}") from None

    async def _add_tags(self, of: str, tags: Sequence[str], query: Mapping[str, QueryValue]) -> int:
        return await self._submit("PUT", of + "/tags", {"tag": list(tags), **query})

    async def _delete_tags(
        self, of: str, tags: Sequence[str], query: Mapping[str, QueryValue]
    ) -> int:
        return await self._submit("DELETE", of + "/tags", {"tag": list(tags), **query})
