"""The delivery of one webhook: event by event, each again and again until it is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from typing import Protocol

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ganeti_rapi.api.events import CONNECTED, Event
from ganeti_rapi.errors import LuxiError
from ganeti_rapi.webhooks.config import Webhook
from ganeti_rapi.webhooks.message import Message
from ganeti_rapi.webhooks.positions import Positions

FIRST_DELAY = 1.0
LONGEST_DELAY = 300.0
"""Seconds between two tries; each delay is twice the one before, give or take a fifth."""

LONGEST_ASKED = 3600.0
"""Seconds that a server may ask for by Retry-After."""

RECONNECT = 5.0
"""Seconds until the events are asked for again when luxid could not tell where they are."""

KEEP = 60.0
"""Seconds after which the position is kept though no event was wanted: it must not get too old."""

GONE = 410


@define
class Answer:
    """What came back: a status, and the seconds that the server asks for. Or why nothing came."""

    status: int = 0
    retry_after: float = 0.0
    problem: str = ""

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        return self.problem or f"it answered {self.status}"


Post = Callable[[Webhook, Message], Awaitable[Answer]]
"""Sends a message. Raises nothing."""


class EventSource(Protocol):
    """Where events come from: `ganeti_rapi.jobs.changes.JobChanges`."""

    async def cluster_events(self, last_id: str | None) -> AsyncIterator[Event]:
        """See `ganeti_rapi.api.call.Jobs.cluster_events`."""


@define(eq=False)
class Delivery:
    """Sends all events that a webhook wants, in their order, one at a time.

    ``outcomes`` counts the tries; ``behind`` is when the event was seen that it tries to deliver,
    or None when it has delivered all.
    """

    webhook: Webhook
    _source: EventSource
    _positions: Positions
    _post: Post
    _clock: IReactorTime
    _now: Callable[[], float]
    outcomes: Counter[tuple[str, str]]
    behind: float | None = None
    _dice: Random = field(factory=Random)
    _trouble: str = ""
    _kept_at: float = float("-inf")
    _log: Logger = field(factory=Logger)

    async def run(self) -> None:
        """Deliver until this is cancelled, or the server says that the webhook is gone."""
        position = self._positions.read(self.webhook.name)
        while True:
            try:
                events = await self._source.cluster_events(position)
            except LuxiError:
                await deferLater(self._clock, RECONNECT)
                continue
            async for event in events:
                wanted = event.name != CONNECTED and self.webhook.wanted.takes(event)
                if wanted and not await self._deliver(event):
                    return
                position = event.id
                if wanted or self._clock.seconds() - self._kept_at > KEEP:
                    self._keep(position)
            await deferLater(self._clock, RECONNECT)  # the daemon is about to end

    async def _deliver(self, event: Event) -> bool:
        """Whether the webhook goes on."""
        message = Message.of(event, self._now())
        self.behind = event.data["at"] if event.data else self._now()
        delay = FIRST_DELAY
        while not (answer := await self._post(self.webhook, message)).taken:
            self.outcomes[self.webhook.name, "failed"] += 1
            if answer.status == GONE:
                self._log.error(
                    "Webhook {name} is gone (410), so nothing more is sent there. Remove its line, "
                    "or change it",
                    name=self.webhook.name,
                )
                self.behind = None
                return False
            self._say(answer)
            jitter = self._dice.uniform(0.8, 1.2)
            await deferLater(self._clock, max(delay * jitter, answer.retry_after))
            delay = min(2 * delay, LONGEST_DELAY)
        if self._trouble:
            self._log.info("Webhook {name} takes events again", name=self.webhook.name)
        self.outcomes[self.webhook.name, "delivered"] += 1
        self._trouble, self.behind = "", None
        return True

    def _say(self, answer: Answer) -> None:
        """Log what is in the way; the same only once."""
        if str(answer) != self._trouble:
            self._trouble = str(answer)
            self._log.warn(
                "Webhook {name} does not take events: {trouble}. They wait, and are sent again",
                name=self.webhook.name,
                trouble=self._trouble,
            )

    def _keep(self, event_id: str) -> None:
        self._kept_at = self._clock.seconds()
        try:
            self._positions.write(self.webhook.name, event_id)
        except OSError as error:
            self._log.error(
                "The position of webhook {name} can't be written: {error}. After a restart, it "
                "gets again what it has taken since",
                name=self.webhook.name,
                error=error,
            )
