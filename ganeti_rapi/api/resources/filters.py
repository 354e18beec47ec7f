"""The resources of the rules that decide which jobs may run."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.access import Access
from ganeti_rapi.api.bodies import Keys
from ganeti_rapi.api.cells import Handler, Item, Listing
from ganeti_rapi.api.handlers import cluster
from ganeti_rapi.api.kinds import FILTER
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import NULL, TEXT

_SET = Handler(
    doc="Add a filter rule.",
    reply="The rule's uuid.",
    reply_schema=TEXT,
    access=Access.WRITE,
    body=Keys(params=cluster.FILTER_PARAMS, required=True),
    function=cluster.set_filter,
)

FILTERS = (
    Resource(
        "filters",
        "/2/filters",
        "The rules that decide which jobs may run.",
        {"GET": Listing(doc="List the filter rules.", kind=FILTER), "POST": _SET},
    ),
    Resource(
        "filters_uuid",
        "/2/filters/{filter_uuid}",
        "One filter rule.",
        {
            "GET": Item(doc="Show a filter rule.", kind=FILTER),
            "PUT": evolve(_SET, doc="Replace a filter rule, or add one with this uuid."),
            "DELETE": Handler(
                doc="Delete a filter rule.",
                reply="null",
                reply_schema=NULL,
                access=Access.WRITE,
                function=cluster.delete_filter,
            ),
        },
    ),
)
