"""The resources of queries with filters."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.bodies import Keys
from ganeti_rapi.api.cells import Handler
from ganeti_rapi.api.forms import Argument, Words
from ganeti_rapi.api.handlers import cluster
from ganeti_rapi.api.resource import Resource

_QUERY_FIELDS = Argument("fields", "The fields to show, with commas.", Words())

QUERIES = (
    Resource(
        "query",
        "/2/query/{resource}",
        "Queries with filters, as the gnt-* list commands make them.",
        {
            "GET": Handler(
                doc="Show fields of all objects of a kind.",
                permission="query.all",
                selects=True,
                reply="An object with `fields` and `data`: rows of [status, value].",
                reply_schema=cluster.QUERY_REPLY,
                open=False,
                query=(evolve(_QUERY_FIELDS, required=True),),
                function=cluster.query,
                shared=True,
            ),
            "PUT": Handler(
                doc="Show fields of the objects of a kind that a filter selects.",
                permission="query.all",
                selects=True,
                shared=True,
                reply="An object with `fields` and `data`: rows of [status, value].",
                reply_schema=cluster.QUERY_REPLY,
                open=False,
                query=(evolve(_QUERY_FIELDS, param="fields_in_query"),),
                body=Keys(params=cluster.QUERY_PARAMS, others=True, required=True),
                function=cluster.filtered_query,
            ),
        },
    ),
    Resource(
        "query_fields",
        "/2/query/{resource}/fields",
        "The fields that a kind of object has.",
        {
            "GET": Handler(
                doc="Describe the fields of a kind of object.",
                permission="query.all",
                selects=True,
                reply="An object with `fields`: name, title, kind and doc of each.",
                reply_schema=cluster.FIELDS_REPLY,
                query=(_QUERY_FIELDS,),
                function=cluster.query_fields,
                shared=True,
            )
        },
    ),
)
