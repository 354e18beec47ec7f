"""One command's work: a client, the reactor until the work has ended, and its errors as one line.

Exit codes: 1 the job failed, 2 wrong usage or request, 3 no connection, or not a trusted one, 4 not
allowed, 5 no such object, 6 the server failed or cannot do it, 7 not in time, 130 interrupted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeAlias

import click
from attrs import define, evolve
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from ganeti_rapi.client import errors
from ganeti_rapi.client.cli.everywhere import Choices
from ganeti_rapi.client.cli.output import DATA, Look, Table, print_object, print_table
from ganeti_rapi.client.cli.profiles import (
    Profile,
    ProfileError,
    Sources,
    password_of,
    read_profile,
)
from ganeti_rapi.client.cli.screen import Screen
from ganeti_rapi.client.rapi import RapiClient

# Any: the command's own result
Work: TypeAlias = Callable[[RapiClient], Coroutine[Any, Any, Any]]
Run: TypeAlias = Callable[[Profile, Work], Any]

INTERRUPTED: Final = 130

OUTCOMES: tuple[tuple[type[errors.RapiError], int, str], ...] = (
    (errors.JobFailed, 1, ""),
    (errors.BadRequest, 2, ""),
    (errors.Unauthorized, 4, "check the user (--user) and the password (RAPI_PASSWORD)"),
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


class Failed(click.ClickException):
    """Ends `rapi` with a line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it of the instance


@define
class Session:
    """What a command has: the server, how to run work there, and where to write.

    ``job`` is the job that is being followed.
    """

    run: Run
    choices: Choices
    out: Screen
    err: Screen
    job: int | None = None

    @property
    def output(self) -> str:
        """The format of what is printed."""
        return self.choices.output

    @property
    def for_programs(self) -> bool:
        """Whether what is printed is data."""
        return self.output in DATA

    def show(self, value: Any) -> None:  # Any: JSON
        """Print an object, or a list of names."""
        print_object(self.out, self.output, value)

    def show_table(self, table: Table, look: Look) -> None:
        """Print a list of objects, and on stderr what did not fit."""
        output, _, fields = self.output.partition("=")
        look = evolve(look, columns=fields.split(",")) if fields else look
        if note := print_table(self.out, output, table, look):
            self.err.line(note, dim=True)

    def ask(self, work: Work) -> Any:  # Any: as above
        """The result of work with a client. Raises `Failed`."""
        try:
            return self.run(read_profile(os.environ, self.choices.all), work)
        except (errors.RapiError, CancelledError, ValueError) as error:
            if self.for_programs:
                self._print_job(error)
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Failed:
        if isinstance(error, CancelledError):
            return Failed(_sentence("interrupted", self._goes_on()), INTERRUPTED)
        if not isinstance(error, errors.RapiError):
            return Failed(str(error), 2)
        code, advice = next(
            (code, advice) for each, code, advice in OUTCOMES if isinstance(error, each)
        )
        goes_on = self._goes_on() if isinstance(error, LOST_SIGHT) else ""
        return Failed(_sentence(_reason(error), goes_on or advice), code)

    def _print_job(self, error: Exception) -> None:
        """Print what is known of a job that failed, or that goes on without us."""
        if isinstance(error, errors.JobFailed):
            status = "canceled" if isinstance(error, errors.JobCanceled) else "error"
            self.show({"id": error.job_id, "status": status, "result": list(error.results)})
        elif self.job is not None and isinstance(error, (*LOST_SIGHT, CancelledError)):
            self.show({"id": self.job, "status": None, "result": None})

    def _goes_on(self) -> str:
        if self.job is None:
            return ""
        return f"the job goes on; to see how: rapi jobs watch {self.job}"


def _reason(error: errors.RapiError) -> str:
    """What went wrong, without the words of HTTP and without advice for programs."""
    if isinstance(error, errors.HttpError | errors.TlsError):
        return error.message
    return str(error)


def _sentence(*parts: str) -> str:
    return "; ".join(part.rstrip(".") for part in parts if part)


def run_in_reactor(profile: Profile, work: Work) -> Any:  # Any: as above
    """The result of work with a client of the profile's server. Raises what the work raises."""
    password = password_of(profile, os.environ, _sources())
    from twisted.internet import reactor

    def connect() -> RapiClient:
        return RapiClient(
            reactor,
            profile.url or "",
            profile.user,
            password,
            cafile=profile.cafile,
            pinned=profile.pinned,
            insecure=profile.insecure,
        )

    return run_until_done(reactor, connect, work)


def run_until_done(reactor: Any, connect: Callable[[], RapiClient], work: Work) -> Any:
    # Any: a module that became a reactor; as above
    """Run the reactor until the work has ended. Control-C cancels the work."""
    outcome: list[Any] = []  # Any: the result or a failure

    async def main() -> Any:  # Any: as above
        client = connect()
        try:
            return await work(client)
        finally:
            await client.close()

    def start() -> None:
        deferred = Deferred.fromCoroutine(main())

        def interrupt() -> Deferred[Any]:  # Any: as above
            deferred.cancel()
            return deferred

        reactor.addSystemEventTrigger("before", "shutdown", interrupt)
        deferred.addBoth(outcome.append).addBoth(stop)

    def stop(_: object) -> None:
        with suppress(ReactorNotRunning):  # it stops already
            reactor.stop()

    reactor.callWhenRunning(start)
    reactor.run()
    (result,) = outcome
    if isinstance(result, Failure):
        result.raiseException()
    return result


def _sources() -> Sources:
    ask = (lambda text: str(click.prompt(text, hide_input=True, err=True))) if _tty() else None
    return Sources(_command_output, _from_keyring, ask)


def _tty() -> bool:
    return sys.stdin.isatty()


def _command_output(command: str) -> str:
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise ProfileError(f"password_command ended with exit code {done.returncode}")
    return done.stdout.rstrip("\n")


def _from_keyring(url: str, user: str) -> str | None:
    try:
        import keyring  # type: ignore[import-not-found]  # only where a profile wants it
    except ImportError:
        raise ProfileError("the profile wants the keyring: pip install keyring") from None
    found: str | None = keyring.get_password(url, user)
    return found
