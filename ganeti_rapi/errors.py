"""The errors of the whole program, and the one map from them to HTTP status codes.

Two families meet here. `ApiError` is what a client is told: a status code and a message. Its
counterpart `LuxiError` is what can go wrong between us and the job daemon. `as_api_error` is the
only place where the second becomes the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

# What each status means in general; the ``explain`` of an error body.
# Source: the stock daemon takes these from Python's BaseHTTPRequestHandler.
EXPLAIN: dict[int, str] = {
    400: "Bad request syntax or unsupported method",
    401: "No permission -- see authorization schemes",
    403: "Request forbidden -- authorization will not help",
    404: "Nothing matches the given URI",
    408: "Request timed out; try again later",
    410: "What the request refers to is no longer known",
    412: "The object is not as the request expects it",
    413: "Entity is too large",
    414: "URI is too long",
    415: "Entity body in unsupported format",
    422: "The request is understood, and cannot be done as it stands",
    426: "The server speaks another protocol here",
    429: "Too many requests in a given amount of time",
    500: "Server got itself in trouble",
    501: "Server does not support this operation",
    502: "Invalid responses from another server/proxy",
    503: "The server cannot process the request due to a high load",
    504: "The gateway server did not receive a timely response",
}


RETRY_AFTER = "5"
"""Seconds until something that is not available now may be tried again. A failover takes about as
long, and so does a full line of calls."""


class ApiError(Exception):
    """What a client is told instead of a result.

    ``headers`` are sent with the reply, beside the body {code, message, explain}.
    """

    code: int = 500

    def __init__(self, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.message = message or HTTPStatus(self.code).phrase
        self.headers = dict(headers or {})
        super().__init__(self.message)

    def body(self) -> dict[str, object]:
        """The reply's JSON object, as every RAPI client expects it."""
        return {"code": self.code, "message": self.message, "explain": EXPLAIN[self.code]}


class BadRequest(ApiError):
    """The request is wrong as it stands; the message names what."""

    code = 400


class Unauthorized(ApiError):
    """No valid credentials."""

    code = 401


class LoginFailed(Unauthorized):
    """Credentials that are wrong. ``name`` is the user's, empty if nobody has that name."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name


class Forbidden(ApiError):
    """Valid credentials that do not suffice, or a parameter that RAPI must not set."""

    code = 403


class NotFound(ApiError):
    """No such resource, or no such object in the cluster; the message says which.

    Programs tell that an object is not there by the stock daemon's words, "404 Not Found: Nothing
    matches the given URI", as sipgate's modules for Ansible do. So ours come after them.
    """

    code = 404

    def body(self) -> dict[str, object]:
        phrase = HTTPStatus(self.code).phrase
        if self.message == phrase:
            return super().body()
        explain = f"{EXPLAIN[self.code]}: {self.message}"
        return {"code": self.code, "message": phrase, "explain": explain}


class RequestTimeout(ApiError):
    """The client did not send all of its request in time."""

    code = 408


class Gone(ApiError):
    """What the request refers to was there, and is known no more."""

    code = 410


class PreconditionFailed(ApiError):
    """The object is not as the header If-Match says."""

    code = 412


class BodyTooLarge(ApiError):
    """The request body is over the limit."""

    code = 413


class UriTooLong(ApiError):
    """The request line is over the limit."""

    code = 414


class UnsupportedMediaType(ApiError):
    """The request has a body that does not call itself JSON."""

    code = 415


class OtherRequest(ApiError):
    """The request's Idempotency-Key was used for another one."""

    code = 422


class InternalError(ApiError):
    """Something failed that the client can do nothing about."""

    code = 500


class MethodNotSupported(ApiError):
    """The resource exists but not with this method. The stock daemon says 501, never 405."""

    code = 501


class BadGateway(ApiError):
    """The job daemon cannot be reached, or its reply cannot be understood."""

    code = 502


class UpgradeRequired(ApiError):
    """The resource is for another protocol than HTTP; the header Upgrade says for which."""

    code = 426


class TooManyRequests(ApiError):
    """The client asks too often; the header Retry-After says when it may again, in seconds."""

    code = 429


