"""The audit log: a line of JSON for each write, console, denied request, failed login and reload.

doc/audit.schema.json describes the lines. None is longer than `LONGEST` bytes, so that those of
several processes do not mix in one file, and none tells a secret: bodies and query arguments are
not in it, but for the names of objects and the client's own reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ganeti_rapi.api.arguments import REASON
from ganeti_rapi.api.call import Call
from ganeti_rapi.errors import Unavailable
from ganeti_rapi.files.noted import KEPT, LOST, READ
from ganeti_rapi.jsontext import dumps
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.web.request import READS, RapiRequest
from ganeti_rapi.web.visible import shortened

LONGEST = 4096

RELOADS = {
    READ: "read",
    KEPT: "not read, and what was read before stays: ",
    LOST: "missing: ",
}
"""What is noted of a reading, before the reason."""

MOST_JOBS = 50
"""Of a request's jobs, how many are named; ``more_jobs`` counts the others."""

OBJECT_KEYS = ("instance_name", "name", "node_name", "group_name", "network_name")
"""What bodies call the object that a request makes."""

CONSOLE = "console"
"""The event of an open console."""

DENIED = frozenset({401, 403})

_SPARED = ("reason", "message", "objects", "jobs")
"""What a line that would be too long does without, the first first."""


class AuditLog:
    """Writes to an audit log. With ``required`` a write that cannot be audited is refused.

    ``now`` gives the seconds since the epoch, and ``seconds`` those of a clock that only goes on.
    """

    def __init__(
        self,
        file: LogFile,
        required: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file = file
        self._required = required
        self._now = now

    def begin(self, request: RapiRequest) -> None:
        """Note a write before it is made, if that is required. Raises `Unavailable`."""
        if self._required and request.method not in READS:
            self._note_beginning("write", request)

    def opening(self, request: RapiRequest) -> None:
        """Note a console before it is opened. Raises `Unavailable` if that cannot be and must."""
        self._note_beginning(CONSOLE, request)

    def _note_beginning(self, event: str, request: RapiRequest) -> None:
        try:
            self._append(self._of_request(event, request, stage="begun"))
        except OSError as error:
            if not self._required:
                return
            raise Unavailable(
                f"The audit log cannot be written, and without it nothing is changed: "
                f"{error.strerror}"
            ) from None

    def end(self, request: RapiRequest, code: int, message: str, seconds: float) -> None:
        """Note a request that was answered, if it is one to note; ``message`` is its error's."""
        event = _event(request, code)
        if event is not None:
            entry = self._of_request(event, request, stage="ended")
            entry.update(status=code, seconds=round(seconds, 6))
            if request.tunnel is not None:
                entry.update(sent=request.tunnel.sent, received=request.tunnel.received)
            if message:
                entry["message"] = shortened(message)
            self._try_to_append(entry)

    def reload(self, _what: str, paths: str, outcome: str, reason: str) -> None:
        """Note that files were read anew, or why they were not. A `Note` of `Noted`."""
        message = RELOADS[outcome] + reason
        self._try_to_append({**self._beginning("reload"), "what": paths, "message": message})

    def reopen(self) -> None:
        """Follow the file's name again. Raises OSError."""
        self._file.reopen()

    def _beginning(self, event: str) -> dict[str, Any]:  # Any: JSON
        now = self._now()
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        return {"time": f"{when}.{int(now % 1 * 1000):03}Z", "event": event}

    def _of_request(self, event: str, request: RapiRequest, stage: str) -> dict[str, Any]:
        # Any: as above
        resource = request.resource
        entry = {
            **self._beginning(event),
            "stage": stage,
            "request": request.id,
            "user": request.user_name and shortened(request.user_name),
            "auth": request.auth,
            "address": request.client_address,
            "method": request.method.decode("ascii", "replace"),
            "row": resource and resource.name,
        }
        if request.claimed_name is not None:
            entry["claimed"] = shortened(request.claimed_name)
        if request.call is not None:
            entry.update(_of_call(request.call))
        return entry

    def _append(self, entry: Mapping[str, Any]) -> None:  # Any: as above
        """Raises OSError."""
        text = dumps(entry)
        for key in _SPARED:
            if len(text) < LONGEST:
                break
            entry = {name: value for name, value in entry.items() if name != key}
            text = dumps({**entry, "cut": True})
        self._file.append(text + b"\n")

    def _try_to_append(self, entry: Mapping[str, Any]) -> None:  # Any: as above
        with suppress(OSError):  # what is done is done; the next write is refused if it must be
            self._append(entry)


def _event(request: RapiRequest, code: int) -> str | None:
    """What a request is to the audit; None if it is nothing to note."""
    if request.claimed_name is not None:
        return "login_failed"
    if request.auth == "ticket":
        return CONSOLE
    if code in DENIED:
        return "denied"
    submitted = request.call is not None and request.call.submitted
    return "write" if submitted or request.method not in READS else None


def _of_call(call: Call) -> dict[str, Any]:  # Any: as above
    body = call.body if isinstance(call.body, Mapping) else {}
    named = {key: body[key] for key in OBJECT_KEYS if isinstance(body.get(key), str)}
    found: dict[str, Any] = {
        "objects": {key: shortened(str(name)) for key, name in {**named, **call.items}.items()},
        "jobs": call.submitted[:MOST_JOBS],
    }
    if len(call.submitted) > MOST_JOBS:
        found["more_jobs"] = len(call.submitted) - MOST_JOBS
    if reason := REASON.read(call.query):
        found["reason"] = shortened(str(reason))
    return found
