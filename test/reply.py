"""An HTTP reply, as the tests see it."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen


@frozen
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # Any: JSON
        return json.loads(self.body)