class Unavailable(ApiError):
    """The request is fine and may succeed later; the header Retry-After says when.

    Programs that wait and ask again because of the header are many: urllib3's do. So a subclass
    has no ``retry_after`` where waiting alone helps nobody.
    """

    code = 503
    retry_after: str | None = RETRY_AFTER

    def __init__(self, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        wait = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        super().__init__(message, {**wait, **(headers or {})})


class NotMaster(Unavailable):
    """This node stands by: the job daemon runs on another one, the master."""


class NotRunning(Unavailable):
    """The instance does not run, and does not start because somebody waits for it."""

    retry_after = None


class GatewayTimeout(ApiError):
    """The job daemon did not answer in time."""

    code = 504


class LuxiError(Exception):
    """Anything that goes wrong between us and the job daemon."""


class LuxiUnreachable(LuxiError):
    """No process listens at the socket, or the connection broke before the reply."""


class LuxiTimeout(LuxiError):
    """No free connection, no connection or no reply within the time allowed."""


class LuxiLineFull(LuxiError):
    """So many calls wait for a connection that another one would wait too long."""


class LuxiTooManyCalls(LuxiLineFull):
    """So many calls of one user wait for a connection that this user has to wait first."""


class LuxiProtocolError(LuxiError):
    """The bytes from the peer are not a LUXI message."""


class LuxiMessageTooLarge(LuxiProtocolError):
    """A message is over the size limit."""


class JobDaemonError(LuxiError):
    """An error that the job daemon answered with.

    ``class_name`` is the name of Ganeti's error class, such as ``OpPrereqError``. It is empty when
    the daemon sent bare text, which it does when it cannot parse a request. ``text`` is for
    people. ``classification`` is the error code that Ganeti adds to some errors, such as
    ``unknown_entity``, or None.
    Source: the requirements, ``/2/jobs/[job_id]``.
    """

    def __init__(self, class_name: str, text: str, classification: str | None = None) -> None:
        self.class_name = class_name
        self.text = text
        self.classification = classification
        super().__init__(f"{class_name}: {text}" if class_name else text)


# Ganeti classes that mean something more precise than "the request failed".
_BY_CLASS_NAME: dict[str, type[ApiError]] = {
    "ParameterError": BadRequest,
    "JobLost": NotFound,
    "JobQueueDrainError": Unavailable,
    "JobQueueFull": Unavailable,
}

_BY_CLASSIFICATION: dict[str, type[ApiError]] = {
    "unknown_entity": NotFound,
    "wrong_input": BadRequest,
}

# luxid of Ganeti 2.12 and newer has no class of its own for a drained queue.
_QUEUE_DRAINED = "Queue drained"


def from_job_daemon(result: object) -> JobDaemonError:
    """Decode the ``result`` of a LUXI reply whose ``success`` is false.

    It is ``[class name, [arguments…]]``, or a bare string when the daemon could not parse the
    request. Anything else is shown as it is.
    """
    if (
        isinstance(result, Sequence)
        and not isinstance(result, str)
        and len(result) == 2
        and isinstance(result[0], str)
        and isinstance(result[1], Sequence)
        and not isinstance(result[1], str)
    ):
        class_name, arguments = result
        if len(arguments) == 2 and isinstance(arguments[1], str):
            return JobDaemonError(class_name, str(arguments[0]), arguments[1])
        return JobDaemonError(class_name, ", ".join(map(str, arguments)) or class_name)
    return JobDaemonError("", str(result))


def as_api_error(error: LuxiError) -> ApiError:
    """What a client is told when the job daemon could not serve its request."""
    if isinstance(error, JobDaemonError):
        return _from_daemon_error(error)
    if isinstance(error, LuxiTimeout):
        return GatewayTimeout(str(error))
    if isinstance(error, LuxiLineFull):
        kind = TooManyRequests if isinstance(error, LuxiTooManyCalls) else Unavailable
        return kind(str(error), {"Retry-After": RETRY_AFTER})
    return BadGateway(str(error))


def _from_daemon_error(error: JobDaemonError) -> ApiError:
    if not error.class_name:
        return BadGateway(f"The job daemon refused the request: {error.text}")
    if error.text == _QUEUE_DRAINED:
        return Unavailable("The job queue is drained: the cluster accepts no new jobs")
    by_classification = _BY_CLASSIFICATION.get(error.classification or "")
    api_error = by_classification or _BY_CLASS_NAME.get(error.class_name, InternalError)
    return api_error(error.text)
