"""A client for Ganeti's remote API.

`RapiClient` is for Twisted programs, and `AsyncioClient` for those of asyncio. For scripts there is
`GanetiRapiClient`, with the methods of Ganeti's own client and the names around it, from
`ganeti_rapi.client.blocking`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganeti_rapi.client.errors import (
    BadReply,
    BadRequest,
    Changed,
    ConnectionBroken,
    FeatureMissing,
    Forbidden,
    Gone,
    HttpError,
    JobCanceled,
    JobFailed,
    JobStillRunning,
    NotFound,
    NotSupported,
    RapiError,
    RequestTimedOut,
    ServerError,
    TlsError,
    Unauthorized,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from ganeti_rapi.client.blocking import CertificateError as CertificateError
    from ganeti_rapi.client.blocking import GanetiApiError as GanetiApiError
    from ganeti_rapi.client.blocking import GanetiRapiClient as GanetiRapiClient
    from ganeti_rapi.client.blocking import GenericCurlConfig as GenericCurlConfig
    from ganeti_rapi.client.events import Event
    from ganeti_rapi.client.instances import allocation
    from ganeti_rapi.client.jobs import JobChange, LogEntry
    from ganeti_rapi.client.lists import Changes, Page
    from ganeti_rapi.client.nodes import Move
    from ganeti_rapi.client.on_asyncio import AsyncioClient
    from ganeti_rapi.client.rapi import RapiClient
    from ganeti_rapi.client.trust import fingerprint

__all__ = [
    "AsyncioClient",
    "BadReply",
    "BadRequest",
    "Changed",
    "Changes",
    "ConnectionBroken",
    "Event",
    "FeatureMissing",
    "Forbidden",
    "Gone",
    "HttpError",
    "JobCanceled",
    "JobChange",
    "JobFailed",
    "JobStillRunning",
    "LogEntry",
    "Move",
    "NotFound",
    "NotSupported",
    "Page",
    "RapiClient",
    "RapiError",
    "RequestTimedOut",
    "ServerError",
    "TlsError",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "allocation",
    "fingerprint",
]


_LATER = {
    "AsyncioClient": "on_asyncio",
    "Changes": "lists",
    "Event": "events",
    "JobChange": "jobs",
    "LogEntry": "jobs",
    "Move": "nodes",
    "Page": "lists",
    "RapiClient": "rapi",
    "allocation": "instances",
    "fingerprint": "trust",
}
"""Names whose modules take a while to be imported."""


def __getattr__(name: str) -> Any:  # Any: whatever the name stands for
    """Names that are imported when they are used, and those of Ganeti's own client module."""
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    if not name.startswith("__"):
        blocking = import_module("ganeti_rapi.client.blocking")
        if name in blocking.__all__:
            return getattr(blocking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
