"""Filter rules, which decide which jobs may run, and queries with filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganeti_rapi.client.base import Methods, given, path
from ganeti_rapi.jsontext import Json

if TYPE_CHECKING:
    from ganeti_rapi.client.results import Answer, Fields, Filter


class FilterMethods(Methods):
    """What concerns filter rules."""

    async def list_filters(self) -> list[str]:
        """The rules' UUIDs."""
        return await self._names("filters", "uuid")

    async def get_filters(self, *, fields: Sequence[str] | None = None) -> list[Filter]:
        """All rules with their details, as `get_filter` gives them.

        With ``fields``, these only; stock servers show all.
        """
        return await self._details("filters", fields)

    async def get_filter(self, uuid: str) -> Filter:
        """A rule: ``priority``, ``predicates``, ``action`` and more. Raises `NotFound`."""
        details: Filter = await self._object("filters", uuid)
        return details

    async def add_filter(
        self, priority: int, predicates: Json, action: Json, *, reason: Json = None
    ) -> str:
        """Add a rule; its UUID.

        The lowest ``priority`` is asked first. ``predicates`` is a list of [name, filter], all of
        which must hold. ``action`` is ACCEPT, CONTINUE, PAUSE, REJECT or ["RATE_LIMIT", number].
        ``reason`` is a reason trail: a list of [source, reason, nanoseconds since the epoch].
        """
        body = _rule(priority, predicates, action, reason)
        return str(await self.transport.request("POST", path("filters"), body=body))

    async def replace_filter(
        self, uuid: str, priority: int, predicates: Json, action: Json, *, reason: Json = None
    ) -> str:
        """Put another rule in a rule's place, or add one with this UUID; the UUID.

        The parameters are those of `add_filter`.
        """
        body = _rule(priority, predicates, action, reason)
        return str(await self.transport.request("PUT", path("filters", uuid), body=body))

    async def delete_filter(self, uuid: str) -> None:
        """Delete a rule. Raises `NotFound`."""
        await self.transport.request("DELETE", path("filters", uuid))


def _rule(priority: int, predicates: Json, action: Json, reason: Json) -> dict[str, Json]:
    body = {"priority": priority, "predicates": predicates, "action": action}
    return {**body, **given(reason=reason)}


class QueryMethods(Methods):
    """The queries that the gnt-* list commands make."""

    async def query(self, resource: str, fields: Sequence[str], qfilter: Json = None) -> Answer:
        """Fields of the objects of a kind, of all or of those that a filter selects.

        ``resource`` is instance, node, group, network, job, lock, filter or export. A filter is a
        list such as ["=", "name", "web1"] or ["&", […], […]]. The reply has ``fields``, which
        describe the columns, and ``data``: a row per object, each cell a [status, value], where
        status 0 says that there is a value. Raises `BadRequest` for a wrong filter.
        """
        where = path("query", resource)
        answer: Answer
        if qfilter is None:
            answer = await self._get(where, fields=",".join(fields))
        else:  # servers before 2.6 know the filter by its shorter name
            body: Json = {"fields": fields, "qfilter": qfilter, "filter": qfilter}
            answer = await self.transport.request("PUT", where, body=body, repeat=True)
        return answer

    async def query_fields(self, resource: str, fields: Sequence[str] | None = None) -> Fields:
        """The fields that a kind of object has, or only some of them.

        The reply has ``fields``: ``name``, ``title``, ``kind`` and ``doc`` of each.
        """
        names = None if fields is None else ",".join(fields)
        answer: Fields = await self._get(path("query", resource, "fields"), fields=names)
        return answer
