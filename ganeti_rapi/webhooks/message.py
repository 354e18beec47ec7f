"""An event as the request that a webhook gets. Source: the Standard Webhooks specification 1.0."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ganeti_rapi.api.events import Event
from ganeti_rapi.jsontext import dumps


@frozen
class Message:
    """What is sent, the same each time but for the time of sending.

    ``id`` is the event's: who gets a message twice, since an answer was lost, knows it by that.
    ``type`` is such as ``instance.changed``.
    """

    id: str
    type: str
    body: bytes

    @classmethod
    def of(cls, event: Event, now: float) -> Message:
        """The message of an event; of a `reset` one that says that some may be missing."""
        data: Mapping[str, Any] = event.data or {}  # Any: JSON
        kind = f"{data['kind']}.{data['change']}" if data else event.name
        when = datetime.datetime.fromtimestamp(data.get("at", now), datetime.timezone.utc)
        value = {"type": kind, "timestamp": when.isoformat(), "data": data}
        return cls(event.id, kind, dumps(value))

    def headers(self, secret: bytes, now: float) -> dict[str, str]:
        """The headers of a request that is sent now."""
        at = str(int(now))
        signed = b".".join((self.id.encode(), at.encode(), self.body))
        digest = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
        return {
            "Content-Type": "application/json",
            "User-Agent": "ganeti-rapi",
            "webhook-id": self.id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{digest}",
        }
