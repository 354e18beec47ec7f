"""RESOURCES: the whole API as a table: one resource per URI, one cell per method.

Routes, access, parameters, the reference, the OpenAPI document and the tests that everything is
complete are all made from this table. A resource's name is the one that Ganeti puts into the reason
trail of the jobs that it submits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganeti_rapi.api.access import PUBLIC
from ganeti_rapi.api.cells import Constant
from ganeti_rapi.api.openapi import document
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.resources.cluster import CLUSTER, FEATURES
from ganeti_rapi.api.resources.filters import FILTERS
from ganeti_rapi.api.resources.groups import GROUPS
from ganeti_rapi.api.resources.health import HEALTH
from ganeti_rapi.api.resources.instance_changes import INSTANCE_CHANGES
from ganeti_rapi.api.resources.instances import INSTANCES
from ganeti_rapi.api.resources.jobs import EVENTS, JOBS
from ganeti_rapi.api.resources.networks import NETWORKS
from ganeti_rapi.api.resources.node_commands import NODE_COMMANDS
from ganeti_rapi.api.resources.nodes import NODES
from ganeti_rapi.api.resources.queries import QUERIES
from ganeti_rapi.api.resources.queue import QUEUE
from ganeti_rapi.api.resources.upkeep import UPKEEP
from ganeti_rapi.api.resources.verification import VERIFICATION
from ganeti_rapi.api.schemas import OBJECT, TEXT, Property, list_of, object_of
from ganeti_rapi.jsontext import Encoded, Json, dumps

__all__ = ["FEATURES", "RESOURCES", "Resource"]


def _openapi(text: Encoded | None = None) -> Resource:
    showing = Constant(
        doc="Show the description of this API.",
        permission="openapi.read",
        reply="An OpenAPI document, version 3.1.",
        reply_schema=OBJECT,
        value=text,
    )
    return Resource(
        "openapi", "/2/openapi.json", "The API, described for programs.", {"GET": showing}
    )


_LEAVES = (
    _openapi(),
    *HEALTH,
    *CLUSTER,
    *FILTERS,
    *JOBS,
    *EVENTS,
    *QUEUE,
    *VERIFICATION,
    *UPKEEP,
    *NODES,
    *NODE_COMMANDS,
    *INSTANCES,
    *INSTANCE_CHANGES,
    *GROUPS,
    *NETWORKS,
    *QUERIES,
)


def _mapped_under(prefix: str) -> list[Json]:
    """The resources right under a path, as the requirements list them: name and URI of each."""
    uris = sorted(resource.uri for resource in _LEAVES) if prefix != "/" else ["/2", "/version"]
    names = [uri.removeprefix(prefix) for uri in uris if uri.startswith(prefix)]
    return [{"name": name, "uri": prefix + name} for name in names if "/" not in name]


def _index(name: str, uri: str, prefix: str) -> Resource:
    listing = Constant(
        doc="List the resources.",
        permission=PUBLIC,
        reply="A list of names and URIs.",
        reply_schema=list_of(
            object_of({"name": Property(TEXT, "Its name."), "uri": Property(TEXT, "Its URI.")})
        ),
        value=_mapped_under(prefix),
    )
    return Resource(name, uri, "The list of resources.", {"GET": listing})


def _with_document(resources: Sequence[Resource]) -> Iterator[Resource]:
    """The same resources; the one that is their description now holds it."""
    text = Encoded(dumps(document(resources)))
    yield from (_openapi(text) if each.name == "openapi" else each for each in resources)


RESOURCES: Sequence[Resource] = (
    *_with_document((_index("root", "/", "/"), _index("2", "/2", "/2/"), *_LEAVES)),
)
"""Every resource of the API."""
