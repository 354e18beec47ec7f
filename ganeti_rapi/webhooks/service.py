"""Keeps a delivery under way for each webhook of the file, in one of the processes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ganeti_rapi.metrics.samples import Gauge
from ganeti_rapi.metrics.tally import Tally
from ganeti_rapi.webhooks.config import Webhook, WebhooksFile
from ganeti_rapi.webhooks.delivery import Answer, Delivery, EventSource, Post
from ganeti_rapi.webhooks.message import Message
from ganeti_rapi.webhooks.nats import NatsSender
from ganeti_rapi.webhooks.positions import Positions
from ganeti_rapi.webhooks.sending import Sender

LOOK = 1.0
"""Seconds between two looks at the file, and at whether it is for this process to deliver."""


class Webhooks(Service):
    """Delivers to all webhooks. ``now`` gives the seconds since the epoch.

    ``outcomes`` counts the tries, by webhook and by ``delivered`` or ``failed``, and ``file`` has
    the webhooks.
    """

    _log = Logger()

    def __init__(
        self,
        file: WebhooksFile,
        source: EventSource,
        positions: Positions,
        post: Post,
        clock: IReactorTime,
        now: Callable[[], float],
        outcomes: Counter[tuple[str, str]],
    ) -> None:
        self.file = file
        self._positions = positions
        self._now = now
        self._make = partial(
            Delivery,
            source=source,
            positions=positions,
            post=post,
            clock=clock,
            now=now,
            outcomes=outcomes,
        )
        self._under_way: dict[str, tuple[Delivery, Deferred[None]]] = {}
        self._said = ""
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock

    def startService(self) -> None:
        super().startService()
        self._loop.start(LOOK)

    def stopService(self) -> None:
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        for name in list(self._under_way):
            self._end(name)
        self._positions.turn.give()

    def behind(self) -> Mapping[str, float]:
        """How many seconds ago the event was seen that each webhook is to take next."""
        return {
            name: 0.0 if delivery.behind is None else self._now() - delivery.behind
            for name, (delivery, _) in self._under_way.items()
        }

    def _look(self) -> None:
        wanted = self.file.webhooks if self._is_our_turn() else {}
        for name, (delivery, _) in list(self._under_way.items()):
            if wanted.get(name) != delivery.webhook:
                self._end(name)
        for name in [name for name in wanted if name not in self._under_way]:
            delivery = self._make(wanted[name])
            running = Deferred.fromCoroutine(delivery.run())
            self._under_way[name] = delivery, running
            running.addErrback(self._failed, name)

    def _is_our_turn(self) -> bool:
        try:
            return bool(self.file.webhooks) and self._positions.turn.take()
        except OSError as error:
            if str(error) != self._said:
                self._said = str(error)
                self._log.error("Webhooks can't be served: {error}", error=error)
            return False

    def _end(self, name: str) -> None:
        _, running = self._under_way.pop(name)
        running.cancel()

    def _failed(self, failure: Failure, name: str) -> None:
        if not failure.check(CancelledError):
            self._log.failure("The delivery to webhook {name} ended", failure=failure, name=name)
            self._under_way.pop(name, None)  # the next look begins it anew


def make_webhooks(
    reactor: Any,  # Any: one object that provides many zope interfaces
    source: EventSource,
    directory: str,
    tally: Tally,
) -> Webhooks:
    """The webhooks of this daemon, which keep their positions in a directory."""
    by_http, by_nats = Sender(reactor, time.time), NatsSender(reactor, time.time)

    def post(webhook: Webhook, message: Message) -> Awaitable[Answer]:
        return (by_nats if webhook.is_nats else by_http).post(webhook, message)

    webhooks = Webhooks(
        *(WebhooksFile(), source, Positions(directory), post, reactor, time.time),
        tally.deliveries,
    )
    words = "How long the next event has waited for its webhook."
    tally.gauges.append(Gauge("webhook_behind_seconds", words, webhooks.behind, "webhook"))
    return webhooks
