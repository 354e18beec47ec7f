"""The error family and its map to HTTP statuses."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import (
    EXPLAIN,
    ApiError,
    BadGateway,
    BadRequest,
    BodyTooLarge,
    Forbidden,
    GatewayTimeout,
    Gone,
    InternalError,
    JobDaemonError,
    LoginFailed,
    LuxiError,
    LuxiLineFull,
    LuxiMessageTooLarge,
    LuxiProtocolError,
    LuxiTimeout,
    LuxiTooManyCalls,
    LuxiUnreachable,
    MethodNotSupported,
    NotFound,
    NotMaster,
    NotRunning,
    OtherRequest,
    PreconditionFailed,
    RequestTimeout,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    UpgradeRequired,
    UriTooLong,
    as_api_error,
    from_job_daemon,
)

CODES: dict[type[ApiError], int] = {
    BadRequest: 400,
    Unauthorized: 401,
    LoginFailed: 401,
    Forbidden: 403,
    NotFound: 404,
    RequestTimeout: 408,
    Gone: 410,
    PreconditionFailed: 412,
    BodyTooLarge: 413,
    UriTooLong: 414,
    UnsupportedMediaType: 415,
    OtherRequest: 422,
    UpgradeRequired: 426,
    TooManyRequests: 429,
    InternalError: 500,
    MethodNotSupported: 501,
    BadGateway: 502,
    Unavailable: 503,
    NotMaster: 503,
    NotRunning: 503,
    GatewayTimeout: 504,
}


def family(parent: type[ApiError]) -> Iterator[type[ApiError]]:
    for child in parent.__subclasses__():
        yield child
        yield from family(child)


class ApiErrorTests(SynchronousTestCase):
    def test_codes(self) -> None:
        self.assertEqual({error: error.code for error in family(ApiError)}, CODES)

    def test_every_code_is_explained(self) -> None:
        self.assertEqual(set(CODES.values()), set(EXPLAIN))

    def test_body(self) -> None:
        self.assertEqual(
            NotFound("There is no node 'node9'").body(),
            {
                "code": 404,
                "message": "Not Found",
                "explain": "Nothing matches the given URI: There is no node 'node9'",
            },
        )

    def test_without_a_message_it_says_the_phrase_of_the_status(self) -> None:
        self.assertEqual(NotFound().message, "Not Found")
        self.assertEqual(MethodNotSupported("").message, "Not Implemented")
        for error in CODES:
            self.assertNotEqual(error().body()["message"], "")

    def test_an_exception_like_any_other(self) -> None:
        self.assertEqual(str(BadRequest("no such field")), "no such field")

    def test_what_is_not_available_says_when_to_try_again(self) -> None:
        self.assertEqual(Unavailable().headers, {"Retry-After": "5"})
        self.assertEqual(NotMaster("", {"Retry-After": "9"}).headers, {"Retry-After": "9"})
        self.assertEqual(NotRunning().headers, {})

    def test_headers(self) -> None:
        self.assertEqual(NotFound().headers, {})
        headers = {"Allow": "GET"}
        error = MethodNotSupported("", headers)
        headers.clear()
        self.assertEqual(error.headers, {"Allow": "GET"})


DECODED: list[tuple[object, tuple[str, str, str | None]]] = [
    (["OpPrereqError", ["text", "wrong_input"]], ("OpPrereqError", "text", "wrong_input")),
    (["GenericError", ["x"]], ("GenericError", "x", None)),
    (["JobQueueFull", []], ("JobQueueFull", "JobQueueFull", None)),
    (["ResolverError", ["host", 1, "msg"]], ("ResolverError", "host, 1, msg", None)),
    (["ResolverError", ["host", "name", "msg"]], ("ResolverError", "host, name, msg", None)),
    (["OpPrereqError", ["text", None]], ("OpPrereqError", "text, None", None)),
    (["GenericError", [["a", 1]]], ("GenericError", "['a', 1]", None)),
    (["GenericError", [""]], ("GenericError", "GenericError", None)),
    ("Failed to parse request", ("", "Failed to parse request", None)),
    ("ab", ("", "ab", None)),
    (["GenericError", 7], ("", "['GenericError', 7]", None)),
    (["GenericError"], ("", "['GenericError']", None)),
    (["GenericError", "x"], ("", "['GenericError', 'x']", None)),
    ([1, ["x"]], ("", "[1, ['x']]", None)),
    (["A", ["x"], "y"], ("", "['A', ['x'], 'y']", None)),
    ({"A": ["x"]}, ("", "{'A': ['x']}", None)),
    ([], ("", "[]", None)),
    (None, ("", "None", None)),
    (7, ("", "7", None)),
]
"""Results of LUXI replies that are errors, and their (kind, text, classification)."""


class FromJobDaemonTests(SynchronousTestCase):
    def test_forms(self) -> None:
        for result, expected in DECODED:
            error = from_job_daemon(result)
            self.assertEqual((error.class_name, error.text, error.classification), expected, result)

    @given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
    def test_any_shape_is_some_error(self, result: object) -> None:
        self.assertIsInstance(from_job_daemon(result), JobDaemonError)

    def test_as_text(self) -> None:
        self.assertEqual(str(JobDaemonError("JobLost", "no job 7")), "JobLost: no job 7")
        self.assertEqual(str(JobDaemonError("", "no idea")), "no idea")


AS_API_ERRORS: list[tuple[LuxiError, type[ApiError], str]] = [
    (LuxiUnreachable("nobody there"), BadGateway, "nobody there"),
    (LuxiTimeout("too slow"), GatewayTimeout, "too slow"),
    (LuxiLineFull("all in use"), Unavailable, "all in use"),
    (LuxiTooManyCalls("yours"), TooManyRequests, "yours"),
    (LuxiProtocolError("garbage"), BadGateway, "garbage"),
    (LuxiMessageTooLarge("too much"), BadGateway, "too much"),
    (LuxiError("something"), BadGateway, "something"),
    (JobDaemonError("", "What?"), BadGateway, "The job daemon refused the request: What?"),
    (JobDaemonError("JobLost", "no job 7"), NotFound, "no job 7"),
    (JobDaemonError("JobQueueFull", "full"), Unavailable, "full"),
    (JobDaemonError("JobQueueDrainError", "drained"), Unavailable, "drained"),
    (
        JobDaemonError("GenericError", "Queue drained"),
        Unavailable,
        "The job queue is drained: the cluster accepts no new jobs",
    ),
    (JobDaemonError("OpPrereqError", "none", "unknown_entity"), NotFound, "none"),
    (JobDaemonError("OpPrereqError", "bad", "wrong_input"), BadRequest, "bad"),
    (JobDaemonError("JobLost", "bad", "wrong_input"), BadRequest, "bad"),
    (JobDaemonError("JobQueueFull", "none", "unknown_entity"), NotFound, "none"),
    (JobDaemonError("OpPrereqError", "no", "wrong_state"), InternalError, "no"),
    (JobDaemonError("OpPrereqError", "no"), InternalError, "no"),
    (JobDaemonError("GenericError", "it broke"), InternalError, "it broke"),
    (JobDaemonError("GenericError", "Broken"), InternalError, "Broken"),
    (JobDaemonError("SomethingNew", "it broke"), InternalError, "it broke"),
]
"""What goes wrong between us and the job daemon, and what the client is told."""


class AsApiErrorTests(SynchronousTestCase):
    def test_who_finds_the_line_full_is_told_when_to_come_again(self) -> None:
        for error in (LuxiLineFull("all in use"), LuxiTooManyCalls("yours")):
            self.assertEqual(as_api_error(error).headers["Retry-After"], "5")

    def test_table(self) -> None:
        for error, expected, message in AS_API_ERRORS:
            api_error = as_api_error(error)
            self.assertIs(type(api_error), expected, repr(error))
            self.assertEqual(api_error.message, message)
