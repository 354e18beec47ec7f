"""Consoles as a client opens them: a protocol over a WebSocket, and viewers in front of it."""

from __future__ import annotations

import base64
from typing import Any
from unittest import mock

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from ganeti_rapi.client.errors import BadReply, FeatureMissing, Forbidden, RapiError
from ganeti_rapi.client.relay import Relay
from ganeti_rapi.client.websockets import PATIENCE, SILENCE, WebSocketEndpoint
from ganeti_rapi.testing import Collector, MemoryEndpoint
from ganeti_rapi.testing.memory import CLIENT, join
from ganeti_rapi.websocket import Frames, proof_of

from .client_double import ClientOfSimulation

WEB1 = "web1.example.com"
GREETING = b"RFB 003.008\n"
FOLLOWED = b"RFB 003.003\n\1"
"""What a viewer of the old protocol says until it sees the screen."""


class OpeningTests(SynchronousTestCase):
    """In front of the real site and the simulator's screens."""

    def setUp(self) -> None:
        self.sim = ClientOfSimulation()
        self.addCleanup(self.sim.stop)

    def ticket(self) -> Any:  # Any: JSON
        return self.sim.run(self.sim.client.console_ticket(WEB1))

    def open(self, ticket: Any) -> Any:  # Any: JSON; the factory's protocol
        factory = Factory.forProtocol(Collector)
        return self.sim.run(self.sim.client.open_console(ticket, factory))

    def test_bytes_go_both_ways(self) -> None:
        viewer = self.open(self.ticket())
        self.sim.api.until(lambda: viewer.data == GREETING)
        verifyObject(ITransport, viewer.transport)
        viewer.transport.writeSequence([FOLLOWED[:5], FOLLOWED[5:]])
        self.sim.api.until(lambda: viewer.data.endswith(WEB1.encode()))

    def test_it_is_closed_in_order(self) -> None:
        viewer = self.open(self.ticket())
        viewer.transport.loseConnection()
        self.sim.api.until(lambda: viewer.closed)
        self.assertEqual(self.sim.api.site.tally.consoles, 0)

    def test_an_instance_that_is_shut_down_closes_it(self) -> None:
        viewer = self.open(self.ticket())
        self.sim.run(self.sim.client.submit_and_wait(self.sim.client.stop_instance(WEB1)))
        self.sim.api.until(lambda: viewer.closed)

    def test_a_ticket_that_is_used(self) -> None:
        ticket = self.ticket()
        self.open(ticket)
        error = self.assertRaises(Forbidden, self.open, ticket)
        self.assertIn("The ticket was used", str(error))

    def test_a_server_that_cannot_be_reached(self) -> None:
        ticket = self.ticket()
        self.sim.endpoint.refusals = [ConnectionLost()] * 2
        self.assertRaises(RapiError, self.open, ticket)

    def test_without_the_library(self) -> None:
        with mock.patch.dict("sys.modules", {"wsproto": None}):
            error = self.assertRaises(FeatureMissing, self.open, {})
        self.assertIn("ganeti-rapi's extra 'console'", str(error))

    def test_many_share_a_screen(self) -> None:
        first, second = self.open(self.ticket()), self.open(self.ticket())
        self.sim.api.until(lambda: first.data and second.data)


class Server(Protocol):
    """A server that answers a handshake as the test says."""

    def __init__(self) -> None:
        self.data = b""
        self.gone = False

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone = True

    def answer(self, head: str, rest: bytes = b"") -> None:
        text = head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + rest
        self.transport.write(text)  # type: ignore[union-attr]  # it is connected


class HandshakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.server = Server()
        factory = Factory()
        factory.buildProtocol = lambda _: self.server  # type: ignore[method-assign]  # the only one
        network = MemoryEndpoint(self.clock, factory)
        endpoint = WebSocketEndpoint(self.clock, "ws://rapi:5080/where?ticket=t", lambda _: network)
        self.opening = endpoint.connect(Factory.forProtocol(Collector))
        self.pass_on()

    def pass_on(self) -> None:
        self.clock.pump([0.0] * 5)

    @property
    def key(self) -> bytes:
        lines = self.server.data.split(b"\r\n")
        return next(line for line in lines if line.lower().startswith(b"sec-websocket-key")).split(
            b": "
        )[1]

    def accept(self, rest: bytes = b"") -> Collector:
        proof = proof_of(self.key)
        head = "HTTP/1.1 101 Go\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: "
        self.server.answer(head + proof, rest)
        self.pass_on()
        viewer: Collector = self.successResultOf(self.opening)
        return viewer

    def test_what_is_asked(self) -> None:
        head = self.server.data.lower()
        self.assertTrue(head.startswith(b"get /where?ticket=t http/1.1\r\nhost: rapi:5080\r\n"))
        for line in (b"upgrade: websocket", b"sec-websocket-protocol: binary"):
            self.assertIn(line, head)
        self.assertEqual(len(base64.b64decode(self.key)), 16)
        self.accept()

    def test_frames_that_come_with_the_reply(self) -> None:
        viewer = self.accept(Frames().message(GREETING))
        self.assertEqual(viewer.data, GREETING)

    def refusal(self) -> RapiError:
        self.pass_on()
        error = self.failureResultOf(self.opening, RapiError).value
        self.pass_on()
        self.assertTrue(self.server.gone)
        assert isinstance(error, RapiError)
        return error

    def test_a_reason(self) -> None:
        body = b'{"code": 403, "message": "no", "explain": ""}'
        self.server.answer(f"HTTP/1.1 403 Forbidden\nContent-Length: {len(body)}", body)
        self.assertEqual(str(self.refusal()), "403 no")

    def test_a_reply_without_one(self) -> None:
        self.server.answer("HTTP/1.1 502 Bad Gateway\nContent-Length: 4", b"oops")
        self.assertIn("gave no reason", str(self.refusal()))

    def test_a_server_that_did_not_read_the_key(self) -> None:
        head = "HTTP/1.1 101 Go\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: x"
        self.server.answer(head)
        self.assertIsInstance(self.refusal(), BadReply)

    def test_what_is_no_http(self) -> None:
        self.server.answer("SSH-2.0 hello")
        self.pass_on()
        self.failureResultOf(self.opening)

    def test_a_server_that_does_not_answer(self) -> None:
        self.clock.advance(PATIENCE)
        self.pass_on()
        self.failureResultOf(self.opening)
        self.assertTrue(self.server.gone)

    def test_a_server_that_is_silent(self) -> None:
        viewer = self.accept()
        for _ in range(3):
            self.clock.advance(SILENCE - 1)
            self.server.transport.write(Frames().ping())  # type: ignore[union-attr]  # as above
            self.pass_on()
        self.assertFalse(viewer.closed)
        self.clock.advance(SILENCE)
        self.pass_on()
        self.assertTrue(viewer.closed)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_large_writes_go_in_frames(self) -> None:
        viewer = self.accept()
        self.server.data = b""
        assert viewer.transport is not None
        viewer.transport.write(b"x" * 200_000)
        self.pass_on()
        payloads = list(Frames().payloads(self.server.data))
        self.assertEqual(b"".join(payloads), b"x" * 200_000)
        self.assertGreater(len(payloads), 3)


class RelayTests(SynchronousTestCase):
    """Viewers in front of the simulator's screens."""

    def setUp(self) -> None:
        self.sim = ClientOfSimulation()
        self.addCleanup(self.sim.stop)
        self.end: Deferred[None] = Deferred()
        self.asked = 0
        self.relay = self.relay_with({"url": "ws://rapi/", "expires": 0})

    def relay_with(self, ticket: Any) -> Relay:  # Any: JSON
        return Relay(ticket, self.get_ticket, self.sim.client.open_console, self.end)

    async def get_ticket(self) -> Any:  # Any: as above
        self.asked += 1
        return await self.sim.client.console_ticket(WEB1)

    def view(self) -> Collector:
        viewer = Collector()
        join(viewer, self.relay.buildProtocol(None), self.sim.reactor, CLIENT)
        return viewer

    def test_a_viewer_sees_the_screen(self) -> None:
        viewer = self.view()
        self.sim.api.until(lambda: viewer.data == GREETING)
        viewer.transport.write(FOLLOWED)  # type: ignore[union-attr]  # it is connected
        self.sim.api.until(lambda: viewer.data.endswith(WEB1.encode()))
        viewer.transport.loseConnection()  # type: ignore[union-attr]  # as above
        self.sim.api.until(lambda: not self.sim.api.site.tally.consoles)

    def test_the_next_one_has_a_ticket_of_its_own(self) -> None:
        first, second = self.view(), self.view()
        self.sim.api.until(lambda: first.data and second.data)
        self.assertEqual(self.asked, 2)

    def test_a_ticket_that_is_good_is_used(self) -> None:
        ticket = self.sim.run(self.sim.client.console_ticket(WEB1))
        self.relay = self.relay_with({**ticket, "expires": 2**40})
        viewer = self.view()
        self.sim.api.until(lambda: viewer.data)
        self.assertEqual(self.asked, 0)

    def test_where_the_console_ends_so_does_the_viewer(self) -> None:
        viewer = self.view()
        self.sim.api.until(lambda: viewer.data)
        self.sim.run(self.sim.client.submit_and_wait(self.sim.client.stop_instance(WEB1)))
        self.sim.api.until(lambda: viewer.closed)
        self.assertNoResult(self.end)

    def test_why_it_cannot_be_opened(self) -> None:
        self.sim.run(self.sim.client.submit_and_wait(self.sim.client.stop_instance(WEB1)))
        viewer = self.view()
        self.sim.api.until(lambda: viewer.closed)
        self.failureResultOf(self.end, RapiError)

    def test_a_viewer_that_leaves_early(self) -> None:
        waiting: Deferred[Any] = Deferred()  # Any: a ticket

        async def never() -> Any:  # Any: as above
            return await waiting

        self.relay = Relay({"expires": 0}, never, self.sim.client.open_console, self.end)
        viewer = self.relay.buildProtocol(None)
        viewer.makeConnection(StringTransport())
        viewer.connectionLost(Failure(ConnectionDone()))
        self.assertTrue(waiting.called)
        self.assertNoResult(self.end)
