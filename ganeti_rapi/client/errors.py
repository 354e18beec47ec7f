"""What can go wrong for a client: one family, so that a program can catch all of it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class RapiError(Exception):
    """Anything that goes wrong between a client and the cluster."""


class Unreachable(RapiError):
    """No connection was made, so the request was not sent."""


class ConnectionBroken(RapiError):
    """The connection ended before the whole reply; the request may have had its effect."""


class RequestTimedOut(RapiError):
    """No reply within the time allowed; the request may have had its effect."""


class TlsError(RapiError):
    """TLS failed, most likely because the server's certificate is not trusted.

    ``message`` says what is wrong, ``advice`` what to do about it in a program. ``fingerprint`` is
    that of the certificate that was refused, if there was one.
    """

    def __init__(self, message: str, advice: str = "", fingerprint: str | None = None) -> None:
        self.message = message
        self.advice = advice
        self.fingerprint = fingerprint
        super().__init__(f"{message}: {advice}" if advice else message)


class BadReply(RapiError):
    """A reply that no Ganeti server gives; probably something else listens at the address."""


class FeatureMissing(RapiError):
    """The server is too old for what was asked, or a library is missing here."""


NOTHING_MATCHES = "Nothing matches the given URI: "
"""What comes before the name of an object that is not there."""


class HttpError(RapiError):
    """The server refused the request.

    ``code`` is the HTTP status, ``message`` says what is wrong, and ``explain`` what the status
    means in general. Of what is not there, it is ``explain`` that says what; ``reason`` is either.
    """

    def __init__(self, code: int, message: str, explain: str = "") -> None:
        self.code = code
        self.message = message
        self.explain = explain
        super().__init__(f"{code} {message}: {explain}" if explain else f"{code} {message}")

    @property
    def reason(self) -> str:
        """What is wrong, for people."""
        _, words, what = self.explain.partition(NOTHING_MATCHES)
        return what if words else self.message


class BadRequest(HttpError):
    """The request is wrong as it stands."""


class Unauthorized(HttpError):
    """The credentials are missing or wrong."""


class Forbidden(HttpError):
    """The user may not do that."""


class NotFound(HttpError):
    """There is no such object, or no such resource on this server."""


class NotSupported(HttpError):
    """The server does not have this method for this resource."""


class Gone(HttpError):
    """What the request refers to is no longer known to the server."""


class Changed(HttpError):
    """The object changed meanwhile, and nothing was done."""


class ServerError(HttpError):
    """The server failed."""


class Unavailable(ServerError):
    """The request is fine and may succeed later."""


_BY_CODE: Mapping[int, type[HttpError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    410: Gone,
    412: Changed,
    413: BadRequest,
    414: BadRequest,
    415: BadRequest,
    429: Unavailable,
    501: NotSupported,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def http_error(code: int, message: str, explain: str = "") -> HttpError:
    """The error of a status."""
    kind = _BY_CODE.get(code, ServerError if code >= 500 else HttpError)
    return kind(code, message, explain)


class JobFailed(RapiError):
    """A job ended without success.

    ``kind`` is the class of the error that ended it, such as ``OpPrereqError``, ``text`` is for
    people, and ``classification`` is Ganeti's error code, such as ``unknown_entity``, or None.
    ``results`` are the results of the job's opcodes; an opcode that failed has its error there.
    """

    ending = "failed"

    def __init__(
        self,
        job_id: int,
        kind: str,
        text: str,
        classification: str | None = None,
        results: Sequence[Any] = (),  # Any: each opcode's own result
    ) -> None:
        self.job_id = job_id
        self.kind = kind
        self.text = text
        self.classification = classification
        self.results = results
        super().__init__(": ".join([f"Job {job_id} {self.ending}", *filter(None, (kind, text))]))


class JobCanceled(JobFailed):
    """A job was canceled."""

    ending = "was canceled"


class JobStillRunning(RapiError):
    """A job did not end within the time allowed for waiting. It goes on."""

    def __init__(self, job_id: int, timeout: float) -> None:
        self.job_id = job_id
        super().__init__(f"Job {job_id} has not ended after {timeout:g} seconds; it goes on")
