"""Commands of one word that only read: `rapi info`, `rapi os` and the like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.cli.commands import reading

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

# Any, in this module: JSON
ONLY_OURS = "this server does not tell; ganeti-rapi on Twisted does"


async def _health(client: AllMethods) -> Any:
    with _only_ours():
        alive = await client.get_health()
        return {"runs": alive["status"] == "ok", **await client.get_readiness()}


async def _openapi(client: AllMethods) -> Any:
    with _only_ours():
        return await client.get_openapi()


@contextmanager
def _only_ours() -> Iterator[None]:
    """Say of what is not there that stock servers do not have it."""
    from ganeti_rapi.client.cli.failing import Failed  # not for a help text
    from ganeti_rapi.client.errors import NotFound

    try:
        yield
    except NotFound:
        raise Failed(ONLY_OURS, 6) from None


INFO = reading("info", "get_info", "")
OS = reading("os", "list_operating_systems", "")
FEATURES = reading("features", "get_features", "")
HEALTH = reading("health", _health, "")
OPENAPI = reading("openapi", _openapi, "")
