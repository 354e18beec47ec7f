"""The resources that load balancers and monitoring ask."""

from __future__ import annotations

from attrs import evolve

from ganeti_rapi.api.access import PUBLIC
from ganeti_rapi.api.cells import Constant, Handler, Text
from ganeti_rapi.api.handlers import health
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.api.schemas import TEXT, Property, object_of

_STATUS = object_of({"status": Property(TEXT, "That it is well.")})

HEALTH = (
    Resource(
        "healthz",
        "/healthz",
        "Whether the daemon runs.",
        {
            "GET": Constant(
                doc="Tell that the daemon runs and answers.",
                permission=PUBLIC,
                reply="An object that says so.",
                reply_schema=_STATUS,
                value={"status": "ok"},
            )
        },
    ),
    Resource(
        "readyz",
        "/readyz",
        "Whether the daemon can do its work.",
        {
            "GET": Handler(
                doc=(
                    "Tell whether the job daemon answers, this node is the master and the "
                    "certificate is valid. If not, 503 says what is wrong."
                ),
                permission=PUBLIC,
                reply="An object that says so.",
                reply_schema=_STATUS,
                function=health.ready,
                shared=True,
            )
        },
    ),
    Resource(
        "metrics",
        "/metrics",
        "What the daemon counts, and the cluster's figures.",
        {
            "GET": Text(
                doc="Tell the metrics, for Prometheus.",
                permission="metrics.read",
                reply="Prometheus's text format.",
                content_type="text/plain; version=0.0.4; charset=utf-8",
                source=health.metrics,
            )
        },
    ),
)

WITHOUT_USER = tuple(
    evolve(
        resource,
        methods={
            method: evolve(cell, permission=PUBLIC) for method, cell in resource.methods.items()
        },
    )
    for resource in HEALTH
)
"""The same, for an endpoint of their own that only those reach who may."""
