"""Work with a client of the profile's server. Imported when there is some."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click
from attrs import evolve

from ganeti_rapi.client.cli.passwords import from_keyring
from ganeti_rapi.client.cli.profiles import Profile, ProfileError, Sources, password_of, token_of
from ganeti_rapi.client.cli.running import Work
from ganeti_rapi.client.methods import AllMethods
from ganeti_rapi.client.on_threads import ThreadClient, result_of

Client = TypeVar("Client", bound=AllMethods)


def run(profile: Profile, work: Work) -> Any:  # Any: as above
    """The result of work with a client of the profile's server. Raises what the work raises.

    Control-C raises KeyboardInterrupt, inside of the work first.
    """
    client = connect(profile, ThreadClient)
    try:
        return result_of(work(client))
    finally:
        result_of(client.close())


def connect(profile: Profile, kind: Callable[..., Client]) -> Client:
    """A client of this kind, of the profile's server."""
    return kind(
        profile.url or "",
        profile.user,
        password_of(profile, os.environ, _sources()),
        token=token_of(profile, os.environ, _sources()),
        cafile=profile.cafile,
        pinned=profile.pinned,
        insecure=profile.insecure,
    )


def unlocked(profile: Profile) -> Profile:
    """The profile with its password, so that nobody has to ask for it later."""
    return evolve(profile, password=password_of(profile, os.environ, _sources()))


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
