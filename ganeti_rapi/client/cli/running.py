"""One command's work: a client, the reactor until the work has ended, and its errors as one line.

Exit codes: 1 the job failed, 2 wrong usage or request, 3 no (proper) connection, 4 not allowed,
5 no such object, 6 the server failed or cannot do it, 7 not in time, 130 interrupted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import click
from attrs import define
from rich.console import Console
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ganeti_rapi.client import errors
from ganeti_rapi.client.cli.profiles import Profile, ProfileError, Sources, password_of
from ganeti_rapi.client.rapi import RapiClient

# Any: the command's own result
Work: TypeAlias = Callable[[RapiClient], Coroutine[Any, Any, Any]]
Run: TypeAlias = Callable[[Profile, Work], Any]

EXIT_CODES: tuple[tuple[type[errors.RapiError], int], ...] = (
    (errors.JobFailed, 1),
    (errors.BadRequest, 2),
    (errors.Unauthorized, 4),
    (errors.Forbidden, 4),
    (errors.NotFound, 5),
    (errors.JobStillRunning, 7),
    (errors.RequestTimedOut, 7),
    (errors.HttpError, 6),
    (errors.FeatureMissing, 6),
    (errors.RapiError, 3),
)
"""The first row whose error it is."""


class Failed(click.ClickException):
    """Ends `rapi` with a line on stderr and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it of the instance


@define
class Session:
    """What a command has: the server, how to run work there, and where to write."""

    run: Run
    profile: Callable[[], Profile]
    out: Console
    err: Console
    json: bool = False

    def ask(self, work: Work) -> Any:  # Any: as above
        """The result of work with a client. Raises `Failed`."""
        try:
            return self.run(self.profile(), work)
        except errors.RapiError as error:
            code = next(code for kind, code in EXIT_CODES if isinstance(error, kind))
            raise Failed(str(error), code) from error
        except ValueError as error:
            raise Failed(str(error), 2) from error


def run_in_reactor(profile: Profile, work: Work) -> Any:  # Any: as above
    """Run the reactor until the work has ended; its result. Raises what it raises."""
    password = password_of(profile, os.environ, _sources())
    from twisted.internet import reactor as global_reactor

    reactor: Any = global_reactor  # Any: a module until it is installed
    outcome: list[Any] = []  # Any: the result or a failure

    async def main() -> Any:  # Any: as above
        client = RapiClient(
            reactor,
            profile.url or "",
            profile.user,
            password,
            cafile=profile.cafile,
            pinned=profile.pinned,
            insecure=profile.insecure,
        )
        try:
            return await work(client)
        finally:
            await client.close()

    def start() -> None:
        deferred = Deferred.fromCoroutine(main())
        deferred.addBoth(outcome.append).addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(start)
    reactor.run()
    if not outcome:
        raise Failed("interrupted; a job that was submitted goes on", 130)
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0]


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
