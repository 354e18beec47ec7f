"""The command `rapi` and the options of all its commands."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ganeti_rapi import __version__
from ganeti_rapi.client.cli.cluster import COMMANDS
from ganeti_rapi.client.cli.groups import groups
from ganeti_rapi.client.cli.instances import instances
from ganeti_rapi.client.cli.jobs import jobs
from ganeti_rapi.client.cli.networks import networks
from ganeti_rapi.client.cli.nodes import nodes
from ganeti_rapi.client.cli.output import console
from ganeti_rapi.client.cli.profiles import Profile, read_profile
from ganeti_rapi.client.cli.queries import QUERY
from ganeti_rapi.client.cli.running import Session, run_in_reactor

EPILOG = """The password is never an option: it comes from RAPI_PASSWORD, or from the profile's
password_command or keyring, or it is asked for.

\b
Try:  rapi --url https://cluster.example.com:5080 --user jack info
      rapi instances list --filter status=running
      rapi instances start web1.example.com --wait
"""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])  # Any: whatever is decorated


def _option(name: str, help: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    # Any: click's own
    variable = f"RAPI_{name.lstrip('-').upper()}"
    return click.option(name, envvar=variable, show_envvar=True, help=help, **settings)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@_option("--url", "The server.", metavar="https://HOST:PORT")
@_option("--user", "The user to log in as; without one, the server shows only what is public.")
@_option("--profile", "A profile in the config file, instead of default.", metavar="NAME")
@_option("--config", "The config file.  [default: ~/.config/ganeti-rapi/rapi.toml]", metavar="FILE")
@_option("--cafile", "A PEM file with the certificates to trust.", metavar="FILE")
@_option("--pinned", "The SHA-256 fingerprint of the certificate to trust.", metavar="FINGERPRINT")
@click.option("--insecure", is_flag=True, help="Do not check the server's certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print what the server answered.")
@click.version_option(__version__, package_name="ganeti-rapi", prog_name="rapi")
@click.pass_context
def rapi(
    context: click.Context,
    /,
    profile: str | None,
    config: str | None,
    as_json: bool,
    **given: Any,
) -> None:  # Any: each option's own
    """Manage a Ganeti cluster by its remote API."""

    def chosen() -> Profile:
        return read_profile(os.environ, profile, config, **given)

    run = context.obj or run_in_reactor
    context.obj = Session(run, chosen, console(), console(stderr=True), as_json)


for _command in (instances, nodes, groups, networks, jobs, QUERY, *COMMANDS):
    rapi.add_command(_command)
