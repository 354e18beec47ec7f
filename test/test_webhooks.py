"""Webhooks: the file, what is sent, when it is sent again, and by whom."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import importlib.util
import json
import os
import queue
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress as ignoring
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import IO, Any

from hypothesis import given
from hypothesis import strategies as st
from treq.client import HTTPClient
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError, DNSLookupError
from twisted.internet.interfaces import IConsumer
from twisted.internet.task import Clock
from twisted.python.usage import UsageError
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import datetimeToString
from twisted.web.iweb import IBodyProducer
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from zope.interface import implementer

from ganeti_rapi.api.events import CONNECTED, Event
from ganeti_rapi.errors import LuxiUnreachable
from ganeti_rapi.options import Options
from ganeti_rapi.service import make_daemon
from ganeti_rapi.simulator.playground import write_certificate
from ganeti_rapi.webhooks import sending
from ganeti_rapi.webhooks.config import WebhooksFile, parse
from ganeti_rapi.webhooks.delivery import (
    FIRST_DELAY,
    KEEP,
    LONGEST_ASKED,
    LONGEST_DELAY,
    RECONNECT,
    Answer,
    Delivery,
)
from ganeti_rapi.webhooks.loading import OPEN, webhooks_loader
from ganeti_rapi.webhooks.message import Message
from ganeti_rapi.webhooks.nats import NatsSender
from ganeti_rapi.webhooks.positions import Positions
from ganeti_rapi.webhooks.sending import Sender, words
from ganeti_rapi.webhooks.service import LOOK, Webhooks

from .harness import captured_log

with ignoring(ImportError):
    import nats

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
LINE = f"cmdb https://user:pw@cmdb.example.com/x secret={SECRET}".encode()
NOW = 1_700_000_000.0

PATIENCE = 30.0
"""Seconds that processes may take; long, as the machine may be busy."""


class FileTests(SynchronousTestCase):
    def test_what_it_says(self) -> None:
        text = b"# a comment\n\n" + LINE + b" kind=job,node object=web1 tag=a,b ca=/ca.pem\n"
        webhooks, problems = parse(text)
        self.assertEqual(problems, [])
        webhook = webhooks["cmdb"]
        self.assertEqual(
            (webhook.url, webhook.ca), ("https://user:pw@cmdb.example.com/x", "/ca.pem")
        )
        self.assertEqual(webhook.wanted.kinds, {"job", "node"})
        self.assertEqual((webhook.wanted.names, webhook.wanted.tags), ({"web1"}, {"a", "b"}))
        self.assertNotIn("pw", repr(webhook))

    def test_a_user_in_the_url(self) -> None:
        for url, user in (
            ("https://user:p%40w@host:8443/x?y=1", ("user", "p@w")),
            ("https://token@host:8443/x?y=1", ("token", "")),
            ("https://host:8443/x?y=1", None),
        ):
            (webhook,) = parse(f"cmdb {url} secret={SECRET}".encode())[0].values()
            self.assertEqual((webhook.address, webhook.user), ("https://host:8443/x?y=1", user))

    def test_lines_that_are_wrong(self) -> None:
        for line, word in (
            (b"cmdb", "no URL"),
            (b"a/b https://x/ secret=" + SECRET.encode(), "name"),
            (b"cmdb ftp://x/ secret=" + SECRET.encode(), "no URL"),
            (b"cmdb https:///x secret=" + SECRET.encode(), "no URL"),
            (b"cmdb https://x:99999/ secret=" + SECRET.encode(), "no URL"),
            (b"cmdb https://x/", "secret=whsec_"),
            (b"cmdb https://x/ secret=whsec_c2hvcnQ=", "16 bytes"),
            (b"cmdb https://x/ secret=whsec_MfKQ9r8GKYqrT!!!wjUPD8ILPZIo2LaLaSw", "base64"),
            (b"cmdb https://x/ secret=MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"),
            (LINE + b" kinds=job", "none of secret="),
            (LINE + b" kind=jobs", "not 'jobs'"),
            (LINE + b" jetstream=yes", "nats://"),
            (b"\xff" + LINE, "UTF-8"),
        ):
            webhooks, (problem,) = parse(LINE.replace(b"cmdb", b"ok") + b"\n" + line)
            self.assertEqual((list(webhooks), problem.line), (["ok"], 2), line)
            self.assertIn(word, str(problem))
            self.assertNotIn("MfKQ9r8GKYqrT", str(problem))

    def test_nats_servers(self) -> None:
        options = b"jetstream=yes creds=/c kind=node"
        webhooks, problems = parse(
            b"a nats://u:p@host:4222/our/events " + options + b"\nb tls://host"
        )
        self.assertEqual(problems, [])
        a, b = webhooks["a"], webhooks["b"]
        self.assertEqual((a.server, a.subject), ("nats://u:p@host:4222", "our.events"))
        self.assertEqual((a.is_nats, a.jetstream, a.creds, a.secret), (True, True, "/c", b""))
        self.assertEqual((b.server, b.subject, b.jetstream), ("tls://host", "ganeti", False))

    def test_a_name_that_comes_twice(self) -> None:
        webhooks, (problem,) = parse(LINE + b"\n" + LINE.replace(b"https", b"http"))
        self.assertTrue(webhooks["cmdb"].url.startswith("http:"))
        self.assertEqual(problem.line, 2)

    @given(st.binary(max_size=60))
    def test_nothing_touches_other_lines(self, line: bytes) -> None:
        webhooks, _ = parse(line + b"\n" + LINE)
        self.assertIn("cmdb", webhooks)

    def test_who_can_read_the_secrets(self) -> None:
        path = Path(self.mktemp())
        path.write_bytes(LINE)
        for mode, told in ((0o640, 0), (0o644, 1)):
            path.chmod(mode)
            log = captured_log(self)
            webhooks_loader(str(path), WebhooksFile()).take({str(path): LINE})
            self.assertEqual(str(log).count(OPEN), told)

    def test_it_needs_a_place_where_events_wait(self) -> None:
        options = Options()
        options.parseOptions(["--webhooks-file", "/nowhere", "--no-ssl", "--events-directory", ""])
        self.assertRaises(UsageError, make_daemon, options, Clock())


def changed(number: int, **more: object) -> Event:
    data = {"kind": "instance", "name": "web1", "change": "changed", "at": NOW - 5, **more}
    return Event(f"e-{number}", "instance", data, names=frozenset({"web1"}))


class MessageTests(SynchronousTestCase):
    def test_it_is_signed(self) -> None:
        (webhook,) = parse(LINE)[0].values()
        message = Message.of(changed(7), NOW)
        headers = message.headers(webhook.secret, NOW + 0.9)
        self.assertEqual(
            (headers["webhook-id"], headers["webhook-timestamp"]), ("e-7", "1700000000")
        )
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = b"e-7.1700000000." + message.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], f"v1,{expected}")

    def test_what_it_says(self) -> None:
        value = json.loads(Message.of(changed(7), NOW).body)
        self.assertEqual(value["type"], "instance.changed")
        self.assertEqual(value["timestamp"], "2023-11-14T22:13:15+00:00")
        self.assertEqual(value["data"]["name"], "web1")
        reset = json.loads(Message.of(Event("e-7", "reset", None), NOW).body)
        self.assertEqual((reset["type"], reset["data"]), ("reset", {}))


class Server:
    """What a webhook leads to: ``answers`` are given in turn, then 204."""

    def __init__(self) -> None:
        self.answers: list[Answer | Deferred[Answer]] = []
        self.got: list[str] = []

    async def post(self, _webhook: object, message: Message) -> Answer:
        self.got.append(message.id)
        answer = self.answers.pop(0) if self.answers else Answer(204)
        return await answer if isinstance(answer, Deferred) else answer


class Source:
    """Events as a test tells them; a reader gets those after its position."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.failures = 0
        self._more: list[Deferred[None]] = []

    def tell(self, *events: Event) -> None:
        self.told += events
        more, self._more = self._more, []
        for each in more:
            each.callback(None)

    async def cluster_events(self, last_id: str | None) -> AsyncIterator[Event]:
        if self.failures:
            self.failures -= 1
            raise LuxiUnreachable("gone")
        return self._after(last_id)

    async def _after(self, last_id: str | None) -> AsyncIterator[Event]:
        ids = [each.id for each in self.told]
        at = len(ids) if last_id is None else ids.index(last_id) + 1 if last_id in ids else 0
        yield Event("connected", CONNECTED, {"position": last_id or (ids or ["start"])[-1]})
        while True:
            while at < len(self.told):
                at += 1
                yield self.told[at - 1]
            more: Deferred[None] = Deferred()
            self._more.append(more)
            await more


class DeliveryCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.rightNow = NOW
        self.source, self.server = Source(), Server()
        self.directory = self.mktemp()
        os.mkdir(self.directory)
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.log = captured_log(self)

    def start(self, options: bytes = b"") -> Deferred[None]:
        (webhook,) = parse(LINE + options)[0].values()
        self.delivery = Delivery(
            webhook,
            self.source,
            Positions(self.directory),
            self.server.post,
            self.clock,
            self.clock.seconds,
            self.outcomes,
            dice=Random(1),
        )
        running = Deferred.fromCoroutine(self.delivery.run())
        self.addCleanup(lambda: running.addErrback(lambda _: None).cancel())
        return running


class DeliveryTests(DeliveryCase):
    def test_in_order_and_from_now_on(self) -> None:
        self.source.tell(changed(1))
        self.start()
        self.source.tell(changed(2), changed(3))
        self.assertEqual(self.server.got, ["e-2", "e-3"])
        self.assertEqual(self.outcomes, {("cmdb", "delivered"): 2})

    def test_only_what_is_wanted(self) -> None:
        self.start(b" object=web2")
        self.source.tell(changed(1), Event("e-2", "reset", None))
        self.assertEqual(self.server.got, ["e-2"])

    def test_again_and_again_and_later_and_later(self) -> None:
        self.start()
        self.server.answers = [Answer(500)] * 12
        self.source.tell(changed(1), changed(2))
        delays = []
        while len(self.server.got) < 13:
            before, tries = self.clock.seconds(), len(self.server.got)
            while len(self.server.got) == tries:
                self.clock.advance(0.1)
            delays.append(self.clock.seconds() - before)
        for at, delay in enumerate(delays):
            expected = min(FIRST_DELAY * 2**at, LONGEST_DELAY)
            self.assertTrue(0.8 * expected <= delay <= 1.2 * expected + 0.2, (at, delay))
        self.assertEqual(self.server.got[12:], ["e-1", "e-2"])
        self.assertEqual(self.outcomes, {("cmdb", "failed"): 12, ("cmdb", "delivered"): 2})
        text = str(self.log)
        self.assertEqual(text.count("does not take events"), 1)
        self.assertEqual(text.count("takes events again"), 1)
        self.assertNotIn("example.com", text)

    def test_when_the_server_says(self) -> None:
        self.start()
        self.server.answers = [Answer(429, retry_after=100)]
        self.source.tell(changed(1))
        self.clock.advance(99)
        self.assertEqual(len(self.server.got), 1)
        self.clock.advance(1)
        self.assertEqual(len(self.server.got), 2)

    def test_one_that_is_gone(self) -> None:
        running = self.start()
        self.server.answers = [Answer(410)]
        self.source.tell(changed(1), changed(2))
        self.successResultOf(running)
        self.assertEqual(self.server.got, ["e-1"])
        self.assertIn("Remove its line", str(self.log))
        self.assertIsNone(self.delivery.behind)

    def test_how_far_it_is_behind(self) -> None:
        self.start()
        self.server.answers = [Deferred()]
        self.assertIsNone(self.delivery.behind)
        self.source.tell(changed(1))
        self.assertEqual(self.delivery.behind, NOW - 5)

    def test_after_a_restart_it_goes_on(self) -> None:
        """What was under way is sent again, with the same id; nothing else is."""
        running = self.start()
        self.server.answers = [Answer(204), Deferred()]
        self.source.tell(changed(1), changed(2))
        running.addErrback(lambda _: None).cancel()
        self.source.tell(changed(3))
        self.start()
        self.assertEqual(self.server.got, ["e-1", "e-2", "e-2", "e-3"])

    def test_one_that_wants_little_keeps_its_place(self) -> None:
        self.start(b" object=web2")
        self.source.tell(changed(1))
        self.clock.advance(KEEP + 1)
        self.source.tell(changed(2))
        self.assertEqual(Positions(self.directory).read("cmdb"), "e-2")

    def test_a_place_that_a_power_failure_has_emptied(self) -> None:
        """It is not taken for a new webhook, which nothing was sent before."""
        (Path(self.directory) / "webhook.cmdb").write_text("")
        self.source.tell(changed(1))
        self.start()
        self.assertEqual(self.server.got, ["e-1"])

    def test_luxid_that_is_away_at_first(self) -> None:
        self.source.failures = 2
        self.start()
        self.clock.advance(RECONNECT)
        self.clock.advance(RECONNECT)
        self.source.tell(changed(1))
        self.assertEqual(self.server.got, ["e-1"])

    def test_a_disk_that_is_full(self) -> None:
        os.rmdir(self.directory)
        self.start()
        self.source.tell(changed(1), changed(2))
        self.assertEqual(self.server.got, ["e-1", "e-2"])
        self.assertIn("can't be written", str(self.log))


