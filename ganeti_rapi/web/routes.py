"""The tree of twisted.web resources, grown from the table of the API.

Every path segment is a node. A segment in braces becomes the node's variable child, which takes
any segment that its pattern matches and notes it as a path item of the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from attrs import frozen
from twisted.web import resource as twisted_resource
from twisted.web.iweb import IRequest
from twisted.web.server import NOT_DONE_YET

from ganeti_rapi.api.paths import PATH_ITEMS
from ganeti_rapi.api.resource import Resource
from ganeti_rapi.web.request import RapiRequest

Serve = Callable[[RapiRequest, "Resource | None"], None]
"""Answers a request for a resource of the table, or for a path that has none."""


@frozen
class _Variable:
    pattern: re.Pattern[str]
    node: RouteNode


class RouteNode(twisted_resource.Resource):
    """One segment of a path, and the resource whose URI ends here, if there is one."""

    def __init__(self, serve: Serve) -> None:
        super().__init__()
        self.resource: Resource | None = None
        self._serve = serve
        self._variable: _Variable | None = None

    def grow(self, segment: str) -> RouteNode:
        """The child for a segment of a template, made if it is not there yet."""
        if segment.startswith("{"):
            if self._variable is None:
                pattern = re.compile(PATH_ITEMS[segment.strip("{}")].pattern)
                self._variable = _Variable(pattern, RouteNode(self._serve))
            return self._variable.node
        name = segment.encode("ascii")
        child = self.children.get(name)
        if not isinstance(child, RouteNode):
            child = RouteNode(self._serve)
            self.putChild(name, child)
        return child

    def getChild(self, path: bytes, request: IRequest) -> RouteNode:
        """The variable child if the segment fits; twisted.web asks here after the static ones."""
        variable = self._variable
        text = path.decode("ascii", "replace")
        if variable is None or variable.pattern.fullmatch(text) is None:
            return RouteNode(self._serve)  # a path that has no resource
        assert isinstance(request, RapiRequest)
        request.items.append(text)
        return variable.node

    def render(self, request: IRequest) -> int:
        """Hand the request over; the reply comes when it is ready."""
        assert isinstance(request, RapiRequest)
        self._serve(request, self.resource)
        return NOT_DONE_YET


def grow_tree(resources: Iterable[Resource], serve: Serve) -> RouteNode:
    """The root of the tree. Its empty segment has the resource ``/``, as twisted.web asks."""
    root = RouteNode(serve)
    for resource in resources:
        node = root
        for segment in resource.segments or ("",):
            node = node.grow(segment)
        node.resource = resource
    return root
