"""`RapiClient`: the remote API of a cluster, for Twisted programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IStreamClientEndpoint

from ganeti_rapi.client.base import Object
from ganeti_rapi.client.connections import make_http, make_pool
from ganeti_rapi.client.errors import FeatureMissing, RapiError
from ganeti_rapi.client.methods import AllMethods
from ganeti_rapi.client.on_twisted import Http, TwistedTransport
from ganeti_rapi.client.tls import Policy, policy
from ganeti_rapi.client.transport import Patience, credentials_of
from ganeti_rapi.websocket import MISSING, is_installed


class RapiClient(AllMethods):
    """A cluster's remote API. Every method is a coroutine, and raises `RapiError`.

    ``url`` is the server's, such as https://cluster.example.com:5080. By default the operating
    system's authorities must vouch for its certificate; ``cafile``, ``pinned`` and ``insecure``
    are as in `ganeti_rapi.client.tls.policy`. ``timeout`` and ``connect_timeout`` are seconds for
    one request and for one connection. ``retries`` is how often a request that failed is repeated,
    if that is safe, after a pause that doubles. ``connections`` are kept open for later reads.
    Instead of a user name and a password there may be a ``token``, which stock servers do not know.

    With an HTTP client of your own as ``http``, TLS and connections are for you to set up there;
    ``connect`` then tells how to get to the server of a console's URL.
    """

    transport: TwistedTransport

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
        self._trust: Policy | None = None
        transport = TwistedTransport(
            reactor, url, credentials_of(username, password, token), Patience.of(timeout, retries)
        )
        if http is None:
            trust, pool = policy(cafile, pinned, insecure), make_pool(reactor, connections)
            self._trust = trust
            transport.use(
                make_http(reactor, trust, pool, connect_timeout),
                make_http(reactor, trust, None, connect_timeout),
                pool,
                lambda: trust.refused,
            )
        else:
            transport.use(http, http)
        super().__init__(transport)

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
            raise self.transport.translated(error) from error

    def _network(self, url: str) -> IStreamClientEndpoint:
        """How to get to the server of a URL."""
        from ganeti_rapi.client.websockets import network_endpoint

        return network_endpoint(self.transport.clock, url, self._trust or policy())
