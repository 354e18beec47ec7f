"""From the bytes of the webhooks file to memory, and to the log what is wrong."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress

from ganeti_rapi.auth.loading import Loader, Source
from ganeti_rapi.auth.users import Problem
from ganeti_rapi.webhooks.config import WebhooksFile, parse

OPEN = "others than its owner and group can read the secrets in it; chmod o-rwx it"


def webhooks_loader(path: str, webhooks: WebhooksFile) -> Loader:
    """What fills ``webhooks`` from the file of that path."""

    def hold(contents: bytes) -> Sequence[Problem]:
        webhooks.webhooks, problems = parse(contents)
        return problems

    def doubts() -> Sequence[str]:
        with suppress(OSError):
            if webhooks.webhooks and os.stat(path).st_mode & stat.S_IRWXO:
                return [OPEN]
        return []

    without = "No events are sent"
    held = Source("webhooks", without, lambda: webhooks.webhooks, hold, doubts, "to send nothing")
    return Loader(path, held)
