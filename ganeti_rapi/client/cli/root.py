"""The command `rapi` and the options of all its commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ganeti_rapi.client.cli.cluster import COMMANDS
from ganeti_rapi.client.cli.instances import instances
from ganeti_rapi.client.cli.jobs import jobs
from ganeti_rapi.client.cli.output import console
from ganeti_rapi.client.cli.profiles import Profile, ProfileError, choose, config_path, parse
from ganeti_rapi.client.cli.running import Failed, Session, run_in_reactor


@click.group()
@click.option("--profile", envvar="RAPI_PROFILE", help="The profile in the config file.")
@click.option("--config", envvar="RAPI_CONFIG", help="The config file.")
@click.option("--url", envvar="RAPI_URL", help="Such as https://cluster.example.com:5080.")
@click.option("--user", envvar="RAPI_USER", help="The password: RAPI_PASSWORD, or it is asked.")
@click.option("--cafile", envvar="RAPI_CAFILE", help="Certificates to trust, PEM.")
@click.option("--insecure", is_flag=True, help="Do not check the server's certificate.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
        return _chosen(profile, config, given)

    run = context.obj or run_in_reactor
    context.obj = Session(run, chosen, console(), console(stderr=True), as_json)


def _chosen(name: str | None, config: str | None, given: dict[str, Any]) -> Profile:
    # Any: as above
    path = Path(config) if config else config_path(os.environ)
    try:
        text = path.read_text(encoding="utf-8") if config or path.exists() else ""
        return choose(parse(text), name, given)
    except ProfileError as error:
        raise Failed(str(error), 2) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"can't read {path}: {error}", 2) from None


for _command in (instances, jobs, *COMMANDS):
    rapi.add_command(_command)
