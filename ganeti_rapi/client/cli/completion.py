"""Completing the names of the cluster's objects while a line is typed.

The server is asked only if no password has to be typed: because it is in the environment, or
because no user is given. When anything goes wrong, there are no names.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from ganeti_rapi.client.cli.everywhere import Choices
from ganeti_rapi.client.cli.profiles import read_profile
from ganeti_rapi.client.cli.running import run_in_reactor

if TYPE_CHECKING:
    from ganeti_rapi.client.rapi import RapiClient

PATIENCE = 2.0
"""The longest time that a person who pressed Tab waits, in seconds."""

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def names_by(method: str) -> Complete:
    """What click calls for names with some beginning; ``method`` of the client lists all."""

    async def work(client: RapiClient) -> Sequence[str | int]:
        from twisted.internet.defer import Deferred

        asked = Deferred.fromCoroutine(getattr(client, method)())
        return await asked.addTimeout(PATIENCE, client.transport.clock)

    def complete(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
        try:
            profile = read_profile(os.environ, Choices.of(context).all)
            if profile.user is not None and "RAPI_PASSWORD" not in os.environ:
                return []
            names = (context.find_root().obj or run_in_reactor)(profile, work)
        except Exception:  # an error would be printed into the line that is being typed
            return []
        return [str(name) for name in names if str(name).startswith(beginning)]

    return complete


INSTANCES = names_by("list_instances")
NODES = names_by("list_nodes")
GROUPS = names_by("list_groups")
NETWORKS = names_by("list_networks")
JOBS = names_by("list_jobs")
