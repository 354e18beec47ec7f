"""Whether the daemon can do its work, and what it counts."""

from __future__ import annotations

from ganeti_rapi.api.call import Call
from ganeti_rapi.errors import Unavailable
from ganeti_rapi.jsontext import Json


async def ready(call: Call) -> Json:
    """GET /readyz. Raises `Unavailable` with all that is wrong."""
    assert call.health is not None
    reasons = await call.health.reasons()
    if reasons:
        raise Unavailable("; ".join(reasons))
    return {"status": "ready"}


async def metrics(call: Call) -> bytes:
    """GET /metrics. Raises `MethodNotSupported` where the library for it is missing."""
    assert call.metrics is not None
    return await call.metrics.text()
