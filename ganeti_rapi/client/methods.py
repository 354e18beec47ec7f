"""All that a client can ask of a cluster, over whichever transport."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TypeVar

from ganeti_rapi.client.actions import InstanceActionMethods
from ganeti_rapi.client.base import given
from ganeti_rapi.client.cluster import ClusterMethods
from ganeti_rapi.client.disks import DiskMethods
from ganeti_rapi.client.events import EventMethods
from ganeti_rapi.client.filters import FilterMethods, QueryMethods
from ganeti_rapi.client.groups import GroupMethods
from ganeti_rapi.client.instances import InstanceMethods
from ganeti_rapi.client.jobs import JobMethods
from ganeti_rapi.client.lists import ListMethods
from ganeti_rapi.client.networks import NetworkMethods
from ganeti_rapi.client.node_commands import NodeCommandMethods
from ganeti_rapi.client.nodes import NodeMethods
from ganeti_rapi.client.transport import ONCE
from ganeti_rapi.client.upkeep import UpkeepMethods
from ganeti_rapi.jsontext import Json

Client = TypeVar("Client", bound="AllMethods")


class AllMethods(
    ClusterMethods,
    UpkeepMethods,
    NodeMethods,
    NodeCommandMethods,
    InstanceMethods,
    InstanceActionMethods,
    DiskMethods,
    GroupMethods,
    NetworkMethods,
    FilterMethods,
    QueryMethods,
    JobMethods,
    EventMethods,
    ListMethods,
):
    """A cluster's remote API. Every method is a coroutine, and raises `RapiError`."""

    def once(self: Client, key: str) -> Client:
        """The same client, one write of which counts once, however often it is sent.

        ``key`` is a new name for that write, such as a UUID. Whoever does the same with the same
        key gets the first one's job; who does something else with it, an `HttpError` with the code
        422. Since that is safe, a broken connection is tried again. Stock servers do not know keys:
        there, that may do it twice.
        """
        return self._with_header(ONCE, key)

    def unless_changed(self: Client, serial_no: int) -> Client:
        """The same client, whose writes to an object count only as long as it has this number.

        Otherwise they raise `Changed`, and nothing is done. Stock servers write all the same.
        """
        return self._with_header("If-Match", f'"{serial_no}"')

    def with_common(
        self: Client,
        *,
        priority: int | None = None,
        depends: Sequence[tuple[int, Sequence[str]]] | None = None,
    ) -> Client:
        """The same client, whose jobs have these parameters, as all opcodes take them.

        ``priority`` is -10 for high, 0 or 10 for low. ``depends`` are jobs that must have ended
        before, each with the final states that count: success, error, canceled, or any if there are
        none. Stock servers read them with some methods only, and do not mind them with others.
        """
        other = copy(self)
        jobs: Json = [[job_id, list(states)] for job_id, states in depends or ()]
        other.common = {**self.common, **given(priority=priority, depends=jobs or None)}
        return other

    def _with_header(self: Client, name: str, value: str) -> Client:
        other = copy(self)
        other.transport = self.transport.with_headers({name: value})
        return other

    async def __aenter__(self: Client) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections that are kept open."""
        await self.transport.close()
