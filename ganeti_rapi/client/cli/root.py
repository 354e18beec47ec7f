"""The command `rapi` and the options of all its commands."""

from __future__ import annotations

import click

from ganeti_rapi import __version__
from ganeti_rapi.client.cli.everywhere import FIRST, Choices
from ganeti_rapi.client.cli.lazily import Later, LazyGroup

EPILOG = """The password is never an option: it comes from RAPI_PASSWORD, or from the profile's
password_command or keyring, or it is asked for.

\b
Try:  rapi --url https://cluster.example.com:5080 --user jack info
      rapi instances list --filter status=running
      rapi instances start web1.example.com
"""

COMMANDS = (
    Later("instances", "instances", "The cluster's virtual machines."),
    Later("nodes", "nodes", "The cluster's physical machines."),
    Later("groups", "groups", "Groups of nodes."),
    Later("networks", "networks", "IP networks for instances."),
    Later("jobs", "jobs", "What the cluster does and did."),
    Later("filters", "rules", "Rules about which jobs may run."),
    Later("tags", "tags", "Words on the cluster's objects."),
    Later("cluster", "cluster", "The cluster as a whole."),
    Later("info", "shortcuts:INFO", "Show the cluster's settings."),
    Later("os", "shortcuts:OS", "List the operating systems; runs a job."),
    Later("features", "shortcuts:FEATURES", "List what the server can do."),
    Later("health", "shortcuts:HEALTH", "Ask whether the server can do its work."),
    Later("openapi", "shortcuts:OPENAPI", "Print the description of the API, in OpenAPI's form."),
    Later("query", "queries:QUERY", "Ask for any fields of any objects."),
    Later("top", "overview:TOP", "Show the cluster at a glance, as it changes."),
    Later("events", "telling:EVENTS", "Tell what happens on the cluster, until Ctrl-C."),
    Later(
        "console", "viewing:CONSOLE", "Open an instance's console: its serial line, or its screen."
    ),
    Later("api", "requesting:API", "Send any request to the API, and show the answer."),
    Later(
        "dump",
        "dumping:DUMP",
        "Print the cluster as a file for --simulate; runs a job.",
    ),
    Later("login", "login:LOGIN", "Write a profile for a server; asks for what is not given."),
    Later("profiles", "profiling", "Servers and users that rapi knows."),
)


def _start(context: click.Context) -> None:
    """Give the commands their session."""
    from ganeti_rapi.client.cli.running import Session, run_with_client  # not for a help text
    from ganeti_rapi.client.cli.screen import screen

    run = context.obj or run_with_client
    context.obj = Session(run, Choices.of(context), screen(), screen(stderr=True))


rapi = LazyGroup(
    "rapi",
    params=[*FIRST],
    callback=click.pass_context(_start),
    commands=COMMANDS,
    help="Manage a Ganeti cluster by its remote API.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, package_name="ganeti-rapi", prog_name="rapi")(rapi)
