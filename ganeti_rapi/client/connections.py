"""treq, over connections that are kept for the next request."""

from __future__ import annotations

from typing import Any

from treq.client import HTTPClient
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IConsumer
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.iweb import IAgent, IBodyProducer, IPolicyForHTTPS
from zope.interface import implementer

from ganeti_rapi.client.transport import IDLE


def make_pool(reactor: Any, connections: int) -> HTTPConnectionPool:  # Any: the reactor
    """Connections that are kept open for the next requests, up to a number."""
    pool = HTTPConnectionPool(reactor, persistent=True)
    pool.maxPersistentPerHost = connections
    pool.cachedConnectionTimeout = IDLE
    # It would repeat a DELETE, which may have been heard. `Transport` knows what is safe to repeat.
    pool.retryAutomatically = False
    return pool


def make_http(
    reactor: Any,  # Any: the reactor
    policy: IPolicyForHTTPS,
    pool: HTTPConnectionPool | None,
    connect_timeout: float,
) -> HTTPClient:
    """treq with TLS by a policy; ``connect_timeout`` is seconds. Without a pool, each request has
    a connection of its own."""
    return treq_over(Agent(reactor, policy, connect_timeout, pool=pool))


def treq_over(agent: IAgent) -> HTTPClient:
    """treq over an agent, with request bodies that need no global reactor."""
    return HTTPClient(agent, data_to_body_producer=WholeBody)


@implementer(IBodyProducer)
class WholeBody:
    """A request's body that is there already. treq's own is sliced by the global reactor."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Nothing is left to be produced."""

    def resumeProducing(self) -> None:
        """Nothing is left to be produced."""

    def stopProducing(self) -> None:
        """Nothing is left to be produced."""
