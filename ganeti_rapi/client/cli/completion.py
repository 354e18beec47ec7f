"""Completing the names of the cluster's objects while a line is typed.

The server is asked only if no password has to be typed: because it is in the environment, or
because no user is given. When anything goes wrong, there are no names.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence

import click
from twisted.internet.defer import Deferred

from ganeti_rapi.client.cli.everywhere import Choices
from ganeti_rapi.client.cli.profiles import read_profile
from ganeti_rapi.client.cli.running import run_in_reactor
from ganeti_rapi.client.rapi import RapiClient

PATIENCE = 2.0
"""The longest time that a person who pressed Tab waits, in seconds."""

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def names_by(method: Callable[[RapiClient], Awaitable[Sequence[str | int]]]) -> Complete:
    """What click calls for the names with some beginning; ``method`` lists all names."""

    async def work(client: RapiClient) -> Sequence[str | int]:
        async def names() -> Sequence[str | int]:
            return await method(client)

        asked = Deferred.fromCoroutine(names())
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


INSTANCES = names_by(RapiClient.list_instances)
NODES = names_by(RapiClient.list_nodes)
GROUPS = names_by(RapiClient.list_groups)
NETWORKS = names_by(RapiClient.list_networks)
JOBS = names_by(RapiClient.list_jobs)
