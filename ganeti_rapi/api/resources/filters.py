"""The resources of the rules that decide which jobs may run."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.bodies import Keys
from ganeti_rapi.api.cells import Handler, Item
from ganeti_rapi.api.handlers import cluster
from ganeti_rapi.api.kinds import FILTER
from ganeti_rapi.api.lists.listing import Listing
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import NULL, TEXT

_SET = Handler(
    doc="Add a filter rule.",
    permission="filter.create",
    reply="The rule's uuid.",
    reply_schema=TEXT,
    open=False,
    body=Keys(params=cluster.FILTER_PARAMS, required=True),
    function=cluster.set_filter,
)

FILTERS = (
    Resource(
        "filters",
        "/2/filters",
        "The rules that decide which jobs may run.",
        {
            "GET": Listing(doc="List the filter rules.", permission="filter.list", kind=FILTER),
            "POST": _SET,
        },
    ),
    Resource(
        "filters_uuid",
        "/2/filters/{filter_uuid}",
        "One filter rule.",
        {
            "GET": Item(doc="Show a filter rule.", permission="filter.query", kind=FILTER),
            "PUT": evolve(
                _SET,
                doc="Replace a filter rule, or add one with this uuid.",
                permission="filter.modify",
            ),
            "DELETE": Handler(
                doc="Delete a filter rule.",
                permission="filter.remove",
                reply="null",
                reply_schema=NULL,
                open=False,
                function=cluster.delete_filter,
            ),
        },
    ),
)
