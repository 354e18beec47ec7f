"""Work with a client of the profile's server, in Twisted's reactor. Imported when there is some."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click
from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from ganeti_rapi.client.cli.passwords import from_keyring
from ganeti_rapi.client.cli.profiles import Profile, ProfileError, Sources, password_of, token_of
from ganeti_rapi.client.cli.running import Work
from ganeti_rapi.client.rapi import RapiClient


def run_in_reactor(profile: Profile, work: Work) -> Any:  # Any: as above
    """The result of work with a client of the profile's server. Raises what the work raises."""
    password = password_of(profile, os.environ, _sources())
    token = token_of(profile, os.environ, _sources())
    from twisted.internet import reactor

    def connect() -> RapiClient:
        return RapiClient(
            reactor,
            profile.url or "",
            profile.user,
            password,
            token=token,
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
    return Sources(_command_output, from_keyring, ask)


def _tty() -> bool:
    return sys.stdin.isatty()


def _command_output(command: str) -> str:
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise ProfileError(f"the profile's command ended with exit code {done.returncode}")
    return done.stdout.rstrip("\n")
