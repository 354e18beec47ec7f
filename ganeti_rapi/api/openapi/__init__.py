"""The OpenAPI document, made from the table of the API. Source: OpenAPI Specification 3.1."""

from __future__ import annotations

from collections.abc import Sequence

from ganeti_rapi import __version__
from ganeti_rapi.api.openapi.operations import operation
from ganeti_rapi.api.openapi.replies import COMPONENTS, error_responses
from ganeti_rapi.api.resource import FAMILIES, Resource
from ganeti_rapi.jsontext import Json

_ABOUT = (
    "The remote API of a Ganeti cluster. What changes the cluster is a job: such a request answers "
    "the job's id, and the change is made when the job has ended. Sizes are MiB and times seconds."
)
_LOGIN = (
    "A user of the users file. Where the server requires authentication, what is for anyone needs "
    "a user, too."
)


def document(resources: Sequence[Resource]) -> Json:
    """The document that describes these resources."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ganeti remote API", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": doc} for name, doc in FAMILIES.items()],
        "paths": {resource.uri: _path(resource) for resource in resources},
        "components": {
            "schemas": COMPONENTS,
            "responses": error_responses(),
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": _LOGIN},
            },
        },
    }


def _path(resource: Resource) -> Json:
    methods = {
        method.lower(): operation(resource, method, cell) for method, cell in resource.cells.items()
    }
    return {"description": resource.doc, **methods}
