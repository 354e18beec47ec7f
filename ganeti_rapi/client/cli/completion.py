"""Completing values while a line is typed: names of the cluster's objects, profiles, fields.

The server is asked only if no password has to be typed: because it is in the environment, or
because no user is given. When anything goes wrong, there are no names.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from ganeti_rapi.client.cli.everywhere import Choices, one_of_several
from ganeti_rapi.client.cli.filtering import values_of

if TYPE_CHECKING:
    from ganeti_rapi.client.methods import AllMethods

PATIENCE = 2.0
"""The longest time that a person who pressed Tab waits, in seconds."""

Complete: TypeAlias = Callable[[click.Context, click.Parameter, str], list[str]]
Find: TypeAlias = "Callable[[AllMethods, dict[str, Any]], Awaitable[Sequence[str | int]]]"
"""What finds values, from a client and the parameters so far. Any: each parameter's own."""


def found_by(find: Find) -> Complete:
    """What click calls for the values with some beginning."""

    def complete(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
        from ganeti_rapi.client.cli.profiles import read_profile  # not for commands' names
        from ganeti_rapi.client.cli.running import run_with_client

        async def work(client: AllMethods) -> Sequence[str | int]:
            async def found() -> Sequence[str | int]:
                return await find(client, context.params)

            return await client.transport.within(PATIENCE, found(), TimeoutError)

        cluster, colon, name = beginning.rpartition(":")  # as in lab:web1
        try:
            choices = Choices.of(context)
            choices = choices.of_cluster(cluster) if cluster else choices
            profile = read_profile(os.environ, choices.all)
            if profile.user is not None and "RAPI_PASSWORD" not in os.environ:
                return []
            values = (context.find_root().obj or run_with_client)(profile, work)
        except Exception:  # an error would be printed into the line that is being typed
            return []
        return [f"{cluster}{colon}{each}" for each in map(str, values) if each.startswith(name)]

    return complete


def names_by(method: str) -> Complete:
    """What completes the names that a method of the client lists."""

    async def find(client: AllMethods, _: object) -> Sequence[str | int]:
        names: Sequence[str | int] = await getattr(client, method)()
        return names

    return found_by(find)


async def _os_in_use(client: AllMethods, _: object) -> Sequence[str]:
    """The operating systems of the instances there are; all others would cost a job."""
    answer = await client.query("instance", ["os"])
    return sorted(set(values_of(answer)))


async def _iallocators(client: AllMethods, _: object) -> Sequence[str]:
    default = (await client.get_info()).get("default_iallocator")
    return sorted({"hail", *filter(None, [default])})


async def _fields(client: AllMethods, typed: dict[str, Any]) -> Sequence[str]:
    """A kind's fields, behind those that are typed already."""
    known = await client.query_fields(typed["kind"])
    return [field["name"] for field in known["fields"]]


def tags_in_use(kind: str) -> Complete:
    """What completes the tags that any objects of a kind have."""

    async def find(client: AllMethods, _: object) -> Sequence[str]:
        answer = await client.query(kind, ["tags"])
        return sorted({tag for tags in values_of(answer) for tag in tags or ()})

    return found_by(find)


def tags_of(kind: str) -> Complete:
    """What completes the tags that an object has; the object is typed already."""

    async def find(client: AllMethods, typed: dict[str, Any]) -> Sequence[str]:
        names = [] if kind == "cluster" else [typed[kind]]
        tags: Sequence[str] = await getattr(client, f"get_{kind}_tags")(*names)
        return tags

    return found_by(find)


INSTANCES = names_by("list_instances")
NODES = names_by("list_nodes")
GROUPS = names_by("list_groups")
NETWORKS = names_by("list_networks")
JOBS = names_by("list_jobs")
FILTERS = names_by("list_filters")
OS = found_by(_os_in_use)
IALLOCATORS = found_by(_iallocators)
_FIELDS = found_by(_fields)


fields = one_of_several(_FIELDS)
"""What completes fields with commas between them."""
