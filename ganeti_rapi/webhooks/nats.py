"""Sends messages to a NATS server, by its own client, which knows asyncio only.

So that has a loop in a thread of its own. What is sent goes there, and the answer comes back to the
reactor's thread. Twisted's own asyncio reactor would do without the thread, but it would then serve
every request, and epoll's is the faster one.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import define
from twisted.internet.defer import Deferred

from ganeti_rapi.webhooks.config import Webhook
from ganeti_rapi.webhooks.delivery import Answer
from ganeti_rapi.webhooks.message import Message

if TYPE_CHECKING:
    from nats.aio.client import Client

PATIENCE = 10.0
"""Seconds for one try."""

MESSAGE_ID = "Nats-Msg-Id"
"""The header by which JetStream knows a message that comes twice."""

MISSING = "it takes nats-py: pip install 'ganeti-rapi[nats]'"


class NatsSender:
    """A `Post` to NATS servers. ``now`` gives the seconds since the epoch."""

    def __init__(self, reactor: Any, now: Callable[[], float]) -> None:
        # Any: one object that provides many zope interfaces
        self._reactor = reactor
        self._now = now
        self._loop: asyncio.AbstractEventLoop | None = None
        self._links: dict[Webhook, _Link] = {}

    def post(self, webhook: Webhook, message: Message) -> Deferred[Answer]:
        """See `ganeti_rapi.webhooks.delivery.Post`."""
        headers = {**message.headers(webhook.secret, self._now()), MESSAGE_ID: message.id}
        if not webhook.secret:
            del headers["webhook-signature"]
        answer: Deferred[Answer] = Deferred()
        link = self._links.setdefault(webhook, _Link(webhook))
        sending = asyncio.run_coroutine_threadsafe(
            link.send(message, headers), self._running_loop()
        )
        sending.add_done_callback(
            lambda done: self._reactor.callFromThread(_settle, answer, done.result())
        )
        return answer

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="nats", daemon=True).start()
        return self._loop


def _settle(waiting: Deferred[Answer], answer: Answer) -> None:
    if not waiting.called:  # it may have been cancelled meanwhile
        waiting.callback(answer)


@define(eq=False)
class _Link:
    """A webhook's connection, made when there is something to send. In the loop's thread."""

    webhook: Webhook
    _client: Client | None = None

    async def send(self, message: Message, headers: dict[str, str]) -> Answer:
        """Send, and wait until the server, or JetStream, has it. Raises nothing."""
        try:
            await asyncio.wait_for(self._send(message, headers), PATIENCE)
        except ImportError:
            return Answer(problem=MISSING)
        except (asyncio.TimeoutError, TimeoutError):
            await self._drop()
            return Answer(problem="it did not answer in time")
        except Exception as error:
            await self._drop()
            return Answer(problem=f"NATS: {type(error).__name__}")
        return Answer(204)

    async def _send(self, message: Message, headers: dict[str, str]) -> None:
        subject = f"{self.webhook.subject}.{message.type}"
        client = await self._connected()
        if self.webhook.jetstream:
            await client.jetstream().publish(subject, message.body, headers=headers)
        else:
            await client.publish(subject, message.body, headers=headers)
            await client.flush()

    async def _connected(self) -> Client:
        import nats

        if self._client is None or not self._client.is_connected:
            options: dict[str, Any] = {}  # Any: of the library's own kinds
            if self.webhook.ca:
                options["tls"] = ssl.create_default_context(cafile=self.webhook.ca)
            if self.webhook.creds:
                options["user_credentials"] = self.webhook.creds
            self._client = await nats.connect(
                self.webhook.server,
                allow_reconnect=False,  # we come back ourselves, with what was not taken
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=_ignore,
                name="ganeti-rapi",
                **options,
            )
        return self._client

    async def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


async def _ignore(_error: Exception) -> None:
    """What is wrong is told to who sends."""
