"""The command `rapi` and the options of all its commands."""

from __future__ import annotations

import click

from ganeti_rapi import __version__
from ganeti_rapi.client.cli.cluster import COMMANDS
from ganeti_rapi.client.cli.dumping import DUMP
from ganeti_rapi.client.cli.everywhere import FIRST, Choices
from ganeti_rapi.client.cli.groups import groups
from ganeti_rapi.client.cli.instances import instances
from ganeti_rapi.client.cli.jobs import jobs
from ganeti_rapi.client.cli.login import LOGIN
from ganeti_rapi.client.cli.networks import networks
from ganeti_rapi.client.cli.nodes import nodes
from ganeti_rapi.client.cli.profiling import profiles
from ganeti_rapi.client.cli.queries import QUERY
from ganeti_rapi.client.cli.requesting import API
from ganeti_rapi.client.cli.running import Session, run_with_client
from ganeti_rapi.client.cli.screen import screen
from ganeti_rapi.client.cli.telling import EVENTS
from ganeti_rapi.client.cli.viewing import CONSOLE

EPILOG = """The password is never an option: it comes from RAPI_PASSWORD, or from the profile's
password_command or keyring, or it is asked for.

\b
Try:  rapi --url https://cluster.example.com:5080 --user jack info
      rapi instances list --filter status=running
      rapi instances start web1.example.com
"""


def _start(context: click.Context) -> None:
    """Give the commands their session."""
    run = context.obj or run_with_client
    context.obj = Session(run, Choices.of(context), screen(), screen(stderr=True))


rapi = click.Group(
    "rapi",
    params=[*FIRST],
    callback=click.pass_context(_start),
    help="Manage a Ganeti cluster by its remote API.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, package_name="ganeti-rapi", prog_name="rapi")(rapi)

FAMILIES = (instances, nodes, groups, networks, jobs, profiles)

for _command in (*FAMILIES, QUERY, API, CONSOLE, EVENTS, DUMP, LOGIN, *COMMANDS):
    rapi.add_command(_command)
