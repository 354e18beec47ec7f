"""The query arguments of lists."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ganeti_rapi.api.arguments import BULK
from ganeti_rapi.api.checks import NON_EMPTY_STRING, Integer, ListOf, Refused, Schema
from ganeti_rapi.api.forms import Argument, Whole, Words
from ganeti_rapi.api.lists.filtertext import FilterError, parse
from ganeti_rapi.api.lists.history import read_etag
from ganeti_rapi.api.lists.ordering import By
from ganeti_rapi.errors import BadRequest
from ganeti_rapi.jsontext import Json, dumps


@frozen
class FilterText:
    """A filter as `ganeti_rapi.api.lists.filtertext` reads it."""

    def read(self, texts: Sequence[str]) -> Json:
        try:
            return parse(texts[0])
        except FilterError as error:
            raise Refused(str(error)) from None

    def schema(self) -> Schema:
        return {"type": "string"}

    def __str__(self) -> str:
        return "filter"


_NAMES = Words(ListOf(NON_EMPTY_STRING))

FIELDS = Argument(
    "fields",
    "Show these fields, with commas, and no others. `missing` then says for each value that is not "
    "known why: `nodata`, `unavail` or `offline`. Fields of the configuration ask no node.",
    _NAMES,
)
FILTER = Argument(
    "filter",
    "Show what this is true of, such as `status = running and not (be/maxmem < 1024)`; the "
    "language of the gnt-* commands, or its nested lists as JSON.",
    FilterText(),
)
SORT = Argument(
    "sort",
    "Sort by these fields, with commas; with a minus before it, downwards. Names are sorted as the "
    "gnt-* commands do, and what is not known comes last.",
    _NAMES,
)
LIMIT = Argument(
    "limit",
    "Show so many at the most. Where there are more, the header Link leads to the next ones.",
    Whole(Integer(1)),
)
AFTER = Argument("after", "Where to go on, as the header Link of the page before says.")
SINCE = Argument(
    "since",
    "The ETag of this list as it was: the reply is an object that tells what changed since then. "
    "410 if that is not known any more.",
)

SELECTION = (FIELDS, FILTER, SORT, LIMIT, AFTER)
CHOICE = (*SELECTION, SINCE)
LIST_ARGUMENTS = (BULK, *CHOICE)


@frozen
class Wanted:
    """What a call wants of a list. ``fields`` is None for all those of its form, bulk or not."""

    bulk: bool
    fields: Sequence[str] | None
    qfilter: Json
    order: Sequence[By]
    limit: int | None
    after: str | None
    since: str | None

    @classmethod
    def read(cls, query: Mapping[str, Sequence[str]]) -> Wanted:
        """Raises `BadRequest`."""
        given: dict[str, Any] = {each.name: each.read(query) for each in LIST_ARGUMENTS}
        if given["since"] and (given["limit"] or given["after"]):
            raise BadRequest("Invalid argument since: it goes with neither limit nor after")
        words = given["sort"] or ()
        return cls(
            bulk=given["bulk"],
            fields=None if given["fields"] is None else list(dict.fromkeys(given["fields"])),
            qfilter=given["filter"],
            order=[By(word.removeprefix("-"), word.startswith("-")) for word in words],
            limit=given["limit"],
            after=given["after"],
            since=None if given["since"] is None else read_etag(given["since"]),
        )

    @property
    def is_page(self) -> bool:
        """Whether it is only a part of a list."""
        return self.limit is not None or self.after is not None

    def key(self, kind: str, view: object) -> Hashable:
        """What tells this list from others, for those who see the same."""
        fields = None if self.fields is None else tuple(self.fields)
        return kind, view, self.bulk, fields, dumps(self.qfilter), tuple(self.order)


def is_selective(query: Mapping[str, Sequence[str]]) -> bool:
    """Whether a call wants anything that the stock daemon's lists do not have."""
    return any(query.get(each.name) for each in SELECTION)
