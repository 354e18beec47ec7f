"""The errors that queries end with, in the words of Ganeti's job daemon.

Clients match on these texts, so they are part of the protocol.
"""

from __future__ import annotations

import json

from ganeti_rapi.errors import JobDaemonError


def shown(value: object) -> str:
    """A value as the daemon quotes it in its errors: JSON on one line."""
    return json.dumps(value)


def unparsable(arguments: object, reason: str) -> JobDaemonError:
    """The call's arguments do not have the shape that the method needs."""
    return JobDaemonError(
        "", f"Failed to parse request: Cannot convert value '{shown(arguments)}', error: {reason}"
    )


def not_found(what: str, name: str) -> JobDaemonError:
    """The cluster has no such object; ``what`` is Ganeti's word for it, such as ``NodeGroup``."""
    return JobDaemonError("OpPrereqError", f"{what} name {name} not found", "unknown_entity")


def unknown_fields(names: list[str]) -> JobDaemonError:
    """A classic query (QueryNodes and its like) asked for fields that do not exist."""
    text = f"Unknown output fields selected: {', '.join(names)}"
    return JobDaemonError("OpPrereqError", text, "wrong_input")
