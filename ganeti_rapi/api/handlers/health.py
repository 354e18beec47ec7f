"""Whether the daemon can do its work."""

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
