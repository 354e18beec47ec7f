"""The query arguments that many resources have."""

from __future__ import annotations

from ganeti_rapi.api.forms import Argument, Flag, Seconds

LONGEST_RETURN = 120.0
"""The longest time that a write waits for its job, in seconds."""


def flag(
    name: str, doc: str = "", param: str | None = None, default: bool | None = False
) -> Argument:
    """A query argument that is 1 or 0."""
    return Argument(name, doc, Flag(), param, default)


BULK = flag("bulk", "Show every object with its details instead of its name and URI.")
LOCK = flag("lock", "Ask for locked queries, which current Ganeti refuses.")
DRY_RUN = flag("dry-run")
WAIT = Argument(
    "return_timeout",
    f"Wait up to so many seconds, {LONGEST_RETURN:g} at the most, for the job's end. If it ends in "
    "time the reply is the job, as /2/jobs/[job_id] shows it.",
    Seconds(LONGEST_RETURN),
    param="",
)
REASON = Argument("reason", "Why this is done; kept in the job's reason trail.", param="")
