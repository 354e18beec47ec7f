"""The states of jobs and of their opcodes, by Ganeti's names."""

from __future__ import annotations

from typing import Final

JOB_STATES: Final = ("queued", "waiting", "canceling", "running", "canceled", "success", "error")
"""All of them, in the order in which a job comes to them."""

FINAL_STATES: Final = frozenset({"canceled", "success", "error"})
"""Those that do not change any more."""

EVENT_KINDS: Final = ("instance", "node", "group", "network", "cluster", "filter", "job")
"""What there are events of: jobs, and what they change."""
