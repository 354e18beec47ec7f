"""`RapiClient`: the remote API of a cluster, for Twisted programs."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool

from ganeti_rapi.client.actions import InstanceActionMethods
from ganeti_rapi.client.base import Object
from ganeti_rapi.client.cluster import ClusterMethods
from ganeti_rapi.client.connections import make_http, make_pool
from ganeti_rapi.client.disks import DiskMethods
from ganeti_rapi.client.errors import FeatureMissing, RapiError
from ganeti_rapi.client.events import EventMethods
from ganeti_rapi.client.filters import FilterMethods, QueryMethods
from ganeti_rapi.client.groups import GroupMethods
from ganeti_rapi.client.instances import InstanceMethods
from ganeti_rapi.client.jobs import JobMethods
from ganeti_rapi.client.lists import ListMethods
from ganeti_rapi.client.networks import NetworkMethods
from ganeti_rapi.client.node_commands import NodeCommandMethods
from ganeti_rapi.client.nodes import NodeMethods
from ganeti_rapi.client.tls import Policy, policy
from ganeti_rapi.client.transport import ONCE, Http, Patience, Transport
from ganeti_rapi.client.upkeep import UpkeepMethods
from ganeti_rapi.websocket import MISSING, is_installed


class RapiClient(
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
    """A cluster's remote API. Every method is a coroutine, and raises `RapiError`.

    ``url`` is the server's, such as https://cluster.example.com:5080. By default the operating
    system's authorities must vouch for its certificate; ``cafile``, ``pinned`` and ``insecure``
    are as in `ganeti_rapi.client.tls.policy`. ``timeout`` and ``connect_timeout`` are seconds for
    one request and for one connection. ``retries`` is how often a request that failed is repeated,
    if that is safe, after a pause that doubles. ``connections`` are kept open for later requests.
    Instead of a user name and a password there may be a ``token``, which stock servers do not know.

    With an HTTP client of your own as ``http``, TLS and connections are for you to set up there;
    ``connect`` then tells how to get to the server of a console's URL.
    """

    def __init__(
        self,
        reactor: Any,  # Any: IReactorTime and what Twisted's Agent asks of a reactor
        url: str,
        username: str | None = None,
        password: str | None = None,
        *,
        token: str | None = None,
        cafile: str | None = None,
        pinned: str | None = None,
        insecure: bool = False,
        timeout: float | None = 60.0,
        connect_timeout: float = 10.0,
        retries: int = 3,
        connections: int = 8,
        http: Http | None = None,
        connect: Callable[[str], IStreamClientEndpoint] | None = None,
    ) -> None:
        self._connect = connect or self._network
        self._pool: HTTPConnectionPool | None = None
        self._trust: Policy | None = None
        if http is None:
            self._pool = make_pool(reactor, connections)
            self._trust = policy(cafile, pinned, insecure)
            http = make_http(reactor, self._trust, self._pool, connect_timeout)
        patience = Patience(timeout, [0.25 * 2**number for number in range(retries)])
        credentials = _credentials(username, password, token)
        super().__init__(Transport(reactor, url, http, credentials, patience, self._refused))

    def once(self, key: str) -> RapiClient:
        """The same client, one write of which counts once, however often it is sent.

        ``key`` is a new name for that write, such as a UUID. Whoever does the same with the same
        key gets the first one's job; who does something else with it, an `HttpError` with the code
        422. Since that is safe, a broken connection is tried again. Stock servers do not know keys:
        there, that may do it twice.
        """
        return self._with_header(ONCE, key)

    def unless_changed(self, serial_no: int) -> RapiClient:
        """The same client, whose writes to an object count only as long as it has this number.

        Otherwise they raise `Changed`, and nothing is done. Stock servers write all the same.
        """
        return self._with_header("If-Match", f'"{serial_no}"')

    def _with_header(self, name: str, value: str) -> RapiClient:
        other = copy(self)
        other.transport = self.transport.with_headers({name: value})
        return other

    def _refused(self) -> str | None:
        return None if self._trust is None else self._trust.refused

    async def open_console(self, ticket: Object, factory: Any) -> Any:
        # Any: a Twisted factory, and its protocol
        """A Twisted protocol of this factory, connected with the console of a ``console_ticket``.

        Its transport is as TCP's. Raises `Forbidden` for a ticket that is not good any more, and
        `FeatureMissing` where Python's wsproto is not installed here.
        """
        if not is_installed():
            raise FeatureMissing(MISSING)
        from ganeti_rapi.client.websockets import WebSocketEndpoint  # takes its time to import

        endpoint = WebSocketEndpoint(self.transport.clock, ticket["url"], self._connect)
        try:
            return await endpoint.connect(factory)
        except Exception as error:
            if isinstance(error, RapiError):
                raise
            raise self.transport.translated(Failure()) from error

    def _network(self, url: str) -> IStreamClientEndpoint:
        """How to get to the server of a URL."""
        from ganeti_rapi.client.websockets import network_endpoint

        return network_endpoint(self.transport.clock, url, self._trust or policy())

    async def close(self) -> None:
        """Close the connections that are kept open."""
        if self._pool is not None:
            await self._pool.closeCachedConnections()


def _credentials(
    username: str | None, password: str | None, token: str | None
) -> tuple[str, str] | str | None:
    if username is None and password is None:
        return token
    if token is not None:
        raise ValueError("Give a token, or a user name and a password")
    if username is None or password is None:
        raise ValueError("Give both a user name and a password, or neither")
    return username, password
