"""What is written of a request when it has ended: to the log, and to the audit log."""

from __future__ import annotations

from twisted.logger import Logger

from ganeti_rapi.errors import ApiError, NotMaster, TooManyRequests
from ganeti_rapi.web.audit import AuditLog
from ganeti_rapi.web.request import READS, RapiRequest
from ganeti_rapi.web.visible import shortened

CLIENT_LEFT = 499
"""In logs only: there is no reply. The number is nginx's."""

SHOWN = 60
"""Bytes of a write's reply that the log shows: a job id, or the start of a list."""


class Notes:
    """Notes how requests ended: every write, and every read that failed on our side.

    The audit log, if there is one, also has what was denied, and every failed login.
    """

    log = Logger()

    def __init__(self, audit: AuditLog | None = None) -> None:
        self._audit = audit

    def begin(self, request: RapiRequest) -> None:
        """A request is about to have its effect. Raises `Unavailable` if it must not."""
        if self._audit is not None:
            self._audit.begin(request)

    def opening(self, request: RapiRequest) -> None:
        """A console is about to be opened. Raises `Unavailable` if it must not."""
        if self._audit is not None:
            self._audit.opening(request)

    def closed(self, request: RapiRequest, why: str) -> None:
        """A console that was opened is closed."""
        self._log(request, request.code, why)
        self._end(request, request.code, why)

    def answered(self, request: RapiRequest, code: int, reply: bytes) -> None:
        """It was answered with a result."""
        if request.method not in READS:
            self._log(request, code, reply[:SHOWN].decode("utf-8", "replace"))
        self._end(request, code)

    def failed(self, request: RapiRequest, error: ApiError) -> None:
        """It was answered with an error."""
        noted = request.method not in READS or error.code >= 500
        # A proxy asks each standby, all the time; and who asks too much shall not fill the log.
        if noted and not isinstance(error, (NotMaster, TooManyRequests)):
            self._log(request, error.code, error.message)
        self._end(request, error.code, error.message)

    def left(self, request: RapiRequest) -> None:
        """The client did not wait for the answer. What it asked for may have had its effect."""
        if request.tunnel is not None:
            self.closed(request, "the client left")
            return
        message = "the client left before the reply"
        if request.method not in READS:
            self._log(request, CLIENT_LEFT, message)
        self._end(request, CLIENT_LEFT, message)

    def _log(self, request: RapiRequest, code: int, outcome: str) -> None:
        self.log.info(
            "{address} {user} {method} {uri} {code} {outcome} [{request}]",
            address=request.client_address,
            user=shortened(request.user_name or "-"),
            method=request.method.decode("ascii", "replace"),
            uri=shortened(request.shown_uri.decode("ascii", "backslashreplace")),
            code=code,
            outcome=shortened(" ".join(outcome.split())),
            request=request.id,
        )

    def _end(self, request: RapiRequest, code: int, message: str = "") -> None:
        if self._audit is not None:
            self._audit.end(request, code, message, request.seconds)
