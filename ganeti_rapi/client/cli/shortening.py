"""Short names: ``web1`` for ``web1.example.com``, as gnt-* take them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ganeti_rapi.client.cli.failing import Failed
from ganeti_rapi.client.errors import NotFound

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

Result = TypeVar("Result")

LISTS: Mapping[str, str] = {
    "instance": "list_instances",
    "node": "list_nodes",
    "group": "list_groups",
    "network": "list_networks",
}
"""Parameters that name an object, and the client's methods that list the names."""


async def with_full_names(
    client: AllMethods, work: Callable[..., Awaitable[Result]], values: Mapping[str, Any]
) -> Result:  # Any: each parameter's own
    """Do the work with these parameters; if there is no such object, with full names instead.

    Only then, since a luxid knows short names of instances and nodes itself. Raises `Failed` for a
    name that is short for several.
    """
    try:
        return await work(**values)
    except NotFound:
        full = {name: await _full(client, name, values[name]) for name in LISTS if name in values}
        if full.items() <= values.items():
            raise
    return await work(**{**values, **full})


async def _full(client: AllMethods, kind: str, name: str) -> str:
    """The one full name, or the name as it is if there is none."""
    return full_name(kind, name, await getattr(client, LISTS[kind])())


def full_name(kind: str, name: str, names: Sequence[str]) -> str:
    """The one among the names that a name means, or itself if there is none. Raises `Failed`."""
    if name in names:
        return name
    found = matches(name, names)
    if len(found) > 1:
        raise Failed(f"{name} is short for {', '.join(found)}; which {kind}?", 2)
    return found[0] if found else name


def matches(short: str, names: Sequence[str]) -> list[str]:
    """The names whose first parts, up to a dot, are the short one; case does not matter.

    >>> matches("web1", ["web1.example.com", "web10.example.com"])
    ['web1.example.com']
    """
    beginning = short.lower().rstrip(".") + "."
    return [name for name in names if name.lower().startswith(beginning)]
