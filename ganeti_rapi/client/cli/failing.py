"""How commands end: each error's exit code, and what to do about it.

Exit codes: 1 the job failed, 2 wrong usage or request, 3 no connection, or not a trusted one, 4 not
allowed, 5 no such object, 6 the server failed or cannot do it, 7 not in time, 130 interrupted.
"""

from __future__ import annotations

from typing import Final

import click

from ganeti_rapi.client import errors

INTERRUPTED: Final = 130

OUTCOMES: tuple[tuple[type[errors.RapiError], int, str], ...] = (
    (errors.JobFailed, 1, ""),
    (errors.BadRequest, 2, ""),
    (
        errors.Unauthorized,
        4,
        "check the user (--user) and the password (RAPI_PASSWORD), or the token",
    ),
    (errors.Forbidden, 4, "the server's users file decides who may do what"),
    (errors.NotFound, 5, "the command list shows what there is"),
    (errors.JobStillRunning, 7, ""),
    (errors.RequestTimedOut, 7, ""),
    (errors.Unavailable, 6, "try again later"),
    (errors.HttpError, 6, ""),
    (errors.FeatureMissing, 6, ""),
    (
        errors.TlsError,
        3,
        "trust it with --cafile FILE or --pinned FINGERPRINT, or skip the check with --insecure",
    ),
    (errors.Unreachable, 3, "is that the right --url, and does the server run?"),
    (errors.ConnectionBroken, 3, "is that the right --url, with https or http?"),
    (errors.BadReply, 3, "is that the right --url?"),
    (errors.RapiError, 3, ""),
)
"""Errors, their exit codes and what to do about them. The first class that fits counts."""

LOST_SIGHT: Final = (
    errors.Unreachable,
    errors.ConnectionBroken,
    errors.RequestTimedOut,
    errors.ServerError,
    errors.JobStillRunning,
)
"""After these, it is unknown how a job that was followed goes on."""


UNKNOWN_FIELD: Final = "Can't find field named"
"""What luxid says of a filter with a wrong field; Ganeti's own daemon makes a failure of it."""


NOWHERE: Final = "Not Found"
"""What Ganeti's own daemon says of objects and of resources alike."""

NOTHING_THERE: Final = (
    "not found; the command list shows what there is, unless the server cannot do that at all: "
    "then ganeti-rapi on Twisted can"
)


class Failed(click.ClickException):
    """Ends `rapi` with a line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it of the instance


def goes_on(job: str) -> str:
    """What to say of a job that is no longer followed."""
    return f"the job goes on; to see how: rapi jobs watch {job}"


def outcome_of(error: errors.RapiError, out_of_sight: str = "") -> tuple[str, int]:
    """What to say about an error, and the exit code. ``out_of_sight`` is about a job."""
    code, advice = next(
        (code, advice) for each, code, advice in OUTCOMES if isinstance(error, each)
    )
    reason = _reason(error)
    if isinstance(error, errors.NotFound) and reason == NOWHERE:
        return NOTHING_THERE, code
    if reason.startswith(UNKNOWN_FIELD):
        return sentence(reason, "rapi query KIND shows which there are"), 2
    return sentence(reason, (isinstance(error, LOST_SIGHT) and out_of_sight) or advice), code


def _reason(error: errors.RapiError) -> str:
    """What went wrong, without the words of HTTP and without advice for programs."""
    if isinstance(error, errors.TlsError) and error.fingerprint is not None:
        return f"{error.message}; its SHA-256 fingerprint is {colons(error.fingerprint)}"
    if isinstance(error, errors.HttpError):
        from html import unescape  # only errors need it

        return unescape(error.reason)  # Ganeti's own daemon writes it for HTML
    if isinstance(error, errors.TlsError):
        return error.message
    return str(error)


def sentence(*parts: str) -> str:
    """The parts that there are, in one line."""
    return "; ".join(part.rstrip(".") for part in parts if part)


def colons(fingerprint: str) -> str:
    """A fingerprint as openssl writes it.

    >>> colons("abcd")
    'AB:CD'
    """
    digits = fingerprint.upper()
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))