class ServiceTests(DeliveryCase):
    def service(self) -> Webhooks:
        service = Webhooks(
            *(WebhooksFile(), self.source, Positions(self.directory), self.server.post),
            *(self.clock, self.clock.seconds, self.outcomes),
        )
        service.startService()
        self.addCleanup(lambda: service.running and service.stopService())
        return service

    def test_as_the_file_says(self) -> None:
        service = self.service()
        self.source.tell(changed(1))
        service.file.webhooks, _ = parse(LINE)
        self.clock.advance(LOOK)
        self.source.tell(changed(2))
        self.assertEqual(service.behind(), {"cmdb": 0.0})
        service.file.webhooks, _ = parse(LINE + b"\n" + LINE.replace(b"cmdb", b"b", 1))
        self.clock.advance(LOOK)
        self.source.tell(changed(3))
        service.file.webhooks = {}
        self.clock.advance(LOOK)
        self.source.tell(changed(4))
        self.assertEqual(self.server.got, ["e-2", "e-3", "e-3"])
        self.assertEqual(service.behind(), {})

    def test_one_that_hangs_holds_up_no_other(self) -> None:
        service = self.service()
        service.file.webhooks, _ = parse(LINE + b"\n" + LINE.replace(b"cmdb", b"b", 1))
        self.clock.advance(LOOK)
        self.server.answers = [Deferred()]
        self.source.tell(changed(1), changed(2))
        self.assertEqual(Counter(self.server.got), {"e-1": 2, "e-2": 1})

    def test_one_process_delivers_and_then_the_next(self) -> None:
        first, second = self.service(), self.service()
        for each in (first, second):
            each.file.webhooks, _ = parse(LINE)
        self.clock.advance(LOOK)
        self.source.tell(changed(1))
        first.stopService()
        self.source.tell(changed(2))
        self.clock.advance(LOOK)
        self.assertEqual(self.server.got, ["e-1", "e-2"])

    def test_a_bug_is_logged_and_the_delivery_begins_anew(self) -> None:
        service = self.service()
        service.file.webhooks, _ = parse(LINE)
        self.clock.advance(LOOK)
        failing: Deferred[Answer] = Deferred()
        self.server.answers = [failing]
        self.source.tell(changed(1))
        Positions(self.directory).write("cmdb", "e-0")
        failing.errback(ValueError("a bug"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.clock.advance(LOOK)
        self.assertEqual(self.server.got, ["e-1", "e-1"])


@implementer(IBodyProducer)
class AtOnce:
    """A request's body, without a turn of the reactor."""

    def __init__(self, body: bytes) -> None:
        self.body, self.length = body, len(body)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        consumer.write(self.body)
        return succeed(None)

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...

    def stopProducing(self) -> None: ...


class Receiver(Resource):
    """Keeps each request, and answers as ``answer`` does."""

    isLeaf = True

    def __init__(self, answer: Callable[[Request], bytes | int]) -> None:
        super().__init__()
        self.answer = answer
        self.requests: list[Request] = []

    def render(self, request: Request) -> bytes | int:
        self.requests.append(request)
        return self.answer(request)


class AnswerTests(SynchronousTestCase):
    """What a receiver answers."""

    def sent(
        self, answer: Callable[[Request], bytes | int], url: str = "http://host/x"
    ) -> Deferred[Answer]:
        self.clock = Clock()
        self.receiver = Receiver(answer)
        self.agent = RequestTraversalAgent(self.receiver)
        self.patch(sending, "Agent", lambda *_, **__: self.agent)
        client = partial(HTTPClient, data_to_body_producer=AtOnce)
        self.patch(sending, "HTTPClient", client)
        (webhook,) = parse(f"cmdb {url} secret={SECRET}".encode())[0].values()
        sender = Sender(self.clock, lambda: NOW)
        posting = Deferred.fromCoroutine(sender.post(webhook, Message.of(changed(1), NOW)))
        self.agent.flush()
        return posting

    def test_a_body_that_does_not_end(self) -> None:
        ended: list[object] = []

        def begin(request: Request) -> int:
            request.notifyFinish().addErrback(ended.append)
            request.write(b"so far")
            return NOT_DONE_YET

        posting = self.sent(begin)
        self.clock.advance(sending.BODY_PATIENCE - 1)
        self.assertNoResult(posting)
        self.clock.advance(1)
        self.agent.flush()
        self.assertTrue(self.successResultOf(posting).taken)
        self.assertEqual(len(ended), 1, "the connection is still there")

    def test_a_body_without_end(self) -> None:
        def begin(request: Request) -> int:
            request.write(b"x" * (sending.MOST_READ + 1))
            return NOT_DONE_YET

        self.assertTrue(self.successResultOf(self.sent(begin)).taken)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_body(self) -> None:
        self.assertTrue(self.successResultOf(self.sent(lambda _: b"thanks")).taken)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_user_of_the_url(self) -> None:
        self.successResultOf(self.sent(lambda _: b"", "http://user:p%40w@host/x"))
        (request,) = self.receiver.requests
        self.assertEqual((request.getUser(), request.getPassword()), (b"user", b"p@w"))

    def test_when_it_asks_to_be_asked_again(self) -> None:
        for text, seconds in (
            ("17", 17.0),
            ("999999", LONGEST_ASKED),
            (datetimeToString(NOW + 90).decode(), 90.0),
            (datetimeToString(NOW - 90).decode(), 0.0),
            ("soon", 0.0),
            ("Fri, 01 Jan 0001 00:00:00", 0.0),
            ("-1", 0.0),
        ):

            def busy(request: Request, text: str = text) -> bytes:
                request.setResponseCode(503)
                request.setHeader("Retry-After", text)
                return b""

            answer = self.successResultOf(self.sent(busy))
            self.assertEqual((answer.status, answer.retry_after), (503, seconds), text)


class SenderTests(SynchronousTestCase):
    def test_an_issuer_that_is_renewed(self) -> None:
        made: list[object] = []

        class NoAgent:
            def __init__(self, *_: object, **__: object) -> None:
                made.append(self)

            def request(self, *_: object, **__: object) -> Deferred[object]:
                return fail(ConnectionRefusedError(111))

        self.patch(sending, "Agent", NoAgent)
        issuer = Path(self.mktemp())
        write_certificate(issuer)
        (webhook,) = parse(LINE + f" ca={issuer}".encode())[0].values()
        sender = Sender(Clock(), lambda: NOW)
        for written, agents in ((1, 1), (1, 1), (2, 2)):
            os.utime(issuer, (written, written))
            posting = sender.post(webhook, Message.of(changed(1), NOW))
            self.successResultOf(Deferred.fromCoroutine(posting))
            self.assertEqual(len(made), agents)

    def test_connections_that_one_webhook_trusts_are_not_used_for_another(self) -> None:
        pools: list[object] = []

        class NoAgent:
            def __init__(self, *_: object, pool: object, **__: object) -> None:
                pools.append(pool)

            def request(self, *_: object, **__: object) -> Deferred[object]:
                return fail(ConnectionRefusedError(111))

        self.patch(sending, "Agent", NoAgent)
        issuer = Path(self.mktemp())
        write_certificate(issuer)
        lines = (LINE, LINE + f" ca={issuer}".encode())
        sender = Sender(Clock(), lambda: NOW)
        for line in (*lines, *lines):
            (webhook,) = parse(line)[0].values()
            posting = sender.post(webhook, Message.of(changed(1), NOW))
            answer = self.successResultOf(Deferred.fromCoroutine(posting))
            self.assertEqual(str(answer), "its server cannot be reached: Connection refused")
        self.assertEqual(len(set(map(id, pools))), 2)
        self.assertEqual(len(pools), 2)


class NatsTests(SynchronousTestCase):
    """A real NATS server, where there is one."""

    if shutil.which("nats-server") is None:
        skip = "nats-server is not installed"
    elif importlib.util.find_spec("nats") is None:
        skip = "nats-py is not installed"

    def setUp(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.command = [
            *("nats-server", "--addr", "127.0.0.1", "--port", str(self.port)),
            *("--jetstream", "--store_dir", self.mktemp()),
        ]
        self.calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self.sender = NatsSender(self, lambda: NOW)

    def callFromThread(self, function: Callable[..., None], *arguments: object) -> None:
        """As the reactor's."""
        self.calls.put(partial(function, *arguments))

    def start(self) -> None:
        server = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        end = time.monotonic() + PATIENCE
        with socket.socket() as client:
            while client.connect_ex(("127.0.0.1", self.port)):
                self.assertLess(time.monotonic(), end, "the server did not start")

    def post(self, options: str, number: int) -> Answer:
        line = f"bus nats://127.0.0.1:{self.port}/our/events {options}"
        (webhook,) = parse(line.encode())[0].values()
        answer = self.sender.post(webhook, Message.of(changed(number), NOW))
        self.calls.get(timeout=PATIENCE)()
        return self.successResultOf(answer)

    def test_no_server_and_then_one(self) -> None:
        self.assertIn("NATS: ", str(self.post("", 1)))
        self.start()
        self.assertTrue(self.post("", 2).taken)

    def test_what_subscribers_get(self) -> None:
        self.start()

        async def subscribed() -> list[Any]:  # Any: messages of the library's
            client = await nats.connect(f"nats://127.0.0.1:{self.port}")
            stream = await client.subscribe("our.events.>")
            await client.flush()
            posting = asyncio.get_running_loop().run_in_executor(None, self.post, "", 7)
            message = await stream.next_msg(timeout=PATIENCE)
            self.assertTrue((await posting).taken)
            await client.close()
            return [message.subject, message.headers, message.data]

        subject, headers, body = asyncio.run(subscribed())
        self.assertEqual(subject, "our.events.instance.changed")
        self.assertEqual((headers["webhook-id"], headers["Nats-Msg-Id"]), ("e-7", "e-7"))
        self.assertEqual(body, Message.of(changed(7), NOW).body)

    def test_a_stream_that_is_not_there_and_one_that_is(self) -> None:
        self.start()
        self.assertIn("NoStreamResponse", str(self.post("jetstream=yes", 1)))

        async def with_stream() -> int:
            client = await nats.connect(f"nats://127.0.0.1:{self.port}")
            stream = client.jetstream()
            await stream.add_stream(name="EVENTS", subjects=["our.events.>"])
            for number in (1, 1, 2):
                post = partial(self.post, "jetstream=yes", number)
                answer = await asyncio.get_running_loop().run_in_executor(None, post)
                self.assertTrue(answer.taken)
            count = (await stream.stream_info("EVENTS")).state.messages
            await client.close()
            return count

        self.assertEqual(asyncio.run(with_stream()), 2)


class WordsTests(SynchronousTestCase):
    def test_no_reason_shows_the_url(self) -> None:
        for error, text in (
            (DNSLookupError("no results for hostname lookup: cmdb"), "name cannot be resolved"),
            (ConnectionRefusedError(), "cannot be reached"),
            (ValueError("https://user:pw@x"), "the connection failed: ValueError"),
            (FileNotFoundError(2, "No such file", "/ca.pem"), "/ca.pem: No such file"),
        ):
            self.assertIn(text, words(error))
            self.assertNotIn("pw", words(error))


class WholeTests(SynchronousTestCase):
    """The daemon as a process, and the receiver of doc/webhooks.md."""

    def test_the_documents_receiver_gets_events(self) -> None:
        directory = Path(self.mktemp())
        directory.mkdir()
        text = (Path(__file__).parent.parent / "doc" / "webhooks.md").read_text()
        (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
        (directory / "receiver.py").write_text(code)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        webhooks = directory / "webhooks"
        webhooks.write_text(f"test http://127.0.0.1:{port}/ secret={SECRET} kind=job\n")
        told = directory / "told"
        with told.open("w") as output:
            self.start("receiver.py", str(port), cwd=directory, output=output, SECRET=SECRET)
        twistd = ("-c", "from twisted.scripts.twistd import run; run()", "-n", "--pidfile=")
        options = ("--simulate", "--port", "0", "--control", "tcp:0:interface=127.0.0.1")
        more = ("--webhooks-file", str(webhooks.absolute()))
        daemon = self.start(*twistd, "ganeti-rapi", *options, *more)
        url = self.line_of(daemon, r"is at (\S+)")
        self.line_of(daemon, "Read 1 webhooks")
        end = time.monotonic() + PATIENCE
        for number in count():
            path = f"/2/instances/web1.example.com/tags?tag=t{number}&return_timeout=10"
            self.put(f"{url}{path}")
            if re.search("^job.finished [0-9]+$", told.read_text(), re.M):
                break
            self.assertLess(time.monotonic(), end, "no event came")

    def start(
        self,
        *arguments: str,
        cwd: Path | None = None,
        output: IO[str] | int = subprocess.PIPE,
        **env: str,
    ) -> subprocess.Popen[str]:
        root = str(Path(__file__).parent.parent)
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": root, **env},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def end() -> None:
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def put(self, url: str) -> None:
        secret = base64.b64encode(b"admin:admin").decode()
        headers = {"Authorization": f"Basic {secret}", "User-Agent": "test"}
        request = urllib.request.Request(url, method="PUT", headers=headers)
        context = ssl._create_unverified_context()
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as response:
            response.read()

    def line_of(self, process: subprocess.Popen[str], pattern: str) -> str:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(pattern, line):
                return found[found.lastindex or 0]
        raise AssertionError(f"the daemon did not say {pattern}")
