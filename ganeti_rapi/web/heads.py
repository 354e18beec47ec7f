"""What the head of a request is judged by, before its body is read."""

from __future__ import annotations

from ganeti_rapi.api.access import PUBLIC, Rules
from ganeti_rapi.api.cells import Cell
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.users import REALM
from ganeti_rapi.errors import (
    Forbidden,
    MethodNotSupported,
    NotFound,
    Unauthorized,
    UnsupportedMediaType,
)
from ganeti_rapi.http1.bodies import check_length
from ganeti_rapi.web.request import JSON_TYPE, RapiRequest

CHECKS = frozenset({"/healthz", "/readyz"})
"""What load balancers ask: without a user, even where one is required, whoever may say to be."""

NEVER_REFUSED = CHECKS | {"/version"}
"""What every node answers, the master or not, however much else there is to do."""

CHALLENGE = {"WWW-Authenticate": f'Basic realm="{REALM}"'}
"""Old clients look for this realm, to the letter."""


def existing(resource: Resource | None) -> Resource:
    """The resource of the table. Raises `NotFound` when the path has none."""
    if resource is None:
        raise NotFound
    return resource


def allowed(resource: Resource) -> str:
    """The methods of a resource, as the Allow header lists them."""
    methods = [*resource.cells, *(["HEAD"] if "GET" in resource.cells else []), "OPTIONS"]
    return ", ".join(methods)


def cell_for(resource: Resource, request: RapiRequest) -> Cell:
    """The cell of the request's method. Raises `MethodNotSupported`."""
    method = request.method.decode("ascii", "replace")
    cell = resource.cells.get("GET" if method == "HEAD" else method)
    if cell is None:
        path = request.path.decode("ascii", "backslashreplace")
        raise MethodNotSupported(
            f"Method {method} is unsupported for path {path}", {"Allow": allowed(resource)}
        )
    return cell


def check_admitted(request: RapiRequest) -> None:
    """Raise the error that the request's connection is answered with, if it is one too many."""
    if request.channel.surplus is not None:
        raise request.channel.surplus


def check_access(user: User | None, cell: Cell, rules: Rules) -> None:
    """Raise `Unauthorized` if a user is needed and missing, `Forbidden` if the user must not."""
    if cell.permission == PUBLIC:
        return
    # Who may see some objects only is not shown all of them because anyone is.
    if cell.is_open(rules) and (user is None or user.view is None):
        return
    if user is None:
        raise Unauthorized(headers=CHALLENGE)
    if not user.may(cell.permission):
        raise Forbidden(f"This takes the permission {cell.permission}, which you do not have")


def check_body(request: RapiRequest) -> None:
    """Judge a body before it is read. Raises `BodyTooLarge` or `UnsupportedMediaType`."""
    check_length(request.head, request.channel.site.max_body)
    if request.head.length:
        check_media_type(request)


def check_media_type(request: RapiRequest) -> None:
    """Raise `UnsupportedMediaType` if a body does not call itself JSON."""
    media_type = request.head.headers.get(b"content-type", b"").split(b";")[0]
    if media_type.strip().lower() != JSON_TYPE:
        raise UnsupportedMediaType("The request body must have the content type application/json")
