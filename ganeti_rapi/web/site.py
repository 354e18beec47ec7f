"""The factory of connections: what they all share, and how many there may be."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocolNegotiationFactory,
    IReactorTime,
)
from twisted.internet.protocol import Factory
from twisted.web.resource import IResource, getChildForRequest
from zope.interface import implementer

from ganeti_rapi import __version__
from ganeti_rapi.auth.guessing import place_of
from ganeti_rapi.errors import Unavailable
from ganeti_rapi.http1.replies import Heads
from ganeti_rapi.logfile import LogFile
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.web.accesslog import Entry, combined
from ganeti_rapi.web.budget import Budget
from ganeti_rapi.web.channel import RapiChannel
from ganeti_rapi.web.limits import LIMITS, SiteLimits, UnderWay
from ganeti_rapi.web.proxies import TrustedProxies
from ganeti_rapi.web.request import RapiRequest
from ganeti_rapi.web.sliced import Turns

SERVER = f"ganeti-rapi/{__version__}".encode("ascii")

SWEEP = 1.0
"""Seconds between two looks at who is late."""

MIB = 1024 * 1024


@frozen
class Deadlines:
    """How long the peer may take, in seconds.

    ``handshake`` is for TLS, ``head`` for all of a request's head, ``body`` for its body, which
    has more time as long as ``body_rate`` bytes a second come; ``reply`` is how long a
    reply may wait for its reader, who has more time as long as ``reply_rate`` bytes a second are
    taken, and ``idle`` how long a connection is kept between requests.
    """

    handshake: float = 10
    head: float = 20
    body: float = 20
    body_rate: float = 500
    reply: float = 30
    reply_rate: float = 500
    idle: float = 30


DEADLINES = Deadlines()
"""What the options say where they are not given."""


@implementer(IProtocolNegotiationFactory)
class RapiSite(Factory):
    """The factory of connections. ``proxies`` are believed who their clients are.

    ``drain_timeout`` is how many seconds requests have to end before the daemon does.
    ``max_body`` is the largest body of a request in bytes, ``bodies`` and ``replies`` are the
    memory for those of all. ``clock`` is for what takes time, ``now`` for the time of day.
    """

    noisy = False  # the service says where it listens

    def __init__(
        self,
        resource: IResource,
        reactor: IReactorTime,
        *,
        deadlines: Deadlines = DEADLINES,
        keep_alive: bool = True,
        max_body: int = 10 * MIB,
        max_bodies: int = 64 * MIB,
        max_replies: int = 512 * MIB,
        limits: SiteLimits = LIMITS,
        proxies: TrustedProxies | None = None,
        drain_timeout: float = 25,
        access_log: LogFile | None = None,
        log_line: Callable[[Entry, float], str] = combined,
        tally: Tally | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.clock = reactor
        self.deadlines = deadlines
        self.keep_alive = keep_alive
        self.max_body = max_body
        self.limits = limits
        self.proxies = proxies or TrustedProxies()
        self.drain_timeout = drain_timeout
        self.bodies = Budget(max_bodies, "request bodies")
        self.replies = Budget(max_replies, "replies")
        self.channels: set[RapiChannel] = set()
        self._addresses = UnderWay(limits.address_connections, "connections from one address")
        self.heads = Heads(SERVER)
        self.turns = Turns(reactor)
        self.now = now
        self._start = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._resource = resource
        self.access_log = access_log
        self.tally = tally or Tally()
        self._log_line = log_line
        self._drained: Deferred[None] | None = None
        self._sweep: IDelayedCall | None = None

    def buildProtocol(self, addr: IAddress | None) -> RapiChannel:
        channel = RapiChannel(self)
        channel.factory = self
        return channel

    def acceptableProtocols(self) -> list[bytes]:
        """What TLS offers by ALPN."""
        return [b"http/1.1"]

    def next_id(self) -> str:
        """The id of a request; no other process and no other start has the same."""
        return f"{self._start}-{next(self._numbers):x}"

    def serve(self, request: RapiRequest) -> None:
        """Let the tree answer a request whose head is complete."""
        # What the tree asks of a request, ours has; the rest of IRequest is for twisted.web's own.
        getChildForRequest(self._resource, request).render(request)

    def admit(self, channel: RapiChannel) -> None:
        """Count a new connection. Raises `TooManyRequests` when its address has too many.

        One that is too many in all gets the answers that are never refused, up to as many more.
        """
        self.channels.add(channel)
        self.tally.connections += 1
        if self._sweep is None:
            self._sweep = self.clock.callLater(SWEEP, self._look_who_is_late)
        address = channel.peer_address
        if not self.proxies.trusts(address):
            place = place_of(address)
            self._addresses.enter(place)
            channel.counted_for = place
        most = self.limits.connections
        if 0 < most < len(self.channels):
            channel.surplus = Unavailable(f"All {most} connections are in use; try again later")
            if len(self.channels) > 2 * most:
                channel.abort()

    def forget(self, channel: RapiChannel) -> None:
        """A connection is gone."""
        self.channels.discard(channel)
        self.tally.connections -= 1
        if channel.counted_for is not None:
            self._addresses.leave(channel.counted_for)
        if not self.channels:
            if self._sweep is not None:
                self._sweep.cancel()
                self._sweep = None
            self._finish_drain()

    def _look_who_is_late(self) -> None:
        self._sweep = self.clock.callLater(SWEEP, self._look_who_is_late)
        now = self.clock.seconds()
        for channel in [channel for channel in self.channels if channel.deadline <= now]:
            channel.expire()
        if self.draining:
            self._look_who_is_left()

    def _look_who_is_left(self) -> None:
        """Close what asked for nothing so far; do not wait for peers that need not answer."""
        for channel in [channel for channel in self.channels if channel.request is None]:
            channel.close()
        if all(channel.leaving for channel in self.channels):
            self._finish_drain()

    def drain(self) -> Deferred[None]:
        """Keep no connection open, but let requests end; fires when they did, or after a while."""
        self.keep_alive = False
        drained = self._drained = Deferred()
        late = self.clock.callLater(self.drain_timeout, self._finish_drain)
        drained.addCallback(lambda _: late.cancel() if late.active() else None)
        for channel in list(self.channels):
            channel.leave()
        if not self.channels:
            self._finish_drain()
        return drained

    @property
    def draining(self) -> bool:
        """Whether the daemon is about to end."""
        return self._drained is not None

    def _finish_drain(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.callback(None)

    def log(self, request: RapiRequest) -> None:
        """Count a request that was answered; write a line to the access log, if there is one."""
        row, method = _counted_as(request)
        self.tally.request(row, method, request.code, request.seconds)
        if self.access_log is not None:
            self.access_log.write(self._log_line(Entry.of(request), self.now()))

    def log_refusal(self, channel: RapiChannel, code: int, sent: int) -> None:
        """The same for what was no request."""
        if self.access_log is not None:
            entry = Entry(channel.peer_address, code, sent)
            self.access_log.write(self._log_line(entry, self.now()))

    def reopen_log(self) -> None:
        """Follow the access log's name again. Raises OSError."""
        if self.access_log is not None:
            self.access_log.reopen()


def _counted_as(request: RapiRequest) -> tuple[str, str]:
    """The row and the method of a request. No client can make up new ones, which would be kept."""
    if request.resource is None:
        return "none", "none"
    method = request.method.decode("ascii")
    known = method in request.resource.cells or method in ("HEAD", "OPTIONS")
    return request.resource.name, method if known else "other"
